"""Outside air, sunshine and the coolant, for the rows of a plan."""

from __future__ import annotations

import numpy as np

from pipeline.simulation.plan import Floats, Plan

LATITUDE_DEG = 51.0
MEAN_C, SEASON_K, DAY_K, SPELL_K = 10.5, 9.0, 4.0, 3.0
"""Outside air: yearly mean, half its seasonal and its daily swing, and its weather [°C, K]."""
COOLANT_C, COOLANT_COUPLING = 20.0, 0.12
"""Coolant set point, and how much of the outside air it follows [°C, 1]."""


def _smooth(daily: Floats) -> Floats:
    """Turn daily draws into weather: each day remembers the last one."""
    out = np.empty_like(daily)
    last = 0.0
    for day, draw in enumerate(daily):
        last = 0.75 * last + 0.66 * draw
        out[day] = last
    return out


def outside_c(plan: Plan) -> Floats:
    """Outside air temperature [°C]."""
    local = plan.local
    hour, day = local["hour"].to_numpy(), local["day_of_year"].to_numpy()
    season = -np.cos(2 * np.pi * (day + hour / 24 - 20) / 365.25)
    daily = -np.cos(2 * np.pi * (hour - 3.5) / 24)
    spells = plan.interpolate_days(_smooth(plan.daily("weather", "air")))
    return np.asarray(MEAN_C + SEASON_K * season + (0.75 + 0.25 * season) * DAY_K * daily + SPELL_K * spells)


def clear_sky(plan: Plan) -> Floats:
    """Return the sine of the sun's height, 0 at night [1]."""
    local = plan.local
    hour, day = local["hour"].to_numpy(), local["day_of_year"].to_numpy()
    summer_time = np.where((day > 87) & (day < 300), 1.0, 0.0)
    angle = 2 * np.pi * (hour - 12.3 - summer_time) / 24
    tilt = np.radians(23.44) * np.sin(2 * np.pi * (day - 81) / 365.25)
    latitude = np.radians(LATITUDE_DEG)
    height = np.sin(latitude) * np.sin(tilt) + np.cos(latitude) * np.cos(tilt) * np.cos(angle)
    return np.asarray(np.maximum(height, 0.0))


def cloud(plan: Plan) -> Floats:
    """Return the share of sunshine that gets through [1]."""
    days = plan.interpolate_days(_smooth(plan.daily("weather", "cloud")))
    flicker = plan.tile("weather", "flicker", 1, 0, plan.rows)[0]
    clear = 1 / (1 + np.exp(-(0.4 + 1.4 * days)))
    return np.asarray(np.clip(0.15 + 0.8 * clear + 0.72 * clear * (1 - clear) * flicker, 0.05, 1.0))


def coolant_c(plan: Plan, system: str, air_c: Floats) -> Floats:
    """Coolant supply temperature of one cabinet [°C]: held near its set point, a little with the seasons."""
    swing = plan.interpolate_days(plan.daily("coolant", system))
    return COOLANT_C + COOLANT_COUPLING * (air_c - MEAN_C) + 0.25 * swing
