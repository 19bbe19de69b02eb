"""The readings that series hold in a window: how many there are, and the share of those expected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import polars as pl

from app import query
from app.answers.window import share
from app.edges import exact
from app.store import Store
from pipeline.contract import Series, column
from pipeline.signals import Kind


def readings_in(
    store: Store, used: Sequence[Series], start_ms: int | None, end_ms: int | None
) -> tuple[int, float | None]:
    """Count the readings of several series in a window, and the share of the window that they cover.

    Parameters
    ----------
    store : Store
    used : sequence of Series
        Of any kinds and sources.
    start_ms, end_ms : int or None
        Half-open window [epoch ms UTC]; of each series its own end where None.

    Returns
    -------
    tuple of int and float or None
        The readings, and the mean over the series of the share that holds readings (0 to 1); None without any.
    """
    within = {(one.source, one.signal): _counts_whole(one, start_ms, end_ms) for one in used}
    cut = [one for one in used if within[one.source, one.signal] is None]
    counts = {key: count for key, count in within.items() if count is not None} | _counted(store, cut, start_ms, end_ms)
    shares = [
        share(counts[one.source, one.signal], one.interval_ms, *query.span(one, start_ms, end_ms)) for one in used
    ]
    known = [found for found in shares if found is not None]
    return sum(counts.values()), round(sum(known) / len(known), 6) if known else None


def _counts_whole(one: Series, start_ms: int | None, end_ms: int | None) -> int | None:
    """Count what was kept of a series, where the window holds all of it; None where the window cuts it."""
    starts = start_ms is None or start_ms <= one.first_ms
    ends = end_ms is None or end_ms > one.last_ms
    return one.kept if starts and ends else None


def _counted(
    store: Store, cut: Sequence[Series], start_ms: int | None, end_ms: int | None
) -> dict[tuple[str, str], int]:
    alike: dict[tuple[str, Kind], list[Series]] = defaultdict(list)
    for one in cut:
        alike[one.source, Kind.ANALOG if one.kind is Kind.STATE else one.kind].append(one)
    found: dict[tuple[str, str], int] = {}
    for (source, _), several in alike.items():
        spans = [query.span(one, start_ms, end_ms) for one in several]
        start, end = min(low for low, _ in spans), max(high for _, high in spans)
        names = [one.signal for one in several]
        frame = exact(store, source, names, query.sum_level(store, start, end), start, end, ("n",))
        sums = frame.select(pl.exclude("ts").cast(pl.Int64).sum()).row(0, named=True) if frame.height else {}
        found |= {(source, name): int(sums.get(column(name, "n")) or 0) for name in names}
    return found
