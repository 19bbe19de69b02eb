"""The plain rule that detection is compared with: distances from the string over the last ninety days, and no more.

Per regime: a robust z above 5 and the customary limit (10 mV, 3 K, 0.5 % a month); single readings more than 100 mV
or 10 K from the string. It knows no change, no evidence that grows, and no names.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from app.analytics.grid import DAY_MS, Floats, Grid, column_median, row_median
from app.analytics.judge import Evidence
from app.analytics.resistance import slopes
from app.analytics.robust import robust_z

LAST_DAYS = 90
FAR_Z = 5.0
LIMIT_MV, LIMIT_K, LIMIT_PCT_PER_MONTH = 10.0, 3.0, 0.5
FLOOR_MV, FLOOR_K, FLOOR_PCT_PER_MONTH = 1.0, 0.3, 0.05
MONTH_DAYS = 30.44
SINGLE = {"voltage_spike": 0.100, "temperature_spike": 10.0}
"""Single readings: distance from the string [V, K]."""
MIN_DAYS = 10
"""Valid days that a level, and a trend, need [d]."""

Cells = set[tuple[int, int]]


def plain_flags(evidence: Evidence) -> Cells:
    """Return the cells that the plain rule flags, by pack and number, as of the evidence's end."""
    cells = evidence.cells.between(int(evidence.cells.days[-1]) - LAST_DAYS * DAY_MS, None)
    found: Cells = set()
    for name in ("rest_mv", "top_mv", "bot_mv", "low_mv"):
        found |= _far(cells, _level(cells[name]), LIMIT_MV, FLOOR_MV)
    if evidence.typical_a is not None:
        at_load = slopes(cells, slice(None)) * evidence.typical_a
        found |= _far(cells, at_load - np.nanmedian(at_load) if np.isfinite(at_load).any() else at_load, LIMIT_MV, 1.0)
    bottom = np.where(np.isnan(cells["low_pct"]), cells["bot_pct"], cells["low_pct"])
    for charge in (cells["top_pct"], bottom):
        found |= _far(cells, _trend(cells, charge), LIMIT_PCT_PER_MONTH, FLOOR_PCT_PER_MONTH)
    if evidence.sensors is not None:
        sensors = evidence.sensors.between(int(evidence.cells.days[-1]) - LAST_DAYS * DAY_MS, None)
        found |= _far(sensors, _level(sensors["all_k"]), LIMIT_K, FLOOR_K)
    single = evidence.excursions.filter(
        pl.col("residual").abs() > pl.col("kind").replace_strict(SINGLE, default=np.inf, return_dtype=pl.Float64)
    )
    return found | {(int(pack), int(cell)) for pack, cell in single.select("pack", "cell").drop_nulls().iter_rows()}


def _level(matrix: Floats) -> Floats:
    """Median of each column over its days, where there are enough [the matrix's unit]."""
    return np.asarray(np.where((~np.isnan(matrix)).sum(axis=0) >= MIN_DAYS, column_median(matrix), np.nan))


def _trend(grid: Grid, matrix: Floats) -> Floats:
    """Least-squares slope of each column's charge against the string's [% a month]."""
    centred = matrix - row_median(matrix)[:, None]
    days = (grid.days - grid.days[0]) / DAY_MS
    known = ~np.isnan(centred)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.where(known, days[:, None], 0.0)
        x = np.where(known, x - x.sum(axis=0) / count, 0.0)
        slope = (x * np.nan_to_num(centred)).sum(axis=0) / (x**2).sum(axis=0)
    return np.asarray(np.where(count >= 2 * MIN_DAYS, slope * MONTH_DAYS, np.nan))


def _far(grid: Grid, level: Floats, limit: float, floor: float) -> Cells:
    z = robust_z(level, floor)
    with np.errstate(invalid="ignore"):
        columns = np.flatnonzero((np.abs(level) > limit) & (np.abs(z) > FAR_Z))
    return {(int(grid.packs[one]), int(grid.numbers[one])) for one in columns}
