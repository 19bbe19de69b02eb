"""The limiting-cell ledger: which cell ends each charge and each discharge, by how much, and what that costs.

At a charge end the highest cell is the first to be full, at a discharge end the lowest the first to be empty. Between
the median cell and those two lies charge that the string holds and cannot use.
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
SAME_CYCLE_MS = 3 * DAY_MS
"""A discharge end belongs to the full charge before it when no more time lies between [ms]."""
USUAL_BALANCING_A = 0.1
"""Current of passive balancing that hours are given at unless another is asked for: LFP cabinets bleed 0.05 to 0.2 A
over a resistor of some 30 Ω [A]."""
FIRST_FULL, FIRST_EMPTY = "first_full", "first_empty"


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
    offset_source: str | None
    """How offsets in Ah came about."""

    @property
    def lost_ah(self) -> float | None:
        """Median loss of the last cycles that know it [Ah]."""
        return _median([row.lost_ah for row in self.cycles][-LAST_CYCLES * 4 :])

    @property
    def lost_kwh(self) -> float | None:
        """The same as energy [kWh]."""
        return _median([row.lost_kwh for row in self.cycles][-LAST_CYCLES * 4 :])

    def balancing_hours(self, current_a: float) -> float | None:
        """Hours of bleeding at ``current_a`` until the fullest cell stands level with the emptiest [h]."""
        return None if self.balancing_ah is None or current_a <= 0 else self.balancing_ah / current_a


def keep_ledger(
    anchors: pl.DataFrame, cells: Grid, capacity_ah: float | None, string_v: float | None, leads: Floats | None = None
) -> Ledger:
    """Write the ledger of a string.

    Formula: first full is the highest cell in the row of a full anchor, first empty the lowest in that of an empty
    one; the margin is their distance to the next cell [mV]. Offset at the charge end: ∫I dt between the median's and
    the cell's crossing of the charge-end voltage, where the logger resolves it (no step of more than 0.5 % of the
    capacity there); else the distance on the open-circuit curve times the capacity, as always at the discharge end.
    Lost per cycle: both offsets together, as charge [Ah] and, times the string's mean voltage, as energy [kWh].

    Units: mV, Ah, kWh. Source: vendors' limiting-cell ledgers; definition of usable capacity as the first-full and
    first-empty cell limit it. Longest sampling interval: 30 min for the cells' names and margins, some 5 min for
    crossings (at C/25). Weakness: the steepness of the curve at its upper end is assumed, and through it offsets there
    may be too large by a factor of up to four; the order of cells is not touched by that.

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
        ``lead_ah`` of the same days and cells [Ah].
    """
    if anchors.height == 0:
        return Ledger((), (), None, None)
    offsets = _Offsets(cells, capacity_ah, leads)
    ends = [_end(row, offsets) for row in anchors.filter(pl.col("cell").is_not_null()).iter_rows(named=True)]
    cycles = _cycles(ends, string_v)
    balancing, source = offsets.balancing([row.full.ts for row in cycles])
    return Ledger(tuple(cycles), tuple(_limiting(ends)), balancing, source)


class _Offsets:
    """Charge between a cell and the string's median, by day [Ah]."""

    def __init__(self, cells: Grid, capacity_ah: float | None, leads: Floats | None) -> None:
        self.cells = cells
        scale = np.nan if capacity_ah is None else capacity_ah / 100
        self.bottom = np.where(np.isfinite(cells["bot_pct"]), cells["bot_pct"], cells["low_pct"]) * scale
        self.top = cells["top_pct"] * scale
        crossed = np.zeros(len(cells.days), bool)
        if leads is not None and leads.shape == self.top.shape:
            crossed = np.isfinite(leads).mean(axis=1) > 0.5 if leads.size else crossed
            self.top = np.where(crossed[:, None], leads, self.top)
        self.crossed = crossed

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
        """Distance of the fullest to the emptiest cell at recent charge ends [Ah], and where it comes from."""
        rows = [row for stamp in full_ms[-LAST_CYCLES:] if (row := self.row(stamp, self.top)) is not None]
        if not rows:
            return None, None
        with np.errstate(invalid="ignore"):
            middle = np.array([np.nanmedian(column) for column in np.array(rows).T if np.isfinite(column).any()])
        source = "crossings of the charge-end voltage" if self.crossed.any() else "the open-circuit curve"
        return (float(middle.max() - middle.min()) if len(middle) > 1 else None), source


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
