"""The site's six meters: solar, loads, the batteries, and the grid connection that is the sum of them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulation.counters import Counter, count
from pipeline.simulation.devices import Column
from pipeline.simulation.plan import DAY_S, Floats, Plan, random
from pipeline.simulation.weather import clear_sky, cloud

ROLES = {
    "m1": "grid connection: the sum of m2 to m6",
    "m2": "solar plant: negative when it generates",
    "m3": "workshop",
    "m4": "vehicle charging",
    "m5": "batteries and their auxiliary supply",
    "m6": "offices and heat pump",
}
SOLAR_KWP, SOLAR_STANDBY_KW = 240.0, 0.04
"""Peak power of the plant, and what its inverters take at night [kW]."""
JITTERED = "m4"
"""The meter whose logger keeps no even beat."""
JITTER_SHARE, JITTER_LONGEST_S = 0.1, 30.0
"""Its stamps are late by up to this share of a step, and this long [1, s]."""
START_KWH = {"m1": 412_880.0, "m2": 260_145.0, "m3": 88_530.0, "m4": 20_417.0, "m5": 131_022.0, "m6": 51_300.0}


@dataclass(frozen=True)
class Meter:
    """One meter: its series, its stamps, and what its counters really counted."""

    columns: dict[str, Column]
    utc_ms: NDArray[np.int64]
    counters: dict[str, Counter]


def simulate_meters(plan: Plan, air_c: Floats, battery_kw: Floats) -> dict[str, Meter]:
    """Simulate all meters.

    Parameters
    ----------
    air_c : ndarray
        Outside air [°C].
    battery_kw : ndarray
        Power that batteries and auxiliaries take, negative when they give [kW].
    """
    noise = plan.tile("meters", "loads", 4, 0, plan.rows).astype(np.float64)
    powers = {
        "m2": -_solar_kw(plan, air_c),
        "m3": _workshop_kw(plan, noise[0]),
        "m4": _charging_kw(plan),
        "m5": battery_kw,
        "m6": _offices_kw(plan, air_c, noise[1]),
    }
    powers = {name: np.round(kw, 2) + 0.0 for name, kw in powers.items()}
    powers["m1"] = np.round(np.sum(list(powers.values()), axis=0), 2) + 0.0
    return {name: _meter(plan, name, powers[name], noise[2]) for name in sorted(powers)}


def _meter(plan: Plan, name: str, kw: Floats, noise: Floats) -> Meter:
    utc_ms = plan.utc_ms.copy()
    if name == JITTERED:
        longest_s = min(JITTER_SHARE * plan.step_s, JITTER_LONGEST_S)
        late = random(plan.seed, "jitter", name).uniform(0, longest_s, plan.rows)
        utc_ms += late.astype(np.int64) * 1000
    held_s = np.append(np.diff(utc_ms) / 1000, float(plan.step_s))
    start = START_KWH[name]
    counters = {
        "pos_ae": count(plan, name, "pos_ae", np.maximum(kw, 0), held_s, start_kwh=start),
        "neg_ae": count(plan, name, "neg_ae", np.maximum(-kw, 0), held_s, start_kwh=start / 3),
        "com_ae": count(plan, name, "com_ae", np.abs(kw), held_s, start_kwh=start * 4 / 3),
    }
    reactive = 0.6 + 0.18 * np.abs(kw) * (1 + 0.1 * noise)
    factor = np.abs(kw) / np.maximum(np.hypot(kw, reactive), 1e-9)
    columns = {"com_ap": Column(kw, 2), "pf": Column(np.where(kw < 0, -factor, factor), 3)}
    columns |= {signal: Column(counter.readings_kwh, 2) for signal, counter in counters.items()}
    return Meter(columns, utc_ms, counters)


def _solar_kw(plan: Plan, air_c: Floats) -> Floats:
    height = clear_sky(plan)
    hot = 1 - 0.004 * np.maximum(air_c - 10, 0)
    made = SOLAR_KWP * 1.05 * height**1.15 * cloud(plan) * hot
    return np.where(made > SOLAR_STANDBY_KW, np.minimum(made, 0.88 * SOLAR_KWP), -SOLAR_STANDBY_KW)


def _hump(hour: Floats, start: float, end: float, edge: float) -> Floats:
    """Rise at ``start`` and fall at ``end``, softly [h]."""
    return 1 / (1 + np.exp(-(hour - start) / edge)) - 1 / (1 + np.exp(-(hour - end) / edge))


def _workshop_kw(plan: Plan, noise: Floats) -> Floats:
    local = plan.local
    hour, weekday = local["hour"].to_numpy(), local["weekday"].to_numpy()
    open_share = np.where(weekday <= 5, 1.0, np.where(weekday == 6, 0.35, 0.05))
    work = open_share * _hump(hour, 6.5, 17.0, 0.3) * (1 - 0.35 * _hump(hour, 12.0, 12.75, 0.1))
    return np.maximum(6.0 + 72 * work + (1.0 + 6 * work) * noise, 2.0)


def _offices_kw(plan: Plan, air_c: Floats, noise: Floats) -> Floats:
    local = plan.local
    hour, weekday = local["hour"].to_numpy(), local["weekday"].to_numpy()
    people = np.where(weekday <= 5, 1.0, 0.1) * _hump(hour, 7.5, 18.0, 0.5)
    heat = 0.9 * np.maximum(15 - air_c, 0) + 0.5 * np.maximum(air_c - 23, 0)
    return np.maximum(3.5 + 14 * people + heat * (1 + 0.15 * noise) + 0.4 * noise, 1.0)


def _charging_kw(plan: Plan) -> Floats:
    """Sessions of vehicles at 11 and 22 kW that arrive through the day."""
    kw = np.full(plan.rows, 0.15)
    for day in range(plan.whole_days):
        rng = random(plan.seed, "vehicles", day)
        for _ in range(int(rng.poisson(5))):
            start_s = day * DAY_S + np.clip(rng.normal(11.5, 3.5), 5, 21) * 3600
            first = int(start_s // plan.step_s)
            last = first + max(int(rng.uniform(0.5, 4.0) * 3600 // plan.step_s), 1)
            kw[first:last] += 22.0 if rng.random() < 0.4 else 11.0
    return kw
