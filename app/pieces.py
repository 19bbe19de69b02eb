"""What to read of the parts of a store, and how what was read is put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.contract import RAW, TS, Part, column


@dataclass(frozen=True, slots=True)
class Piece:
    """What is asked for of one part."""

    part: Part
    signals: tuple[str, ...]
    """Signals of a group that the part holds: those of a raw part may change their company."""
    columns: tuple[str, ...]
    """Time stamp first."""


def pieces_of(
    parts: Iterable[Part], signals: Sequence[str], stats: Sequence[str], start_ms: int, end_ms: int
) -> Iterator[Piece]:
    """Say what to read of a group's parts."""
    for part in overlapping(parts, start_ms, end_ms, 0):
        names = tuple(name for name in signals if name in part.signals) if part.level == RAW else tuple(signals)
        readings = names if part.level == RAW else ()
        if names:
            yield Piece(part, names, (TS, *readings, *(column(name, stat) for name in names for stat in stats)))


def overlapping(parts: Iterable[Part], start_ms: int, end_ms: int, reach_ms: int) -> list[Part]:
    """List the parts with rows in a window, or with rows that reach into it from up to ``reach_ms`` before."""
    return [part for part in parts if part.first_ms < end_ms and part.last_ms + reach_ms >= start_ms]


def between(frame: pl.DataFrame, part: Part, start_ms: int, end_ms: int) -> pl.DataFrame:
    """Cut a part's rows to a half-open window [epoch ms UTC]."""
    if start_ms <= part.first_ms and part.last_ms < end_ms:
        return frame
    low, high = np.searchsorted(frame[TS].to_physical().to_numpy(), (start_ms, end_ms))
    return frame[int(low) : int(high)]


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by stamp, if need be: parts follow each other, and looking costs a tenth of sorting."""
    return frame if frame[TS].is_sorted() else frame.sort(TS)


def beside(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Lay two frames side by side; what both hold (a signal whose clock changed company) is coalesced."""
    there = set(left.columns) - {TS}
    shared = [name for name in right.columns if name in there]
    if not shared and left[TS].equals(right[TS]):
        return left.hstack(right.get_columns()[1:])
    joined = left.join(right, on=TS, how="full", coalesce=True, suffix="|right")
    merged = [pl.coalesce(name, f"{name}|right").alias(name) for name in shared]
    return joined.with_columns(merged).drop([f"{name}|right" for name in shared]).sort(TS)
