"""What answers about the readings themselves look like: see ``app.answers.clocks`` and ``app.answers.replays``."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer
from app.shapes.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class ClockOff:
    """A stretch over which one clock stands off from another."""

    start: str
    end: str
    shift_s: float
    """Positive: the second series is behind the first [s]."""
    r: float
    """Correlation of their steps at that shift [1]."""


@dataclass(frozen=True, kw_only=True)
class ClockPair:
    """Two series that see the same steps, and how far their clocks stand apart."""

    reference: str
    source: str
    """Source of the second series: the system's own, or a meter."""
    signal: str
    shift_s: float | None
    """Over the last stretch of 30 days with enough steps [s]; None where it cannot be told."""
    limit_s: float | None
    """Smallest shift that these readings could show [s]."""
    r: float | None
    off: tuple[ClockOff, ...]
    reason: str | None
    """Why the shift cannot be told."""


@dataclass(frozen=True, kw_only=True)
class ClocksAnswer(Answer):
    """Clocks of a system against each other."""

    pairs: tuple[ClockPair, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A stretch that some series played again from the day before."""

    start: str
    end: str
    signals: tuple[str, ...]
    samples: int
    """Replayed readings of all of them."""


@dataclass(frozen=True, kw_only=True)
class ReplaysAnswer(Answer):
    """Replayed stretches of a system."""

    replays: tuple[Replay, ...]
    findings: tuple[Finding, ...]
