"""Feature tables laid out as the rules read them: the same for a page, the API and the bench."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.analytics.cells import CELL_COLUMNS
from app.analytics.grid import Floats, Grid, lay_out, row_median
from app.analytics.thermal import SENSOR_COLUMNS

STEEP_MV_PER_PCT = 4.0
"""A day on which the string's cells lie less than this apart for each per cent of charge at charge end ended on the
flat of the curve: their millivolts are noise and resistance there, and no charge [mV/%]."""


def cells_of(frame: pl.DataFrame) -> tuple[Grid, Floats]:
    """Lay the table ``cell_day`` out; return it with the readings of each day and cell."""
    if frame.height == 0:
        nothing = np.zeros((0, 0))
        none = np.zeros(0, np.int64)
        return Grid(none, none, none, dict.fromkeys(CELL_COLUMNS, nothing)), nothing
    grid = lay_out(frame, "cell", CELL_COLUMNS)
    grid["top_pct"][_ends_flat(grid)] = np.nan
    counted = lay_out(frame, "cell", ("n",), without=None)
    return grid, np.nan_to_num(counted["n"])


def _ends_flat(grid: Grid) -> NDArray[np.bool_]:
    """Tell the days whose charge ended where the curve is flat: in a season without full charges, say."""
    apart = [row_median(np.abs(grid[name] - row_median(grid[name])[:, None])) for name in ("top_mv", "top_pct")]
    with np.errstate(invalid="ignore"):
        return np.asarray(apart[0] < STEEP_MV_PER_PCT * apart[1])


def sensors_of(frame: pl.DataFrame) -> Grid | None:
    """Lay the table ``sensor_day`` out; None without a sensor."""
    return lay_out(frame, "sensor", SENSOR_COLUMNS) if frame.height else None


def heat_of(sensors: Grid | None, days: pl.DataFrame) -> Floats:
    """Return the mean of the smoothed squared current of each of the sensors' days [A²]; NaN where it is not known."""
    if sensors is None:
        return np.zeros(0)
    known: dict[int, float] = {}
    if days.height:
        known = dict(zip(days["ts"].to_physical().to_list(), days["heat_a2"].fill_null(np.nan).to_list(), strict=True))
    return np.array([known.get(int(day), np.nan) for day in sensors.days])


def typical_a(days: pl.DataFrame) -> float | None:
    """Return the median of the days' largest currents, of days with a tenth of the largest of all [A]."""
    if days.height == 0:
        return None
    largest = days["max_a"].drop_nulls().to_numpy()
    working = largest[largest > 0.1 * largest.max(initial=0.0)]
    return float(np.median(working)) if len(working) and working.max() > 1.0 else None
