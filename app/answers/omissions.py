"""What is missing from a source: the gaps of a series, what was left out by reason, and findings about the readings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from app import loader
from app.answers import battery, clocks, replays
from app.errors import QuestionError
from app.query import GAP_FACTOR
from app.shapes.verdicts import Finding
from pipeline.contract import RAW_LEVEL, TS

GAPS = {"start_ms": pl.Int64, "end_ms": pl.Int64, "missing": pl.Int64}
"""Columns of the gaps: last reading before and first one after [epoch ms UTC], readings that fit between."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Rows of a source that were left out, or kept but remarked, for one reason."""

    reason: str
    """As in docs/input.md."""
    rows: int
    series: int
    """Series that it concerns."""
    worst: str
    """The series with the most such rows ..."""
    worst_rows: int
    """... and how many they are."""
    kept: bool
    """Whether the rows were kept and only remarked."""


@loader.memoised
def gaps(source: str, signal: str) -> pl.DataFrame:
    """List the gaps of a series: steps longer than three of its usual ones, the longest first.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    store = loader.current()
    known = store.series(source, signal)
    raw = store.read(source, [signal], RAW_LEVEL, (), known.first_ms, known.last_ms + 1)
    ts = raw.filter(pl.col(signal).is_not_null())[TS].to_physical().to_numpy()
    interval = max(known.interval_ms, 1)
    steps = np.diff(ts)
    at = np.flatnonzero(steps > GAP_FACTOR * interval)
    missing = np.round(steps[at] / interval).astype(np.int64) - 1
    found = pl.DataFrame({"start_ms": ts[at], "end_ms": ts[at + 1], "missing": missing}, schema=GAPS)
    return found.sort(pl.col("end_ms") - pl.col("start_ms"), descending=True)


@loader.memoised
def omissions(source: str) -> list[Omission]:
    """Add up what was left out of a source, and what was kept but remarked, by reason, the most rows first.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    found: list[Omission] = []
    every = loader.current().all_series(source)
    for kept in (False, True):
        tallies = {one.signal: one.tally.noted if kept else one.tally.excluded for one in every}
        totals: Counter[str] = sum((Counter(tally) for tally in tallies.values()), Counter())
        for reason, rows in totals.items():
            counts = {signal: tally[reason] for signal, tally in tallies.items() if tally.get(reason)}
            worst = max(counts, key=lambda signal: counts[signal])
            found.append(Omission(reason, rows, len(counts), worst, counts[worst], kept))
    return sorted(found, key=lambda one: (one.kept, -one.rows))


def findings(source: str) -> tuple[Finding, ...]:
    """List what the readings of a battery system themselves say against being trusted; none of a meter.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    packs = loader.current().source(source).packs
    if not packs:
        return ()
    try:
        said = battery.critical(source, packs[0].pack, None, None)
    except QuestionError:
        return ()
    stuck = tuple(one for one in said.system_findings if one.rule == "data_quality")
    return (*replays.replays(source).findings, *clocks.clocks(source).findings, *stuck)
