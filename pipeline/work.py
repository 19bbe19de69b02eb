"""What the steps of one build share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.contract import GroupRecord, Level
from pipeline.parts import PartWriter
from pipeline.publish import Notes
from pipeline.settings import Settings
from pipeline.signals import Kind, Signal
from pipeline.site import Site

_MOVING_TOPICS = ("cells", "temperature", "environment", "pcs", "power")
"""Topics whose analog signals never stand still for long while the site works."""


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, site and writer of the build under way."""

    settings: Settings
    site: Site
    levels: tuple[Level, ...]
    zone: str
    config_hash: str
    writer: PartWriter
    notes: Notes


@dataclass(slots=True)
class Outcome:
    """A group as it stands after this build."""

    record: GroupRecord
    changed_from_ms: int | None
    """Earliest stamp that may have changed; None for everything."""
    changed: bool


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What the builder needs to know of a group."""

    source: str
    name: str
    zone: str
    levels: tuple[Level, ...]
    signals: Mapping[str, Signal]
    p_max_kw: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """Of each counter: the site's limit and the largest power seen beside it [kW]."""

    @property
    def kind(self) -> Kind:
        """Kind of its signals: analog stands for state as well."""
        kinds = {signal.kind for signal in self.signals.values()}
        return next((kind for kind in (Kind.COUNTER, Kind.FLAG) if kind in kinds), Kind.ANALOG)

    @property
    def moving(self) -> frozenset[str]:
        """Signals that never stand still for long while the site works."""
        return frozenset(
            name
            for name, signal in self.signals.items()
            if signal.kind is Kind.ANALOG and signal.topic in _MOVING_TOPICS
        )

    @property
    def has_percentiles(self) -> bool:
        """Whether its levels keep the tails."""
        return any(signal.percentiles for signal in self.signals.values())
