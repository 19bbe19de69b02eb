"""Shape of one line of a time chart (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer, Floats, Ints


@dataclass(frozen=True, kw_only=True)
class SeriesAnswer(Answer):
    """One line of a time chart: ``len(ts)`` points, each with the extremes and row count of its whole slice."""

    source: str
    signal: str
    label: str
    unit: str
    kind: str
    ts: Ints
    """Left edge of each slice, or the stamp of a raw reading [epoch ms]."""
    value: Floats
    """The bucket's mean; of a counter the slice's energy; of a flag the slice's maximum."""
    min: Floats
    max: Floats
    """Extremes of the slice (NaN for a counter)."""
    rows: Ints
    """Raw readings that the point stands for."""
    buckets: int
    """Buckets of the level in the window, before the selection."""
    step_ms: int
    """Bucket width [ms]; the median raw interval at level raw."""
    gaps: tuple[tuple[int, int], ...]
    """Stretches without readings [epoch ms, epoch ms)."""
    start: str = ""
    end: str = ""
    """The window that was read: as asked, open ends filled in."""
    max_points: int = 0
    """Points asked for at most: with level, start and end, what it takes to ask for the same again."""
