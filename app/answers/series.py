"""Lines of a time chart: any signal, any window, down to raw readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app import lines, loader, query
from app.answers.window import iso
from app.shapes.series import SeriesAnswer


def series(
    source: str,
    signal: str,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    max_points: int,
    level: str | None = None,
) -> SeriesAnswer:
    """Answer one line.

    Parameters
    ----------
    source, signal : str
        Names.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.
    max_points : int
        Points at most.
    level : str, optional
        Level to use as it is; by default the finest that holds at most four buckets a point.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    return _line(query.Window(source, signal, start_ms, end_ms, max_points, level))


def many(
    source: str, signals: Sequence[str], start_ms: int | None = None, end_ms: int | None = None, *, max_points: int
) -> list[SeriesAnswer]:
    """Answer several lines of one source."""
    return [series(source, signal, start_ms, end_ms, max_points=max_points) for signal in signals]


@loader.memoised
def _line(window: query.Window) -> SeriesAnswer:
    store = loader.current()
    start, end = query.span(store.series(window.source, window.signal), window.start_ms, window.end_ms)
    found = lines.line(store, window)
    return replace(found, start=iso(start, store.zone), end=iso(end, store.zone), max_points=window.max_points)
