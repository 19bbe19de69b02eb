"""Sparklines: a line and the band of its extremes as a tiny picture, which takes its colour from the page."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from app.shapes.series import SeriesAnswer

WIDTH, HEIGHT, EDGE = 100, 24, 1
"""Size of the picture, and room at its edges [px of its own grid]."""
BAND_OPACITY, LINE_PX = 0.35, 1.4


def spark(line: SeriesAnswer, drawn: tuple[int, int]) -> str | None:
    """Draw a line as an SVG in a ``data:`` address, to be laid over a colour as a mask.

    Parameters
    ----------
    line : SeriesAnswer
        What is drawn; its mean as a line, its extremes as a band, gaps as gaps.
    drawn : tuple of int
        Range of the time axis [epoch ms, UTC).

    Returns
    -------
    str or None
        None where there is nothing to draw.
    """
    value = np.asarray(line.value, np.float64)
    low = np.where(np.isfinite(line.min), line.min, value)
    high = np.where(np.isfinite(line.max), line.max, value)
    if not np.isfinite(value).any():
        return None
    x = EDGE + (line.ts - drawn[0]) / max(drawn[1] - drawn[0], 1) * (WIDTH - 2 * EDGE)
    bottom, top = float(np.nanmin(low)), float(np.nanmax(high))
    span = (top - bottom) or 1.0

    def y(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return HEIGHT - EDGE - (values - bottom) / span * (HEIGHT - 2 * EDGE)

    breaks = np.searchsorted(line.ts, [end for _, end in line.gaps])
    stretches = [part for part in np.split(np.arange(len(x)), breaks) if len(part)]
    paths = "".join(_band(x[part], y(low)[part], y(high)[part]) + _line(x[part], y(value)[part]) for part in stretches)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none"'
    return "data:image/svg+xml," + quote(f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{paths}</svg>')


def _points(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True) if np.isfinite(b))


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    stroke = f'fill="none" stroke="#000" stroke-width="{LINE_PX}" vector-effect="non-scaling-stroke"'
    return f'<polyline points="{_points(x, y)}" {stroke}/>'


def _band(x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> str:
    if np.array_equal(low, high, equal_nan=True):
        return ""
    outline = f"{_points(x, high)} {_points(x[::-1], low[::-1])}"
    return f'<polygon points="{outline}" fill="#000" fill-opacity="{BAND_OPACITY}"/>'
