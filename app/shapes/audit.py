"""Shape of the audit's answer (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """One register against another reading of the same thing."""

    name: str
    what: str
    """What is compared with what."""
    unit: str
    measured: float | None
    """Median deviation."""
    limit: float
    limit_source: str
    verdict: str
    """within, outside or unknown."""
    stray_share: float
    """Share of the samples that may lie beyond the limit [1]."""
    samples: int
    beyond: int
    worst: float | None
    worst_at: str | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class AuditAnswer(Answer):
    """The audit of a battery's own registers, over the whole history."""

    rows: tuple[AuditRow, ...]
