"""When a capacity will reach the end of its life: the measured rate, carried on in the shape of an ageing model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analytics.degradation import MONTH_DAYS, YEAR_DAYS
from app.analytics.words import several
from app.shapes.answer import Interval
from pipeline.physics import graphite_v

Floats = NDArray[np.floating[Any]]

END_PCT = 80.0
"""Where a life ends, of the nominal capacity: the lowest band's upper edge [%]."""
MIN_SPAN_DAYS = YEAR_DAYS
"""A forecast needs a year of counts: a season would be carried on as a trend [d]."""
HORIZON_YEARS = 40
"""Dates beyond are not told apart [years]."""
DRAWS = 2000
CENTRES_PCT = (10.0, 50.0, 90.0)
KELVIN = 273.15
DEFAULT_C, DEFAULT_SOC, DEFAULT_DEPTH, DEFAULT_C_RATE = 25.0, 0.5, 0.8, 0.25
"""Conditions of the ageing model where the data do not tell them [°C, 1, 1, 1/h]; they move its shape, not its rate."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a battery is put through, on average."""

    cycles_per_day: float
    """Equivalent full cycles [1/d]."""
    celsius: float = DEFAULT_C
    soc: float = DEFAULT_SOC
    depth: float = DEFAULT_DEPTH
    c_rate: float = DEFAULT_C_RATE


def model_loss(days: Floats, duty: Duty) -> Floats:
    """Return the share of capacity that an LFP cell of some 250 Ah has lost after so many days of a duty [1].

    Formula: k_cal·t^0.526 + k_cyc·N^0.828, N equivalent full cycles, with k_cal = 8.37e4·exp(−5210/T)·exp(−3560·U_a/T),
    U_a graphite's potential at the mean state of charge, and k_cyc = (4.38e-8 + 1.55e-8·depth +
    1.68e-7·C-rate)·(exp(2190/T) + exp(−1.55e5/T)). Units: 1. Source: P. Gasper et al., J. Energy Storage 73 (2023)
    109042; parameters of NREL's BLAST-Lite (250 Ah prismatic). Longest sampling interval: any: works on days and
    cycles. Weakness: rates of at most 0.65 C, 10-45 °C; it ends without a knee, and so do the forecasts made from it.
    """
    kelvin = duty.celsius + KELVIN
    anode_v = float(graphite_v(np.array([8.5e-3 + duty.soc * (0.78 - 8.5e-3)]))[0])
    calendar = 8.37e4 * np.exp(-5210 / kelvin) * np.exp(-3560 * anode_v / kelvin)
    cycling = (4.38e-8 + 1.55e-8 * duty.depth + 1.68e-7 * duty.c_rate) * (
        np.exp(2190 / kelvin) + np.exp(-1.55e5 / kelvin)
    )
    return np.asarray(calendar * days**0.526 + cycling * (days * duty.cycles_per_day) ** 0.828)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the state of health reaches the end, and how it gets there; or why that is not told."""

    days: tuple[float | None, float | None, float | None]
    """From the last count, by which 10, 50 and 90 % of the draws have reached the end [d]; None: beyond 40 years."""
    ahead: Floats
    """Time from the last count [d]."""
    fan: Floats
    """10th, 50th and 90th percentile of the state of health at ``ahead`` [%]; shape (3, n)."""
    reason: str | None = None


def forecast(
    soh: Interval, trend: Interval, *, span_days: float, age_days: float, duty: Duty, seed: int = 0
) -> Forecast:
    """Carry a measured state of health on to 80 %.

    Each draw takes a present value and a rate from their intervals, and a course between a straight line and the
    model's curve, which is scaled so that it loses over the measured span what the rate says.

    Formula: SOH(t) = now + a course between a straight line at the measured rate and the model's curve scaled to it;
    10, 50 and 90 % of the draws' dates at 80 %. Units: dates, %. Source: rate as ``degradation.rate``; curve as
    ``model_loss``. Longest sampling interval: any that gave the state of health. Weakness: no knee: cells that age
    faster at the end reach 80 % earlier than said.

    Parameters
    ----------
    soh : Interval
        Measured, against the nominal capacity [%].
    trend : Interval
        Of the capacity [% of the baseline a month]; negative is loss.
    span_days : float
        From the first count to the last [d].
    age_days : float
        Of the battery at the last count [d].
    duty : Duty
        Goes on as it was.

    Returns
    -------
    Forecast
        Without dates, and with the reason, where the state of health is unknown or already below 80 %, the span is
        under a year, or the rate's interval includes 0.
    """
    reason = _reason(soh, trend, span_days)
    if reason is not None or soh.value is None or soh.low is None or trend.value is None or trend.low is None:
        return Forecast((None, None, None), np.zeros(0), np.zeros((3, 0)), reason)
    rng = np.random.default_rng(seed)
    ahead = np.arange(0.0, HORIZON_YEARS * YEAR_DAYS, MONTH_DAYS)
    now = soh.value + (soh.value - soh.low) / 1.96 * rng.standard_normal(DRAWS)
    per_day = (trend.value + (trend.value - trend.low) / 1.96 * rng.standard_normal(DRAWS)) / MONTH_DAYS
    begun = max(age_days - span_days, 1.0)
    seen = model_loss(np.array([begun, begun + span_days]), duty)
    later = model_loss(begun + span_days + ahead, duty) - seen[1]
    curved = later * span_days / max(float(seen[1] - seen[0]), 1e-9)
    straight = rng.uniform(0.0, 1.0, DRAWS)[:, None]
    course = straight * ahead + (1 - straight) * curved
    paths = now[:, None] + np.minimum(per_day, 0.0)[:, None] * course * soh.value / 100
    return Forecast(_dates(paths, ahead), ahead, np.percentile(paths, CENTRES_PCT, axis=0))


def _reason(soh: Interval, trend: Interval, span_days: float) -> str | None:
    if soh.value is None:
        return f"No forecast: the state of health is not measured. {soh.reason or ''}".strip()
    if soh.value <= END_PCT:
        return f"No forecast: the state of health is {soh.value:.1f} %, below {END_PCT:.0f} % already."
    if span_days < MIN_SPAN_DAYS:
        return f"No forecast: capacity was counted over {several(round(span_days), 'day')}; a forecast needs a year."
    if trend.value is None or trend.high is None or trend.high >= 0:
        said = trend.reason if trend.value is None else "its 95 % interval includes 0"
        return f"No forecast: the rate of change is not certain to be a loss ({said})."
    return None


def _dates(paths: Floats, ahead: Floats) -> tuple[float | None, float | None, float | None]:
    """Days by which a tenth, half and nine tenths of the draws are below the end."""
    below = paths <= END_PCT
    first = np.where(below.any(axis=1), ahead[below.argmax(axis=1)], np.inf)
    early, middle, late = (float(one) for one in np.quantile(first, np.array(CENTRES_PCT) / 100, method="higher"))
    return tuple(one if np.isfinite(one) else None for one in (early, middle, late))  # type: ignore[return-value]
