"""One row per cell and day: residuals to the string's median, in the regimes that tell.

The *residual* of a cell is its reading minus the median over the string's cells at the same instant. Its mean over a
regime's samples of a day is kept (single readings that stand out alone are left out of it: they have a table of
their own), because the mean of many readings resolves far less than the millivolt of one.

Regimes: ``rest`` (resting, voltage between the knees), ``low`` (resting below the lower knee), ``top`` (the last half
hour of a charge, above the upper knee) and ``bot`` (the last half hour of a discharge, in the lower knee).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS_DTYPE
from pipeline.feature_blocks import (
    Block,
    Mask,
    Places,
    day_extremes,
    day_means,
    day_regression,
    day_sums,
    row_median,
    schema,
    ts_series,
)
from pipeline.feature_charge import Floats, Ints
from pipeline.feature_leads import EndCurve, leads_ah
from pipeline.feature_string import Timeline
from pipeline.physics import Chemistry

SETTLED_MS, SETTLED_BRIEF_MS = 600_000, 60_000
"""How long a string has to rest before its voltage is at rest: ten minutes, or one where only stops of a drive are
seen and the curve is not known [ms]."""
RUN_END_MS = 1_800_000
"""The end of a charge or discharge: its last half hour [ms]."""
TOP_V_MARGIN = 0.03
"""The string is near full when its highest cell is within this of the curve's end, or its median above the knee [V]."""
BOT_V_MARGIN = 0.06
"""The string nears its lower knee when its lowest cell is this far below the plateau [V]."""
STEP_MAX_INTERVAL_MS = 15_000
"""Slowest logger from which a resistance in ohms is read: averages over longer steps inflate it [ms]."""
STEP_CALM = 0.2
"""Before and after a step the current moves by less than this share of the smallest step [1]."""
STUCK_MIN_READINGS = 10
STUCK_MOVED_V = 0.020
"""A day on which a series never moves while the string's median moves more than this is stuck [V]."""
Singles = NDArray[np.float32]

CELL_DAY = schema(
    {
        "ts": TS_DTYPE,
        "pack": pl.Int16,
        "cell": pl.Int16,
        "n": pl.UInt32,
        "v_mean": pl.Float32,
        "v_min": pl.Float32,
        "v_min_ts": TS_DTYPE,
        "v_max": pl.Float32,
        "v_max_ts": TS_DTYPE,
        "all_mv": pl.Float32,
        "rest_mv": pl.Float32,
        "rest_n": pl.UInt16,
        "low_mv": pl.Float32,
        "low_pct": pl.Float32,
        "low_n": pl.UInt16,
        "top_mv": pl.Float32,
        "top_pct": pl.Float32,
        "top_n": pl.UInt16,
        "bot_mv": pl.Float32,
        "bot_pct": pl.Float32,
        "bot_n": pl.UInt16,
        "k_sxx": pl.Float32,
        "k_sxy": pl.Float32,
        "step_sxx": pl.Float32,
        "step_sxy": pl.Float32,
        "lead_ah": pl.Float32,
        "stuck": pl.Boolean,
    }
)
"""``*_mv`` residuals [mV]; ``*_pct`` the same as charge through the open-circuit curve [%]; ``k_*`` sums of the
residual [V] on current [A] between the knees; ``step_*`` of the step in a cell's voltage on the current's step;
``lead_ah`` charge by which a cell is full before the median, on the string's own curve [Ah]."""


@dataclass(frozen=True, slots=True)
class RowState:
    """What the string does at each row of a block."""

    current_a: Floats
    rest_ms: Floats
    ahead_ms: Floats
    heat_a2: Floats
    soc_pct: Floats
    charge_ah: Floats
    gap_ms: Floats
    kwh_in: Floats
    kwh_out: Floats
    charging: Mask
    discharging: Mask
    resting: Mask
    ohm: float
    step_a: float
    is_quick: bool
    """Whether the logger is fast enough to see cells at different instants of one step of current."""


def row_state(timeline: Timeline | None, stamps: Ints) -> RowState:
    """Look up what the string does at the cells' own stamps; NaN and no regime where its current is not known."""
    if timeline is None:
        nothing, never = np.full(len(stamps), np.nan), np.zeros(len(stamps), bool)
        return RowState(*(nothing,) * 9, *(never,) * 3, 0.0, np.inf, False)
    place, near = timeline.locate(stamps)

    def at(values: Floats) -> Floats:
        return np.where(near, values[place], np.nan)

    current = at(timeline.current_a)
    with np.errstate(invalid="ignore"):
        charging, discharging = current < -timeline.scale.rest_a, current > timeline.scale.rest_a
        resting = np.abs(current) <= timeline.scale.rest_a
    return RowState(
        current,
        at(timeline.rest_ms),
        at(timeline.ahead_ms),
        at(timeline.heat_a2),
        at(timeline.soc_pct),
        at(timeline.charge_ah),
        at(timeline.gap_ms),
        at(timeline.kwh_in),
        at(timeline.kwh_out),
        charging,
        discharging,
        resting,
        timeline.scale.ohm,
        timeline.scale.step_a,
        timeline.step_ms <= STEP_MAX_INTERVAL_MS,
    )


@dataclass(frozen=True, slots=True)
class Regimes:
    """Which rows of a block belong to which regime."""

    rest: Mask
    low: Mask
    top: Mask
    bot: Mask
    plateau: Mask
    """Rows from which the slope on current is read: between the knees, whatever the current."""


def regimes_of(
    state: RowState, median_v: Singles, lowest_v: Singles, highest_v: Singles, chemistry: Chemistry | None
) -> Regimes:
    """Cut rows into regimes. Without a chemistry there are no knees: every rest is ``rest``."""
    with np.errstate(invalid="ignore"):
        if chemistry is None:
            never = np.zeros(len(median_v), bool)
            rest = state.resting & (state.rest_ms >= SETTLED_BRIEF_MS)
            return Regimes(rest, never, never, never, ~np.isnan(state.current_a))
        low_v, high_v = chemistry.plateau_v
        drop = np.nan_to_num(state.current_a) * state.ohm
        median_v, lowest_v, highest_v = ((each + drop).astype(np.float32) for each in (median_v, lowest_v, highest_v))
        settled = state.resting & (state.rest_ms >= SETTLED_MS)
        near_end = state.ahead_ms <= RUN_END_MS
        is_top = (median_v >= high_v) | (highest_v >= chemistry.ocv_v[-1] - TOP_V_MARGIN)
        is_bot = (median_v <= low_v) | (lowest_v <= low_v - BOT_V_MARGIN)
        between = (median_v > low_v) & (median_v < high_v)
        top, bot = state.charging & near_end & is_top, state.discharging & near_end & is_bot
        return Regimes(
            rest=settled & between,
            low=settled & (median_v <= low_v),
            top=top,
            bot=bot,
            plateau=between & ~top & ~bot & ~np.isnan(state.current_a),
        )


def cell_days(
    block: Block,
    median_v: Singles,
    residual_v: Singles,
    state: RowState,
    regimes: Regimes,
    chemistry: Chemistry | None,
    places: Places,
    curve: EndCurve | None = None,
) -> pl.DataFrame:
    """Make the cell rows of a block's days.

    Parameters
    ----------
    median_v : array, shape (rows,)
        Of the string [V].
    residual_v : array, shape (rows, cells)
        Reading minus the string's median [V]; NaN also where a reading stands out alone.
    curve : EndCurve, optional
        That leads at the charge end are read on.
    """
    days = len(block.days)
    mean, count = day_means(block.values, block.day, days)
    columns: dict[str, Floats | Ints | Mask] = {"n": count, "v_mean": mean}
    columns |= {f"v_{name}": values for name, values in day_extremes(block).items()}
    columns["all_mv"] = 1000 * day_means(residual_v, block.day, days, narrow=True)[0]
    for name in ("rest", "low", "top", "bot"):
        rows = np.flatnonzero(getattr(regimes, name))
        level, readings = day_means(residual_v[rows], block.day[rows], days, narrow=True)
        columns |= {f"{name}_mv": 1000 * level, f"{name}_n": np.minimum(readings, 65_535)}
        if name != "rest":
            columns[f"{name}_pct"] = _charge_offsets(block, rows, residual_v, state, chemistry)
    rows = np.flatnonzero(regimes.plateau)
    k_sxx, k_sxy, _ = day_regression(state.current_a[rows], residual_v[rows], block.day[rows], days)
    step_sxx, step_sxy = _steps(block, state)
    columns |= {"k_sxx": k_sxx, "k_sxy": k_sxy, "step_sxx": step_sxx, "step_sxy": step_sxy}
    columns["lead_ah"] = leads_ah(block, residual_v, state, curve)
    columns["stuck"] = stands_still(block, median_v, columns["v_min"], columns["v_max"], count, STUCK_MOVED_V)
    return table_rows(block, columns, places, CELL_DAY, "cell")


def _charge_offsets(
    block: Block, rows: Ints, residual_v: Singles, state: RowState, chemistry: Chemistry | None
) -> Floats:
    """Mean offset of each cell's charge to the median cell's, through the open-circuit curve, by day [%].

    In the knees a healthy spread of charge is a skewed spread of millivolts; in per cent it is even.
    """
    days = len(block.days)
    if chemistry is None or len(rows) == 0:
        return np.full((days, block.values.shape[1]), np.nan)
    drop = (np.nan_to_num(state.current_a[rows]) * state.ohm)[:, None]
    volts = np.where(np.isnan(residual_v[rows]), np.nan, block.values[rows] + drop)
    median = row_median(volts.astype(np.float32))
    charge = np.where(np.isnan(volts), np.nan, chemistry.soc_of(volts))
    return day_means(charge - chemistry.soc_of(median)[:, None], block.day[rows], days)[0]


def _steps(block: Block, state: RowState) -> tuple[Floats, Floats]:
    """Sum ΔI² and −ΔI·ΔV over steps of current, steady before and after, from loggers fast enough."""
    shape = (len(block.days), block.values.shape[1])
    steps = np.diff(block.ts)
    if len(steps) < 3 or float(np.median(steps)) > STEP_MAX_INTERVAL_MS:
        return np.zeros(shape), np.zeros(shape)
    change = np.diff(state.current_a)
    same_day = block.day[1:] == block.day[:-1]
    with np.errstate(invalid="ignore"):
        calm = np.abs(change) < STEP_CALM * state.step_a
        large = (np.abs(change) >= state.step_a) & same_day & (steps <= STEP_MAX_INTERVAL_MS)
    at = np.flatnonzero(large[1:-1] & calm[:-2] & calm[2:]) + 1
    jump = np.nan_to_num(block.values[at + 1] - block.values[at]).astype(np.float64)
    day = block.day[at]
    sxy = day_sums(-jump * change[at][:, None], day, shape[0])
    sxx = day_sums((jump != 0) * (change[at] ** 2)[:, None], day, shape[0])
    return sxx, sxy


def stands_still(
    block: Block, reference: Singles, low: object, high: object, count: NDArray[np.int64], moved: float
) -> Mask:
    """Find the days on which a series never moved while the string's median (``reference``) moved by ``moved``.

    Formula: lowest = highest of a day of at least ``STUCK_MIN_READINGS``, while the string's median moved by ``moved``.
    Units: d. Source: gates of docs/methods.md. Longest sampling interval: 2 h (ten readings a day). Weakness: a stretch
    shorter than a day is not seen here.
    """
    span = np.zeros(len(block.days))
    for day, first, last in block.day_edges:
        span[day] = float(np.nanmax(reference[first:last]) - np.nanmin(reference[first:last]))
    still = np.asarray(low) == np.asarray(high)
    return np.asarray(still & (count >= STUCK_MIN_READINGS) & (span > moved)[:, None])


def table_rows(
    block: Block, columns: dict[str, Floats | Ints | Mask], places: Places, table: pl.Schema, number: str
) -> pl.DataFrame:
    """Lay day-by-column matrices out as rows, and leave those without a reading out."""
    days, width = len(block.days), len(places.signals)
    known = (np.asarray(columns["n"], np.int64) > 0).ravel()
    made = [
        ts_series("ts", np.repeat(block.days, width)),
        pl.Series("pack", np.tile(places.packs, days)),
        pl.Series(number, np.tile(places.numbers, days)),
    ]
    for name in table.names()[3:]:
        flat = np.asarray(columns[name]).ravel()
        if table[name] == TS_DTYPE:
            made.append(ts_series(name, flat))
        else:
            series = pl.Series(name, flat)
            made.append((series.fill_nan(None) if series.dtype.is_float() else series).cast(table[name]))
    return pl.DataFrame(made).filter(pl.Series(known))
