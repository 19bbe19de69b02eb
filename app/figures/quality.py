"""The coverage calendar: which days of which series hold readings."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import plotly.graph_objects as go
import polars as pl

from app.figures.theme import colours, faded, series_colour, style
from app.numbers import percent

_ROW_PX = 26


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
        height=96 + _ROW_PX * max(len(labels), 2),
        margin={"l": 8, "r": 12, "t": 8, "b": 40},
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, automargin=True)
    figure.update_xaxes(title_text="day, site time", showgrid=False, type="date")
    return figure


def _days(frame: pl.DataFrame, labels: list[str], theme: str | None) -> go.Heatmap:
    stamps: list[date] = frame["day"].to_list()
    first, last = min(stamps), max(stamps)
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    row = {label: at for at, label in enumerate(labels)}
    column = {day: at for at, day in enumerate(days)}
    z = np.full((len(labels), len(days)), np.nan, dtype=np.float32)
    for label, start, end in frame.group_by("label").agg(pl.min("day"), pl.max("day").alias("end")).iter_rows():
        z[row[label], column[start] : column[end] + 1] = 0.0
    for label, day, coverage in frame.select("label", "day", "coverage").iter_rows():
        z[row[label], column[day]] = np.nan if coverage is None else round(coverage, 3)
    text = [[percent(None if np.isnan(value) else float(value)) for value in values] for values in z]
    missing = series_colour(1, theme)
    return go.Heatmap(
        z=z,
        x0=days[0].isoformat(),
        dx=86_400_000,
        y=labels,
        zmin=0,
        zmax=1,
        colorscale=[[0.0, missing], [0.75, faded(missing, 0.35)], [1.0, faded(colours(theme)["accent"], 0.3)]],
        colorbar={"title": {"text": "coverage"}, "tickformat": ".0%", "thickness": 12, "outlinewidth": 0, "len": 1},
        ygap=3,
        text=text,
        hovertemplate="%{y}<br>%{x|%-d %b %Y}<br>%{text} of the readings expected<extra></extra>",
        hoverongaps=False,
    )
