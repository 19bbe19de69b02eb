"""Shapes of the comparison of packs (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.shapes.answer import Answer, Interval


@dataclass(frozen=True, kw_only=True)
class SohTriple:
    """The three states of health, side by side [%]."""

    measured: float | None
    low: float | None
    high: float | None
    model: float | None
    bms: float | None


@dataclass(frozen=True, kw_only=True)
class PackReport:
    """One pack (or, with ``pack`` None, the whole system) in the comparison."""

    pack: int | None
    cells: int
    mean_v: float | None
    imbalance_mv: float | None
    mean_t: float | None
    max_t: float | None
    soh: SohTriple
    band: str | None
    """Band of the measured SOH where it exists, else of the model; ``soh_basis`` says which."""
    soh_basis: str | None
    soh_reason: str | None
    degradation_pct_per_month: Interval
    critical_cells: int
    """Cells whose severity is critical or warning."""
    best_cell: int | None
    worst_cell: int | None
    coverage: float | None
    provenance: dict[str, Any] = field(default_factory=dict)
    band_span: str | None = None
    """Band of the whole interval of the measured state of health: one, or ``between A and B``."""


@dataclass(frozen=True, kw_only=True)
class ComparisonAnswer(Answer):
    """``/cell/system/{system}/comparison``."""

    packs: tuple[PackReport, ...]
    system: PackReport
    start: str
    end: str
    notes: tuple[str, ...] = ()
