"""Numbers as the user reads them: sensible digits, the unit behind a space that does not break, never a bare value.

Decimal marks, names of months and the order of a date are those of the request's language (`app.language`).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.language import ENGLISH, current, t, tn

THIN = "\N{NARROW NO-BREAK SPACE}"
"""Thousands mark."""
SPACE = "\N{NO-BREAK SPACE}"
"""What stands between a number and its unit."""
NOTHING = "–"
"""What stands where a number is unknown."""
MINUS = "−"
DECIMAL = {ENGLISH: ".", "de": ","}
"""Decimal mark by language."""
_DAY = {ENGLISH: "d MMM y", "de": "d. MMM y"}
"""How a language writes a day, in the letters of Unicode's date patterns (UTS 35)."""
_MONTH = "MMMM y"
"""How both write a month."""

_DIGITS = {"V": 3, "mV": 1, "°C": 1, "K": 1, "%": 1, "A": 1, "kW": 1, "kWh": 1, "MWh": 2, "GWh": 2, "Ah": 1, "bar": 2}
_DIGITS |= {"kΩ": 0, "ppm": 0, "mΩ": 2, "": 3}
_ENERGY = ((1e6, "GWh", 1e-6), (1e4, "MWh", 1e-3), (0.0, "kWh", 1.0))
"""From how many kWh on which unit is used, and the factor to it."""


def known(value: float | None) -> bool:
    """Whether there is a number at all: not None, not NaN, not infinite."""
    return value is not None and math.isfinite(value)


def digits_of(unit: str) -> int:
    """Say how many decimals a unit deserves, such as 3 for volts; whole counts (no unit) are the caller's."""
    return _DIGITS.get(unit, 2)


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thin thousands marks and a true minus; a dash when it is unknown."""
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{abs(value):,.{digits}f}".replace(",", THIN).replace(".", DECIMAL[current()])
    negative = value < 0 and any(figure in "123456789" for figure in text)
    return f"{MINUS if negative else ''}{text}"


def quantity(value: float | None, unit: str, digits: int | None = None) -> str:
    """Write a number with its unit and the decimals that the unit deserves: ``3.312 V``, ``12.4 mV``."""
    text = number(value, digits_of(unit) if digits is None else digits)
    return text if text == NOTHING or not unit else f"{text}{SPACE}{unit}"


def energy_parts(kwh: float | None) -> tuple[float | None, str]:
    """Scale an energy given in kWh to the unit that reads best: kWh, MWh or GWh."""
    if kwh is None or not math.isfinite(kwh):
        return None, "kWh"
    unit, factor = next((unit, factor) for floor, unit, factor in _ENERGY if abs(kwh) >= floor)
    return kwh * factor, unit


def energy(kwh: float | None) -> str:
    """Write an energy given in kWh in the unit that reads best: ``640.2 kWh``, ``12.34 MWh``."""
    value, unit = energy_parts(kwh)
    return quantity(value, unit)


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share of 0 to 1 as per cent. Rounding never makes it whole: 99.97 % stays below 100 %."""
    if share is None or not math.isfinite(share):
        return NOTHING
    scaled = share * 100
    if scaled < 100 <= round(scaled, digits):
        scaled = 100 - 10**-digits
    return f"{number(scaled, digits)}{SPACE}%"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Write a count with its noun: ``1 gap``, ``2 gaps``."""
    return f"{number(count)} {t(singular if count == 1 else plural or singular + 's')}"


def cells_need_attention(count: int, cells: int) -> str:
    """Say how many of all cells need attention: ``1 of 260 cells needs attention``."""
    return tn(
        "{n} of {total} cells needs attention",
        "{n} of {total} cells need attention",
        count,
        n=number(count),
        total=number(cells),
    )


def stamp(stamp_ms: int | None, zone: str, *, minutes: bool = True) -> str:
    """Write an instant as site wall time: ``3 May 2024, 14:05``; a dash when it is unknown."""
    if stamp_ms is None:
        return NOTHING
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp_ms)).astimezone(ZoneInfo(zone))
    day = format_date(local, _DAY[current()], locale=current())
    return f"{day}, {local:%H:%M}" if minutes else day


def day(at: str) -> str:
    """Write the day of an instant that is given as ISO 8601 with its offset: ``3 May 2024``."""
    return format_date(datetime.fromisoformat(at), _DAY[current()], locale=current())


def month(at: str) -> str:
    """Write the month of an instant that is given as ISO 8601 with its offset: ``May 2024``."""
    return format_date(datetime.fromisoformat(at), _MONTH, locale=current())


def duration(span_ms: float) -> str:
    """Write a length of time in its two largest units: ``5 min``, ``1 h 30 min``, ``12 d``, ``630 d``."""
    seconds = round(span_ms / 1000)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next((at for at, (count, _) in enumerate(parts) if count), 3)
    kept = parts[first : first + (1 if days >= 10 else 2)]
    words = [f"{number(count)}{SPACE}{unit}" for count, unit in kept if count]
    return SPACE.join(words) or f"0{SPACE}s"


def age(last_ms: int, now_ms: int) -> str:
    """Say how long ago something was: ``3 h 20 min ago``, ``517 d ago``."""
    return t("{span} ago", span=duration(max(now_ms - last_ms, 0)))
