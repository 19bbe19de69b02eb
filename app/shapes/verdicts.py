"""Shapes of the verdicts on cells (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.shapes.answer import Answer


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One verdict: a rule that a subject exceeds, with its evidence."""

    rule: str
    """voltage_deviation, temperature_variation, degradation_rate, soh, change, excursion, safe_range, data_quality …"""
    subject: str
    """Such as ``pack 2 cell 17``."""
    value: float
    limit: float
    unit: str
    severity: str
    """watch, warning or critical."""
    at: str
    """When it was seen first, or the stamp of an excursion [ISO 8601 with offset]."""
    regime: str | None = None
    """rest, charge_end, discharge_end, or None."""
    z: float | None = None
    count: int | None = None
    """How often it was seen (days, cycles or samples, as ``text`` says)."""
    text: str = ""
    """One plain sentence with the numbers."""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CellVerdict:
    """Everything that was found about one cell."""

    cell: int
    severity: str
    score: float
    """Ranks by evidence, 0 to 1."""
    fault: str
    findings: tuple[Finding, ...]
    neighbours: dict[str, float | None]
    """Residual of the cells beside it, keyed by cell number [mV]."""


@dataclass(frozen=True, kw_only=True)
class CriticalAnswer(Answer):
    """``/cell/pack/{system}/{pack}/critical``."""

    cells: tuple[CellVerdict, ...]
    """Only cells with findings, worst first."""
    system_findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
