"""Wide raw frames: merging them by clock, and storing their readings in as few bytes as lose nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import clean
from pipeline.contract import TS
from pipeline.signals import Kind

_WHOLE = 1e-8
"""A scaled reading this close to a whole number is that number: six digits in Float64 err by less than 1e-9."""

_PLACES = (3, 1, 0)
"""Numbers of decimals tried on a whole column before every reading's own is sought, which takes twice as long."""

_SIX_DIGITS = 1e6
"""Float32 keeps every decimal number of six significant digits apart (FLT_DIG = 6, IEEE 754)."""


def readings_of(frame: pl.DataFrame) -> list[str]:
    """List the signals of a raw frame, without the columns derived from them."""
    return [name for name in frame.columns if name != TS and "|" not in name]


def by_clock(frames: Sequence[pl.DataFrame], kinds: Mapping[str, Kind]) -> tuple[list[pl.DataFrame], dict[str, int]]:
    """Merge a cut's frames so that every signal stands in one frame, shared with those of exactly its clock.

    Parameters
    ----------
    frames : sequence of DataFrame
        ``ts`` and signals each, oldest information first; a later frame's reading wins over an earlier one's.
    kinds : mapping
        Kind of each signal: of two flag readings with one stamp the larger stays.

    Returns
    -------
    tuple of list of DataFrame and dict
        The frames, and how many readings were dropped by reason.
    """
    counts: dict[str, int] = defaultdict(int)

    def fold(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
        merged: pl.DataFrame
        merged, dropped = clean.merge(old, new, kinds)
        for reason, count in dropped.items():
            counts[reason] += count
        return merged

    frames = [frame for frame in frames if frame.height]
    if not frames:
        return [], {}
    if all(frame.columns == frames[0].columns for frame in frames):
        return [reduce(fold, frames)], dict(counts)
    pieces: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for frame in frames:
        for name in frame.columns[1:]:
            pieces[name].append(frame.select(TS, name))
    clocks: dict[bytes, pl.DataFrame] = {}
    for name in sorted(pieces):
        series = reduce(fold, pieces[name])
        key = series[TS].to_physical().to_numpy().tobytes()
        clocks[key] = clocks[key].with_columns(series[name]) if key in clocks else series
    return list(clocks.values()), dict(counts)


def stored(frame: pl.DataFrame) -> pl.DataFrame:
    """Narrow to Float32 the signals that it keeps without loss: decimals of at most six significant digits."""
    decimals = [3, 1, 0, 2, 4, 5, 6]
    return pl.DataFrame(
        [one if one.name == TS or not _is_short(one, decimals) else one.cast(pl.Float32) for one in frame]
    )


def _is_short(readings: pl.Series, decimals: list[int]) -> bool:
    """Whether six significant digits write every reading; the number of decimals that did is tried first next time."""
    values = (readings.fill_null(0.0) if readings.null_count() else readings).to_numpy()
    for at, places in enumerate(decimals):
        scaled = values * 10.0**places
        if not len(scaled) or max(scaled.max(), -scaled.min()) < _SIX_DIGITS:
            scaled -= np.rint(scaled)
            if not len(scaled) or max(scaled.max(), -scaled.min()) < _WHOLE:
                decimals.insert(0, decimals.pop(at))
                return True
    return False


def matrix_of(frame: pl.DataFrame) -> NDArray[Any]:
    """Return a raw frame's readings, one row per stamp; NaN is none."""
    return pl.DataFrame(frame.get_columns()[1:]).to_numpy(order="c")


def in_order(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put frames one after another in order of time; they are sorted themselves, and sorting is left out if it can."""
    if len(frames) == 1:
        return frames[0]
    queue = sorted(frames, key=lambda frame: frame[TS][0])
    try:
        frame = pl.concat(queue)
    except (pl.exceptions.ShapeError, pl.exceptions.SchemaError):
        frame = pl.concat(queue, how="diagonal_relaxed")
    apart = all(one[TS][-1] < other[TS][0] for one, other in pairwise(queue))
    return frame if apart else frame.sort(TS)


def between(frame: pl.DataFrame, start_ms: int, end_ms: int) -> pl.DataFrame:
    """Cut a sorted frame to ``[start_ms, end_ms)`` [epoch ms UTC], without copying."""
    ts = frame[TS].to_physical().to_numpy()
    low, high = np.searchsorted(ts, (start_ms, end_ms))
    return frame[int(low) : int(high)]


def widen(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn Float32 readings back into the decimals that they stand for, as Float64 (the inverse of the storage)."""
    narrow = [name for name, dtype in frame.schema.items() if dtype == pl.Float32]
    places = list(_PLACES)
    return frame.with_columns(
        pl.Series(name, _decimal(frame[name].to_numpy(), places), nan_to_null=True) for name in narrow
    )


def _decimal(values: NDArray[np.floating[Any]], places: list[int]) -> NDArray[np.floating[Any]]:
    """Find the decimal of at most six digits behind each reading; the number of decimals found is tried first next.

    No two such decimals share a Float32, so one that becomes the reading again is the one that it was made from.
    """
    wide = values.astype(np.float64)
    bits = values.view(np.int32)
    largest = float(max(np.fmax.reduce(values, initial=0.0), -np.fmin.reduce(values, initial=0.0)))
    for at, count in enumerate(places):
        scale = 10.0**count
        if largest * scale < _SIX_DIGITS:
            decimal: NDArray[np.floating[Any]] = wide * scale
            np.rint(decimal, out=decimal)
            decimal /= scale
            if np.array_equal(decimal.astype(np.float32).view(np.int32), bits):
                places.insert(0, places.pop(at))
                return decimal
    return _decimal_of_each(wide)


def _decimal_of_each(wide: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Take each reading's own six digits, whatever their number of decimals."""
    with np.errstate(divide="ignore", invalid="ignore"):
        magnitude = np.floor(np.log10(np.abs(wide)))
        scale = 10.0 ** np.clip(5 - np.nan_to_num(magnitude, neginf=0.0), 0, 12)
    decimal: NDArray[np.floating[Any]] = np.rint(wide * scale) / scale
    return decimal
