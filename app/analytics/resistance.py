"""Resistance from steps of the current: ohms where the logger is fast enough, and a plain refusal where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.analytics.grid import Floats, Grid

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

    Parameters
    ----------
    grid : Grid
        With the sums ``step_sxx`` [A²] and ``step_sxy`` [A·V] by day and cell.
    interval_ms : float
        Median interval of the cells' logger [ms]; the longest one accepted is 15 s.

    Notes
    -----
    Weakness: without a temperature correction the ohms move with the season; the relative values do not.
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
