"""Shapes of what is drawn of a pack's cells (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer, Floats, Ints


@dataclass(frozen=True, kw_only=True)
class SurfaceAnswer(Answer):
    """``/cell/pack/{system}/{pack}/3d``."""

    ts: Ints
    cells: tuple[int, ...]
    cells_of: dict[str, tuple[int, ...]] | None
    z: Floats
    """Shape (len(ts), len(cells))."""
    unit: str
    quantity: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class HeatmapAnswer(Answer):
    """``/cell/pack/{system}/{pack}/heatmap``."""

    cells: tuple[int, ...]
    values: tuple[float | None, ...]
    statistic: str
    unit: str
    metric: str
    limit: float | None = None
