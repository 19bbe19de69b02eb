"""The look of every figure: one table of colours for both themes, which the stylesheet repeats as ``--ps-*``.

Colour carries meaning only. A test holds ``assets/10-packscope.css`` against `COLOURS`, so page and chart agree.
"""

from __future__ import annotations

import textwrap
from typing import Any, Literal, cast

from plotly.colors import get_colorscale

from app.figures import objects as go
from app.language import current
from app.numbers import DECIMAL, THIN

Theme = Literal["light", "dark"]

COLOURS: dict[Theme, dict[str, str]] = {
    "light": {
        "page": "#f6f7f9",
        "surface": "#ffffff",
        "raised": "#eef1f4",
        "ink": "#17202a",
        "ink-2": "#4a5664",
        "ink-3": "#626e7b",
        "line": "#dfe4ea",
        "grid": "#e8ecf0",
        "accent": "#0a5fa5",
        "accent-weak": "#e3eef8",
        "critical": "#b3201d",
        "warning": "#a04f00",
        "watch": "#756100",
        "fine": "#1b7143",
        "unknown": "#626e7b",
        "gap": "#eceff3",
        "limit": "#7d3434",
    },
    "dark": {
        "page": "#0e1318",
        "surface": "#151b22",
        "raised": "#1e262f",
        "ink": "#e6ebf0",
        "ink-2": "#b0bac5",
        "ink-3": "#8f9ba8",
        "line": "#2a333d",
        "grid": "#222a33",
        "accent": "#63b3f4",
        "accent-weak": "#1a2d3f",
        "critical": "#ff7d73",
        "warning": "#ffab57",
        "watch": "#e2c64b",
        "fine": "#62cb8e",
        "unknown": "#8f9ba8",
        "gap": "#1b222a",
        "limit": "#d79a94",
    },
}
"""Surfaces, ink, lines, the one accent of selection, and severity."""

SERIES: dict[Theme, tuple[str, ...]] = {
    "light": ("#0a5fa5", "#c2480c", "#0d766e", "#7a3fc4", "#8f6400", "#b5246f", "#4b5966", "#3f7d18"),
    "dark": ("#63b3f4", "#ff9a5c", "#45cdbf", "#bd9bf7", "#e0b54a", "#f47db8", "#a3afbb", "#8fcf5f"),
}
"""Lines of a chart, in this order: apart in hue and in lightness, each legible on its surface."""

SEVERITIES = ("critical", "warning", "watch", "fine", "unknown")
"""Worst first."""

BANDS: dict[str, str] = {
    "Excellent": "#3569ae",
    "Optimal": "#6ea6d0",
    "Nominal": "#a9d0e2",
    "Degraded": "#ead98a",
    "Compromised": "#f0b05a",
    "Critical": "#df7040",
    "End of Life": "#ad1f2d",
}
"""The seven bands of state of health: one ordered ramp, legible to colour-blind eyes, the same in both themes."""

ABSOLUTE_SCALE: list[list[float | str]] = get_colorscale("Cividis")
"""Colour scale of absolute quantities."""
TEMPERATURE_SCALE: list[list[float | str]] = get_colorscale("Inferno")
"""Colour scale of temperatures."""

FONT = "Inter, system-ui, sans-serif"
TEXT_PX = 12
LINE_PX = 1.25
ENVELOPE_ALPHA = 0.15
"""Opacity of the band between minimum and maximum [1]."""
MESSAGE_LINE = 44
"""Length of a line of a chart that says why it is empty, so that it fits a phone [characters]."""
CHART_MIN_PX = 240
"""No chart is lower than this, on any screen [px]."""


def as_theme(name: str | None) -> Theme:
    """Read a theme's name; light when it is none."""
    return "dark" if name == "dark" else "light"


def colours(theme: str | None) -> dict[str, str]:
    """Look up the colours of a theme by meaning: ``ink``, ``grid``, ``critical`` and so on."""
    return COLOURS[as_theme(theme)]


def series_colour(index: int, theme: str | None) -> str:
    """Colour of the line number ``index`` of a chart; after eight they repeat."""
    own = SERIES[as_theme(theme)]
    return own[index % len(own)]


def faded(colour: str, alpha: float = ENVELOPE_ALPHA) -> str:
    """Lay opacity on a ``#rrggbb`` colour."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def diverging(theme: str | None) -> list[list[float | str]]:
    """Colour scale of deviations, centred on 0: blue below, the surface's own grey at 0, red above."""
    dark = as_theme(theme) == "dark"
    low, middle, high = ("#6db8f5", "#2a323b", "#ff8a70") if dark else ("#1f63a8", "#f1f2f4", "#b32a20")
    low_half, high_half = ("#3f6f99", "#a55a50") if dark else ("#8ab4da", "#e59a88")
    return [[0.0, low], [0.25, low_half], [0.5, middle], [0.75, high_half], [1.0, high]]


def template(theme: str | None) -> dict[str, Any]:
    """Build the small template that every figure carries instead of Plotly's own 7 kB."""
    own = colours(theme)
    axis = {
        "gridcolor": own["grid"],
        "linecolor": own["line"],
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": own["line"],
        "automargin": True,
        "title": {"standoff": 8, "font": {"color": own["ink-2"], "size": TEXT_PX}},
    }
    layout = {
        "font": {"family": FONT, "size": TEXT_PX, "color": own["ink-2"]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(SERIES[as_theme(theme)]),
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {
            "bgcolor": own["surface"],
            "bordercolor": own["line"],
            "font": {"family": FONT, "size": TEXT_PX, "color": own["ink"]},
            "align": "left",
        },
        "colorscale": {"sequential": ABSOLUTE_SCALE},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": own["ink-3"], "activecolor": own["accent"]},
    }
    return {"layout": layout}


def style(figure: go.Figure, theme: str | None, *, height: int | None = None, **layout: object) -> go.Figure:
    """Give a figure the house look, in place, and return it.

    Parameters
    ----------
    figure : go.Figure
        The figure, with its traces.
    theme : str or None
        ``light`` or ``dark``.
    height : int or None
        Height [px]; the page's when it is None. Never below `CHART_MIN_PX`.
    **layout
        Layout entries that win over the house's.
    """
    given: dict[str, Any] = {
        # room for the usual labels: Plotly draws a chart twice when a label needs more than there is
        "margin": {"l": 76, "r": 12, "t": 46, "b": 50, "pad": 0},
        "hovermode": "closest",
        "separators": DECIMAL[current()] + THIN,
    }
    if height is not None:
        given["height"] = max(height, CHART_MIN_PX)
    figure.layout.template = template(theme)  # assigned: an update would merge it into Plotly's own
    figure.update_layout({**given, **layout})
    return figure


def message(text: str, theme: str | None, *, height: int | None = None) -> go.Figure:
    """Draw a chart that says why it is empty."""
    figure = go.Figure()
    own = colours(theme)
    lines = "<br>".join(textwrap.wrap(text, MESSAGE_LINE, break_long_words=False))
    figure.add_annotation(text=lines, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper", align="center")
    figure.update_annotations(font={"color": own["ink-3"], "size": TEXT_PX + 2})
    hidden = {"visible": False}
    edge = {"l": 8, "r": 8, "t": 8, "b": 8}
    return style(figure, theme, height=height, xaxis=hidden, yaxis=hidden, margin=edge)


def bare(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as the plain dictionary that is sent, its arrays as decimals instead of base64."""
    data = [cast("dict[str, Any]", trace.to_plotly_json()) for trace in figure.data]
    return {"data": data, "layout": cast("dict[str, Any]", figure.layout.to_plotly_json())}
