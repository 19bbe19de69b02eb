"""Colour scales that every pack of a view shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.figures.theme import ABSOLUTE_SCALE, BANDS, TEMPERATURE_SCALE, diverging
from app.language import t
from app.numbers import number

Colorscale = list[list[float | str]] | str
SPREAD = 0.95
"""Share of the values that a diverging scale spans at least; the rest saturates, so that one far cell does not turn
all others into one colour. Hover gives the exact value."""

NARROWEST = {"voltage": 0.01, "temperature": 3.0}
"""Span of an absolute scale at least [V, K]: the limits, so that what is within them does not fill the ramp."""
CROWDED = 0.2
"""A limit nearer to 0 than this share of the scale is told beside 0, where the words would overlap."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One colour scale, shared by every pack of a view."""

    low: float
    high: float
    colors: Colorscale
    ticks: tuple[float, ...] = ()
    words: tuple[str, ...] = ()


def metric_scale(metric: str, values: Sequence[float | None], limit: float | None, *, theme: str | None) -> Scale:
    """Choose the scale of a metric.

    Parameters
    ----------
    metric : str
        voltage, temperature, degradation, deviation or soh.
    values : sequence of float or None
        Every value of the view, all packs [unit of the metric].
    limit : float or None
        The limit that a diverging scale marks [same unit].
    theme : str or None
        light or dark.

    Returns
    -------
    Scale
        SOH: the seven bands. Deviation and degradation: symmetric about 0, with the limit marked.
        Voltage and temperature: from the least to the greatest value.
    """
    if metric == "soh":
        return _band_scale()
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if metric in {"deviation", "degradation"}:
        return diverging_scale(known, limit, theme=theme)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    short = max(NARROWEST[metric] - (high - low), 0.0)
    low, high = low - short / 2, high + short / 2
    return Scale(low=low, high=high, colors=TEMPERATURE_SCALE if metric == "temperature" else ABSOLUTE_SCALE)


def diverging_scale(values: NDArray[np.float64], limit: float | None, *, theme: str | None) -> Scale:
    """Make a scale symmetric about 0 that spans `SPREAD` of the values and at least twice the limit."""
    finite = np.abs(values[np.isfinite(values)])
    reach = float(np.quantile(finite, SPREAD)) if finite.size else 0.0
    reach = max(reach, 2 * abs(limit or 0.0)) or 1.0
    beyond = bool(finite.size) and float(finite.max()) > reach
    crowded = bool(limit) and abs(limit or 0.0) < CROWDED * reach
    marks = sorted({-reach, 0.0, reach} | ({-abs(limit), abs(limit)} if limit and not crowded else set()))
    words = tuple(_mark(value, reach, limit, beyond=beyond, crowded=crowded) for value in marks)
    return Scale(low=-reach, high=reach, colors=diverging(theme), ticks=tuple(marks), words=words)


def _mark(value: float, reach: float, limit: float | None, *, beyond: bool, crowded: bool) -> str:
    digits = 0 if reach >= 10 else 1 if reach >= 1 else 2
    text = number(value, digits)
    if crowded and value == 0:
        return t("0 ± {abs} limit", abs=number(abs(limit or 0.0), digits))
    if limit and abs(value) == abs(limit):
        return t("{text} limit", text=text)
    if beyond and abs(value) == reach:
        return f"{'≤' if value < 0 else '≥'} {text}"
    return text


def _band_scale() -> Scale:
    """Make the seven SOH bands steps of one ramp, from 75 to 101 %."""
    low, high = 75.0, 101.0
    edges = [low, 80.0, 85.0, 90.0, 95.0, 98.0, 99.0, high]
    colors: list[list[float | str]] = []
    for color, (start, end) in zip(reversed(BANDS.values()), pairwise(edges), strict=True):
        colors += [[(start - low) / (high - low), color], [(end - low) / (high - low), color]]
    words = ("80", "85", "90", "95", "98, 99")
    return Scale(low=low, high=high, colors=colors, ticks=(80.0, 85.0, 90.0, 95.0, 98.5), words=words)
