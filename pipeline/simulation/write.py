"""CSV files of the sample site: one per series, in local wall-clock stamps, with the faults of rows laid over."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulation.devices import Column
from pipeline.simulation.faults import FaultKind, affecting, faults_of
from pipeline.simulation.plan import Floats, Plan, Singles, stamps

DUPLICATE_SPACING = 7
"""Rows between two duplicated stamps."""

Rows = NDArray[np.int64]


def write_rows(
    handle: IO[bytes], name: str, ts: pl.Series, values: Floats | Singles, digits: int, *, header: bool
) -> None:
    """Append rows of one series to an open CSV file."""
    frame = pl.DataFrame({"ts": ts, name: values + 0.0})
    frame.write_csv(handle, include_header=header, float_precision=digits)


def missing_rows(plan: Plan, source: str, signal: str) -> list[range]:
    """Return the stretches of rows that a series does not have."""
    return [range(f.first_row(plan), f.last_row(plan)) for f in affecting(plan, source, signal, FaultKind.GAP)]


def repeated_rows(plan: Plan, source: str, signal: str) -> list[int]:
    """Return the rows that a series has twice; every second of them with two different values."""
    rows: list[int] = []
    for fault in affecting(plan, source, signal, FaultKind.DUPLICATES):
        first = fault.first_row(plan)
        rows += range(first, min(first + int(fault.size) * DUPLICATE_SPACING, plan.rows), DUPLICATE_SPACING)
    return rows


def edited_signals(plan: Plan, source: str) -> tuple[str, ...]:
    """Return the patterns of signals whose rows differ from their device's."""
    return tuple(
        f.signals
        for f in faults_of(plan, source)
        if f.kind in (FaultKind.GAP, FaultKind.DUPLICATES, FaultKind.STUCK, FaultKind.SENTINEL)
    )


class SeriesWriter:
    """Write the series of one source, block by block or whole."""

    def __init__(self, plan: Plan, source: str, folder: Path) -> None:
        self._plan = plan
        self._source = source
        self._folder = folder
        self._frozen: dict[str, float] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def open(self, signal: str) -> IO[bytes]:
        """Open the file of one series."""
        return (self._folder / f"{signal}.csv").open("wb")

    def write_column(self, signal: str, column: Column, ts: pl.Series) -> None:
        """Write one whole series."""
        digits = column.digits
        rows = range(self._plan.rows)
        with self.open(signal) as handle:
            self.append(handle, signal, ts, np.round(column.values, digits), digits, rows, every=column.every)

    def append(
        self,
        handle: IO[bytes],
        signal: str,
        ts: pl.Series,
        values: Floats | Singles,
        digits: int,
        rows: range,
        *,
        every: int = 1,
    ) -> None:
        """Append one block of one series, with its missing, repeated, stuck and sentinel rows."""
        values = self._overwrite(signal, values, rows)
        keep = self._keep(signal, rows, every)
        if keep is not None:
            values, ts = self._differ(signal, values, rows, keep, digits), ts.gather(keep)
        write_rows(handle, signal, ts, values, digits, header=rows.start == 0)

    def _overwrite(self, signal: str, values: Floats | Singles, rows: range) -> Floats | Singles:
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
        return values

    def _keep(self, signal: str, rows: range, every: int) -> Rows | None:
        """Return which rows of the block to write, in order; None is all of them."""
        gaps, repeated = missing_rows(self._plan, self._source, signal), repeated_rows(self._plan, self._source, signal)
        if every == 1 and not gaps and not repeated:
            return None
        keep = np.arange(rows.start, rows.stop)
        keep = keep[keep % every == 0]
        for gap in gaps:
            keep = keep[(keep < gap.start) | (keep >= gap.stop)]
        keep = np.sort(np.concatenate([keep, [row for row in repeated if row in rows]]))
        return np.asarray(keep - rows.start, dtype=np.int64)

    def _differ(self, signal: str, values: Floats | Singles, rows: range, keep: Rows, digits: int) -> Floats | Singles:
        """Return the values of the kept rows; of every second duplicate the first reading is off."""
        out = values[keep]
        for row in repeated_rows(self._plan, self._source, signal)[1::2]:
            if row in rows:
                out[np.searchsorted(keep, row - rows.start)] += 10.0 ** (1 - digits)
        return out


def plan_stamps(plan: Plan) -> pl.Series:
    """Return the local stamps of every row of the plan's own clock."""
    return stamps(plan.utc_ms)
