"""One row per stamp: what happens where two readings claim the same moment.

Of readings with one stamp, equal ones are dropped and counted as ``duplicates``; of differing ones the last in order
wins (of flags the largest) and the others are counted as ``conflicts``. A missing reading never replaces one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.contract import TS
from pipeline.signals import Kind


def merge(old: pl.DataFrame, new: pl.DataFrame, kinds: Mapping[str, Kind]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Merge two raw frames on their stamps.

    Parameters
    ----------
    old, new : DataFrame
        ``ts`` strictly increasing, and signals, not necessarily the same ones. ``new`` wins over ``old``.
    kinds : mapping
        Kind of each signal; one that is not listed is analog.

    Returns
    -------
    tuple of DataFrame and dict
        The merged frame, ``ts`` strictly increasing, and the readings dropped, by reason.
    """
    if old.height == 0 or new.height == 0:
        kept = new if old.height == 0 else old
        missing = [
            pl.lit(None, pl.Float64).alias(name) for name in (*old.columns, *new.columns) if name not in kept.columns
        ]
        return kept.with_columns(missing), {}
    both = _stack(old, new)
    if old[TS][-1] < new[TS][0]:
        return both, {}
    merged, dropped = one_row_per_stamp(both.sort(TS, maintain_order=True), kinds)
    return merged, dict(sum(dropped.values(), Counter[str]()))


def _stack(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    if old.schema == new.schema:
        return pl.concat([old, new], how="vertical")
    return pl.concat([old, new], how="diagonal_relaxed")


def one_row_per_stamp(frame: pl.DataFrame, kinds: Mapping[str, Kind]) -> tuple[pl.DataFrame, dict[str, Counter[str]]]:
    """Reduce rows that share a stamp to one.

    Parameters
    ----------
    frame : DataFrame
        ``ts`` ascending; rows of one stamp stand in the order in which they were written.
    kinds : mapping
        As for `merge`.

    Returns
    -------
    tuple of DataFrame and dict
        The frame, and per signal the readings dropped as ``duplicates`` and ``conflicts``.
    """
    ts = frame[TS].to_physical().to_numpy()
    same = np.flatnonzero(ts[1:] == ts[:-1])
    if len(same) == 0:
        return frame, {}
    shared = np.zeros(len(ts), bool)
    shared[same] = shared[same + 1] = True
    mask = pl.Series(shared)
    names = frame.columns[1:]
    grouped = frame.filter(mask).group_by(TS, maintain_order=True)
    winners = grouped.agg(_winner(name, kinds.get(name, Kind.ANALOG)) for name in names).select(frame.columns)
    counted = grouped.agg(
        *(pl.col(name).drop_nulls().len().alias(f"{name}|n") for name in names),
        *(pl.col(name).drop_nulls().n_unique().alias(f"{name}|u") for name in names),
    )
    dropped: dict[str, Counter[str]] = {}
    for name in names:
        readings, values = counted[f"{name}|n"].cast(pl.Int64), counted[f"{name}|u"].cast(pl.Int64)
        conflicts = int((values - 1).clip(lower_bound=0).sum())
        dropped[name] = Counter(duplicates=int((readings - values).sum()), conflicts=conflicts)
    return pl.concat([frame.filter(~mask), winners]).sort(TS), dropped


def _winner(name: str, kind: Kind) -> pl.Expr:
    readings = pl.col(name).drop_nulls()
    return readings.max() if kind is Kind.FLAG else readings.last()
