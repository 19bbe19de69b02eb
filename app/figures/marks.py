"""Marks of severity: the shape says what the colour says, for eyes and prints that show no colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.figures.theme import colours
from app.language import mark

SYMBOLS: dict[str, str] = {mark("critical"): "diamond", mark("warning"): "triangle-up", mark("watch"): "circle-open"}
"""Shape of each severity, worst first."""


def severity_marker(severity: str | Sequence[str], theme: str | None, *, size: int = 9) -> dict[str, Any]:
    """Build a Plotly marker for one severity, or for a row of them.

    Parameters
    ----------
    severity : str or sequence of str
        watch, warning or critical.
    theme : str or None
        light or dark.
    size : int
        Diameter [px].
    """
    own = colours(theme)
    if isinstance(severity, str):
        return {
            "symbol": SYMBOLS[severity],
            "color": own[severity],
            "size": size,
            "line": {"width": 1.5, "color": own[severity]},
        }
    symbols = [SYMBOLS[one] for one in severity]
    shades = [own[one] for one in severity]
    return {"symbol": symbols, "color": shades, "size": size, "line": {"width": 1.5, "color": shades}}
