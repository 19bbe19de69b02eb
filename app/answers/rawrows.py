"""Raw rows of signals side by side, a page at a time: what was logged, as it was logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app import loader
from app.store import Store
from pipeline.contract import RAW_LEVEL, TS, TS_DTYPE

PAGE_ROWS = 500
"""Rows of a page [rows]."""
ROOM = 1.5
"""How much longer than a page of regular readings the first look is [1]."""


@dataclass(frozen=True, slots=True)
class RawRows:
    """A page of raw rows."""

    rows: pl.DataFrame
    """``ts`` [epoch ms UTC] and a column for each line, ``0``, ``1`` …; null where a line has no reading then."""
    earlier: bool
    """Whether the window holds rows before the page."""
    later_ms: int | None
    """Where the next page starts [epoch ms UTC]; None at the window's end."""


def raw_rows(lines: Sequence[tuple[str, str]], start_ms: int, end_ms: int, from_ms: int | None = None) -> RawRows:
    """Read a page of raw rows.

    Parameters
    ----------
    lines : sequence of (source, signal)
        What stands side by side, by equal stamps.
    start_ms, end_ms : int
        Half-open window [epoch ms UTC].
    from_ms : int or None
        First stamp of the page; the window's start where None.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    return _page(tuple(lines), start_ms, end_ms, start_ms if from_ms is None else max(from_ms, start_ms))


def page_before(lines: Sequence[tuple[str, str]], start_ms: int, from_ms: int) -> int:
    """Find where the page starts that ends right before a stamp [epoch ms UTC]."""
    store, span = loader.current(), _span(tuple(lines))
    while True:
        low = max(start_ms, from_ms - span)
        ts = _side_by_side(store, tuple(lines), low, from_ms)["ts"]
        if len(ts) >= PAGE_ROWS or low == start_ms:
            return int(ts[-PAGE_ROWS:][0]) if len(ts) else start_ms
        span *= 4


@loader.memoised
def _page(lines: tuple[tuple[str, str], ...], start_ms: int, end_ms: int, from_ms: int) -> RawRows:
    store, span = loader.current(), _span(lines)
    while True:
        high = min(end_ms, from_ms + span)
        rows = _side_by_side(store, lines, from_ms, high)
        if rows.height > PAGE_ROWS or high == end_ms:
            break
        span *= 4
    later = int(rows["ts"][PAGE_ROWS]) if rows.height > PAGE_ROWS else None
    return RawRows(rows.head(PAGE_ROWS), _any_before(store, lines, start_ms, from_ms), later)


def _span(lines: tuple[tuple[str, str], ...]) -> int:
    store = loader.current()
    return int(ROOM * PAGE_ROWS * max(max(store.series(*line).interval_ms, 1) for line in lines))


def _any_before(store: Store, lines: tuple[tuple[str, str], ...], start_ms: int, from_ms: int) -> bool:
    return from_ms > start_ms and any(store.series(*line).first_ms < from_ms for line in lines)


def _side_by_side(store: Store, lines: tuple[tuple[str, str], ...], start_ms: int, end_ms: int) -> pl.DataFrame:
    frames = []
    for at, (source, signal) in enumerate(lines):
        raw = store.read(source, [signal], RAW_LEVEL, (), start_ms, end_ms)
        reading = _decimals(raw[signal]) if signal in raw.columns else pl.Series([None] * raw.height, dtype=pl.Float64)
        frames.append(raw.select(TS, reading.alias(str(at))).drop_nulls())
    whole = frames[0] if frames else pl.DataFrame(schema={TS: TS_DTYPE})
    for other in frames[1:]:
        same = whole.height == other.height and whole[TS].equals(other[TS])
        whole = whole.hstack([other.to_series(1)]) if same else whole.join(other, on=TS, how="full", coalesce=True)
    return whole.sort(TS).with_columns(pl.col(TS).dt.epoch("ms"))


def _decimals(readings: pl.Series) -> pl.Series:
    """Turn Float32 readings back into the decimals that they stand for."""
    narrow = readings.dtype == pl.Float32
    return (readings.cast(pl.String) if narrow else readings).cast(pl.Float64)
