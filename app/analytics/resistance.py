"""Resistance from steps of the current: ohms where the logger is fast enough, and a plain refusal where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analytics.cells import since_when
from app.analytics.grid import Floats, Grid
from app.analytics.limits import Limit
from app.analytics.robust import spread
from app.analytics.signs import WARNING, WATCH, Sign

SLOPE_DAYS = 30
"""Valid days that a slope on the current is pooled over [d]."""
SLOPE_FLOOR_MV = 1.0
"""Smallest spread of slopes, as the residual they make at the typical current [mV]."""
SLOPE_WATCH_MV = 3.0
"""Below this at the typical current a slope is not worth watching [mV]."""
STEP_MAX_INTERVAL_S = 15.0
"""Slowest logger that ohms are given for [s]: 37.5 mΩ on 1-s data became 56.4 mΩ from means over 300 s."""
MIN_STEPS_A2 = 1e4
"""Σ ΔI² that a resistance needs [A²]: ten steps of 30 A; 1 mV of resolution is then some 10 µΩ."""


@dataclass(frozen=True, slots=True)
class Resistances:
    """Resistance of each cell (a column of the grid), or why there is none."""

    ohms: Floats | None
    """From raw steps [Ω]: Σ −ΔI·ΔV / Σ ΔI², steps of at least 0.1C within one interval, steady before and after."""
    relative: Floats | None
    """Against the median of the cells at the same steps, so that temperature and charge cancel [1]."""
    reason: str | None


def step_resistances(grid: Grid, interval_ms: float) -> Resistances:
    """Pool the resistances of all days of a grid.

    Formula: R = Σ −ΔI·ΔV / Σ ΔI² over steps of at least 0.1C within one interval, steady before and after; relative
    against the median of the cells at the same steps. Units: Ω, 1. Source: on 1-s data 37.5 mΩ became 56.4 mΩ from
    means over 300 s. Longest sampling interval: 15 s (``STEP_MAX_INTERVAL_S``); slower loggers get a reason instead.
    Weakness: without a temperature correction the ohms move with the season; the relative values do not.

    Parameters
    ----------
    grid : Grid
        With the sums ``step_sxx`` [A²] and ``step_sxy`` [A·V] by day and cell.
    interval_ms : float
        Median interval of the cells' logger [ms]; the longest one accepted is 15 s.
    """
    if interval_ms > 1000 * STEP_MAX_INTERVAL_S:
        return Resistances(
            None,
            None,
            f"Readings every {interval_ms / 1000:.0f} s are too slow for ohms (at most {STEP_MAX_INTERVAL_S:.0f} s): "
            "longer steps read too high. The slope of each cell's residual on the current is compared instead.",
        )
    sxx, sxy = np.nansum(grid["step_sxx"], axis=0), np.nansum(grid["step_sxy"], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ohms = np.where(sxx >= MIN_STEPS_A2, sxy / sxx, np.nan)
    if not np.isfinite(ohms).any():
        return Resistances(None, None, "No clean steps of current: resistance is unknown.")
    return Resistances(ohms, ohms / np.nanmedian(ohms), None)


def working_rows(grid: Grid) -> NDArray[np.intp]:
    """Return the days on which the current moved enough to read a slope."""
    with np.errstate(invalid="ignore"):
        level = np.nan_to_num(np.nanmax(grid["k_sxx"], axis=1, initial=0.0))
    known = level[level > 0]
    return np.flatnonzero(level > 0.05 * np.median(known)) if len(known) else np.zeros(0, np.intp)


def resistances(grid: Grid, limits: Mapping[str, Limit], typical_a: float | None) -> list[Sign]:
    """Find the cells whose residual follows the current: a high resistance, or a bad joint.

    Formula: |K| × the string's typical current above the voltage limit, and K's robust z over the string beyond its own
    in both halves of the last thirty working days. Units: mΩ, mV. Source: limit of docs/limits.md; K as ``slopes``.
    Longest sampling interval: 30 min. Weakness: a cell whose charge lies apart bends K near the knees.
    """
    rows = working_rows(grid)[-SLOPE_DAYS:]
    if typical_a is None or len(rows) < 6:
        return []
    half = len(rows) // 2
    floor = SLOPE_FLOOR_MV / typical_a
    whole, older, newer = (slopes(grid, one) for one in (rows, rows[:half], rows[half:]))
    z, z_old, z_new = ((each - np.nanmedian(each)) / spread(each, floor) for each in (whole, older, newer))
    limit, far = limits["voltage_deviation_mv"], limits["robust_z_warning"].value
    at_load = (whole - np.nanmedian(whole)) * typical_a
    with np.errstate(invalid="ignore"):
        steady = (np.minimum(np.abs(z_old), np.abs(z_new)) > 0.7 * far) & (z_old * z_new > 0)
        candidates = np.flatnonzero((np.abs(z) > far) & steady & (np.abs(at_load) > SLOPE_WATCH_MV))
    return [
        Sign(
            rule="voltage_deviation",
            pack=int(grid.packs[column]),
            number=int(grid.numbers[column]),
            value=float(-at_load[column]),
            limit=limit.value,
            unit=limit.unit,
            severity=WARNING if abs(at_load[column]) > limit.value else WATCH,
            at_ms=int(grid.days[_slope_onset(grid, int(column), float(whole[column]))]),
            z=float(z[column]),
            count=len(rows),
            regime="load",
            text=f"{whole[column]:+.3f} mΩ against the string: {-at_load[column]:+.1f} mV at {typical_a:.0f} A, "
            f"{abs(z[column]):.1f} robust deviations; from {len(rows)} working days.",
        )
        for column in candidates
    ]


def slopes(grid: Grid, rows: NDArray[np.intp] | slice) -> Floats:
    """Pool the slope of the residual on the current over some days [mΩ]; positive is a higher resistance.

    Formula: K = −Σ Sxy / Σ Sxx, sums centred within each day and taken between the knees. The residual carries no
    common part, so this is a cell's resistance *beyond its string's*. Units: mΩ. Source: regression of residual on
    current, centred by day (docs/methods.md). Longest sampling interval: 30 min: slow loggers lose the ohms of the
    first seconds, not the comparison. Weakness: a difference in charge near the knees adds to it.
    """
    sxx, sxy = np.nansum(grid["k_sxx"][rows], axis=0), np.nansum(grid["k_sxy"][rows], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(sxx > 0, -1000.0 * sxy / sxx, np.nan))


def _slope_onset(grid: Grid, column: int, level: float) -> int:
    """Find the first working day from which the slope stays above half its present level, in groups of five days."""
    rows = working_rows(grid)
    groups = np.array_split(rows, max(len(rows) // 5, 1))
    above = [float(slopes(grid, group)[column]) / level > 0.5 for group in groups]
    return int(groups[since_when(np.array(above), week=2) or 0][0])
