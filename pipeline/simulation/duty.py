"""What a cabinet is asked to do: a day's charges and discharges, by season, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.plan import DAY_S, random

SLOT_S = 900.0
"""Length of one slot of a discharge, from its start: power is traded by the quarter hour [s]."""
SOLAR_MONTHS = frozenset(range(4, 10))
IDLE_SHARE, FULL_SHARE_SOLAR, FULL_SHARE_WINTER, EMPTY_SHARE, TOP_UP_SHARE = 0.03, 0.92, 0.85, 0.35, 0.3
"""Shares of days: without any duty, charged full (summer, winter), run to the lower limit, topped up at noon [1]."""
SPELL_FIRST_DAY, SPELL_DAYS, SPELL_TARGET = 15, 18, 0.85
"""Each January brings some days on which no charge goes beyond this: day of the year, days, state of charge [1]."""


@dataclass(frozen=True)
class Action:
    """One charge or discharge: not before ``start_s`` after midnight, until ``target`` (share of the usable range)."""

    start_s: float
    charge: bool
    amps: tuple[float, ...]
    """Current of each slot [A]; a charge has one for all its time."""
    target: float


def _discharge(rng: np.random.Generator, hours: float, until_hours: float, target: float) -> Action:
    slots = int((until_hours - hours) * 3600 / SLOT_S)
    mean = rng.uniform(50, 80)
    amps = np.clip(rng.normal(mean, 14, slots), 30, 115)
    return Action(hours * 3600, False, tuple(float(a) for a in amps), target)


def plan_day(seed: int, system: str, day: int, month: int, day_of_year: int) -> tuple[Action, ...]:
    """Plan one local day.

    Parameters
    ----------
    seed, system, day
        What the draws are keyed by; ``day`` counts from the first.
    month, day_of_year : int
        Of the local calendar.

    Returns
    -------
    tuple of Action
        In order of time; empty on an idle day.
    """
    rng = random(seed, "duty", system, day)
    idle, full, deep, top_up = rng.random(4)
    solar = month in SOLAR_MONTHS
    top = 1.0 if full < (FULL_SHARE_SOLAR if solar else FULL_SHARE_WINTER) else float(rng.uniform(0.72, 0.93))
    if SPELL_FIRST_DAY <= day_of_year < SPELL_FIRST_DAY + SPELL_DAYS:
        top = min(top, SPELL_TARGET)
    bottom = 0.0 if deep < EMPTY_SHARE else float(rng.uniform(0.08, 0.35))
    if idle < IDLE_SHARE:
        return ()
    if solar:
        charge = Action(rng.uniform(9.5, 10.5) * 3600, True, (float(rng.uniform(55, 85)),), top)
        return charge, _discharge(rng, rng.uniform(17.5, 18.5), 24.0, bottom)
    amps = (float(rng.uniform(60, 90)),)
    actions = [Action(rng.uniform(0.75, 1.25) * 3600, True, amps, top)]
    actions.append(_discharge(rng, rng.uniform(6.5, 7.5), 10.5, float(rng.uniform(0.45, 0.65))))
    if top_up < TOP_UP_SHARE:
        actions.append(Action(rng.uniform(11.25, 12.0) * 3600, True, amps, top))
    actions.append(_discharge(rng, rng.uniform(16.5, 17.5), 24.0, bottom))
    return tuple(action for action in actions if action.start_s < DAY_S)
