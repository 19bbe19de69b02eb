"""The audit of what a battery reports of itself: state of charge, health, extremes, current, power and energy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from app import loader, query
from app.analytics.audit import RULES, Check, check, correlation, health_steps, missing
from app.answers.audit_meter import by_stretch, column_of, following_meter, hours
from app.answers.efficiency import VOLTS, ac_flow, named, readings
from app.answers.evidence import SystemEvidence, evidence_of
from app.language import mark
from app.shapes.answer import Floats, Ints
from app.shapes.audit import AuditAnswer, AuditRow
from app.store import Store
from pipeline.contract import column

WHAT = {
    "soc_at_anchors": mark("State of charge as reported, against the open-circuit curve at full and empty anchors"),
    "soh_steps": mark("Steps of the state of health as reported"),
    "sum_of_cells": mark("Cluster voltage against the sum of the cells, by day"),
    "highest_cell": mark("Highest cell as reported against the cells, by day"),
    "lowest_cell": mark("Lowest cell as reported against the cells, by day"),
    "current": mark("Converter's direct current against the battery's, by ten days"),
    "current_offset": mark("What the converter's direct current reads where the battery's reads nothing, by ten days"),
    "discharge_loss": mark("Energy lost between battery and AC side in discharges"),
    "charge_loss": mark("Energy lost between AC side and battery in charges"),
    "meter": mark("A meter that follows the batteries, against converters and auxiliaries, by ten days"),
    "auxiliary_counter": mark("Counter of the auxiliaries against their power, by day"),
}
"""What each row compares."""
ANALYSED = (mark("Fewer than three samples: no verdict."), mark("It never changed."))
"""Reasons that the analysis gives by itself, for the catalogue of words."""
SOC, HIGHEST, LOWEST = r"bms\d+_soc", r"bms\d+_cell_max_v", r"bms\d+_cell_min_v"
BMS_A, PCS_A = r"bms\d+_c", r"pcs\d+_dcc"
STALE_MS = 1_800_000
"""A state of charge older than this at an anchor says nothing [ms]."""
MIN_KWH = 20.0
"""Half cycles of less energy tell no loss [kWh]."""


@loader.once_per_build
def audit(system: str) -> AuditAnswer:
    """Answer how far what a battery reports can be trusted, over its whole history.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence, store = evidence_of(system), loader.current()
    makers: dict[str, Callable[[Store, SystemEvidence], Check]] = {
        "soc_at_anchors": _soc,
        "soh_steps": lambda _, own: _soh(own),
        "sum_of_cells": _sum,
        "highest_cell": lambda store, own: _extreme(store, own, "highest_cell", HIGHEST, "max"),
        "lowest_cell": lambda store, own: _extreme(store, own, "lowest_cell", LOWEST, "min"),
        "current": lambda store, own: _current(store, own, "current", 0),
        "current_offset": lambda store, own: _current(store, own, "current_offset", 1),
        "discharge_loss": lambda _, own: _loss(own, "discharge"),
        "charge_loss": lambda _, own: _loss(own, "charge"),
        "meter": lambda store, _: following_meter(store),
        "auxiliary_counter": _counter,
    }
    rows = tuple(_row(makers[name](store, evidence), evidence) for name in RULES)
    return AuditAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=None
        if any(row.samples for row in rows)
        else mark("Nothing of this can be compared: registers are missing."),
        rows=rows,
    )


def _row(found: Check, evidence: SystemEvidence) -> AuditRow:
    rule = found.rule
    return AuditRow(
        name=rule.name,
        what=WHAT[rule.name],
        unit=rule.unit,
        measured=_rounded(found.measured),
        limit=rule.limit,
        limit_source=rule.source,
        stray_share=rule.stray,
        verdict=found.verdict,
        samples=found.samples,
        beyond=found.beyond,
        worst=_rounded(found.worst),
        worst_at=None if found.worst_ms is None else evidence.stamp(found.worst_ms),
        reason=found.reason,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _soc(store: Store, evidence: SystemEvidence) -> Check:
    name = named(store, evidence.source.name, SOC)
    anchors = evidence.table("anchors")
    if name is None or anchors.height == 0:
        return missing(
            "soc_at_anchors", mark("No state of charge is reported, or the string was never seen full or empty.")
        )
    at = anchors["ts"].to_physical().to_numpy()
    series = store.series(evidence.source.name, name)
    ts, soc = readings(store, evidence.source.name, name, series.first_ms, series.last_ms + 1)
    place = np.searchsorted(ts, at, side="right") - 1
    fresh = (place >= 0) & (at - ts[np.maximum(place, 0)] <= STALE_MS)
    apart = np.where(fresh, soc[np.maximum(place, 0)] - anchors["soc_pct"].to_numpy(), np.nan)
    return check("soc_at_anchors", at, apart)


def _soh(evidence: SystemEvidence) -> Check:
    days = evidence.table("system_day")
    if days.height == 0:
        return missing("soh_steps", mark("The battery reports no state of health."))
    return health_steps(
        days["ts"].to_physical().to_numpy(), days["soh_bms"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    )


def _days_of(store: Store, system: str, name: str, statistic: str) -> tuple[Ints, Floats]:
    """Read one statistic of each day."""
    series = store.series(system, name)
    level = store.manifest.levels[-1]
    frame = query.buckets(
        store, system, [name], (statistic,), level, series.first_ms - 2 * level.step_ms, series.last_ms
    )
    return column_of(frame, column(name, statistic))


def _cells_by_day(evidence: SystemEvidence, value: pl.Expr) -> pl.DataFrame:
    """Sum one thing up over the cells of each day on which every cell was read alike."""
    table = evidence.table("cell_day")
    cells = len(evidence.cells.numbers)
    return (
        table.group_by("ts", maintain_order=True)
        .agg(value.alias("value"), pl.len().alias("cells"), (pl.col("n").max() - pl.col("n").min()).alias("uneven"))
        .filter((pl.col("cells") == cells) & (pl.col("uneven") <= 1))
    )


def _beside(days: pl.DataFrame, ts: Ints, values: Floats) -> tuple[Ints, Floats, Floats]:
    """Lay a register's days beside the cells'."""
    mine = days["ts"].to_physical().to_numpy()
    both, here, there = np.intersect1d(mine, ts, return_indices=True)
    return both.astype(np.int64), days["value"].cast(pl.Float64).to_numpy()[here], values[there]


def _sum(store: Store, evidence: SystemEvidence) -> Check:
    name = named(store, evidence.source.name, VOLTS)
    if name is None or evidence.table("cell_day").height == 0:
        return missing("sum_of_cells", mark("No cluster voltage or no cells are logged."))
    days = _cells_by_day(evidence, pl.col("v_mean").cast(pl.Float64).sum())
    ts, cells, cluster = _beside(days, *_days_of(store, evidence.source.name, name, "mean"))
    return check("sum_of_cells", ts, 100 * (cluster / cells - 1))


def _extreme(store: Store, evidence: SystemEvidence, rule: str, pattern: str, which: str) -> Check:
    name = named(store, evidence.source.name, pattern)
    if name is None or evidence.table("cell_day").height == 0:
        return missing(rule, mark("The register or the cells are not logged."))
    value = pl.col("v_max").max() if which == "max" else pl.col("v_min").min()
    days = _cells_by_day(evidence, value)
    ts, cells, register = _beside(days, *_days_of(store, evidence.source.name, name, which))
    return check(rule, ts, 1000 * (register - cells))


def _current(store: Store, evidence: SystemEvidence, rule: str, which: int) -> Check:
    system = evidence.source.name
    mine, theirs = named(store, system, BMS_A), named(store, system, PCS_A)
    if mine is None or theirs is None:
        return missing(rule, mark("One of the two currents is not logged."))
    (a_ts, a), (b_ts, b) = hours(store, system, mine), hours(store, system, theirs)
    both, here, there = np.intersect1d(a_ts, b_ts, return_indices=True)
    x, y = a[here], b[there]
    sign = np.sign(correlation(x, y)) or 1.0
    return check(rule, *by_stretch(both.astype(np.int64), x, sign * y, which))


def _loss(evidence: SystemEvidence, kind: str) -> Check:
    flow = ac_flow(evidence.source.name)
    table = evidence.table("cycles")
    rule = f"{kind}_loss"
    if flow is None or table.height == 0:
        return missing(rule, mark("No power of the converter is logged, or its direction cannot be told."))
    rows = table.filter((pl.col("kind") == kind) & (pl.col("kwh") >= MIN_KWH))
    spans = rows.select(pl.col("ts", "end").to_physical()).to_numpy()
    dc = rows["kwh"].to_numpy()
    given, taken, covered = flow.over(spans)
    ac = given if kind == "discharge" else taken
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = ac / dc if kind == "discharge" else dc / ac
    lost = np.where((covered > 0.99) & (ac > 0), 100 * (1 - kept), np.nan)
    return check(rule, spans[:, 0].astype(np.int64), lost, least=0.0)


def _counter(store: Store, evidence: SystemEvidence) -> Check:
    system = evidence.source.name
    if not store.has(system, "aux_m_pos_ae") or not store.has(system, "aux_m_ap"):
        return missing("auxiliary_counter", mark("The auxiliaries' counter or their power is not logged."))
    c_ts, kwh = _days_of(store, system, "aux_m_pos_ae", "delta")
    p_ts, power = _days_of(store, system, "aux_m_ap", "mean")
    _, count = _days_of(store, system, "aux_m_ap", "n")
    both, here, there = np.intersect1d(c_ts, p_ts, return_indices=True)
    full = count[there] >= 0.99 * np.nanmedian(count) if len(count) else np.zeros(0, bool)
    hours = np.diff(np.r_[both, both[-1:] + 86_400_000]) / 3_600_000
    is_day = np.abs(hours - 24) < 0.1
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(full & is_day, 100 * (kwh[here] / (power[there] * hours) - 1), np.nan)
    return check("auxiliary_counter", both.astype(np.int64), apart)
