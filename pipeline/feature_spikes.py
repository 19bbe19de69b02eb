"""Single readings that stand out: from the string, and from the cell's own readings before and after. From raw rows.

A reading beyond ``EXCURSION_V`` (``EXCURSION_K``) stands out wherever the string is. One of half that size does where
the string is steady: away from the curve's ends, further than the string's own cells step at that instant, and further
than any resistance makes of what the string's current and voltage do for that one reading.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.feature_blocks import Block, Mask, Places, row_median
from pipeline.feature_cells import RowState
from pipeline.feature_charge import Floats, Ints
from pipeline.feature_events import event_rows
from pipeline.feature_string import Timeline
from pipeline.physics import Chemistry

Singles = NDArray[np.float32]

EXCURSION_V, EXCURSION_K = 0.100, 10.0
"""A reading stands out alone when its distance from the cell's own residual before and after exceeds this [V, K] ..."""
STEADY_V, STEADY_K = 0.050, 5.0
"""... or, while the string is steady, this, if it is also ``STEPS`` times as far as the string's cells step [V, K]."""
STEPS = 5.0
"""How many robust deviations of the string's own steps at that instant a smaller reading has to exceed [1]."""
RESISTS = 3.0
"""A cell may have so many typical resistances more than its string, and follow by that what the string does [1]."""
STEADY_CELLS = 8
"""Cells that are known at an instant and on either side of it, before their steps have a spread [cells]."""
RESOLVED = 0.95
"""Share of the limit from which a reading counts: noise and a coarse register are not held against it [1]."""
CELL_SHARE, PLACE_SHARE, STEADY_SHARE = 0.9, 0.8, 0.5
"""Share of the limit that the residual itself exceeds: a cell is a little off, a sensor has its place, and where the
string is steady a cell that is off already may read wrong as well [1]."""
WEAK_PCT, FULLER_PCT, CURVE_MARGIN = 6.0, 3.0, 1.25
"""Near the curve's ends a cell may lack so much charge, or have so much more, and sag or rise by that for one reading;
the curve is trusted to this factor [%, %, 1]."""
GOES_ON, STAYS_V = 0.9, 0.005
"""A charge goes on while its current keeps this share, and the string is where it was within this [1, V]."""
ELSEWHEN_V = 0.025
"""Where cells have clocks of their own: how far from what its string passes through a cell may be at any time [V]."""
SHARED_CELLS = 4
"""So many cells that stand out at one instant are one event of the string [cells]."""
LOOK_AROUND = 3
"""How many rows to either side a cell's own reading before and after is looked for [rows]."""


@dataclass(frozen=True, slots=True)
class Spikes:
    """Places (row, column) of single readings that stand out, with the residuals around each."""

    rows: Ints
    columns: Ints
    before: Floats
    after: Floats
    limit: Floats
    """What each exceeds, in the residual's unit."""
    ambiguous: Mask


@dataclass(frozen=True, slots=True)
class Size:
    """How far a single reading has to stand out, in the residual's unit."""

    always: float
    steady: float
    share: float


VOLTS = Size(EXCURSION_V, STEADY_V, CELL_SHARE)
KELVIN = Size(EXCURSION_K, STEADY_K, PLACE_SHARE)


def find_spikes(block: Block, residual: Singles, size: Size, allowed: Floats) -> Spikes:
    """Find single readings that stand out from the string's median and from the cell's own residual around them.

    Formula: the residual goes away and comes back, each time by more than max(5·1.4826·MAD of the string's own steps
    there, ``allowed``, ``size.steady``), or by more than ``size.always`` whatever these are. Units: V or K. Source:
    limits of docs/limits.md; Hampel-like comparison with the readings before and after. Longest sampling interval: any;
    the newest reading of all waits for the next one. Weakness: two bad readings in a row are a level, not a spike.

    Parameters
    ----------
    residual : array, shape (rows, columns)
        Reading minus the string's median.
    allowed : array, shape (rows,)
        How far the string's own state may move a cell for one reading, in the residual's unit; NaN where it is not
        known: only ``size.always`` counts there.

    Returns
    -------
    Spikes
        None of them ambiguous. Any interval is accepted; the newest reading of all waits for the next one.
    """
    with np.errstate(invalid="ignore"):
        rows, columns = np.divmod(np.flatnonzero(np.abs(residual) > STEADY_SHARE * size.steady), residual.shape[1])
    if len(rows) == 0:
        nothing = np.zeros(0)
        return Spikes(rows, columns, nothing, nothing, nothing, np.zeros(0, bool))
    around = _with_neighbours(block, residual)
    here = residual[rows, columns]
    before, after = (_nearest(around, rows + 1, columns, side) for side in (-1, 1))
    jumps = np.array([(here - before) * np.sign(here), (here - after) * np.sign(here)])
    with np.errstate(invalid="ignore"):
        at = np.flatnonzero(jumps.min(axis=0) > RESOLVED * size.steady)
        limits = _limits(around, rows[at], allowed, size)
        alone = (jumps[:, at] > RESOLVED * limits).all(axis=0)
        limit = np.where(jumps[0, at] <= jumps[1, at], limits[0], limits[1])
        share = np.where(limit < size.always, STEADY_SHARE, size.share)
        beyond = alone & (np.abs(here[at]) > share * limit)
    at = at[beyond]
    return Spikes(rows[at], columns[at], before[at], after[at], limit[beyond], np.zeros(len(at), bool))


def _limits(around: Singles, rows: Ints, allowed: Floats, size: Size) -> Floats:
    """Return how far each reading has to go away, and to come back: as little as the string's own steps there allow."""
    at, place = np.unique(rows, return_inverse=True)
    own = np.where(np.isnan(allowed[at]), np.inf, allowed[at])
    limits = []
    for side in (-1, 1):
        steps = around[at + 1] - around[at + 1 + side]
        spread = 1.4826 * row_median(np.abs(steps - row_median(steps)[:, None]))
        known = (~np.isnan(steps)).sum(axis=1) >= STEADY_CELLS
        limits.append(np.fmax(np.where(known, STEPS * spread, np.inf), own))
    return np.clip(limits, size.steady, size.always)[:, place]


def _with_neighbours(block: Block, residual: Singles) -> Singles:
    width = residual.shape[1]
    rows = [
        np.full((1, width), np.nan, np.float32) if row is None else (row[None, :] - row_median(row[None, :])[:, None])
        for row in (block.before, block.after)
    ]
    return np.concatenate([rows[0], residual, rows[1]])


def _nearest(residual: Singles, rows: Ints, columns: Ints, direction: int) -> Floats:
    found = np.full(len(rows), np.nan)
    for distance in range(1, LOOK_AROUND + 1):
        at = rows + direction * distance
        inside = (at >= 0) & (at < len(residual)) & np.isnan(found)
        found[inside] = residual[at[inside], columns[inside]]
    return found


def temperature_spikes(block: Block, residual_k: Singles) -> Spikes:
    """Find single temperatures that stand out: neither load nor coolant moves one sensor alone for one reading."""
    return find_spikes(block, residual_k, KELVIN, np.zeros(len(residual_k)))


def voltage_spikes(
    block: Block, residual_v: Singles, state: RowState, timeline: Timeline | None, chemistry: Chemistry | None
) -> Spikes:
    """Find single voltages that stand out, and say which of them the string's own state may explain.

    What it may explain is kept only beyond ``EXCURSION_V``; so is everything without a chemistry, or a current.
    """
    allowed = np.full(len(block.ts), np.nan)
    if chemistry is not None and timeline is not None:
        allowed = RESISTS * np.fmax(state.ohm * _current_swing(block, timeline), _swing(_median_v(block)))
    found = find_spikes(block, residual_v, VOLTS, allowed)
    if block.later is not None:
        found = _only(found, ~_is_elsewhen(block, found))
    rows, here = found.rows, residual_v[found.rows, found.columns].astype(np.float64)
    if len(rows) == 0:
        return found
    ambiguous = _is_stepping(state)[rows]
    if chemistry is not None:
        median = row_median(block.values[rows]) + np.nan_to_num(state.current_a[rows]) * state.ohm
        charged = _is_charge(median.astype(np.float64), here, state, rows, chemistry)
        charged &= ~((here > 0) & _was_not_ahead(block, found))
        ambiguous |= charged & ~_goes_on(block, state)[rows]
    ambiguous &= ~_is_calm(state)[rows]
    limit = np.where(ambiguous, EXCURSION_V, found.limit)
    judged = Spikes(rows, found.columns, found.before, found.after, limit, np.asarray(ambiguous))
    return _only(judged, ~ambiguous | _is_large(found, here))


def _only(found: Spikes, keep: Mask) -> Spikes:
    return Spikes(*(getattr(found, one.name)[keep] for one in fields(Spikes)))


def _is_elsewhen(block: Block, found: Spikes) -> Mask:
    """Whether a cell with a clock of its own read no more than what the string passes through between its rows."""
    median = _median_v(block)
    around = [median[found.rows + side] for side in range(3)]
    low, high = np.fmin.reduce(around), np.fmax.reduce(around)
    value = block.values[found.rows, found.columns]
    return np.asarray((value >= low - ELSEWHEN_V) & (value <= high + ELSEWHEN_V))


def _is_large(found: Spikes, here: Floats) -> Mask:
    aside = np.minimum(np.abs(here - found.before), np.abs(here - found.after))
    return np.asarray((aside > RESOLVED * EXCURSION_V) & (np.abs(here) > CELL_SHARE * EXCURSION_V))


def _current_swing(block: Block, timeline: Timeline) -> Floats:
    """Return how far the current goes at each row and comes back; NaN where it is not known [A]."""
    outer = [block.ts[0] if block.ts_before is None else block.ts_before]
    beyond = [block.ts[-1] if block.ts_after is None else block.ts_after]
    place, near = timeline.locate(np.r_[outer, block.ts, beyond])
    return _swing(np.where(near, timeline.current_a[place], np.nan))


def _median_v(block: Block) -> Floats:
    """Return the string's median at each row, and at the rows next to the block [V]."""
    outer = [row_median(row[None, :]) if row is not None else np.full(1, np.nan) for row in (block.before, block.after)]
    return np.concatenate([outer[0], row_median(block.values), outer[1]]).astype(np.float64)


def _swing(values: Floats) -> Floats:
    """Return how far values go at each row but the outer two and come back at once; 0 where they only pass by."""
    go, come = np.diff(values)[:-1], -np.diff(values)[1:]
    return np.asarray(np.where(go * come > 0, np.minimum(np.abs(go), np.abs(come)), 0.0 * go * come))


def _is_charge(median_v: Floats, residual_v: Floats, state: RowState, rows: Ints, chemistry: Chemistry) -> Mask:
    """Whether a cell of a little less, or more, charge would read so, near the ends of the curve."""
    low, high = np.interp([16.0, 90.0], chemistry.soc_pct, chemistry.ocv_v)
    soc = np.asarray(chemistry.soc_of(median_v))
    sag = CURVE_MARGIN * (np.interp(soc - WEAK_PCT, chemistry.soc_pct, chemistry.ocv_v) - median_v)
    is_near_empty = ~state.charging[rows] & (median_v <= low)
    is_near_full = ~state.discharging[rows] & (median_v >= high)
    sagging = (residual_v < 0) & (is_near_empty | is_near_full) & (residual_v >= sag)
    rising = (residual_v > 0) & is_near_full & (soc + FULLER_PCT >= 100.0)
    return np.asarray(sagging | rising)


def _was_not_ahead(block: Block, found: Spikes) -> Mask:
    """Whether a cell is no higher than its string just before or after, where that stands as high as at its reading.

    A cell of more charge is ahead of its string wherever that is as full: one that is not holds no more.
    """
    median = _median_v(block)
    here = median[found.rows + 1]
    with np.errstate(invalid="ignore"):
        was = (median[found.rows] >= here) & (found.before <= 0)
        will = (median[found.rows + 2] >= here) & (found.after <= 0)
    return np.asarray(was | will)


def _goes_on(block: Block, state: RowState) -> Mask:
    """Whether charge or discharge goes on at the next row, the string where it was: a cell ahead of it stays ahead."""
    median = _median_v(block)[1:]
    after = np.r_[state.current_a[1:], np.nan]
    with np.errstate(invalid="ignore"):
        same = (after * state.current_a > 0) & (np.abs(after) >= GOES_ON * np.abs(state.current_a))
        return np.asarray(same & (state.charging | state.discharging) & (np.abs(np.diff(median)) < STAYS_V))


def _is_calm(state: RowState) -> Mask:
    """Whether the string rests, and did at the reading before: then no cell's charge shows for one reading."""
    with np.errstate(invalid="ignore"):
        return np.asarray(state.rest_ms > 0)


def _is_stepping(state: RowState) -> Mask:
    """Whether the current changes by a step just before or after each row."""
    change = np.abs(np.diff(np.nan_to_num(state.current_a))) >= state.step_a
    return np.asarray(np.r_[False, change] | np.r_[change, False]) & state.is_quick


def without(residual: Singles, spikes: Spikes) -> Singles:
    """Leave single readings that stand out from a residual, for the sake of means; ambiguous ones stay."""
    alone = ~spikes.ambiguous
    if not alone.any():
        return residual
    cleaned = residual.copy()
    cleaned[spikes.rows[alone], spikes.columns[alone]] = np.nan
    return cleaned


def spike_rows(kind: str, block: Block, residual: Singles, spikes: Spikes, places: Places) -> pl.DataFrame:
    """Lay single readings out as rows of the table; where many cells stand out at one instant, as one row."""
    _, place, count = np.unique(spikes.rows, return_inverse=True, return_counts=True)
    own = np.flatnonzero(count[place] < SHARED_CELLS)
    shared = np.flatnonzero(count >= SHARED_CELLS)
    worst = [
        int(np.flatnonzero(place == one)[np.abs(residual[spikes.rows, spikes.columns][place == one]).argmax()])
        for one in shared
    ]
    at = np.concatenate([own, np.asarray(worst, np.intp)])
    rows, columns = spikes.rows[at], spikes.columns[at]
    is_own = np.arange(len(at)) < len(own)
    stamps = block.stamps(rows, columns)
    return event_rows(
        {
            "ts": stamps,
            "kind": [kind] * len(rows),
            "pack": [int(places.packs[one]) if mine else None for one, mine in zip(columns, is_own, strict=True)],
            "cell": [int(places.numbers[one]) if mine else None for one, mine in zip(columns, is_own, strict=True)],
            "value": block.values[rows, columns].astype(np.float64),
            "residual": residual[rows, columns].astype(np.float64),
            "before": spikes.before[at],
            "after": spikes.after[at],
            "limit": spikes.limit[at],
            "end": stamps,
            "samples": np.r_[np.ones(len(own), np.int64), count[shared]],
            "ambiguous": spikes.ambiguous[at],
        }
    )
