"""Half cycles of a system: how deep, how warm, which cell ended them, and what that adds up to."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from app import loader
from app.analytics.cycles import (
    DEPTH_EDGES_PCT,
    count_depths,
    days_between,
    equivalent_full_cycles,
    round_trip,
    turns_of,
    with_circumstances,
)
from app.answers.cut import window_of
from app.answers.evidence import SystemEvidence, evidence_of
from app.errors import BadParameter
from app.shapes.cycles import Cycle, CyclesAnswer, DepthCount


@loader.memoised
def cycles(system: str, start_ms: int | None = None, end_ms: int | None = None) -> CyclesAnswer:
    """List the half cycles that begin in a window, with equivalent full cycles and the round trip.

    All packs of a string share them. ``efc_total`` counts from the first data whatever the window.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is before the start.
    """
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise BadParameter("end", end_ms, "it must not be before start")
    evidence = evidence_of(system)
    window = window_of(evidence, start_ms, end_ms)
    table, days = evidence.table("cycles"), evidence.table("system_day")
    if table.width == 0 or table.height == 0:
        return _no_current(evidence)
    inside = days_between(_half_cycles(system), start_ms, end_ms, whole_days=False)
    own_days = days_between(days, start_ms, end_ms, whole_days=True)
    anchors = evidence.table("anchors")
    anchors = days_between(anchors, start_ms, end_ms, whole_days=False) if anchors.height else anchors
    trip = round_trip(own_days, anchors, evidence.said.nominal_kwh, evidence.capacity.offset_a)
    seconds = max((window.end_ms - window.start_ms) / 1000, 1.0)
    notes = [trip.reason] if trip.reason else [f"Round trip on the DC side, between {trip.between}."]
    if evidence.nominal_ah is None:
        notes.append("Equivalent full cycles need the nominal capacity: say nominal_ah in site.toml.")
    return CyclesAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=min(1.0, float(own_days["covered_s"].sum()) / seconds) if own_days.height else 0.0,
        reason=None if inside.height else "No charge or discharge begins in this window.",
        cycles=tuple(_cycle(row, evidence) for row in inside.iter_rows(named=True)),
        efc=_rounded(equivalent_full_cycles(own_days, evidence.nominal_ah), 3)
        if own_days.height
        else (0.0 if evidence.nominal_ah else None),
        efc_total=_rounded(evidence.efc_total, 3),
        rte_pct=_rounded(trip.pct, 2),
        depths=_depths(inside),
        notes=tuple(notes),
    )


def _no_current(evidence: SystemEvidence) -> CyclesAnswer:
    return CyclesAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=None,
        reason=" ".join(evidence.source.notes) or "No current is logged: cycles are unknown.",
        cycles=(),
        efc=None,
        efc_total=None,
        rte_pct=None,
    )


@loader.once_per_build
def _half_cycles(system: str) -> pl.DataFrame:
    """Lay the half cycles of the whole history out, with their temperature and limiting cell."""
    evidence = evidence_of(system)
    return with_circumstances(evidence.table("cycles"), evidence.table("anchors"), evidence.sensors)


def _depths(half_cycles: pl.DataFrame) -> tuple[DepthCount, ...]:
    turns = turns_of(half_cycles)
    if len(turns) < 3:
        return ()
    ranges = zip(DEPTH_EDGES_PCT, DEPTH_EDGES_PCT[1:], count_depths(turns).tolist(), strict=False)
    return tuple(DepthCount(low_pct=low, high_pct=min(high, 100.0), count=count) for low, high, count in ranges)


def _cycle(row: dict[str, Any], evidence: SystemEvidence) -> Cycle:
    return Cycle(
        start=evidence.stamp(round(row["ts"].timestamp() * 1000)),
        end=evidence.stamp(round(row["end"].timestamp() * 1000)),
        kind=row["kind"],
        dod_pct=_rounded(row["dod_pct"], 2),
        ah=round(row["ah"], 3),
        kwh=_rounded(row["kwh"], 3),
        mean_c_rate=_rounded(row["mean_c_rate"], 4),
        mean_t=_rounded(row["mean_t"], 1),
        first_pack=row["first_pack"],
        first_cell=row["first_cell"],
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), digits)
