"""The string: one current through all cells, and the slow states of each cell day by day.

Duty is a list of segments of constant current. Between their ends everything that the current drives (charge,
polarisation, hysteresis, heat) has a closed form, so the truth is the same whatever the logging interval.

A string stops charging when its first cell is full and stops discharging when its first cell is empty. Since all
cells carry the same current, both limits are limits of one number, the charge ``q`` that has left the string
[Ah]: cell i holds ``b_i − q``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from pipeline.simulation.duty import SLOT_S, SPELL_TARGET, Action, plan_day
from pipeline.simulation.plan import CELLS, DAY_S, NOMINAL_AH, Floats, Plan
from pipeline.simulation.traits import AGEING, EFC_PER_DAY_BEFORE, YEAR_DAYS, Traits

FULL_SOC, EMPTY_SOC = 0.9975, 0.035
"""State of charge at which the first cell ends charge and discharge [1]."""
CHARGE_STAGES = ((12.0, None), (4.0, 34.0), (0.0, 10.0))
"""A charge slows down near the top: headroom left at the end of each stage [Ah], and its current [A]."""
DERATE_AH, DERATE_A = 8.0, 25.0
"""The last charge above the lower limit is taken out slowly [Ah, A]."""
POLARISATION_S, HEAT_S = 1_200.0, 5_400.0
"""Time constants of diffusion and of a cell's temperature [s]."""
HYSTERESIS_RATE = 30.0
"""How fast the hysteresis follows the charge, per unit of state of charge [1]."""
BALANCE_DEADBAND_AH, BALANCE_AH = 0.25, 0.06
"""Passive balancing bleeds cells above the median by more than this, by at most this much a full charge [Ah]."""


@dataclass(frozen=True)
class StringState:
    """The string at given instants; the current is positive when discharging."""

    current_a: Floats
    discharged_ah: Floats
    polarisation_a: Floats
    heat_a2: Floats
    hysteresis: Floats
    throughput_ah: Floats


@dataclass
class _Segments:
    """Segments so far: for each its start, current, and the states at its start."""

    start_s: list[float] = field(default_factory=list)
    current_a: list[float] = field(default_factory=list)
    states: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    now_s: float = 0.0
    state: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def discharged_ah(self) -> float:
        return self.state[0]

    def run(self, seconds: float, amps: float) -> None:
        """Carry ``amps`` for ``seconds``."""
        if seconds <= 0:
            return
        self.start_s.append(self.now_s)
        self.current_a.append(amps)
        self.states.append(self.state)
        after = _advance(np.array(self.state)[:, None], np.array([amps]), np.array([seconds]))
        self.state = tuple(float(x) for x in after[:, 0])  # type: ignore[assignment]
        self.now_s += seconds

    def rest_until(self, at_s: float) -> None:
        self.run(at_s - self.now_s, 0.0)


def _advance(states: Floats, amps: Floats, seconds: Floats) -> Floats:
    """Carry the five states over ``seconds`` of constant current: closed forms of their differential equations."""
    charge, polarisation, heat, hysteresis, throughput = states
    moved = amps * seconds / 3600
    towards = -np.sign(amps)
    stay = np.exp(-HYSTERESIS_RATE * np.abs(moved) / NOMINAL_AH)
    return np.stack(
        [
            charge + moved,
            amps + (polarisation - amps) * np.exp(-seconds / POLARISATION_S),
            amps**2 + (heat - amps**2) * np.exp(-seconds / HEAT_S),
            towards + (hysteresis - towards) * stay,
            throughput + np.abs(moved),
        ]
    )


@dataclass(frozen=True)
class Drive:
    """The whole history of one string."""

    start_s: Floats
    currents_a: Floats
    states: Floats
    full_s: Floats
    """When the string was charged full."""
    midnights_s: Floats
    """Of the daily states of cells."""
    charge_ah: Floats
    """``b_i``, shape (days + 1, cells)."""
    capacity_ah: Floats
    """Shape (days + 1, cells)."""

    def at(self, seconds: Floats) -> StringState:
        """Return the string at instants [s from the first stamp]; at a change of current, the new one."""
        index = np.searchsorted(self.start_s, seconds, side="right") - 1
        amps = self.currents_a[index]
        after = _advance(self.states[:, index], amps, seconds - self.start_s[index])
        return StringState(amps, *after)


def _limits(charge: Floats, capacity: Floats) -> tuple[float, float]:
    """Return the discharged charge at which the string is full, and empty [Ah]."""
    return float(np.max(charge - FULL_SOC * capacity)), float(np.min(charge - EMPTY_SOC * capacity))


def _charge(segments: _Segments, action: Action, full: float, empty: float) -> bool:
    """Charge in stages; return whether the string was filled."""
    target = empty - action.target * (empty - full)
    for headroom, amps in CHARGE_STAGES:
        current = amps if amps is not None else action.amps[0]
        stop = max(target, full + headroom)
        segments.run((segments.discharged_ah - stop) / current * 3600, -current)
    return action.target >= 1.0


def _discharge(segments: _Segments, action: Action, full: float, empty: float) -> None:
    """Discharge slot by slot to the target, the last of it slowly."""
    target = empty - action.target * (empty - full)
    stop = min(target, empty - DERATE_AH)
    for amps in action.amps:
        left_s = (stop - segments.discharged_ah) / amps * 3600
        segments.run(min(left_s, SLOT_S), amps)
        if left_s <= SLOT_S:
            segments.run((target - segments.discharged_ah) / DERATE_A * 3600, DERATE_A)
            return


def _held_back(action: Action) -> Action:
    return replace(action, target=min(action.target, SPELL_TARGET)) if action.charge else action


def _balance(charge: Floats, capacity: Floats) -> Floats:
    top = charge - capacity
    return np.clip(top - np.median(top) - BALANCE_DEADBAND_AH, 0.0, BALANCE_AH)


def _run_day(segments: _Segments, actions: tuple[Action, ...], midnight_s: float, limits: tuple[float, float]) -> float:
    """Run one day's duty; return when the string was full, NaN when it was not."""
    full_s = np.nan
    for action in actions:
        segments.rest_until(midnight_s + action.start_s)
        if not action.charge:
            _discharge(segments, action, *limits)
        elif _charge(segments, action, *limits):
            full_s = segments.now_s
    return full_s


def run_string(plan: Plan, system: str, traits: Traits) -> Drive:
    """Simulate one string over the whole span, day by day.

    Returns
    -------
    Drive
        The current and everything it drives, in closed form between the ends of its segments.
    """
    midnights = plan.midnights_s[: plan.whole_days + 2]
    charges, capacities = np.empty((len(midnights), CELLS)), np.empty((len(midnights), CELLS))
    charge = _capacity(plan, system, traits, 0.0, 0.0) + traits.top_offset_ah + traits.imbalance_ah.at(0.0)
    segments, full_s, yesterday = _Segments(), [], 0.0
    for day, midnight in enumerate(midnights):
        capacity = _capacity(plan, system, traits, midnight, segments.state[4])
        charge = charge + _struck(traits, yesterday, midnight)
        charges[day], capacities[day] = charge, capacity
        limits = _limits(charge, capacity)
        if day == 0:
            segments.state = (sum(limits) / 2, 0.0, 0.0, 0.0, 0.0)
        date = plan.start + timedelta(days=day)
        actions = plan_day(plan.seed, system, day, date.month, date.timetuple().tm_yday)
        if any(first <= day < last for first, last in plan.unfilled):
            actions = tuple(_held_back(action) for action in actions)
        full_s.append(_run_day(segments, actions, midnight, limits))
        charge = charge - traits.leak_ah_per_day - traits.leak_fault_ah_per_day.at(midnight)
        if np.isfinite(full_s[-1]):
            charge = charge - _balance(charge, capacity)
        yesterday = midnight
    segments.run(DAY_S, 0.0)
    return Drive(
        np.array(segments.start_s),
        np.array(segments.current_a),
        np.array(segments.states).T,
        np.array([at for at in full_s if np.isfinite(at)]),
        midnights,
        charges,
        capacities,
    )


def _capacity(plan: Plan, system: str, traits: Traits, seconds: float, throughput_ah: float) -> Floats:
    days = plan.service_days + seconds / DAY_S
    efc = plan.service_days * EFC_PER_DAY_BEFORE + throughput_ah / (2 * NOMINAL_AH)
    aged = 1 - traits.fade_factor * AGEING[system].loss(days / YEAR_DAYS, efc)
    return traits.capacity_ah * aged * (1 + traits.weak.at(seconds))


def _struck(traits: Traits, yesterday_s: float, today_s: float) -> Floats:
    """Return the charge that faults which began since yesterday take from each cell [Ah]."""
    weaker = traits.capacity_ah * (traits.weak.at(today_s) - traits.weak.at(yesterday_s))
    return weaker + traits.imbalance_ah.at(today_s) - traits.imbalance_ah.at(yesterday_s)
