"""Signs: what a rule has seen of one cell or sensor. And which fault a cell's signs fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Fault(StrEnum):
    """What a cell's signs fit."""

    LOW_CAPACITY = "low_capacity"
    HIGH_RESISTANCE = "high_resistance"
    SELF_DISCHARGE = "self_discharge"
    IMBALANCE = "imbalance"
    HOT_SPOT = "hot_spot"
    VOLTAGE_SPIKE = "voltage_spike"
    TEMPERATURE_SPIKE = "temperature_spike"
    SENSE_LEAD = "sense_lead"
    UNKNOWN = "unknown"


WATCH, WARNING, CRITICAL = "watch", "warning", "critical"
SEVERITIES = (WATCH, WARNING, CRITICAL)
"""Mildest first."""

_WEIGHT = {WATCH: 0.15, WARNING: 0.45, CRITICAL: 0.7}
"""What one sign of a severity, however faint, adds to a cell's score [1]."""
_ALONE = 0.1
"""What a reading that stands out alone adds: it is shown for ever, and ranks below what persists [1]."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One rule's verdict on one cell or sensor, in numbers."""

    rule: str
    pack: int
    number: int
    """Cell (or sensor, for temperatures)."""
    value: float
    limit: float
    unit: str
    severity: str
    at_ms: int
    z: float | None
    """Distance from the string in robust standard deviations; None where the rule needs none."""
    count: int
    text: str
    regime: str | None = None
    of_sensor: bool = False

    @property
    def strength(self) -> float:
        """Evidence of this sign alone, 0 to 1: by its severity, and by how far it lies beyond its limit."""
        if self.rule == "temperature_rate":
            return _ALONE
        if self.rule in ("excursion", "safe_range"):
            beyond = max(abs(self.value) / max(abs(self.limit), 1e-9) - 1.0, 0.0)
            return _ALONE + (0.7 - _ALONE) * beyond / (beyond + 4.0)
        distance = abs(self.z) / 5.0 if self.z is not None else abs(self.value) / max(abs(self.limit), 1e-9)
        base = _WEIGHT[self.severity]
        return base + (0.95 - base) * distance / (distance + 2.0)


def score(signs: list[Sign]) -> float:
    """Join the evidence of several signs: 1 − ∏(1 − strength), 0 to 1.

    Formula: 1 − ∏(1 − strength). Units: 1. Source: noisy-or: independent signs. Longest sampling interval: any.
    Weakness: signs of one cause are not independent, so scores of strong faults crowd near 1: they rank, and are no
    probability.
    """
    left = 1.0
    for sign in signs:
        left *= 1.0 - sign.strength
    return 1.0 - left


def worst(signs: Sequence[Sign]) -> str:
    """Return the severest of several severities; of none, the mildest."""
    return max((sign.severity for sign in signs), key=SEVERITIES.index, default=WATCH)


@dataclass(frozen=True, slots=True)
class Profile:
    """What of a cell stands out from its string: +1 above, −1 below, 0 not; with what its neighbours say."""

    top: int
    """At charge end."""
    bottom: int
    """At discharge end, or at rest in the lower knee."""
    rest: int
    """At rest between the knees."""
    resistance: int
    """Slope of the residual on the current."""
    drifts_down: bool
    """Whether its charge falls further and further behind its string's."""
    lead_partner: int | None
    """The neighbour that is off by as much the other way."""
    is_offset: bool
    """Whether it is off at rest by more than any difference in charge makes there."""
    is_hot: bool
    has_voltage_spike: bool
    has_temperature_spike: bool
    shortfall: bool = False
    """Whether what it lacks near empty dwarfs what it lacks at charge end."""
    heat_leads: bool = False
    """Whether its heat stands out more clearly than anything of its voltage."""
    is_worn: bool = False
    """Whether its estimated capacity, or the trend of it, stands out."""
    is_bent: bool = False
    """Whether its slope is no more than what a charge that lies apart makes of the curve."""


def name_fault(profile: Profile) -> Fault:
    """Name the fault that a cell's signs fit.

    | charge end | discharge end | rest | slope on current | fits |
    |---|---|---|---|---|
    | 0 or + | − | 0 | 0 | low capacity |
    | − | − | 0 | 0 | self-discharge where it grows, else imbalance (low charge) |
    | + | + | 0 | 0 | imbalance (high charge) |
    | | | 0 | ≠ 0 | high resistance or a joint |
    | ±d, ∓d on its neighbour | same | same | | sense lead |
    | d | d | d, more than charge makes there | 0 | sense lead, or its channel |
    | one reading alone | | | | spike |

    Formula: first row of the table above that the profile fits. Units: none: a name. Source: signs of docs/methods.md.
    Longest sampling interval: any that gave the signs. Weakness: where a site never comes near empty, low capacity
    cannot be told from sound.
    """
    electrical = _electrical(profile)
    if electrical is Fault.IMBALANCE and profile.is_hot and profile.heat_leads:
        return Fault.HOT_SPOT  # a warmer cell resists less, and so seems to hold more
    if electrical is not None:
        return electrical
    if profile.is_hot:
        return Fault.HOT_SPOT
    if profile.has_voltage_spike:
        return Fault.VOLTAGE_SPIKE
    if profile.has_temperature_spike:
        return Fault.TEMPERATURE_SPIKE
    return Fault.LOW_CAPACITY if profile.is_worn else Fault.UNKNOWN


def _electrical(profile: Profile) -> Fault | None:
    if profile.lead_partner is not None or (profile.is_offset and not profile.resistance):
        return Fault.SENSE_LEAD
    if profile.resistance > 0 and not profile.is_bent:
        return Fault.HIGH_RESISTANCE
    charge = _charge(profile)
    if charge is not None:
        return charge
    return Fault.IMBALANCE if profile.rest else None


def _charge(profile: Profile) -> Fault | None:
    """Name what the two ends of the charge say."""
    if profile.shortfall and profile.bottom < 0:
        return Fault.LOW_CAPACITY
    if profile.top < 0 or profile.bottom < 0:
        return Fault.SELF_DISCHARGE if profile.drifts_down else Fault.IMBALANCE
    if profile.top > 0 or profile.bottom > 0:
        return Fault.IMBALANCE
    return None


def escalate(signs: list[Sign], far_z: float) -> list[Sign]:
    """Raise warnings to critical where a cell is far off, growing, or where several signs agree.

    Formula: far: |z| above the far limit and three times the rule's limit; growing: a change in the same regime and
    direction; agreement: warnings of two kinds (deviation, change, state of health, temperature). A reading that stands
    out alone neither agrees with anything nor becomes critical: it is as likely a sensor's. Units: none: a severity.
    Source: three steps of severity, docs/methods.md. Longest sampling interval: any. Weakness: two kinds of signs may
    share one cause, such as a deep discharge.
    """
    warned = [sign for sign in signs if sign.severity == WARNING]
    kinds = {sign.rule for sign in warned} - {"excursion", "safe_range"}
    out = []
    for sign in signs:
        is_far = sign.z is not None and abs(sign.z) > far_z and abs(sign.value) > 3 * abs(sign.limit)
        grows = any(
            other.rule == "change" and other.regime == sign.regime and other.value * sign.value > 0
            for other in warned
            if sign.rule != "change"
        )
        agree = len(kinds) >= 2
        raised = sign.severity == WARNING and sign.rule != "excursion" and (is_far or grows or agree)
        out.append(replace(sign, severity=CRITICAL) if raised else sign)
    return out
