"""The evidence behind a cell's verdict: its residual in each regime over time, with limits and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.figures.marks import severity_marker
from app.figures.theme import colours, style
from app.shapes import Finding

REGIMES: dict[str, str] = {"charge_end": "charge end", "rest": "rest", "discharge_end": "discharge end"}
"""Regimes of a residual, in the order that they are drawn, with their words."""
MARKERS_MAX = 120
"""Up to so many days are marked one by one [d]."""


def cell_evidence(
    frame: pl.DataFrame,
    *,
    cell: int,
    limit_mv: float | None,
    findings: Sequence[Finding] = (),
    zone: str,
    theme: str | None,
) -> go.Figure:
    """Draw a cell's residual per regime over time, its neighbours thin beside it.

    Parameters
    ----------
    frame : pl.DataFrame
        Long: ``ts`` (UTC), ``cell``, ``regime``, ``residual_mv``; one row per cell, day and regime. Unknown is null.
    cell : int
        The cell that the verdict is about; every other cell in ``frame`` is a neighbour.
    limit_mv : float or None
        Limit of the voltage deviation [mV], drawn on both sides of 0.
    findings : sequence of Finding
        Marked at their times, in the row of their regime.
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.

    Returns
    -------
    go.Figure
        One row per regime that has readings, time shared.
    """
    regimes = [name for name in REGIMES if not frame.filter(pl.col("regime") == name).is_empty()] or ["rest"]
    figure = make_subplots(
        rows=len(regimes),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.09,
        subplot_titles=[f"At {REGIMES[name]}" for name in regimes],
    )
    figure.update_annotations(font_size=12, x=0, xanchor="left")
    for row, regime in enumerate(regimes, start=1):
        part = frame.filter(pl.col("regime") == regime).sort("ts")
        beside = sorted(set(part["cell"].to_list()) - {cell})
        for other in [*beside, cell]:
            line = _line(part, other, zone, theme, chosen=other == cell, legend=row == 1)
            line.line.dash = "dot" if other in beside[1:] else "solid"
            figure.add_trace(line, row=row, col=1)
        marks = [found for found in findings if found.regime == regime or (found.regime is None and row == 1)]
        figure.add_trace(_marks(marks, zone, theme), row=row, col=1)
        _limits(figure, limit_mv, row, theme)
    style(
        figure,
        theme,
        height=112 + 150 * len(regimes),
        margin={"l": 56, "r": 64, "t": 28, "b": 64},
        legend={"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        hovermode="closest",
    )
    own = colours(theme)
    figure.update_yaxes(title_text="mV", zeroline=True, zerolinecolor=own["ink-3"], zerolinewidth=1)
    figure.update_xaxes(title_text=f"day ({zone})", row=len(regimes), col=1)
    return figure


def _wall(stamps: pl.Series, zone: str) -> list[str]:
    return stamps.dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M").to_list()


def _line(part: pl.DataFrame, cell: int, zone: str, theme: str | None, *, chosen: bool, legend: bool) -> go.Scatter:
    rows = part.filter(pl.col("cell") == cell)
    color = colours(theme)["accent" if chosen else "ink-3"]
    return go.Scatter(
        x=_wall(rows["ts"], zone),
        y=rows["residual_mv"].cast(pl.Float32).to_numpy(),
        mode="lines+markers" if chosen and len(rows) <= MARKERS_MAX else "lines",
        line={"color": color, "width": 1.5 if chosen else 1},
        marker={"size": 3},
        opacity=1.0 if chosen else 0.6,
        name=f"cell {cell}" if chosen else f"neighbour {cell}",
        legendgroup=str(cell),
        showlegend=legend,
        connectgaps=False,
        hovertemplate=f"cell {cell}<br>%{{x|%-d %b %Y}}<br>%{{y:+.1f}} mV<extra></extra>",
    )


def _marks(findings: Sequence[Finding], zone: str, theme: str | None) -> go.Scatter:
    """Mark findings on the zero line; the shape says the severity."""
    return go.Scatter(
        x=[_site_wall(found.at, zone) for found in findings],
        y=[0.0 for _ in findings],
        mode="markers",
        marker=severity_marker([found.severity for found in findings], theme, size=11),
        text=[f"{found.severity}: {found.text or found.rule}" for found in findings],
        hovertemplate="%{text}<br>%{x|%-d %b %Y, %H:%M}<extra></extra>",
        showlegend=False,
    )


def _site_wall(at: str, zone: str) -> str:
    """Write an ISO stamp with an offset as site wall time."""
    return datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def _limits(figure: go.Figure, limit_mv: float | None, row: int, theme: str | None) -> None:
    if limit_mv is None:
        return
    for value in (-limit_mv, limit_mv):
        figure.add_hline(
            y=value,
            row=row,
            col=1,
            line={"color": colours(theme)["limit"], "width": 1, "dash": "dash"},
            annotation={
                "text": f"{value:+.0f} mV".replace("-", "−"),
                "font": {"size": 10},
                "xanchor": "left",
                "x": 1.0,
            },
        )
