"""The evidence behind a cell's verdict: its residual in each regime over time, with limits and neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
WARMTH = "warmth"
"""The row of the sensor's temperature, above those of the regimes."""
UNITS = {WARMTH: "K"}
"""Unit of a row; mV where it is not said."""
MARKERS_MAX = 120
"""Up to so many days are marked one by one [d]."""


def cell_evidence(
    frame: pl.DataFrame,
    *,
    cell: int,
    limit_mv: float | None,
    findings: Sequence[Finding] = (),
    warmth: pl.DataFrame | None = None,
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
        Marked at their times, in the row of their regime; an excursion at its own height.
    warmth : pl.DataFrame, optional
        ``ts`` (UTC) and ``residual_k``: the temperature of the sensor beside the cell, from the string's median [K].
        Drawn as a row of its own.
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.

    Returns
    -------
    go.Figure
        One row per regime that has readings, time shared.
    """
    rows = _rows(frame, cell, warmth)
    figure = make_subplots(
        rows=len(rows),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.09,
        subplot_titles=[_title(name) for name in rows],
    )
    figure.update_annotations(font_size=12, x=0, xanchor="left")
    for row, (regime, part) in enumerate(rows.items(), start=1):
        _draw_row(figure, part, row, regime=regime, cell=cell, zone=zone, theme=theme)
        marks = [found for found in findings if _row_of(found, rows) == regime]
        figure.add_trace(_marks(marks, zone, theme), row=row, col=1)
        if regime != WARMTH:
            _limits(figure, limit_mv, row, theme)
        figure.update_yaxes(title_text=UNITS.get(regime, "mV"), row=row, col=1)
    style(
        figure,
        theme,
        height=112 + 150 * len(rows),
        margin={"l": 56, "r": 64, "t": 28, "b": 64},
        legend={"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        hovermode="closest",
    )
    figure.update_yaxes(zeroline=True, zerolinecolor=colours(theme)["ink-3"], zerolinewidth=1)
    figure.update_xaxes(title_text=f"day ({zone})", row=len(rows), col=1)
    return figure


def _rows(frame: pl.DataFrame, cell: int, warmth: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """Split the evidence into the rows that hold any: ``ts``, ``cell`` and ``value`` each."""
    plain = frame.select("ts", "cell", "regime", pl.col("residual_mv").alias("value"))
    rows = {}
    if warmth is not None:
        rows[WARMTH] = warmth.select("ts", pl.lit(cell).alias("cell"), pl.col("residual_k").alias("value"))
    rows |= {name: plain.filter(pl.col("regime") == name).sort("ts") for name in REGIMES}
    return {name: part for name, part in rows.items() if not part.is_empty()} or {"rest": rows["rest"]}


def _title(row: str) -> str:
    return "Temperature of the sensor beside it" if row == WARMTH else f"At {REGIMES[row]}"


def _row_of(found: Finding, rows: Mapping[str, pl.DataFrame]) -> str:
    """Say in which row a finding is marked: its regime's, the sensor's for a temperature, else the first."""
    if found.unit.startswith("K") and WARMTH in rows:
        return WARMTH
    return found.regime if found.regime is not None and found.regime in rows else next(iter(rows))


def _draw_row(
    figure: go.Figure, part: pl.DataFrame, row: int, *, regime: str, cell: int, zone: str, theme: str | None
) -> None:
    beside = sorted(set(part["cell"].to_list()) - {cell})
    for other in [*beside, cell]:
        line = _line(part, other, zone, theme, chosen=other == cell, unit=UNITS.get(regime, "mV"))
        line.line.dash = "dot" if other in beside[1:] else "solid"
        line.showlegend = line.name not in {trace.name for trace in figure.data}
        figure.add_trace(line, row=row, col=1)


def _wall(stamps: pl.Series, zone: str) -> list[str]:
    return stamps.dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M").to_list()


def _line(part: pl.DataFrame, cell: int, zone: str, theme: str | None, *, chosen: bool, unit: str) -> go.Scatter:
    rows = part.filter(pl.col("cell") == cell)
    color = colours(theme)["accent" if chosen else "ink-3"]
    return go.Scatter(
        x=_wall(rows["ts"], zone),
        y=rows["value"].cast(pl.Float32).to_numpy(),
        mode="lines+markers" if chosen and len(rows) <= MARKERS_MAX else "lines",
        line={"color": color, "width": 1.5 if chosen else 1},
        marker={"size": 3},
        opacity=1.0 if chosen else 0.6,
        name=f"cell {cell}" if chosen else f"neighbour {cell}",
        legendgroup=str(cell),
        connectgaps=False,
        hovertemplate=f"cell {cell}<br>%{{x|%-d %b %Y}}<br>%{{y:+.1f}} {unit}<extra></extra>",
    )


def _marks(findings: Sequence[Finding], zone: str, theme: str | None) -> go.Scatter:
    """Mark findings on the zero line, an excursion at its height; the shape says the severity."""
    return go.Scatter(
        x=[_site_wall(found.at, zone) for found in findings],
        y=[found.value if found.rule == "excursion" and found.unit in {"mV", "K"} else 0.0 for found in findings],
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
