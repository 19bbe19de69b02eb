"""CSV files of the sample site: one per series, in local wall-clock stamps, with the faults of rows laid over."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulation.devices import Column
from pipeline.simulation.faults import Fault, FaultKind, affecting, faults_of
from pipeline.simulation.plan import Floats, Plan, Singles, random

ROW_SPACING = 7
"""Rows between two duplicated or swapped rows."""
DROPOUT_DAYS, DROPOUT_LONGEST_ROWS, DROPOUT_CLEAR_ROWS = 9.0, 3, 60
"""A logger does not answer once in so many days, for at most so many rows; not this close to another fault."""

Rows = NDArray[np.int64]


def write_rows(
    handle: IO[bytes], name: str, ts: pl.Series, values: Floats | Singles, digits: int, *, header: bool
) -> None:
    """Append rows of one series to an open CSV file."""
    frame = pl.DataFrame({"ts": ts, name: values + 0.0})
    frame.write_csv(handle, include_header=header, float_precision=digits)


def spaced_rows(plan: Plan, fault: Fault) -> list[int]:
    """Return the single rows that a fault of rows touches."""
    first = fault.first_row(plan)
    return list(range(first, min(first + int(fault.size) * ROW_SPACING, plan.rows - 1), ROW_SPACING))


def missing_rows(plan: Plan, source: str, signal: str) -> list[range]:
    """Return the stretches of rows that a series does not have."""
    return [range(f.first_row(plan), f.last_row(plan)) for f in affecting(plan, source, signal, FaultKind.GAP)]


def repeated_rows(plan: Plan, source: str, signal: str) -> list[int]:
    """Return the rows that a series has twice; every second of them with two different values."""
    rows: list[int] = []
    for fault in affecting(plan, source, signal, FaultKind.DUPLICATES):
        rows += spaced_rows(plan, fault)
    return rows


@cache
def dropouts(plan: Plan, source: str) -> tuple[range, ...]:
    """Return the rows that a whole source lacks because its logger did not answer, in order of time."""
    if not plan.dropouts:
        return ()
    rng = random(plan.seed, "dropouts", source)
    starts = rng.uniform(0, 1, rng.poisson(plan.days / DROPOUT_DAYS))
    lengths = rng.integers(1, DROPOUT_LONGEST_ROWS + 1, len(starts))
    busy = [row for fault in faults_of(plan, source) for row in (fault.first_row(plan), fault.last_row(plan))]
    found = [
        range(int(at * plan.rows), int(at * plan.rows) + int(n)) for at, n in zip(np.sort(starts), lengths, strict=True)
    ]
    return tuple(
        r
        for r in found
        if r.start > 0 and r.stop < plan.rows and all(abs(r.start - row) > DROPOUT_CLEAR_ROWS for row in busy)
    )


def swapped_rows(plan: Plan, source: str, signal: str) -> list[int]:
    """Return the rows that a series has after the next one."""
    rows: list[int] = []
    for fault in affecting(plan, source, signal, FaultKind.OUT_OF_ORDER):
        rows += spaced_rows(plan, fault)
    return rows


class SeriesWriter:
    """Write the series of one source, block by block or whole.

    Parameters
    ----------
    ts : polars.Series
        Local stamps of every row of the plan, by this source's clock.
    """

    def __init__(self, plan: Plan, source: str, folder: Path, ts: pl.Series) -> None:
        self._plan = plan
        self._source = source
        self._folder = folder
        self._ts = ts
        self._frozen: dict[str, float] = {}
        self._rows = _RowPicker(plan, source, ts)
        folder.mkdir(parents=True, exist_ok=True)

    def open(self, signal: str) -> IO[bytes]:
        """Open the file of one series."""
        return (self._folder / f"{signal}.csv").open("wb")

    def write_column(self, signal: str, column: Column) -> None:
        """Write one whole series."""
        rows = range(self._plan.rows)
        with self.open(signal) as handle:
            self.append(handle, signal, np.round(column.values, column.digits), column.digits, rows, every=column.every)

    def append(
        self, handle: IO[bytes], signal: str, values: Floats | Singles, digits: int, rows: range, *, every: int = 1
    ) -> None:
        """Append one block of one series, with its missing, repeated, stuck and sentinel rows.

        Stuck and sentinel readings are written into ``values``, so that a summary taken afterwards knows them.
        """
        self._overwrite(signal, values, rows)
        keep, ts = self._rows.pick(signal, rows, every)
        kept = self._differ(signal, values[keep], rows, keep, digits)
        frame = pl.DataFrame({"ts": ts, signal: kept + 0.0})
        frame.write_csv(handle, include_header=rows.start == 0, float_precision=digits)

    def _overwrite(self, signal: str, values: Floats | Singles, rows: range) -> None:
        plan, source = self._plan, self._source
        for fault in affecting(plan, source, signal, FaultKind.STUCK):
            first, last = fault.first_row(plan), fault.last_row(plan)
            if first in rows:
                self._frozen[signal] = float(values[first - rows.start])
            if last > rows.start and first < rows.stop:
                values[max(first - rows.start, 0) : last - rows.start] = self._frozen[signal]
        for fault in affecting(plan, source, signal, FaultKind.SENTINEL):
            first, last = fault.first_row(plan) - rows.start, fault.last_row(plan) - rows.start
            values[max(first, 0) : max(last, 0)] = fault.size

    def _differ(self, signal: str, kept: Floats | Singles, rows: range, keep: Rows, digits: int) -> Floats | Singles:
        """Make the first reading of every second duplicate differ from the one that follows it."""
        for row in repeated_rows(self._plan, self._source, signal)[1::2]:
            if row in rows:
                kept[np.searchsorted(keep, row - rows.start)] += 10.0 ** (1 - digits)
        return kept


class _RowPicker:
    """Choose the rows of a block that a series has, in the order in which they are logged."""

    def __init__(self, plan: Plan, source: str, ts: pl.Series) -> None:
        self._plan = plan
        self._source = source
        self._ts = ts
        self._common: dict[tuple[range, int], tuple[Rows, pl.Series]] = {}

    def pick(self, signal: str, rows: range, every: int) -> tuple[Rows, pl.Series]:
        """Return the rows, counted from the start of the block, and their stamps."""
        common = self._common_rows(rows, every)
        gaps = missing_rows(self._plan, self._source, signal)
        repeated = repeated_rows(self._plan, self._source, signal)
        swapped = swapped_rows(self._plan, self._source, signal)
        if not gaps and not repeated and not swapped:
            return common
        keep = np.concatenate([common[0] + rows.start, np.array([r for r in repeated if r in rows], dtype=np.int64)])
        keep = _without(np.sort(keep), gaps)
        for row in swapped:
            place = int(np.searchsorted(keep, row))
            if place + 1 < len(keep) and keep[place] == row:
                keep[[place, place + 1]] = keep[[place + 1, place]]
        return keep - rows.start, self._ts.gather(keep)

    def _common_rows(self, rows: range, every: int) -> tuple[Rows, pl.Series]:
        """Return the rows that every series of the source has."""
        if (rows, every) not in self._common:
            keep = np.arange(rows.start, rows.stop, dtype=np.int64)
            keep = _without(keep[keep % every == 0], dropouts(self._plan, self._source))
            self._common = {(rows, every): (keep - rows.start, self._ts.gather(keep))}
        return self._common[rows, every]


def _without(rows: Rows, stretches: Iterable[range]) -> Rows:
    for stretch in stretches:
        rows = rows[(rows < stretch.start) | (rows >= stretch.stop)]
    return rows
