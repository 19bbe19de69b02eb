"""Resistance by month, relative and at 25 °C, and the slope on the current where a logger is too slow for ohms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from app.analytics.grid import Floats, Grid, Ints, row_median
from app.analytics.resistance import MIN_STEPS_A2, SLOPE_DAYS, slopes, step_resistances, working_rows
from app.analytics.robust import robust_z
from app.analytics.words import several
from app.shapes.answer import Interval

MONTH_STEPS_A2 = MIN_STEPS_A2 / 10
"""Σ ΔI² that a month's resistance of a cell needs [A²]."""
REFERENCE_C = 25.0
"""Temperature that ohms are given at [°C]."""
WARMTH_SPAN_K, WARMTH_DAYS = 5.0, 20
"""Range of daily temperatures [K] and days with steps [d] that their effect is learned from."""
RELATIVE_FLOOR, SLOPE_FLOOR_MOHM = 0.02, 0.005
"""Smallest spread between sound cells: of relative resistance [1], and of slopes [mΩ]."""


@dataclass(frozen=True)
class MonthlyResistance:
    """Resistance of every cell of a grid by month."""

    months: Ints
    """First day of each [epoch ms UTC]."""
    ohms: Floats | None
    """By month and cell [Ω]; None where the logger is too slow."""
    relative: Floats | None
    slopes: Floats
    """Slope of the residual on the current, by month and cell [mΩ]."""
    warmth: Interval
    """Change of the string's resistance with temperature [%/K]."""
    temperature: Floats
    """Mean temperature of each month, weighted by its steps [°C]."""
    reason: str | None
    ohm_all: Floats | None
    relative_all: Floats | None
    slope_now: Floats
    z: Floats
    """Distance of each cell from the string in what can be told."""

    def at_25(self, ohms: Floats, celsius: Floats) -> Floats:
        """Bring ohms measured at some temperatures to 25 °C; NaN where the effect is not known."""
        if self.warmth.value is None:
            return np.full_like(ohms, np.nan)
        return np.asarray(ohms * np.exp(-self.warmth.value / 100 * (celsius - REFERENCE_C)))


def monthly_resistance(grid: Grid, interval_ms: float, celsius: Floats, zone: str) -> MonthlyResistance:
    """Pool resistance by month.

    Formula: R = Σ −ΔI·ΔV / Σ ΔI² of a month's steps; relative to the median cell of the same month; at 25 °C
    R·exp(−b·(T − 25)), b the slope of ln of the string's daily median R on its temperature (an Arrhenius law over the
    few kelvin that matter); beside it the slope K of each residual on the current. Units: Ω, 1, mΩ. Source: Waag et
    al., Applied Energy 102 (2013) 885, for the exponential fall of resistance with temperature. Longest sampling
    interval: 15 s for ohms, 30 min for K. Weakness: ageing over the days that b is learned from is read as warmth where
    both move together; the relative resistance is free of it.

    Parameters
    ----------
    grid : Grid
        Of cells.
    interval_ms : float
        Median interval of the cells' logger [ms].
    celsius : array, shape (days,)
        Mean temperature of each day of the grid [°C]; NaN where it is not known.
    zone : str
        The site's, whose months are cut.
    """
    month_of, months = _months(grid.days, zone)
    pooled = step_resistances(grid, interval_ms)
    by_month = np.full((len(months), len(grid.numbers)), np.nan)
    slow = by_month.copy()
    sums = {name: np.nan_to_num(grid[name]) for name in ("step_sxx", "step_sxy")}
    for at in range(len(months)):
        rows = np.flatnonzero(month_of == at)
        slow[at] = slopes(grid, rows)
        sxx, sxy = sums["step_sxx"][rows].sum(axis=0), sums["step_sxy"][rows].sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            by_month[at] = np.where(sxx >= MONTH_STEPS_A2, sxy / sxx, np.nan)
    has_ohms = pooled.ohms is not None
    working = working_rows(grid)[-SLOPE_DAYS:]
    now = slopes(grid, working) if len(working) else np.full(len(grid.numbers), np.nan)
    shown = pooled.relative if pooled.relative is not None else now
    weight = sums["step_sxx"].sum(axis=1)
    return MonthlyResistance(
        months=months,
        ohms=by_month if has_ohms else None,
        relative=by_month / row_median(by_month)[:, None] if has_ohms else None,
        slopes=slow - row_median(slow)[:, None],
        warmth=_warmth(sums, celsius) if has_ohms else Interval(value=None, reason=pooled.reason),
        temperature=np.array([_weighted(celsius, weight, month_of == at) for at in range(len(months))]),
        reason=pooled.reason,
        ohm_all=pooled.ohms,
        relative_all=pooled.relative,
        slope_now=now,
        z=robust_z(shown, RELATIVE_FLOOR if has_ohms else SLOPE_FLOOR_MOHM),
    )


def _months(days: Ints, zone: str) -> tuple[Ints, Ints]:
    """Give each day its month's place, and each month its first day."""
    if len(days) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    stamps = pl.Series(days).cast(pl.Datetime("ms", "UTC")).dt.convert_time_zone(zone)
    key = (stamps.dt.year().cast(pl.Int64) * 12 + stamps.dt.month().cast(pl.Int64)).to_numpy()
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return place.astype(np.int64), days[first]


def _weighted(values: Floats, weight: Floats, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    known = rows & np.isfinite(values) & (weight > 0)
    return float(np.average(values[known], weights=weight[known])) if known.any() else float("nan")


def _warmth(sums: dict[str, Floats], celsius: Floats) -> Interval:
    """Learn how the string's resistance changes with temperature [%/K], from days with enough steps."""
    with np.errstate(invalid="ignore", divide="ignore"):
        daily = row_median(np.where(sums["step_sxx"] > 0, sums["step_sxy"] / sums["step_sxx"], np.nan))
        known = np.isfinite(daily) & (daily > 0) & np.isfinite(celsius)
    t, r = celsius[known], daily[known]
    if len(t) < WARMTH_DAYS or np.ptp(t) < WARMTH_SPAN_K:
        span = float(np.ptp(t)) if len(t) else 0.0
        return Interval(
            value=None,
            reason=f"Not corrected for temperature: {several(len(t), 'day')} with steps over {span:.1f} K; it takes "
            f"{WARMTH_DAYS} days over {WARMTH_SPAN_K:.0f} K to learn its effect.",
        )
    centred = t - t.mean()
    log_r = np.log(r)
    slope = float(centred @ log_r / (centred @ centred))
    left = log_r - log_r.mean() - slope * centred
    error = float(np.sqrt(left @ left / max(len(t) - 2, 1) / (centred @ centred)))
    low, high = 100 * (slope - 1.96 * error), 100 * (slope + 1.96 * error)
    if high >= 0:
        return Interval(
            value=None,
            low=low,
            high=high,
            reason=f"Not corrected for temperature: its effect ({low:.1f} to {high:.1f} % a kelvin) is not certain to "
            "be the fall that cells show.",
        )
    return Interval(value=100 * slope, low=low, high=high)
