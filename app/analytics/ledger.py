"""The limiting-cell ledger: which cell ends each charge and each discharge, by how much, and what that costs.

At a charge end the highest cell is the first to be full, at a discharge end the lowest the first to be empty. Between
the median cell and those two lies charge that the string holds and cannot use. Where that charge cannot be told it is
refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from app.analytics.grid import DAY_MS, Floats, Grid

LAST_CYCLES = 7
"""Cycles of which it is said how often a cell limited the string lately."""
KNOWN_CYCLES = 28
"""Cycles that the loss of a cycle is the median of: the last ones that know it."""
SAME_CYCLE_MS = 3 * DAY_MS
"""A discharge end belongs to the full charge before it when no more time lies between [ms]."""
USUAL_BALANCING_A = 0.1
"""Current of passive balancing that hours are given at unless another is asked for: LFP cabinets bleed 0.05 to 0.2 A
over a resistor of some 30 Ω [A]."""
FIRST_FULL, FIRST_EMPTY = "first_full", "first_empty"
NO_LEADS, LAGGARD, NO_CAPACITY, NO_EMPTY = "no_leads", "laggard", "no_capacity", "no_empty"
"""Why charge is not told: no cell is read at charge ends, one stays on the plateau there, the capacity is not known, no
full charge was followed by a discharge end whose cells are read."""


@dataclass(frozen=True, slots=True)
class End:
    """One charge end or discharge end."""

    ts: int
    """Instant of the anchor [epoch ms UTC]."""
    kind: str
    """first_full or first_empty."""
    pack: int
    cell: int
    margin_mv: float | None
    """Lead over the runner-up [mV]."""
    offset_ah: float | None
    """Charge between the limiting cell and the median there: what the median could still take or give [Ah]."""


@dataclass(frozen=True, slots=True)
class CycleRow:
    """One full charge and the discharge end that follows it."""

    full: End
    empty: End | None
    lost_ah: float | None
    """What imbalance and unequal capacities keep out of use: both offsets together [Ah]."""
    lost_kwh: float | None


@dataclass(frozen=True, slots=True)
class Limiting:
    """A cell that limited the string at least once."""

    pack: int
    cell: int
    kind: str
    times: int
    of: int
    recent: int
    """Of the last seven such ends."""
    margin_mv: float | None
    """Median lead over the runner-up [mV]."""
    offset_ah: float | None
    """Median distance to the median cell [Ah]."""
    first_ts: int
    last_ts: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The whole ledger of a string."""

    cycles: tuple[CycleRow, ...]
    limiting: tuple[Limiting, ...]
    balancing_ah: float | None
    """Charge between the fullest and the emptiest cell at the charge end, median of the last cycles [Ah]."""
    lost_reason: str | None
    """Why no cycle tells its loss."""
    balancing_reason: str | None

    @property
    def lost_ah(self) -> float | None:
        """Median loss of the last cycles that know it [Ah]."""
        return _median([row.lost_ah for row in self.cycles if row.lost_ah is not None][-KNOWN_CYCLES:])

    @property
    def lost_kwh(self) -> float | None:
        """The same as energy [kWh]."""
        return _median([row.lost_kwh for row in self.cycles if row.lost_kwh is not None][-KNOWN_CYCLES:])

    def balancing_hours(self, current_a: float) -> float | None:
        """Hours of bleeding at ``current_a`` until the fullest cell stands level with the emptiest [h]."""
        return None if self.balancing_ah is None or current_a <= 0 else self.balancing_ah / current_a


def keep_ledger(
    anchors: pl.DataFrame, cells: Grid, capacity_ah: float | None, string_v: float | None, leads: Floats | None = None
) -> Ledger:
    """Write the ledger of a string.

    Formula: first full is the highest cell in the row of a full anchor, first empty the lowest in that of an empty one;
    the margin is their distance to the next cell [mV]. Offset at the charge end: the cell's lead on the string's own
    curve (see ``pipeline.feature_leads``); at the discharge end: its distance on the open-circuit curve times the
    capacity [Ah]. Lost per cycle: both offsets together, as charge [Ah] and, times the string's mean voltage, as energy
    [kWh]. Balancing: the fullest cell's lead over the emptiest's, each the median of the last seven charge ends. Units:
    mV, Ah, kWh. Source: vendors' limiting-cell ledgers; definition of usable capacity as the first-full and first-empty
    cell limit it. Longest sampling interval: 30 min for the cells' names and margins and the discharge end, some 5 min
    for leads (at C/28); beyond it charge is refused. On simulated strings leads are within 25 % of the truth from 10 s
    to 5 min, offsets at the discharge end within 25 % up to 15 min. Weakness: the discharge end rests on the
    chemistry's curve; a cell on the plateau at the charge end has no lead, and then there are no hours of balancing.

    Parameters
    ----------
    anchors : DataFrame
        Feature table, cut to the window.
    cells : Grid
        With ``top_pct``, ``bot_pct`` and ``low_pct`` [% of the capacity].
    capacity_ah : float or None
        Of the mean cell; without it no ampere-hours [Ah].
    string_v : float or None
        Mean voltage of the string [V].
    leads : array, shape (days, cells), optional
        ``lead_ah`` of the same days and cells; without it no charge at charge ends [Ah].
    """
    if anchors.height == 0:
        return Ledger((), (), None, NO_EMPTY, NO_LEADS)
    offsets = _Offsets(cells, capacity_ah, leads)
    ends = [_end(row, offsets) for row in anchors.filter(pl.col("cell").is_not_null()).iter_rows(named=True)]
    cycles = _cycles(ends, string_v)
    balancing, untold = offsets.balancing([row.full.ts for row in cycles])
    return Ledger(tuple(cycles), tuple(_limiting(ends)), balancing, _why_unknown(cycles, capacity_ah), untold)


def _why_unknown(cycles: Sequence[CycleRow], capacity_ah: float | None) -> str | None:
    """Say why no cycle tells its loss; None where one does."""
    if any(row.lost_ah is not None for row in cycles):
        return None
    if all(row.full.offset_ah is None for row in cycles):
        return NO_LEADS
    return NO_CAPACITY if capacity_ah is None else NO_EMPTY


class _Offsets:
    """Charge between a cell and the string's median, by day [Ah]."""

    def __init__(self, cells: Grid, capacity_ah: float | None, leads: Floats | None) -> None:
        self.cells = cells
        scale = np.nan if capacity_ah is None else capacity_ah / 100
        self.bottom = np.where(np.isfinite(cells["bot_pct"]), cells["bot_pct"], cells["low_pct"]) * scale
        shape = cells["top_pct"].shape
        self.top = leads if leads is not None and leads.shape == shape else np.full(shape, np.nan)

    def at(self, stamp_ms: int, place: int | None, *, is_full: bool) -> float | None:
        """Distance of a cell to the median at an end, away from it: never below 0 [Ah]."""
        if place is None:
            return None
        known = self.row(stamp_ms, self.top if is_full else self.bottom)
        if known is None or not np.isfinite(known[place]):
            return None
        return max(float(known[place] if is_full else -known[place]), 0.0)

    def row(self, stamp_ms: int, values: Floats) -> Floats | None:
        """Offsets of the day of an end; of the day before where it ended soon after midnight."""
        day = int(np.searchsorted(self.cells.days, stamp_ms, side="right")) - 1
        for at in (day, day - 1):
            if 0 <= at < len(values) and np.isfinite(values[at]).any():
                return np.asarray(values[at])
        return None

    def balancing(self, full_ms: Sequence[int]) -> tuple[float | None, str | None]:
        """Distance of the fullest to the emptiest cell at recent charge ends [Ah], or why it is not told.

        A cell that is read at charge ends and has no lead there may lag by any charge: then nothing is said.
        """
        rows = [row for stamp in full_ms[-LAST_CYCLES:] if (row := self.row(stamp, self.top)) is not None]
        if not rows:
            return None, NO_LEADS
        known = np.isfinite(np.array(rows))
        if (np.isfinite(self.cells["top_pct"]).any(axis=0) & ~known.any(axis=0)).any():
            return None, LAGGARD
        middle = [
            float(np.median(column[seen])) for column, seen in zip(np.array(rows).T, known.T, strict=True) if seen.any()
        ]
        return (max(middle) - min(middle), None) if len(middle) > 1 else (None, NO_LEADS)


def _end(row: dict[str, object], offsets: _Offsets) -> End:
    ts, is_full = _stamp(row["ts"]), row["kind"] == "full"
    pack, cell = int(str(row["pack"])), int(str(row["cell"]))
    margin = row["margin_mv"]
    return End(
        ts,
        FIRST_FULL if is_full else FIRST_EMPTY,
        pack,
        cell,
        float(margin) if isinstance(margin, float) and np.isfinite(margin) else None,
        offsets.at(ts, offsets.cells.place(pack, cell), is_full=is_full),
    )


def _stamp(value: object) -> int:
    if not isinstance(value, datetime):
        raise TypeError(value)
    return round(value.timestamp() * 1000)


def _cycles(ends: Sequence[End], string_v: float | None) -> list[CycleRow]:
    rows = []
    for at, full in enumerate(ends):
        if full.kind != FIRST_FULL:
            continue
        after = ends[at + 1] if at + 1 < len(ends) else None
        is_own = after is not None and after.kind == FIRST_EMPTY and after.ts - full.ts <= SAME_CYCLE_MS
        empty = after if is_own else None
        lost = None
        if empty is not None and full.offset_ah is not None and empty.offset_ah is not None:
            lost = full.offset_ah + empty.offset_ah
        rows.append(CycleRow(full, empty, lost, None if lost is None or string_v is None else lost * string_v / 1000))
    return rows


def _limiting(ends: Sequence[End]) -> list[Limiting]:
    found = []
    for kind in (FIRST_FULL, FIRST_EMPTY):
        own = [end for end in ends if end.kind == kind]
        lately = own[-LAST_CYCLES:]
        for pack, cell in dict.fromkeys((end.pack, end.cell) for end in own):
            mine = [end for end in own if (end.pack, end.cell) == (pack, cell)]
            found.append(
                Limiting(
                    pack,
                    cell,
                    kind,
                    len(mine),
                    len(own),
                    sum((end.pack, end.cell) == (pack, cell) for end in lately),
                    _median([end.margin_mv for end in mine]),
                    _median([end.offset_ah for end in mine]),
                    mine[0].ts,
                    mine[-1].ts,
                )
            )
    return sorted(found, key=lambda one: (-one.recent, -one.times))


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
