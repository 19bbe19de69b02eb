"""Site-local time for charts: Plotly's axes know no zones, so they are given wall time and told where it changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.language import t
from app.numbers import stamp

DAY_MS = 86_400_000


def to_wall(ts_ms: NDArray[Any] | list[int], zone: str) -> NDArray[np.datetime64]:
    """Turn UTC stamps into the site's naive wall time.

    Parameters
    ----------
    ts_ms : array of int
        Epoch ms, UTC.
    zone : str
        The site's zone.

    Returns
    -------
    array of datetime64[ms]
        Wall time; it jumps ahead in spring and runs twice through the hour that autumn repeats.
    """
    utc = pl.Series("ts", np.asarray(ts_ms, dtype=np.int64)).cast(pl.Datetime("ms", "UTC"))
    wall: NDArray[np.datetime64] = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None).to_numpy()
    return wall


def to_wall_ms(ts_ms: NDArray[Any] | list[int], zone: str) -> NDArray[np.float64]:
    """Like `to_wall`, as ms numbers, which a date axis takes as they are and which travel in a third of the bytes."""
    return to_wall(ts_ms, zone).astype("datetime64[ms]").astype(np.int64).astype(np.float64)


def clock_changes(start_ms: int, end_ms: int, zone: str) -> list[tuple[int, int]]:
    """Find where the site's clock changes.

    Parameters
    ----------
    start_ms, end_ms : int
        Window [epoch ms, UTC).
    zone : str
        The site's zone.

    Returns
    -------
    list of tuple of int
        Instant of each change, to the quarter hour [epoch ms, UTC], and by how much the clock moves [ms]; ahead in
        spring is positive.
    """
    days = np.arange(start_ms - DAY_MS, end_ms + DAY_MS, DAY_MS, dtype=np.int64)
    found = []
    for at in np.flatnonzero(np.diff(_offsets(days, zone))):
        fine = np.arange(days[at], days[at + 1] + 900_000, 900_000, dtype=np.int64)
        moved = np.diff(_offsets(fine, zone))
        found += [(int(fine[step + 1]), int(moved[step])) for step in np.flatnonzero(moved)]
    return [(when, by) for when, by in found if start_ms < when < end_ms]


def _offsets(ts_ms: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    return to_wall(ts_ms, zone).astype("datetime64[ms]").astype(np.int64) - ts_ms


def span_words(start_ms: int, end_ms: int, zone: str) -> str:
    """Write a window as the user reads it: ``1 Oct 2023, 00:00 to 22 Jun 2025, 23:55``."""
    return t("{start_ms} to {end_ms}", start_ms=stamp(start_ms, zone), end_ms=stamp(end_ms, zone))
