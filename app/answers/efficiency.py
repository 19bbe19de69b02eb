"""How much energy comes back, at three boundaries, and how charging changed with time."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader
from app.analytics import efficiency as trips
from app.analytics.cycles import days_between, round_trip
from app.analytics.efficiency import AC, AC_AUX, DC, INSIDE_OUT, MIN_COVERED, Flow, Trip, close_trip
from app.answers.evidence import SystemEvidence, evidence_of
from app.errors import BadParameter
from app.query import GAP_FACTOR
from app.shapes.efficiency import ChargeCurve, ChargeCurves, RoundTrips
from app.store import Store
from pipeline.contract import RAW_LEVEL, TS

POWER, AUXILIARY, VOLTS, CURRENT = r"pcs\d+_ap", r"aux_m_ap", r"bms\d+_v", r"bms\d+_c"
MIN_DEPTH_PCT = 60.0
"""Charges that are compared are at least this deep, and end full [% of the capacity]."""
NEAR_MS = 3_600_000
"""A charge ends full when a full anchor lies within an hour of its end [ms]."""
PERIOD_MS = 60 * 86_400_000
"""Charges are compared from the first and the last sixty days [ms]."""
CURVES = 3
"""Charges of either end that are drawn [1]."""


@loader.memoised
def round_trips(system: str, start_ms: int | None = None, end_ms: int | None = None) -> RoundTrips:
    """Answer the round-trip efficiency on the DC side, on the AC side, and with auxiliaries.

    Parameters
    ----------
    system : str
        Name of a battery system.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is before the start.
    """
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise BadParameter("end", end_ms, "it must not be before start")
    evidence = evidence_of(system)
    days = days_between(evidence.table("system_day"), start_ms, end_ms, whole_days=True)
    anchors = days_between(evidence.table("anchors"), start_ms, end_ms, whole_days=False)
    dc = round_trip(days, anchors, evidence.said.nominal_kwh, evidence.capacity.offset_a)
    full = anchors.filter(pl.col("kind") == "full")["ts"].to_physical().to_list() if anchors.height else []
    made = [Trip(DC, dc.pct, None, None, dc.reason)]
    made += _ac_trips(system, evidence, full)
    known = {one.boundary: one.pct for one in made if one.pct is not None}
    notes = [INSIDE_OUT] if known.get(AC, 0.0) > known.get(DC, np.inf) else []
    return RoundTrips(
        build_id=loader.current().build_id,
        level=None,
        coverage=None,
        reason=None if known else dc.reason,
        trips=tuple(made),
        between=dc.between,
        start=evidence.stamp(full[0]) if len(full) > 1 else None,
        end=evidence.stamp(full[-1]) if len(full) > 1 else None,
        notes=tuple(notes),
    )


def _ac_trips(system: str, evidence: SystemEvidence, full: list[int]) -> list[Trip]:
    flow = ac_flow(system)
    if flow is None:
        reason = "No power of the converter is logged, or its direction cannot be told."
        return [Trip(AC, None, None, None, reason), Trip(AC_AUX, None, None, None, reason)]
    if len(full) < 2:
        reason = "The AC side needs two full charges in the period: what is stored is known only there."
        return [Trip(AC, None, None, None, reason), Trip(AC_AUX, None, None, None, reason)]
    given, taken, covered = flow.between(full[0], full[-1])
    if covered < MIN_COVERED:
        reason = f"Readings of the converter's power cover {100 * covered:.0f} % of the time only."
        return [Trip(AC, None, None, None, reason), Trip(AC_AUX, None, None, None, reason)]
    aux = _aux_flow(system)
    spent, _, aux_covered = aux.between(full[0], full[-1]) if aux is not None else (0.0, 0.0, 0.0)
    if aux_covered < MIN_COVERED:
        whole = Trip(AC_AUX, None, None, None, "The auxiliaries' power is not logged over the time.")
    else:
        whole = close_trip(AC_AUX, given, taken + spent)
    return [close_trip(AC, given, taken), whole]


def named(store: Store, system: str, pattern: str) -> str | None:
    """Find the first signal of a system whose whole name matches; None without any."""
    known = sorted(one.signal for one in store.all_series(system))
    return next((name for name in known if re.fullmatch(pattern, name)), None)


def ac_flow(system: str) -> Flow | None:
    """Integrate the converter's power over the whole history, given and taken; None where it cannot be told."""
    known = _ac(system)
    return None if known is None else known[0]


def ac_sign(system: str) -> int | None:
    """Say whether a positive power of the converter is given (1) or taken (-1); None where it cannot be told."""
    known = _ac(system)
    return None if known is None else known[1]


@loader.once_per_build
def _ac(system: str) -> tuple[Flow, int] | None:
    store = loader.current()
    name = named(store, system, POWER)
    table = evidence_of(system).table("cycles")
    if name is None or table.height == 0:
        return None
    flow = _flow(store, system, name)
    ends = {
        kind: table.filter(pl.col("kind") == kind).select(pl.col("ts", "end").to_physical()).to_numpy()
        for kind in ("discharge", "charge")
    }
    sign = trips.direction(flow, ends["discharge"], ends["charge"])
    if sign is None:
        return None
    return (flow if sign > 0 else trips.turned(flow)), sign


@loader.once_per_build
def _aux_flow(system: str) -> Flow | None:
    store = loader.current()
    name = named(store, system, AUXILIARY)
    return None if name is None else _flow(store, system, name)


def _flow(store: Store, system: str, name: str) -> Flow:
    series = store.series(system, name)
    ts, power = readings(store, system, name, series.first_ms, series.last_ms + 1)
    return trips.flow_of(ts, power, GAP_FACTOR * max(series.interval_ms, 1))


def readings(
    store: Store, system: str, name: str, start_ms: int, end_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Read one signal's raw readings: stamps [epoch ms UTC] and values."""
    frame = store.read(system, [name], RAW_LEVEL, (), start_ms, end_ms)
    if name not in frame.columns:
        return np.zeros(0, np.int64), np.zeros(0)
    rows = frame.filter(pl.col(name).is_not_null())
    return rows[TS].to_physical().to_numpy().astype(np.int64), rows[name].cast(pl.Float64).to_numpy()


@loader.once_per_build
def charging_curves(system: str) -> ChargeCurves:
    """Answer how full charges ran in the first sixty days and in the last: voltage against charge.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence, store = evidence_of(system), loader.current()
    names = named(store, system, VOLTS), named(store, system, CURRENT)
    chosen = _chosen(evidence)
    curves = []
    if names[0] is not None and names[1] is not None and len(evidence.cells.numbers):
        cells = len(evidence.cells.numbers)
        for row, late in chosen:
            made = _curve(store, evidence, (names[0], names[1]), row, cells, late=late)
            curves += [] if made is None else [made]
    reason = f"No full charge of {MIN_DEPTH_PCT:.0f} % depth at both ends of the history."
    return ChargeCurves(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=None if curves else reason,
        curves=tuple(curves),
    )


def _chosen(evidence: SystemEvidence) -> list[tuple[dict[str, object], bool]]:
    """Choose the deepest full charges of the first and of the last sixty days."""
    table, anchors = evidence.table("cycles"), evidence.table("anchors")
    if table.height == 0 or anchors.height == 0:
        return []
    full = anchors.filter(pl.col("kind") == "full")["ts"].to_physical().to_numpy()
    rows = table.filter((pl.col("kind") == "charge") & (pl.col("dod_pct") >= MIN_DEPTH_PCT))
    ends = rows["end"].to_physical().to_numpy()
    near = np.array([len(full) > 0 and bool(np.abs(full - end).min() <= NEAR_MS) for end in ends], bool)
    rows = rows.filter(pl.Series(near, dtype=pl.Boolean)).with_columns(at=pl.col("ts").to_physical())
    if rows.height == 0:
        return []
    first, last = int(rows["at"].to_numpy()[0]), int(rows["at"].to_numpy()[-1])
    if last - first < 2 * PERIOD_MS:
        middle = (first + last) // 2
        parts = (rows.filter(pl.col("at") < middle), rows.filter(pl.col("at") >= middle))
    else:
        parts = (rows.filter(pl.col("at") < first + PERIOD_MS), rows.filter(pl.col("at") > last - PERIOD_MS))
    return [
        (row, late)
        for late, part in zip((False, True), parts, strict=True)
        for row in part.sort("dod_pct", descending=True).head(CURVES).iter_rows(named=True)
    ]


def _curve(
    store: Store,
    evidence: SystemEvidence,
    names: tuple[str, str],
    row: dict[str, object],
    cells: int,
    *,
    late: bool,
) -> ChargeCurve | None:
    """Lay one charge out: mean cell voltage over the charge still missing to its end."""
    start, end = int(str(row["at"])), 0
    end = round(row["end"].timestamp() * 1000) if hasattr(row["end"], "timestamp") else start
    v_ts, volts = readings(store, evidence.source.name, names[0], start, end + 1)
    i_ts, amps = readings(store, evidence.source.name, names[1], start, end + 1)
    if len(v_ts) < 3 or len(i_ts) < 3:
        return None
    steps = np.diff(i_ts) / 3_600_000
    counted = np.r_[0.0, np.cumsum(np.abs(amps[:-1] + amps[1:]) / 2 * steps)]
    missing = counted[-1] - np.interp(v_ts, i_ts, counted)
    rate = row["mean_c_rate"]
    return ChargeCurve(
        start=evidence.stamp(start),
        late=late,
        mean_c_rate=rate if isinstance(rate, float) else None,
        missing_ah=np.round(missing, 2),
        cell_v=np.round(volts / cells, 4),
    )
