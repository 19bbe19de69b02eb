"""Steps of a pack against the other packs: what a repair, a rebalancing or a fault leaves in its daily series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.analytics.degradation import CHANGE_MIN_DAYS, change_points, lasts
from app.analytics.grid import Floats, row_median

SURE_Z = 8.0
"""Steps below so many standard uncertainties are left out [1]: days resemble each other."""
LEAST_STEP = {"voltage": 1.0, "imbalance": 3.0, "temperature": 0.5}
"""Smallest step worth a line: of the mean residual [mV], the imbalance [mV] and the temperature [K]."""


@dataclass(frozen=True, slots=True)
class DifferentialStep:
    """A step of one column of a differential series."""

    column: int
    row: int
    """First day of the new level."""
    size: float
    z: float
    explained: float
    """Share of the column's variance that its steps explain [1]."""


def against_others(daily: Floats) -> Floats:
    """Subtract from each pack's daily value the median of all packs that day, so that what is common cancels."""
    return np.asarray(daily - row_median(daily)[:, None])


def differential_steps(days: Floats, series: Floats, least: float) -> list[DifferentialStep]:
    """Find the steps of each column, the surest first.

    Formula: PELT (``change_points``) on the pack's daily series minus the median of the packs; z is the step over the
    standard uncertainty of the difference of two medians; explained = 1 − Var(series − its levels) / Var(series).
    Listed is what lasts (``lasts``): no season, and no drift. Units: as the series. Source: Killick et al., JASA 107
    (2012) 1590, library ``ruptures``. Longest sampling interval: 30 min. Weakness: what is mended within half a year
    may be taken for a season; a small step in a year of a larger one or of a drift is left out; two packs have a median
    half-way between them, so that each shows half of the other's step.

    Parameters
    ----------
    days : array
        Of the rows [d].
    series : array, shape (days, packs)
        NaN is no value.
    least : float
        Smallest step that is listed, in the series' unit.
    """
    found = []
    for column in range(series.shape[1]):
        rows = np.flatnonzero(np.isfinite(series[:, column]))
        values = series[rows, column]
        if len(rows) < 2 * CHANGE_MIN_DAYS:
            continue
        steps = change_points(days[rows], values)
        explained = _explained(days[rows], values, [one.day for one in steps])
        for one in steps:
            if abs(one.z) >= SURE_Z and abs(one.step) >= least and lasts(one, days[rows], values):
                row = int(rows[np.searchsorted(days[rows], one.day)])
                found.append(DifferentialStep(column, row, one.step, one.z, explained))
    return sorted(found, key=lambda one: -abs(one.z))


def _explained(days: Floats, values: Floats, at: list[float]) -> float:
    if not at or float(np.var(values)) == 0:
        return 0.0
    parts = np.split(values, np.searchsorted(days, at))
    left = sum(float(((part - part.mean()) ** 2).sum()) for part in parts if len(part))
    return 1.0 - left / float(((values - values.mean()) ** 2).sum())
