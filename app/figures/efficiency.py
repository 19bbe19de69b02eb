"""Figures of efficiency: the round trip at each boundary beside the benchmarks, and charges of then and now."""

from __future__ import annotations

import numpy as np

from app.analytics.cycles import GOOD_PCT, IMPROVABLE_PCT
from app.analytics.efficiency import RED_PCT
from app.figures import objects as go
from app.figures.theme import colours, message, series_colour, style
from app.language import mark, t
from app.numbers import day, quantity
from app.shapes.efficiency import ChargeCurve, ChargeCurves, RoundTrips

HEIGHT_PX = 300
BOUNDARY_WORDS = {
    "dc": mark("DC, at the battery"),
    "ac": mark("AC, at the converter"),
    "ac_with_auxiliaries": mark("AC with auxiliaries"),
}
"""What each boundary is called."""
BENCHMARKS = (
    (GOOD_PCT, mark("good")),
    (IMPROVABLE_PCT, mark("improvable below")),
    (RED_PCT, mark("red flag when new")),
)
"""Reference lines, for the AC side."""


def trip_bars(answer: RoundTrips, *, theme: str | None) -> go.Figure:
    """Draw the round trip at each boundary, with the fleet benchmarks of the AC side as lines [%]."""
    known = [one for one in answer.trips if one.pct is not None]
    if not known:
        return message(answer.reason or t("No round trip is known."), theme, height=HEIGHT_PX)
    own = colours(theme)
    values = np.array([one.pct or 0.0 for one in known])
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=[t(BOUNDARY_WORDS[one.boundary]) for one in known],
            mode="markers+text",
            marker={"size": 12, "color": [own["warning"] if one.reason else series_colour(0, theme) for one in known]},
            text=[quantity(one.pct, "%") for one in known],
            textposition="top center",
            textfont={"color": own["ink"]},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    style(figure, theme, height=HEIGHT_PX, showlegend=False, margin={"l": 132, "r": 16, "t": 62, "b": 52})
    low = min(80.0, float(values.min()) - 2)
    figure.update_xaxes(title_text=t("round trip [%]"), range=[low, max(101.0, float(values.max()) + 1)])
    figure.update_yaxes(type="category", range=[len(known) - 0.5, -0.6], showgrid=True)
    for at, (level, words) in enumerate(BENCHMARKS):
        figure.add_vline(x=level, line={"color": own["limit"], "width": 1, "dash": "dash"})
        figure.add_annotation(
            text=f"{level:.0f} % {t(words)}",
            x=level,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=2 + 15 * at,
            xanchor="right" if at else "left",
            showarrow=False,
            font={"size": 11, "color": own["limit"]},
        )
    return figure


def charge_curves(answer: ChargeCurves, *, theme: str | None) -> go.Figure:
    """Draw full charges of the first sixty days and of the last: mean cell voltage over the charge still missing."""
    if not answer.curves:
        return message(answer.reason or t("No full charge to compare."), theme, height=HEIGHT_PX)
    figure = go.Figure()
    named: set[bool] = set()
    for curve in answer.curves:
        figure.add_trace(_curve(curve, theme, is_first=curve.late not in named))
        named.add(curve.late)
    style(figure, theme, height=HEIGHT_PX, hovermode="closest", margin={"l": 56, "r": 16, "t": 46, "b": 52})
    figure.update_xaxes(title_text=t("charge missing to full [Ah]"), autorange="reversed")
    figure.update_yaxes(title_text=t("mean cell voltage [V]"))
    return figure


def _curve(curve: ChargeCurve, theme: str | None, *, is_first: bool) -> go.Scatter:
    name = t("last sixty days") if curve.late else t("first sixty days")
    return go.Scatter(
        x=curve.missing_ah.astype(np.float32),
        y=curve.cell_v.astype(np.float32),
        mode="lines",
        name=name,
        legendgroup=name,
        showlegend=is_first,
        line={"color": series_colour(1 if curve.late else 0, theme), "width": 1.5},
        hovertemplate=f"{day(curve.start)}<br>%{{x:.0f}} Ah, %{{y:.3f}} V<extra></extra>",
    )
