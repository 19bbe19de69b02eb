"""Feature tables laid out as the rules read them: the same for a page, the API and the bench."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.analytics.cells import CELL_COLUMNS
from app.analytics.grid import Floats, Grid, lay_out, row_median
from app.analytics.thermal import SENSOR_COLUMNS

STEEP_MV_PER_PCT = 4.0
"""A day on which the string's cells lie less than this apart for each per cent of charge at charge end ended on the
flat of the curve: their millivolts are noise and resistance there, and no charge [mV/%]."""

COARSE_MV = (10.0, 5.0, 2.5, 2.0)
"""Steps of a reading that noise and a voltage's own movement do not blur away, coarsest first [mV]."""
LOOKED_AT, LEAST_READINGS, ON_STEP = 20_000, 100, 0.95
"""Readings that are looked at for their step, how many it takes, and the share that has to lie on it [1]."""


def coarse_step_mv(frame: pl.DataFrame) -> float:
    """Find the step in which voltages are logged, where it is a coarse one, from each day's highest; else 0 [mV]."""
    if "v_max" not in frame.columns:
        return 0.0
    highest = 1000 * frame["v_max"].drop_nulls().gather_every(max(frame.height // LOOKED_AT, 1)).to_numpy()
    if len(highest) < LEAST_READINGS or np.ptp(highest) < 2 * COARSE_MV[0]:
        return 0.0
    off = (np.abs(highest / step - np.round(highest / step)) * step for step in COARSE_MV)
    on = (float((far < 0.1).mean()) for far in off)
    return next((step for step, share in zip(COARSE_MV, on, strict=True) if share >= ON_STEP), 0.0)


def cells_of(frame: pl.DataFrame) -> tuple[Grid, Floats]:
    """Lay the table ``cell_day`` out; return it with the readings of each day and cell."""
    if frame.height == 0:
        nothing = np.zeros((0, 0))
        none = np.zeros(0, np.int64)
        return Grid(none, none, none, dict.fromkeys(CELL_COLUMNS, nothing)), nothing
    grid = replace(lay_out(frame, "cell", CELL_COLUMNS), coarse_mv=coarse_step_mv(frame))
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
