"""The load-duration curve: for what share of the time the power was at least so high."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.theme import colours, faded, message, series_colour, style
from app.language import t
from app.numbers import percent, quantity

QUANTILE_MARKS = (0.01, 0.5, 0.99)
"""Shares of time that are labelled on the curve [1]."""
APART = 0.08
"""Least distance between labelled powers, as a share of the curve's range [1]."""


def load_duration(
    share: NDArray[np.float64],
    power_kw: NDArray[np.float64],
    *,
    theme: str | None,
    name: str = "Active power",
    height: int | None = None,
) -> go.Figure:
    """Draw a load-duration curve.

    Parameters
    ----------
    share : array
        Share of the time with readings, ascending from 0 to 1.
    power_kw : array
        Power that is reached or exceeded for that share, descending [kW].
    theme : str or None
        ``light`` or ``dark``.
    name : str
        What the power is of.
    height : int or None
        Height [px].
    """
    if not len(share):
        return message(t("No power reading in this period"), theme, height=height)
    colour = series_colour(0, theme)
    least = t("at least {power} for {share} of the time", power="%{y} kW", share="%{x} %")
    figure = go.Figure(
        go.Scatter(
            x=np.round(share * 100, 2),
            y=np.round(power_kw, 2),
            mode="lines",
            line={"width": 1.25, "color": colour},
            fill="tozeroy",
            fillcolor=faded(colour, 0.08),
            hovertemplate=f"{name}: {least}<extra></extra>",
        )
    )
    for at, mark in _labelled(share, power_kw):
        _label(figure, float(share[at]) * 100, float(power_kw[at]), mark, theme)
    return style(
        figure,
        theme,
        height=height,
        xaxis={"title": {"text": t("share of the time with readings [%]")}, "range": [0, 100], "fixedrange": True},
        yaxis={"title": {"text": "kW"}, "zeroline": True, "zerolinecolor": colours(theme)["ink-3"], "fixedrange": True},
        showlegend=False,
        margin={"l": 64, "r": 20, "t": 8, "b": 48, "pad": 0},
    )


def _labelled(share: NDArray[np.float64], power_kw: NDArray[np.float64]) -> list[tuple[int, float]]:
    """Pick the marks that are far enough apart on the curve to be told apart."""
    least = APART * float(power_kw.max() - power_kw.min())
    chosen: list[tuple[int, float]] = []
    for mark in QUANTILE_MARKS:
        at = int(np.searchsorted(share, mark))
        apart = (
            all(abs(float(power_kw[at] - power_kw[other])) >= least for other, _ in chosen)
            if at < len(share)
            else False
        )
        if apart:
            chosen.append((at, mark))
    return chosen


def _label(figure: go.Figure, x: float, power_kw: float, mark: float, theme: str | None) -> None:
    late = mark > 0.9
    figure.add_annotation(
        x=x,
        y=power_kw,
        text=f"{percent(mark)}: {quantity(power_kw, 'kW')}",
        showarrow=True,
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=colours(theme)["ink-3"],
        ax=-16 if late else 16,
        ay=-20,
        xanchor="right" if late else "left",
        font={"color": colours(theme)["ink-2"]},
    )
