"""What is simulated: the span, the clock, the geometry, and where randomness comes from.

Every random draw is keyed by what it is for (seed, purpose, system, day), never by how far some generator has been
used. A site is therefore the same whatever the block size or the number of threads, and a longer span of the same
seed starts with the same duty, weather and noise.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.simulation.faults import Fault

ZONE = "Europe/Berlin"
STAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
SYSTEM_NAMES = ("ZHPESS232A230002", "ZHPESS232A230003", "ZHPESS232A230007")
PACKS = 5
CELLS_PER_PACK = 52
CELLS = PACKS * CELLS_PER_PACK
NOMINAL_AH = 280.0
NOMINAL_KWH = 232.96
"""Energy of 260 cells of 280 Ah at the nominal 3.2 V [kWh]."""
DAY_S = 86_400
COMMISSIONED = date(2023, 10, 5)
"""First day of service of every cabinet, whatever part of its life is written."""

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


def random(seed: int, *purpose: str | int) -> np.random.Generator:
    """Make the generator of one purpose, such as ``random(seed, "noise", system, day)``."""
    words = [zlib.crc32(str(word).encode()) for word in purpose]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *words])))


@dataclass(frozen=True)
class Plan:
    """One site to simulate.

    ``days`` elapsed days of 86,400 s from the local midnight of ``start``, a row each ``step_s`` seconds.
    """

    start: date
    days: float
    step_s: int
    seed: int
    systems: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    dropouts: bool = True
    """Whether loggers fail to answer now and then."""
    unfilled: tuple[tuple[int, int], ...] = ()
    """Seasons without a full charge: first day and day after the last, counted from the first row [d]."""

    def __post_init__(self) -> None:
        if self.step_s < 1 or DAY_S % self.step_s:
            raise SettingsError(f"--step {self.step_s}: a day must hold a whole number of steps; try 300 or 900 (s).")
        if self.rows < 2:
            raise SettingsError(f"--days {self.days}: at least two rows of {self.step_s} s are needed.")
        if not self.systems or not set(self.systems) <= set(SYSTEM_NAMES):
            raise SettingsError(f"systems {self.systems}: choose from {', '.join(SYSTEM_NAMES)}.")

    @property
    def rows(self) -> int:
        """Rows of a series that misses none."""
        return round(self.days * DAY_S) // self.step_s

    @property
    def rows_per_day(self) -> int:
        """Rows of a whole day of 24 hours."""
        return DAY_S // self.step_s

    @property
    def whole_days(self) -> int:
        """Days that are begun."""
        return -(-self.rows // self.rows_per_day)

    @cached_property
    def start_s(self) -> int:
        """First stamp [s since 1970 UTC]."""
        return int(datetime(self.start.year, self.start.month, self.start.day, tzinfo=ZoneInfo(ZONE)).timestamp())

    @cached_property
    def service_days(self) -> int:
        """Days in service before the first row."""
        return max((self.start - COMMISSIONED).days, 0)

    @cached_property
    def elapsed_s(self) -> Floats:
        """Seconds since the first stamp, of each row."""
        return np.arange(self.rows, dtype=np.float64) * self.step_s

    @cached_property
    def utc_ms(self) -> NDArray[np.int64]:
        """Stamp of each row [ms since 1970 UTC]."""
        return (self.start_s + np.arange(self.rows, dtype=np.int64) * self.step_s) * 1000

    @cached_property
    def local(self) -> pl.DataFrame:
        """Hour of the day (with fraction), day of the year, weekday (1 is Monday) and month of each row, local."""
        ts = utc_series(self.utc_ms).dt.convert_time_zone(ZONE)
        return pl.DataFrame(
            {
                "hour": ts.dt.hour() + ts.dt.minute() / 60 + ts.dt.second() / 3600,
                "day_of_year": ts.dt.ordinal_day(),
                "weekday": ts.dt.weekday(),
                "month": ts.dt.month(),
            }
        )

    @cached_property
    def midnights_s(self) -> Floats:
        """Seconds from the first stamp to each local midnight, one more than there are days begun."""
        count = self.whole_days + 2
        first = datetime(self.start.year, self.start.month, self.start.day, tzinfo=ZoneInfo(ZONE)).replace(tzinfo=None)
        days = pl.datetime_range(first, first + timedelta(days=count), interval="1d", eager=True, time_unit="ms")
        utc = days.dt.replace_time_zone(ZONE).dt.epoch("s").to_numpy()
        return (utc - self.start_s).astype(np.float64)

    def tile(self, purpose: str, name: str, columns: int, first: int, last: int) -> Singles:
        """Draw standard normal noise for the rows ``first`` to ``last`` (exclusive), keyed by day.

        Returns
        -------
        ndarray
            Shape (columns, last − first).
        """
        per_day = self.rows_per_day
        days = range(first // per_day, -(-last // per_day))
        tiles = [
            random(self.seed, purpose, name, day).standard_normal((columns, per_day), dtype=np.float32) for day in days
        ]
        offset = first - days.start * per_day
        return np.concatenate(tiles, axis=1)[:, offset : offset + last - first]

    def daily(self, purpose: str, name: str) -> Floats:
        """Draw one standard normal value for each day begun, and one more to interpolate towards."""
        return np.array([random(self.seed, purpose, name, day).standard_normal() for day in range(self.whole_days + 1)])

    def interpolate_days(self, daily: Floats) -> Floats:
        """Draw a line through daily values, at each row."""
        return np.interp(self.elapsed_s / DAY_S, np.arange(len(daily)), daily)


def utc_series(utc_ms: NDArray[np.int64]) -> pl.Series:
    """Turn epoch milliseconds into a UTC series named ``ts``."""
    return pl.Series("ts", utc_ms).cast(pl.Datetime("ms", "UTC"))


def stamps(utc_ms: NDArray[np.int64]) -> pl.Series:
    """Write stamps as the loggers do: local wall clock without an offset, hence an hour twice each autumn."""
    return utc_series(utc_ms).dt.convert_time_zone(ZONE).dt.strftime(STAMP_FORMAT)


def iso_local(utc_ms: int) -> str:
    """Write one instant as local ISO 8601 with its offset."""
    return datetime.fromtimestamp(utc_ms / 1000, tz=ZoneInfo(ZONE)).isoformat()
