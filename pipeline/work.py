"""What the steps of one build share."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contract import GroupRecord, Level
from pipeline.parts import PartWriter
from pipeline.settings import Settings
from pipeline.site import Site


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, site and writer of the build under way."""

    settings: Settings
    site: Site
    levels: tuple[Level, ...]
    zone: str
    config_hash: str
    writer: PartWriter


@dataclass(slots=True)
class Outcome:
    """A group as it stands after this build."""

    record: GroupRecord
    changed_from_ms: int | None
    """Earliest stamp that may have changed; None for everything."""
    changed: bool
