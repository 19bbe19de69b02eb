"""How small a fault the verdicts find: what the bench has measured, for the pages to say beside them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DetectionLimit:
    """From which size on one kind of fault is found in 95 % of simulated strings."""

    fault: str
    size: float
    unit: str
    days: float
    """Median time from its onset to the first warning [d]."""

    def words(self) -> str:
        """Say it, such as ``self-discharge from 0.5 mA (90 days)``."""
        name = self.fault.replace("_", " ") if self.fault != "self_discharge" else "self-discharge"
        return f"{name} from {self.size:g} {self.unit} ({self.days:g} days)"


DETECTION_LIMITS: tuple[DetectionLimit, ...] = (
    DetectionLimit("low_capacity", 0.9, "% of capacity", 2),
    DetectionLimit("high_resistance", 1.15, "times its resistance", 4),
    DetectionLimit("self_discharge", 0.5, "mA", 120),
    DetectionLimit("imbalance", 0.75, "% of charge", 2),
    DetectionLimit("hot_spot", 0.8, "K", 2),
    DetectionLimit("sense_lead", 3.5, "mV", 4),
)
"""Source: bench, docs/detection.md. Of faults that begin within the data. Single readings count from 100 mV and 10 K
on, as they come, and from half of that while the string is steady. What was there before the first reading stands out
by its distance from the string alone, and needs several times the size."""


def stated() -> str:
    """List all limits, with the days that each takes."""
    return ", ".join(limit.words() for limit in DETECTION_LIMITS)
