"""Raw rows of all cells (or all sensors), a stretch of days at a time, as one matrix: what the features are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS_DTYPE, day_starts, period_start
from pipeline.feature_charge import Floats, Ints
from pipeline.feature_string import RawReader, stamps_of

BLOCK_ROWS = 50_000
"""Rows held at once, about [rows]: with 260 cells some 50 MB."""
RAGGED_FILL = 0.5
"""Days on which a row holds fewer readings than this share have cells with clocks of their own [1]."""
MOVES = 1.5
"""By how many times what the string moves from row to row an earlier reading of a row has to stand out [1]."""
DAY_MS = 86_400_000

Mask = NDArray[np.bool_]
_Rows = tuple[Ints, NDArray[np.float32], NDArray[np.int32] | None]
"""Stamps of rows, their readings, and how long after the row each was taken."""


@dataclass(frozen=True, slots=True)
class Places:
    """Which cells (or sensors) the columns of a matrix are, in physical order."""

    signals: tuple[str, ...]
    packs: NDArray[np.int16]
    numbers: NDArray[np.int16]


def find_places(reader: RawReader, unit: str) -> Places:
    """Find the cells (unit V) or the sensors (unit °C) of a source, ordered by pack and number."""
    found = sorted(
        (one.pack, one.cell, name)
        for name, one in reader.series.items()
        if one.pack is not None and one.cell is not None and (one.unit == "V") == (unit == "V")
    )
    packs = np.array([pack for pack, _, _ in found], np.int16)
    return Places(tuple(name for _, _, name in found), packs, np.array([cell for _, cell, _ in found], np.int16))


@dataclass(frozen=True, slots=True)
class Block:
    """Some days of raw rows. NaN is no reading.

    ``before`` and ``after`` are the rows next to the block on either side, with their stamps [epoch ms UTC]: they
    belong to its neighbours and are looked at, never counted.
    """

    ts: Ints
    values: NDArray[np.float32]
    day: NDArray[np.intp]
    """Place of each row's day in ``days``."""
    days: Ints
    """The site's midnights [epoch ms UTC]."""
    before: NDArray[np.float32] | None = None
    after: NDArray[np.float32] | None = None
    ts_before: int | None = None
    ts_after: int | None = None
    later: NDArray[np.int32] | None = None
    """How long after its row's stamp each reading was taken, where cells have clocks of their own [ms]."""

    def stamps(self, rows: NDArray[Any], columns: NDArray[Any] | int) -> Ints:
        """Return when single readings were taken, by the clock of each cell [epoch ms UTC]."""
        taken: Ints = self.ts[rows] if self.later is None else self.ts[rows] + self.later[rows, columns]
        return taken

    @property
    def day_edges(self) -> list[tuple[int, int, int]]:
        """Day, first row and row after the last of each day that has rows."""
        first = np.flatnonzero(np.r_[True, self.day[1:] != self.day[:-1]]) if len(self.day) else np.zeros(0, np.intp)
        last = np.r_[first[1:], len(self.day)]
        return [(int(self.day[low]), int(low), int(high)) for low, high in zip(first, last, strict=True) if high > low]


def read_blocks(reader: RawReader, places: Places, start_ms: int, interval_ms: float) -> Iterator[Block]:
    """Read a source's cells from a midnight on, in order, each block with a row of either neighbour."""
    held: Block | None = None
    before: NDArray[np.float32] | None = None
    ts_before: int | None = None
    for low, high in _stretches(reader, start_ms, interval_ms):
        block = _read_block(reader, places, low, high)
        if len(block.ts) == 0:
            continue
        if held is not None:
            beside = {"after": block.values[0], "ts_after": int(block.ts[0])}
            yield replace(held, before=before, ts_before=ts_before, **beside)
            before, ts_before = held.values[-1], int(held.ts[-1])
        held = block
    if held is not None:
        yield replace(held, before=before, ts_before=ts_before)


def _stretches(reader: RawReader, start_ms: int, interval_ms: float) -> Iterator[tuple[int, int]]:
    """Cut the days from ``start_ms`` on into stretches of at most a calendar month and about ``BLOCK_ROWS`` rows."""
    days = day_starts(max(start_ms, reader.first_ms), reader.last_ms, reader.zone)
    most = max(1, int(BLOCK_ROWS * interval_ms / DAY_MS))
    first = 0
    while first < len(days) - 1:
        month = period_start(days[first], "month", reader.zone)
        last = first + 1
        while last < len(days) - 1 and last - first < most and _same_month(reader, days[last], month):
            last += 1
        yield days[first], days[last]
        first = last


def _same_month(reader: RawReader, stamp: int, month: int) -> bool:
    return period_start(stamp, "month", reader.zone) == month


def _read_block(reader: RawReader, places: Places, low: int, high: int) -> Block:
    frame = reader.read(places.signals, low, high)
    days = np.asarray(day_starts(low, max(high - 1, low), reader.zone), np.int64)
    stamps, values = stamps_of(frame), _matrix(frame, places.signals)
    later = None
    if any(one.null_count() for one in frame.get_columns()):
        keep = ~np.isnan(values).all(axis=1)
        stamps, values, later = _gather_ragged(stamps[keep], values[keep], days)
    return Block(stamps, values, np.searchsorted(days, stamps, side="right") - 1, days, later=later)


def _matrix(frame: pl.DataFrame, signals: Sequence[str]) -> NDArray[np.float32]:
    if frame.height == 0:
        return np.zeros((0, len(signals)), np.float32)
    return frame.select(pl.col(signals).cast(pl.Float32)).to_numpy(order="c")


def _gather_ragged(stamps: Ints, values: NDArray[np.float32], days: Ints) -> _Rows:
    """Bring cells with clocks of their own together: on such days, rows are buckets of the median step of one cell."""
    if len(stamps) == 0 or np.isnan(values).mean() < 1 - RAGGED_FILL:
        return stamps, values, None
    day = np.searchsorted(days, stamps, side="right") - 1
    parts = [_gather_day(stamps[day == one], values[day == one], int(days[one])) for one in np.unique(day)]
    later = [np.zeros(part[1].shape, np.int32) if part[2] is None else part[2] for part in parts]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), np.vstack(later)


def _gather_day(stamps: Ints, values: NDArray[np.float32], midnight: int) -> _Rows:
    present = ~np.isnan(values)
    if present.mean() >= RAGGED_FILL:
        return stamps, values, None
    counts = present.sum(axis=0)
    busiest = stamps[present[:, int(counts.argmax())]]
    step = int(np.median(np.diff(busiest))) if len(busiest) > 1 else DAY_MS
    rows, place = np.unique(stamps // step, return_inverse=True)
    starts = np.maximum(rows * step, midnight)
    at, column = np.nonzero(present)
    gathered = np.full((len(rows), values.shape[1]), np.nan, np.float32)
    gathered[place[at], column] = values[at, column]
    if len(at) > np.count_nonzero(~np.isnan(gathered)):
        stays = _standing_out(gathered, values[at, column], place[at], column)
        at, column = at[stays], column[stays]
        gathered[place[at], column] = values[at, column]
    later = np.zeros(gathered.shape, np.int32)
    later[place[at], column] = stamps[at] - starts[place[at]]
    return starts, gathered, later


def _standing_out(
    last: NDArray[np.float32], readings: NDArray[np.float32], place: NDArray[np.intp], column: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Order readings so that of several of one cell in a row the last stays, or one that stands out.

    ``last`` holds the last of each row. A reading stands out when it is farther, to one side, from both the cell's last
    and its reading in the row before than the string moves between them: else a load that begins between two readings
    sets cells apart.
    """
    median = row_median(last)
    moves = np.nan_to_num(np.abs(np.diff(median, prepend=median[:1])))
    before = readings - last[np.maximum(place - 1, 0), column]
    after = readings - last[place, column]
    aside = np.where(before * after > 0, np.minimum(np.abs(before), np.abs(after)), 0.0)
    return np.argsort(np.where(aside > MOVES * moves[place], aside, 0.0), kind="stable")


def row_median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the median of each row over its readings; NaN where a row has none.

    Rows are sorted whole: NumPy sorts short rows with vector instructions, several times faster than it partitions.
    """
    count = values.shape[1]
    if count == 0:
        return np.full(len(values), np.nan, np.float32)
    ordered = np.sort(values, axis=1)  # NaN sorts last
    missing = np.isnan(ordered[:, -1])
    median = (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / 2
    if missing.any():
        ordered = ordered[missing]
        known = (~np.isnan(ordered)).sum(axis=1)
        rows = np.arange(len(ordered))
        low_at, high_at = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, count - 1)
        median[missing] = np.where(known > 0, (ordered[rows, low_at] + ordered[rows, high_at]) / 2, np.nan)
    return np.asarray(median, np.float32)


def day_sums(matrix: Floats, day: NDArray[np.intp], days: int) -> Floats:
    """Sum rows by day in Float64, in their order; rows sorted by day, NaN must have been taken out."""
    out = np.zeros((days, matrix.shape[1]))
    if len(matrix):
        first = np.flatnonzero(np.r_[True, day[1:] != day[:-1]])
        out[day[first]] = np.add.reduceat(matrix.astype(np.float64), first, axis=0)
    return out


def day_means(
    matrix: Floats, day: NDArray[np.intp], days: int, *, narrow: bool = False
) -> tuple[Floats, NDArray[np.int64]]:
    """Mean of the readings by day and column, NaN without any, and how many there are.

    ``narrow`` sums in the matrix's own precision: for residuals, which are small against what they are cut from.
    """
    add = _narrow_sums if narrow else day_sums
    missing = np.isnan(matrix)
    if missing.any():
        counts = day_sums(~missing, day, days).astype(np.int64)
        sums = add(np.where(missing, np.zeros(1, matrix.dtype), matrix), day, days)
    else:
        counts = np.repeat(np.bincount(day, minlength=days)[:, None], matrix.shape[1], axis=1).astype(np.int64)
        sums = add(matrix, day, days)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts > 0, sums / counts, np.nan), counts


def day_regression(x: Floats, y: Floats, day: NDArray[np.intp], days: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Centred sums Sxx and Sxy of y on x by day and column: their pooled ratio over days is a slope.

    Centring within the day takes every constant out, so that an offset of a sensor is no slope.
    """
    missing = np.isnan(y)
    if not missing.any():
        rows = np.bincount(day, minlength=days)
        with np.errstate(invalid="ignore", divide="ignore"):
            centred = x - (np.bincount(day, x, days) / rows)[day]
        width = y.shape[1]
        squares = np.asarray(np.repeat(np.bincount(day, centred**2, days)[:, None], width, axis=1), np.float64)
        products = _narrow_sums(y * centred.astype(y.dtype)[:, None], day, days)
        return squares, products, np.repeat(rows[:, None], width, axis=1).astype(np.int64)
    weight = (~missing).astype(np.float64)
    n, sx = day_sums(weight, day, days), day_sums(weight * x[:, None], day, days)
    sxx_raw = day_sums(weight * (x**2)[:, None], day, days)
    y = np.where(missing, 0.0, y)
    sy, sxy_raw = day_sums(y, day, days), day_sums(y * x[:, None], day, days)
    with np.errstate(invalid="ignore", divide="ignore"):
        sxx = np.where(n > 1, sxx_raw - sx**2 / n, 0.0)
        sxy = np.where(n > 1, sxy_raw - sx * sy / n, 0.0)
    return np.maximum(sxx, 0.0), sxy, n.astype(np.int64)


def _narrow_sums(matrix: Floats, day: NDArray[np.intp], days: int) -> Floats:
    """Sum rows by day in their own precision: enough for some hundred residuals, and twice as fast."""
    out = np.zeros((days, matrix.shape[1]))
    if len(matrix):
        first = np.flatnonzero(np.r_[True, day[1:] != day[:-1]])
        out[day[first]] = np.add.reduceat(matrix, first, axis=0)
    return out


def day_extremes(block: Block) -> dict[str, NDArray[np.float64] | Ints]:
    """Lowest and highest reading of each day and column, with their stamps (NaN and 0 without any)."""
    shape = (len(block.days), block.values.shape[1])
    out: dict[str, NDArray[np.float64] | Ints] = {}
    missing = np.isnan(block.values).any()
    for name, fill, pick in (("min", np.inf, np.argmin), ("max", -np.inf, np.argmax)):
        extreme, stamp = np.full(shape, np.nan), np.zeros(shape, np.int64)
        values = np.where(np.isnan(block.values), np.float32(fill), block.values) if missing else block.values
        columns = np.arange(shape[1])
        for day, low, high in block.day_edges:
            at = pick(values[low:high], axis=0) + low
            extreme[day], stamp[day] = values[at, columns], block.stamps(at, columns)
        out[name], out[f"{name}_ts"] = np.where(np.isinf(extreme), np.nan, extreme), stamp
    return out


def schema(columns: dict[str, Any]) -> pl.Schema:
    """Make a table's schema."""
    return pl.Schema(columns)


def ts_series(name: str, stamps: NDArray[Any], known: Mask | None = None) -> pl.Series:
    """Make a stamp column; null where not ``known``."""
    series = pl.Series(name, stamps, dtype=pl.Int64).cast(TS_DTYPE)
    return series if known is None else series.set(pl.Series(~known), None)


def as_schema(table: pl.Schema) -> list[pl.Expr]:
    """Select the columns of a table in its types: stamps from epoch ms, NaN is null."""
    out = []
    for name, dtype in table.items():
        column = pl.col(name)
        if dtype == TS_DTYPE:
            out.append(column.cast(pl.Int64).cast(TS_DTYPE))
        elif dtype.is_float():
            out.append(column.cast(pl.Float64).fill_nan(None).cast(dtype))
        else:
            out.append(column.cast(dtype))
    return out
