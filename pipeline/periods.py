"""Levels of detail, and the periods that history is cut into: both at the site's midnights."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.errors import SettingsError
from pipeline.sealed import Frozen

RAW = "raw"
DAY_MS = 86_400_000
_UNIT_MS = {"s": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Level(Frozen):
    """One level of detail."""

    name: str
    step_ms: int
    """Bucket width [ms]; 0 for raw. A ``1d`` bucket is a calendar day of the site, nominally 86,400,000 ms."""

    @property
    def is_calendar_day(self) -> bool:
        """Whether the buckets are days of the site's calendar."""
        return self.step_ms == DAY_MS

    @property
    def period(self) -> Literal["month", "quarter", "year", "decade"]:
        """How history is cut into parts: few enough to read, small enough that a new day rewrites little."""
        if self.step_ms <= 5 * _UNIT_MS["min"]:
            return "month"
        if self.step_ms <= 60 * _UNIT_MS["min"]:
            return "quarter"
        return "year" if self.step_ms < DAY_MS else "decade"


RAW_LEVEL = Level(name=RAW, step_ms=0)


def parse_level(rule: str) -> Level:
    """Read a level's name such as ``15min``, ``1h`` or ``1d``.

    Raises
    ------
    SettingsError
        The name is no duration, or does not divide a day.
    """
    match = re.fullmatch(r"(\d+)(s|min|m|h|d)", rule.strip())
    step_ms = int(match[1]) * _UNIT_MS[match[2]] if match else 0
    if match is None or step_ms == 0 or DAY_MS % step_ms:
        raise SettingsError(f"--rules: {rule!r} is no level; write durations that divide a day, like 5min,15min,1h,1d.")
    return Level(name=rule.strip(), step_ms=step_ms)


def period_start(stamp_ms: int, period: str, zone: str) -> int:
    """Find the start of the period that a stamp lies in, cut at the site's midnight [epoch ms, UTC]."""
    local = datetime.fromtimestamp(stamp_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    year, month = {
        "month": (local.year, local.month),
        "quarter": (local.year, (local.month - 1) // 3 * 3 + 1),
        "year": (local.year, 1),
        "decade": (max(local.year // 10 * 10, 1), 1),
    }[period]
    return _midnight_ms(year, month, zone)


def period_end(start_ms: int, period: str, zone: str) -> int:
    """Find the exclusive end of the period that starts at ``start_ms`` [epoch ms, UTC]."""
    local = datetime.fromtimestamp(start_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    months = {"month": 1, "quarter": 3, "year": 12, "decade": 120}[period]
    index = local.year * 12 + local.month - 1 + months
    return _midnight_ms(index // 12, index % 12 + 1, zone)


def _midnight_ms(year: int, month: int, zone: str) -> int:
    stamp = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
    return int(stamp.timestamp() * 1000)


def period_name(start_ms: int, zone: str) -> str:
    """Name a period for its file, such as ``2024-04``."""
    local = datetime.fromtimestamp(start_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    return f"{local.year:04d}-{local.month:02d}"


def day_starts(first_ms: int, last_ms: int, zone: str) -> list[int]:
    """List the site's midnights from the day of ``first_ms`` to the one after ``last_ms`` [epoch ms, UTC]."""
    tz = ZoneInfo(zone)
    day = datetime.fromtimestamp(first_ms / 1000, tz=UTC).astimezone(tz).date()
    starts: list[int] = []
    while not starts or starts[-1] <= last_ms:
        starts.append(int(datetime(day.year, day.month, day.day, tzinfo=tz).timestamp() * 1000))
        day += timedelta(days=1)
    return starts
