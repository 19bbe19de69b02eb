"""Figures of the limiting cells: who came first at each charge end and discharge end, and who leaks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from app.figures import objects as go
from app.figures.clock import to_wall_ms
from app.figures.theme import colours, message, series_colour, style
from app.language import t
from app.numbers import number, quantity
from app.shapes.limiting import LeakAnswer, LedgerAnswer, LimitingEnd

HEIGHT_PX = 320
MOST_LEAKS = 20
"""Cells whose leaks are drawn: the largest [cells]."""


def ledger_strip(answer: LedgerAnswer, *, zone: str, theme: str | None) -> go.Figure:
    """Draw which cell limited each cycle: its place along the string over time.

    A horizontal row of marks is a cell that limits again and again. First full are triangles that point up, first empty
    those that point down; the larger the mark, the larger the margin.

    Parameters
    ----------
    answer : LedgerAnswer
        The ledger of a window.
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.
    """
    full = [row.full for row in answer.cycles]
    empty = [row.empty for row in answer.cycles if row.empty is not None]
    if not full and not empty:
        return message(answer.reason or t("No cell limited the string in this period."), theme, height=HEIGHT_PX)
    figure = go.Figure()
    figure.add_trace(_marks(full, t("first full"), "triangle-up", series_colour(0, theme), zone))
    figure.add_trace(_marks(empty, t("first empty"), "triangle-down", series_colour(1, theme), zone))
    style(figure, theme, height=HEIGHT_PX, hovermode="closest", margin={"l": 60, "r": 12, "t": 46, "b": 50})
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text=t("cell along the string"), range=[answer.cells + 3, -2], fixedrange=True)
    return figure


def _marks(ends: Sequence[LimitingEnd], name: str, symbol: str, colour: str, zone: str) -> go.Scatter:
    margins = np.array([end.margin_mv or 0.0 for end in ends])
    size = np.round(8 + 4 * np.clip(margins / 20.0, 0, 1), 1)
    return go.Scatter(
        x=to_wall_ms([_ms(end.at) for end in ends], zone),
        y=[end.place for end in ends],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "size": size, "color": colour, "opacity": 0.8},
        text=[_told(end) for end in ends],
        hovertemplate=f"<b>%{{text}}</b><br>%{{x|%-d %b %Y, %H:%M}}<extra>{name}</extra>",
    )


def _told(end: LimitingEnd) -> str:
    ahead = "" if end.margin_mv is None else f", {quantity(end.margin_mv, 'mV', 0)}"
    return t("pack {pack} cell {cell}{ahead}", pack=end.pack, cell=end.cell, ahead=ahead)


def _ms(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)


def leak_bars(answer: LeakAnswer, *, theme: str | None) -> go.Figure:
    """Draw the largest leaks with their intervals, and the smallest that this data could show."""
    shown = answer.cells[:MOST_LEAKS]
    if not shown:
        return message(answer.reason or t("No leak can be told."), theme, height=HEIGHT_PX)
    own = colours(theme)
    values = np.array([one.leak_ma.value or 0.0 for one in shown])
    high = np.array([one.leak_ma.high or 0.0 for one in shown]) - values
    figure = go.Figure(
        go.Scatter(
            x=[f"{one.pack}.{one.cell}" for one in shown],
            y=values,
            error_y={"type": "data", "array": high, "color": own["ink-3"], "thickness": 1},
            mode="markers",
            marker={
                "size": 8,
                "color": [own["warning"] if one.stands_out else own["ink-3"] for one in shown],
                "symbol": ["diamond" if one.stands_out else "circle" for one in shown],
            },
            customdata=[number(value, 2) for value in values],
            hovertemplate=t("pack.cell %{x}: %{customdata} mA") + "<extra></extra>",
        )
    )
    style(figure, theme, height=HEIGHT_PX, showlegend=False, margin={"l": 72, "r": 12, "t": 20, "b": 52})
    figure.update_xaxes(type="category", title_text=t("pack.cell"), showgrid=False)
    figure.update_yaxes(title_text=t("leak beyond the string [mA]"), rangemode="tozero")
    if answer.limit_ma is not None:
        figure.add_hline(y=answer.limit_ma, line={"color": own["limit"], "width": 1, "dash": "dash"})
        words = t("smallest that could be seen: {limit}", limit=quantity(answer.limit_ma, "mA", 2))
        figure.add_annotation(
            text=words,
            x=1,
            xref="paper",
            xanchor="right",
            y=answer.limit_ma,
            yanchor="bottom",
            showarrow=False,
            font={"size": 11, "color": own["limit"]},
        )
    return figure
