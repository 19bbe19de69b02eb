"""Shapes of the answer on cycles (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """One half cycle."""

    start: str
    end: str
    kind: str
    """charge or discharge."""
    dod_pct: float | None
    ah: float
    kwh: float | None
    mean_c_rate: float | None
    mean_t: float | None = None
    """The median sensor's mean over its day [°C]."""
    first_pack: int | None = None
    first_cell: int | None = None
    """The cell that was first full at the end of a charge, first empty after a discharge; null where none got there."""


@dataclass(frozen=True, kw_only=True)
class DepthCount:
    """Cycles of one range of depth, by rainflow."""

    low_pct: float
    high_pct: float
    count: float
    """Half cycles count a half."""


@dataclass(frozen=True, kw_only=True)
class CyclesAnswer(Answer):
    """``/cell/pack/{system}/{pack}/cycles``."""

    cycles: tuple[Cycle, ...]
    efc: float | None
    efc_total: float | None
    rte_pct: float | None
    depths: tuple[DepthCount, ...] = ()
    """Histogram of depth over the window."""
    notes: tuple[str, ...] = ()
