"""Figures of condition: a few places against the band of all others, and packs against each other with their steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from plotly.subplots import make_subplots

from app.figures import objects as go
from app.figures.clock import to_wall_ms
from app.figures.theme import colours, faded, message, series_colour, style
from app.language import mark, t
from app.numbers import number
from app.shapes.answer import Floats, Ints
from app.shapes.condition import PackSteps

HEIGHT_PX, ROW_PX = 320, 170
QUANTITIES = {
    "voltage": mark("voltage [mV]"),
    "imbalance": mark("imbalance [mV]"),
    "temperature": mark("temperature [K]"),
}


def outliers(
    ts: Ints,
    band: tuple[Floats, Floats],
    tracks: Sequence[tuple[str, Floats]],
    *,
    title: str,
    zone: str,
    theme: str | None,
    median: Floats | None = None,
    limit: float | None = None,
    nothing: str = "",
) -> go.Figure:
    """Draw single places over the band in which nine of ten of all lie.

    Parameters
    ----------
    ts : array
        Of the rows [epoch ms UTC].
    band : tuple of array
        5th and 95th percentile.
    tracks : sequence of tuple
        Names and values of the places.
    title : str
        Of the value axis, with its unit.
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.
    median : array or None
        Of all places.
    limit : float or None
        Drawn on either side of nought.
    nothing : str
        What to say where there is nothing to draw.
    """
    if not len(ts) or not (np.isfinite(band[0]).any() or any(np.isfinite(values).any() for _, values in tracks)):
        return message(nothing, theme, height=HEIGHT_PX)
    own, x = colours(theme), to_wall_ms(ts, zone)
    figure = go.Figure()
    _add_band(figure, x, band, own["ink-3"])
    if median is not None:
        line = {"color": own["ink-3"], "width": 1.5}
        figure.add_trace(go.Scatter(x=x, y=_short(median), mode="lines", line=line, name=t("median")))
    for at, (name, values) in enumerate(tracks):
        mode = "lines+markers" if len(ts) < 40 else "lines"
        line = {"color": series_colour(at, theme), "width": 1.6}
        figure.add_trace(go.Scatter(x=x, y=_short(values), mode=mode, line=line, name=name))
    style(figure, theme, height=HEIGHT_PX, margin={"l": 56, "r": 12, "t": 46, "b": 36}, legend_traceorder="normal")
    figure.update_xaxes(type="date")
    figure.update_yaxes(title_text=title, fixedrange=True)
    for level in () if limit is None else (-limit, limit):
        figure.add_hline(y=level, line={"color": own["limit"], "width": 1, "dash": "dash"})
    return figure


def _add_band(figure: go.Figure, x: Floats, band: tuple[Floats, Floats], colour: str) -> None:
    drawn = {"x": x, "mode": "lines", "line": {"width": 0, "color": colour}, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(y=_short(band[0]), showlegend=False, **drawn))
    filled = {"fill": "tonexty", "fillcolor": faded(colour, 0.22)}
    figure.add_trace(go.Scatter(y=_short(band[1]), name=t("nine of ten"), **filled, **drawn))


def pack_lines(answer: PackSteps, *, zone: str, theme: str | None) -> go.Figure:
    """Draw each pack against the others, a row for each quantity, with a mark where a level begins anew."""
    shown = [name for name in QUANTITIES if name in answer.tracks]
    if not shown:
        return message(answer.reason or t("No daily series."), theme, height=ROW_PX)
    figure: go.Figure = make_subplots(rows=len(shown), cols=1, shared_xaxes=True, vertical_spacing=0.08)
    x = to_wall_ms(answer.ts, zone)
    for row, name in enumerate(shown, start=1):
        for at, track in enumerate(answer.tracks[name]):
            trace = go.Scatter(
                x=x,
                y=_short(track.value),
                mode="lines",
                line={"color": series_colour(at, theme), "width": 1.3},
                name=t("pack {pack}", pack=track.pack),
                legendgroup=str(track.pack),
                showlegend=row == 1,
            )
            figure.add_trace(trace, row=row, col=1)
        for step in (one for one in answer.steps if one.quantity == name):
            words = t("pack {pack}: {size} {unit}", pack=step.pack, size=number(step.size, 1), unit=step.unit)
            line = {"color": colours(theme)["limit"], "width": 1, "dash": "dot"}
            figure.add_shape(type="line", x0=step.at[:10], x1=step.at[:10], y0=0, y1=1, yref="y domain", line=line,
                             row=row, col=1)  # fmt: skip
            figure.add_annotation(text=words, x=step.at[:10], y=1, yref="y domain", yanchor="bottom", xanchor="left",
                                  showarrow=False, font={"size": 11}, row=row, col=1)  # fmt: skip
        figure.update_yaxes(title_text=t(QUANTITIES[name]), fixedrange=True, row=row, col=1)
    style(figure, theme, height=60 + ROW_PX * len(shown), margin={"l": 64, "r": 12, "t": 52, "b": 36})
    figure.update_xaxes(type="date")
    return figure


def _short(values: Floats) -> list[float | None]:
    return [None if not np.isfinite(one) else round(float(one), 4) for one in values]
