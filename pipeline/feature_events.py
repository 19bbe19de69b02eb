"""What happened: single readings that stand out, readings outside the safe range, and alarms. From raw rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS_DTYPE
from pipeline.feature_blocks import Block, Mask, Places, row_median, schema
from pipeline.feature_cells import RowState
from pipeline.feature_string import GAP_FACTOR, Floats, Ints, RawReader, stamps_of, values_of
from pipeline.physics import Chemistry
from pipeline.signals import Kind

EXCURSION_V, EXCURSION_K = 0.100, 10.0
"""A reading stands out alone when its distance from the cell's own residual before and after exceeds this [V, K] ..."""
RESOLVED = 0.95
"""... to this share: what a reading resolves (noise, a coarse register) is not held against the finding [1]."""
CELL_SHARE, PLACE_SHARE = 0.9, 0.8
"""... and its residual exceeds this share too: a cell is a little off near the knees, a sensor has its place [1]."""
WEAK_PCT, FULLER_PCT, CURVE_MARGIN = 6.0, 3.0, 1.25
"""Near the curve's ends a cell may lack so much charge, or have so much more, and sag or rise by that for one reading;
the curve is trusted to this factor [%, %, 1]."""
SHARED_CELLS = 4
"""So many cells that stand out at one instant are one event of the string [cells]."""
LOOK_AROUND = 3
"""How many rows to either side a cell's own reading before and after is looked for [rows]."""

EXCURSIONS = schema(
    {
        "ts": TS_DTYPE,
        "kind": pl.String,
        "pack": pl.Int16,
        "cell": pl.Int16,
        "value": pl.Float64,
        "residual": pl.Float64,
        "before": pl.Float64,
        "after": pl.Float64,
        "limit": pl.Float64,
        "end": TS_DTYPE,
        "samples": pl.UInt32,
        "ambiguous": pl.Boolean,
    }
)
"""``kind``: voltage_spike, temperature_spike, over_voltage, under_voltage, over_temperature, under_temperature.
``value``, ``limit`` [V, °C]; ``residual``, ``before``, ``after`` [V, K]. A safe-range row stands for one cell and day;
pack and cell are null where the string's median itself was outside, or where many cells stand out at one instant
(``samples`` of them: readings taken one after the other while the current moved). ``ambiguous``: the string was near
empty or full, or its current was stepping, so that a sound or a merely weak cell may stand out for one reading."""

ALARMS = schema(
    {
        "ts": TS_DTYPE,
        "signal": pl.String,
        "end": TS_DTYPE,
        "peak": pl.Float64,
        "samples": pl.UInt32,
        "ongoing": pl.Boolean,
    }
)
"""One row per stretch in which a flag was above 0; ``end`` is the next reading's stamp."""

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spikes:
    """Places (row, column) of single readings that stand out, with the residuals around each."""

    rows: Ints
    columns: Ints
    before: Floats
    after: Floats
    ambiguous: NDArray[np.bool_]


def find_spikes(block: Block, residual: Singles, limit: float, share: float = 1.0) -> tuple[Ints, Ints, Floats, Floats]:
    """Find single readings that stand out from the string's median and from the cell's own residual around them.

    Parameters
    ----------
    residual : array, shape (rows, columns)
        Reading minus the string's median.
    limit : float
        In the residual's unit.
    share : float
        Of the limit, that the residual itself has to exceed.

    Returns
    -------
    tuple of arrays
        Rows, columns, and the cell's own residual before and after. Any interval is accepted; the newest reading of
        all waits for the next one.
    """
    with np.errstate(invalid="ignore"):
        rows, columns = np.divmod(np.flatnonzero(np.abs(residual) > share * limit), residual.shape[1])
    if len(rows) == 0:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, np.zeros(0), np.zeros(0)
    around = _with_neighbours(block, residual)
    before = _nearest(around, rows + 1, columns, -1)
    after = _nearest(around, rows + 1, columns, 1)
    here = residual[rows, columns]
    with np.errstate(invalid="ignore"):
        alone = (np.abs(here - before) > RESOLVED * limit) & (np.abs(here - after) > RESOLVED * limit)
    return rows[alone], columns[alone], before[alone], after[alone]


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


def voltage_spikes(block: Block, residual_v: Singles, state: RowState, chemistry: Chemistry | None) -> Spikes:
    """Find single voltages that stand out, and say which of them the string's own state may explain."""
    rows, columns, before, after = find_spikes(block, residual_v, EXCURSION_V)
    if len(rows) == 0:
        return Spikes(rows, columns, before, after, np.zeros(0, bool))
    ambiguous = _is_stepping(state)[rows]
    if chemistry is not None:
        median = row_median(block.values[rows]) + np.nan_to_num(state.current_a[rows]) * state.ohm
        here = residual_v[rows, columns].astype(np.float64)
        ambiguous |= _is_charge(median.astype(np.float64), here, state, rows, chemistry)
    return Spikes(rows, columns, before, after, np.asarray(ambiguous & ~_is_calm(state)[rows]))


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


def _is_calm(state: RowState) -> Mask:
    """Whether the string rests, and did at the reading before: then no cell's charge shows for one reading."""
    with np.errstate(invalid="ignore"):
        return np.asarray(state.rest_ms > 0)


def _is_stepping(state: RowState) -> NDArray[np.bool_]:
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


def spike_rows(
    kind: str, limit: float, block: Block, residual: Singles, spikes: Spikes, places: Places
) -> pl.DataFrame:
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
    stamps = block.ts[rows]
    return _events(
        {
            "ts": stamps,
            "kind": [kind] * len(rows),
            "pack": [int(places.packs[one]) if mine else None for one, mine in zip(columns, is_own, strict=True)],
            "cell": [int(places.numbers[one]) if mine else None for one, mine in zip(columns, is_own, strict=True)],
            "value": block.values[rows, columns].astype(np.float64),
            "residual": residual[rows, columns].astype(np.float64),
            "before": spikes.before[at],
            "after": spikes.after[at],
            "limit": np.full(len(rows), limit),
            "end": stamps,
            "samples": np.r_[np.ones(len(own), np.int64), count[shared]],
            "ambiguous": spikes.ambiguous[at],
        }
    )


def unsafe_rows(
    block: Block, median: Singles, safe: tuple[float, float], names: tuple[str, str], places: Places
) -> list[pl.DataFrame]:
    """Find readings outside the safe range: one row per cell and day, or one for the string where its median was out.

    Parameters
    ----------
    names : tuple of str
        What below and above the range are called.
    """
    found: list[pl.DataFrame] = []
    for side, (kind, limit) in enumerate(zip(names, safe, strict=True)):
        with np.errstate(invalid="ignore"):
            beyond = block.values < limit if side == 0 else block.values > limit
            whole = median < limit if side == 0 else median > limit
        if not beyond.any():
            continue
        beyond &= ~whole[:, None]
        pick = np.argmin if side == 0 else np.argmax
        for _, low, high in block.day_edges:
            for column in np.flatnonzero(beyond[low:high].any(axis=0)):
                at = np.flatnonzero(beyond[low:high, column]) + low
                cell = (int(places.packs[column]), int(places.numbers[column]))
                found.append(_unsafe(kind, limit, block.ts, block.values[:, column], median, at, pick, cell))
            at = np.flatnonzero(whole[low:high]) + low
            if len(at):
                found.append(_unsafe(kind, limit, block.ts, median, median, at, pick, None))
    return found


def _unsafe(
    kind: str,
    limit: float,
    ts: Ints,
    values: Singles,
    median: Singles,
    at: Ints,
    pick: object,
    cell: tuple[int, int] | None,
) -> pl.DataFrame:
    worst = int(at[pick(values[at])])  # type: ignore[operator]
    return _events(
        {
            "ts": ts[at[:1]],
            "kind": [kind],
            "pack": [cell[0] if cell else None],
            "cell": [cell[1] if cell else None],
            "value": [float(values[worst])],
            "residual": [float(values[worst] - median[worst])],
            "before": [None],
            "after": [None],
            "limit": [limit],
            "end": ts[at[-1:]],
            "samples": [len(at)],
            "ambiguous": [False],
        }
    )


def _events(columns: dict[str, Any]) -> pl.DataFrame:
    made = []
    for name, dtype in EXCURSIONS.items():
        series = pl.Series(name, columns[name], dtype=pl.Int64 if dtype == TS_DTYPE else None, strict=False)
        made.append(series.fill_nan(None).cast(dtype) if series.dtype.is_float() else series.cast(dtype))
    return pl.DataFrame(made)


def find_alarms(reader: RawReader) -> pl.DataFrame:
    """List the stretches in which each flag was above 0, over the whole history.

    A stretch ends with the next reading at or below 0; a step of more than three median intervals ends it as well,
    one interval after its last reading. One that reaches the last reading is ongoing.
    """
    flags = [name for name in sorted(reader.series) if reader.series[name].kind is Kind.FLAG]
    if not flags:
        return pl.DataFrame(schema=ALARMS)
    frame = reader.read(flags, reader.first_ms, reader.last_ms + 1)
    stamps = stamps_of(frame)
    rows = [row for name in flags for row in _stretches(name, stamps, values_of(frame, name))]
    made = pl.DataFrame(rows, schema=["ts", "signal", "end", "peak", "samples", "ongoing"], orient="row")
    return made.cast({"ts": pl.Int64, "end": pl.Int64}).cast(ALARMS).sort("ts", "signal")


def _stretches(name: str, stamps: Ints, values: Floats) -> list[tuple[int, str, int, float, int, bool]]:
    known = ~np.isnan(values)
    stamps, values = stamps[known], values[known]
    if len(stamps) == 0:
        return []
    steps = np.diff(stamps)
    interval = int(np.median(steps)) if len(steps) else 0
    gap = np.r_[steps > GAP_FACTOR * interval, False]
    on = values > 0
    begins = np.flatnonzero(on & ~np.r_[False, on[:-1] & ~gap[:-1]])
    ends = np.flatnonzero(on & np.r_[~on[1:] | gap[:-1], True])
    rows = []
    for first, last in zip(begins.tolist(), ends.tolist(), strict=True):
        is_last = last == len(stamps) - 1
        end = int(stamps[last]) + interval if is_last or gap[last] else int(stamps[last + 1])
        rows.append((int(stamps[first]), name, end, float(values[first : last + 1].max()), last - first + 1, is_last))
    return rows
