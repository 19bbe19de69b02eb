"""Axes of a printed chart: round ticks for numbers, calendar ticks for time, and where a value lies on the paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from app.language import current
from app.numbers import number

INK, SOFT, GRID = "#17202a", "#4a5664", "#dfe4ea"
"""Colours of print: ink on white, whatever the screen's theme."""
WIDTH = 720.0
"""Width of every chart [units of its own view box; a page's width]."""
LEFT, RIGHT = 52.0, 12.0
"""Room for the numbers at the left and for the last time at the right [units]."""
MOST_TICKS = 5
DAY_MS = 86_400_000
_TIME_STEPS_MS = tuple(
    count * unit
    for unit, counts in ((60_000, (1, 5, 15)), (3_600_000, (1, 3, 6, 12)), (DAY_MS, (1, 2, 7, 14)))
    for count in counts
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from ``low`` to ``high`` onto the paper from ``start`` to ``end`` [units]."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Place of a value, to a tenth of a unit."""
        share = (value - self.low) / (self.high - self.low or 1.0)
        return round(self.start + share * (self.end - self.start), 1)


def padded(low: float, high: float) -> tuple[float, float]:
    """Widen a range a little, and one of no width to something that can be drawn."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    width = high - low or max(abs(high), 1.0) * 0.1
    return low - 0.05 * width, high + 0.05 * width


def ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Choose at most so many round numbers between two bounds: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [at * step for at in range(first, math.floor(high / step + 1e-9) + 1)]


def y_axis(scale: Scale, title: str) -> str:
    """Draw the grid of a panel, its numbers, and its title."""
    values = ticks(scale.low, scale.high)
    step = values[1] - values[0] if len(values) > 1 else 1.0
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    rows = [
        f'<path d="M{LEFT} {scale.at(value)}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{scale.at(value) + 3.5}" text-anchor="end">{number(value, digits)}</text>'
        for value in values
    ]
    top = round(min(scale.start, scale.end) - 6, 1)
    head = f'<text x="{LEFT}" y="{top}" font-weight="600" fill="{INK}">{escape(title)}</text>'
    return "".join([*rows, head])


def time_axis(scale: Scale, zone: str, bottom: float) -> str:
    """Draw the times below the panels, by the site's clock."""
    return "".join(
        f'<path d="M{scale.at(at)} {bottom}v4" stroke="{SOFT}"/>'
        f'<text x="{scale.at(at)}" y="{bottom + 15}" text-anchor="middle">{escape(words)}</text>'
        for at, words in time_ticks(int(scale.low), int(scale.high), zone)
    )


def time_ticks(start_ms: int, end_ms: int, zone: str, most: int = 6) -> list[tuple[int, str]]:
    """Choose at most so many times between two stamps: midnights or full hours of the site, or firsts of a month.

    Returns
    -------
    list of (int, str)
        Stamp [epoch ms UTC] and its words in the reader's language.
    """
    span = max(end_ms - start_ms, 1)
    step = next((one for one in _TIME_STEPS_MS if span / one <= most), None)
    found = _months(start_ms, end_ms, zone, most) if step is None else _steps(start_ms, end_ms, zone, step)
    form = "MMM y" if step is None else "d MMM" if step >= DAY_MS else "d MMM HH:mm"
    return [(round(one.timestamp() * 1000), _written(one, form)) for one in found]


def _written(moment: datetime, form: str) -> str:
    if "HH" in form:
        return str(format_datetime(moment, form, tzinfo=moment.tzinfo, locale=current()))
    return str(format_date(moment, form, locale=current()))


def _local(stamp_ms: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp_ms)).astimezone(ZoneInfo(zone))


def _steps(start_ms: int, end_ms: int, zone: str, step: int) -> list[datetime]:
    """List multiples of a step by the site's wall clock."""
    midnight = _local(start_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    count = (end_ms - start_ms) // step + DAY_MS // step + 2
    every = [(midnight + timedelta(milliseconds=step * at)) for at in range(count)]
    return [one for one in every if start_ms <= one.timestamp() * 1000 <= end_ms]


def _months(start_ms: int, end_ms: int, zone: str, most: int) -> list[datetime]:
    first, last = _local(start_ms, zone), _local(end_ms, zone)
    begun = first.year * 12 + first.month
    every = max(1, math.ceil((last.year * 12 + last.month - begun) / most))
    months = range(begun, last.year * 12 + last.month, every)
    return [datetime(one // 12, one % 12 + 1, 1, tzinfo=ZoneInfo(zone)) for one in months]
