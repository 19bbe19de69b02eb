"""The coverage calendar: which days of which series hold readings."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from app.figures import objects as go
from app.figures.theme import colours, faded, series_colour, style
from app.language import t
from app.numbers import percent

_ROW_PX, _LOW_ROW_PX = 26, 16
BAR_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""What the legend names [1]."""
MANY_ROWS = 20
"""Rows from which they are drawn lower [rows]."""


def coverage_calendar(frame: pl.DataFrame, *, theme: str | None) -> go.Figure:
    """Draw coverage by group of series and day: calm where all is there, loud where it is not.

    Parameters
    ----------
    frame : pl.DataFrame
        ``label`` (group of series), ``day`` (date, site time) and ``coverage`` (0 to 1); a day without a row holds
        nothing: it counts 0 between the first and the last day of its group.
    theme : str or None
        light or dark.

    Returns
    -------
    go.Figure
        One row per group in the frame's order, one column per day from the first to the last.
    """
    labels = frame["label"].unique(maintain_order=True).to_list()
    figure = go.Figure()
    if labels:
        figure.add_trace(_days(frame, labels, theme))
    style(
        figure,
        theme,
        height=96 + (_ROW_PX if len(labels) <= MANY_ROWS else _LOW_ROW_PX) * max(len(labels), 2),
        margin={"l": 8, "r": 12, "t": 8, "b": 40},
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, automargin=True)
    figure.update_xaxes(title_text=t("day, site time"), showgrid=False, type="date")
    return figure


def _days(frame: pl.DataFrame, labels: list[str], theme: str | None) -> go.Heatmap:
    first: date = frame["day"].min()  # type: ignore[assignment]  # a frame of days has a first one
    day = (frame["day"] - first).dt.total_days().to_numpy()
    row = frame["label"].replace_strict(labels, range(len(labels)), return_dtype=pl.Int64).to_numpy()
    z = np.full((len(labels), int(day.max()) + 1), np.nan, dtype=np.float32)
    for at in range(len(labels)):
        own = day[row == at]
        z[at, own.min() : own.max() + 1] = 0.0
    z[row, day] = frame["coverage"].cast(pl.Float64).fill_null(np.nan).to_numpy().round(3)
    missing = series_colour(1, theme)
    expected = t("{share} of the readings expected", share="%{z:.1%}")
    return go.Heatmap(
        z=z,
        x0=first.isoformat(),
        dx=86_400_000,
        y=labels,
        zmin=0,
        zmax=1,
        colorscale=[[0.0, missing], [0.75, faded(missing, 0.35)], [1.0, faded(colours(theme)["accent"], 0.3)]],
        colorbar={
            "tickvals": list(BAR_TICKS),
            "ticktext": [percent(share) for share in BAR_TICKS],
            "thickness": 12,
            "outlinewidth": 0,
            "len": 0.85,
            "y": 0.42,
        },
        ygap=3 if len(labels) <= MANY_ROWS else 1,
        hovertemplate=f"%{{y}}<br>%{{x|%-d %b %Y}}<br>{expected}<extra></extra>",
        hoverongaps=False,
    )
