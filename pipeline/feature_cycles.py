"""What the current alone tells: days of throughput and energy, and half cycles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS_DTYPE, day_starts
from pipeline.feature_blocks import as_schema, schema
from pipeline.feature_charge import Floats
from pipeline.feature_string import GAP_FACTOR, HOUR_MS, RawReader, Timeline

REVERSAL_PCT = 2.0
"""A half cycle ends where the charge turns back by more than this share of the capacity [%]."""
SILENT_SHARE = 0.1
"""Between readings below this share of the resting limit (C/500) no charge is counted as throughput: a sensor's offset
of 0.2 A would add 1 % to a day's cycle [1]."""
SYSTEM_DAY = schema(
    {
        "ts": TS_DTYPE,
        "covered_s": pl.Float64,
        "ah_in": pl.Float64,
        "ah_out": pl.Float64,
        "kwh_in": pl.Float64,
        "kwh_out": pl.Float64,
        "rest_share": pl.Float64,
        "soc_min": pl.Float32,
        "soc_max": pl.Float32,
        "soc_last": pl.Float32,
        "heat_a2": pl.Float64,
        "max_a": pl.Float64,
        "soh_bms": pl.Float32,
    }
)
"""Charge [Ah] and energy on the DC side [kWh] in and out, by the site's day; ``covered_s`` is the time with current
readings [s]; ``heat_a2`` the mean of the smoothed squared current [A²]; ``max_a`` the largest |I| [A];
``soh_bms`` the state of health
as the battery last reported it [%]."""

CYCLES = schema(
    {
        "ts": TS_DTYPE,
        "end": TS_DTYPE,
        "kind": pl.String,
        "ah": pl.Float64,
        "kwh": pl.Float64,
        "dod_pct": pl.Float64,
        "mean_c_rate": pl.Float64,
        "soc_start": pl.Float32,
        "soc_end": pl.Float32,
    }
)
"""Half cycles: charges and discharges between turning points of the charge. ``mean_c_rate`` [1/h] over loaded time."""


def system_days(reader: RawReader, timeline: Timeline) -> pl.DataFrame:
    """Sum the string's charge and energy by the site's day.

    Formula: Σ|I|·Δt and Σ V·I·Δt by the site's day, charge and discharge apart. Units: Ah, kWh. Source: as
    ``step_charge``; voltage is the mean of both ends of a step. Longest sampling interval: any; tested to 15 min.
    Weakness: a day with gaps counts what was logged, and says how much is missing.
    """
    steps = np.diff(timeline.ts).astype(np.float64)
    whole = steps <= GAP_FACTOR * timeline.step_ms
    days = np.asarray(day_starts(int(timeline.ts[0]), int(timeline.ts[-1]), reader.zone), np.int64)
    day = np.searchsorted(days, timeline.ts, side="right") - 1
    count = len(days)
    resting = np.abs(timeline.current_a) <= timeline.scale.rest_a
    silent = np.abs(timeline.current_a) <= SILENT_SHARE * timeline.scale.rest_a
    moved = np.where(silent[:-1] & silent[1:], 0.0, np.diff(timeline.charge_ah))
    covered = np.bincount(day[:-1], steps * whole / 1000, count)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest_share = np.bincount(day[:-1], steps * whole * resting[:-1] / 1000, count) / covered
        heat = np.bincount(day, timeline.heat_a2, count) / np.bincount(day, minlength=count)
    energy_known = np.bincount(day, ~np.isnan(timeline.volts), count) > 0
    frame = pl.DataFrame(
        {
            "ts": days,
            "covered_s": covered,
            "ah_in": np.bincount(day[:-1], np.maximum(-moved, 0), count),
            "ah_out": np.bincount(day[:-1], np.maximum(moved, 0), count),
            "kwh_in": np.where(energy_known, np.bincount(day[:-1], np.diff(timeline.kwh_in), count), np.nan),
            "kwh_out": np.where(energy_known, np.bincount(day[:-1], np.diff(timeline.kwh_out), count), np.nan),
            "rest_share": rest_share,
            **_soc_days(timeline, day, count),
            "heat_a2": heat,
            "max_a": _by_day(np.fmax, np.abs(timeline.current_a), day, count),
            "soh_bms": _last_of_day(timeline.soh_pct, day, count),
        }
    )
    return frame.filter(pl.Series(np.bincount(day, minlength=count) > 0)).select(as_schema(SYSTEM_DAY))


def _by_day(reduce: np.ufunc, values: Floats, day: NDArray[np.intp], count: int) -> Floats:
    out = np.full(count, np.nan)
    first = np.flatnonzero(np.r_[True, day[1:] != day[:-1]])
    out[day[first]] = reduce.reduceat(values, first)
    return out


def _last_of_day(values: Floats, day: NDArray[np.intp], count: int) -> Floats:
    known = np.flatnonzero(~np.isnan(values))
    out = np.full(count, np.nan)
    out[day[known]] = values[known]  # the last assignment of a day stays
    return out


def _soc_days(timeline: Timeline, day: NDArray[np.intp], count: int) -> dict[str, Floats]:
    soc = timeline.soc_pct
    return {
        "soc_min": _by_day(np.fmin, soc, day, count),
        "soc_max": _by_day(np.fmax, soc, day, count),
        "soc_last": _last_of_day(soc, day, count),
    }


def _bends(values: Floats) -> NDArray[np.int64]:
    """Find the readings at which a series stops to rise or to fall: no other can be an extreme, but the two ends."""
    moves = np.flatnonzero(values[1:] != values[:-1])
    rises = values[moves + 1] > values[moves]
    turns = np.flatnonzero(rises[1:] != rises[:-1])
    return np.unique(np.r_[0, moves[turns] + 1, moves[-1:] + 1, len(values) - 1])


def turning_points(values: Floats, reversal: float) -> list[int]:
    """Find where a series turns back by more than ``reversal``: the extremes, in order, with both ends."""
    if len(values) == 0:
        return []
    points, low, high, heading = [0], 0, 0, 0
    bends = _bends(values)
    for at, value in zip(bends.tolist(), values[bends].tolist(), strict=True):
        if value > values[high]:
            high = at
        if value < values[low]:
            low = at
        if heading >= 0 and values[high] - value > reversal:
            points.append(high)
            heading, low, high = -1, at, at
        elif heading <= 0 and value - values[low] > reversal:
            points.append(low)
            heading, low, high = 1, at, at
    points.append(high if heading > 0 else low if heading < 0 else len(values) - 1)
    return sorted(set(points))


def half_cycles(timeline: Timeline) -> pl.DataFrame:
    """Cut the history into charges and discharges.

    Formula: turning points of the counted charge that turn back by more than 2 % of the capacity (of the range of the
    charge where the capacity is unknown), from first to last loaded reading. Units: Ah, kWh, %. Source: rainflow's
    reversals, ASTM E1049-85. Longest sampling interval: any; tested to 15 min. Weakness: a half cycle's ends are known
    to one step.
    """
    charge = timeline.charge_ah
    base = timeline.scale.nominal_ah or 2 * _typical_throw(charge)
    points = turning_points(charge, REVERSAL_PCT / 100 * base)
    energy = timeline.kwh_out - timeline.kwh_in
    loaded = np.abs(timeline.current_a) > timeline.scale.rest_a
    rows = []
    for first, last in pairwise(points):
        row = _half_cycle(timeline, loaded, energy, first, last)
        if row is not None:
            rows.append(row)
    made = pl.DataFrame(rows, schema=list(CYCLES.names()), orient="row", infer_schema_length=None)
    return made.select(as_schema(CYCLES)) if rows else pl.DataFrame(schema=CYCLES)


def _typical_throw(charge: Floats) -> float:
    low, high = np.percentile(charge - np.linspace(charge[0], charge[-1], len(charge)), [5, 95])
    return float(max(high - low, 1e-6))


def _half_cycle(
    timeline: Timeline, loaded: NDArray[np.bool_], energy: Floats, first: int, last: int
) -> tuple[object, ...] | None:
    discharging = timeline.charge_ah[last] > timeline.charge_ah[first]
    same_way = timeline.current_a[first : last + 1] > 0 if discharging else timeline.current_a[first : last + 1] < 0
    working = np.flatnonzero(loaded[first : last + 1] & same_way)
    if len(working) == 0:
        return None
    begin, end = first + int(working[0]), min(first + int(working[-1]) + 1, len(loaded) - 1)
    start = max(begin - 1, first) if timeline.edges.shares["start", 1 if discharging else -1] > 0.25 else begin
    ah = abs(float(timeline.charge_ah[end] - timeline.charge_ah[start]))
    steps = np.diff(timeline.ts[begin : end + 1]) * (np.diff(timeline.gap_ms[begin : end + 1]) == 0)
    hours = float((steps * loaded[begin:end]).sum()) / HOUR_MS
    nominal = timeline.scale.nominal_ah
    soc = timeline.soc_pct[start], timeline.soc_pct[end]
    dod = 100 * ah / nominal if nominal else abs(float(soc[1] - soc[0]))
    has_energy = not np.isnan(timeline.volts[start : end + 1]).all()
    return (
        int(timeline.ts[start]),
        int(timeline.ts[end]),
        "discharge" if discharging else "charge",
        ah,
        abs(float(energy[end] - energy[start])) if has_energy else np.nan,
        dod,
        ah / hours / nominal if nominal and hours > 0 else np.nan,
        float(soc[0]),
        float(soc[1]),
    )
