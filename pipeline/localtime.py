"""Wall-clock time to instants, by the zone's transitions, all rows at once.

The hour that autumn repeats is resolved by the order of rows, the hour that spring skips is moved forward. Both are
counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a zone's clock."""

    at_ms: int
    """Instant of the change [epoch ms]."""
    before_ms: int
    after_ms: int
    """Offset from UTC before and after it [ms]."""

    @property
    def window(self) -> tuple[int, int]:
        """Wall-clock span that is skipped or repeated, half-open [ms]."""
        low, high = sorted((self.before_ms, self.after_ms))
        return self.at_ms + low, self.at_ms + high

    @property
    def repeats(self) -> bool:
        """Whether the clock goes back, so that the window comes twice."""
        return self.after_ms < self.before_ms


@dataclass(frozen=True, slots=True)
class Localised:
    """Local stamps as instants, and how many needed a decision."""

    ms: Ints
    noted: dict[str, int]
    """``dst_skipped``: moved forward; ``dst_repeated``: second pass of a repeated hour; ``dst_ambiguous``: in a
    repeated hour of which only one pass is there, taken as the earlier [rows]."""


@cache
def _transitions_of_year(zone: str, year: int) -> tuple[Transition, ...]:
    tz = ZoneInfo(zone)
    start = datetime(year, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=day) for day in range((datetime(year + 1, 1, 1, tzinfo=UTC) - start).days + 1)]
    offsets = [_offset_ms(day, tz) for day in days]
    return tuple(
        Transition(_change_between(low, high, tz), before, after)
        for low, high, before, after in zip(days, days[1:], offsets, offsets[1:], strict=False)
        if before != after
    )


def _offset_ms(instant: datetime, tz: ZoneInfo) -> int:
    offset = instant.astimezone(tz).utcoffset()
    return int((offset or timedelta()).total_seconds() * 1000)


def _change_between(low: datetime, high: datetime, tz: ZoneInfo) -> int:
    before = _offset_ms(low, tz)
    seconds = [int(low.timestamp()), int(high.timestamp())]
    while seconds[1] - seconds[0] > 1:
        middle = sum(seconds) // 2
        seconds[_offset_ms(datetime.fromtimestamp(middle, UTC), tz) != before] = middle
    return seconds[1] * 1000


def transitions(first_ms: int, last_ms: int, zone: str) -> list[Transition]:
    """List the changes of a zone's clock whose skipped or repeated hour may touch a span of wall-clock time [ms]."""
    years = range(
        datetime.fromtimestamp(first_ms / 1000 - 86_400, UTC).year,
        datetime.fromtimestamp(last_ms / 1000 + 86_400, UTC).year + 1,
    )
    return [change for year in years for change in _transitions_of_year(zone, year)]


def repeated_window(local_ms: int, zone: str) -> tuple[int, int] | None:
    """Find the repeated span of wall-clock time that a local stamp lies in [ms], if any."""
    for change in transitions(local_ms, local_ms, zone):
        low, high = change.window
        if change.repeats and low <= local_ms < high:
            return low, high
    return None


def localise(local: Ints, zone: str) -> Localised:
    """Turn wall-clock stamps into instants.

    Parameters
    ----------
    local : array of int64
        Wall-clock ms, as if they were UTC, in the order of the file's rows.
    zone : str
        The logger's time zone.

    Returns
    -------
    Localised
        In an hour that comes twice, rows are the first pass until a stamp steps back; the rest is the second.
        A file that runs backwards in time is read from its end. A stamp in a skipped hour moves forward by the
        length of the change.
    """
    if len(local) == 0:
        return Localised(local, {})
    changes = transitions(int(local.min()), int(local.max()), zone)
    if not changes:
        middle = datetime.fromtimestamp(int(local[0]) / 1000, UTC)
        return Localised(local - _offset_ms(middle, ZoneInfo(zone)), {})
    edges = np.array([change.window[1] for change in changes])
    offsets = np.array([changes[0].before_ms, *(change.after_ms for change in changes)])
    instants = local - offsets[np.searchsorted(edges, local, side="right")]
    noted = {"dst_skipped": 0, "dst_repeated": 0, "dst_ambiguous": 0}
    for change in changes:
        low, high = change.window
        rows = np.flatnonzero((local >= low) & (local < high))
        if change.repeats:
            second, ambiguous = _second_pass(local, rows)
            instants[second] = local[second] - change.after_ms
            noted["dst_repeated"] += len(second)
            noted["dst_ambiguous"] += ambiguous
        else:
            noted["dst_skipped"] += len(rows)
    return Localised(instants, {reason: count for reason, count in noted.items() if count})


def _second_pass(local: Ints, rows: Ints) -> tuple[Ints, int]:
    """Pick the rows of a repeated hour that belong to its second pass, and count those that could be of either."""
    if len(rows) == 0:
        return rows, 0
    descending = np.count_nonzero(np.diff(local) < 0) > len(local) // 2
    second: list[Ints] = []
    ambiguous = 0
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        ordered = run[::-1] if descending else run
        steps = np.diff(local[ordered])
        back = np.flatnonzero(steps < 0)
        if len(back):
            second.append(ordered[back[0] + 1 :])
        elif len(run) == 2 and steps[0] == 0:  # an hourly logger: the hour is one row, and it comes twice
            second.append(ordered[1:])
        else:
            ambiguous += len(run)
    return (np.concatenate(second) if second else rows[:0]), ambiguous
