"""The capacity through time: every count, its months, the trend, and the fan of its forecast."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from app.figures import objects as go
from app.figures.clock import to_wall_ms
from app.figures.theme import colours, faded, message, series_colour, style
from app.language import t, tn
from app.numbers import number, quantity, stamp
from app.shapes.health import ForecastDates, HealthAnswer

END_PCT = 80.0
"""Where the forecast ends: the lowest band's upper edge [%]."""
HEIGHT_PX = 380
MARGIN_PCT = 2.0
"""Free above and below what is drawn [%]."""
FAN_ALPHA = 0.18


def capacity_chart(answer: HealthAnswer, *, zone: str, theme: str | None) -> go.Figure:
    """Draw the capacity through time.

    Parameters
    ----------
    answer : HealthAnswer
        Counts [%], months, present value with its interval, and forecast.
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.

    Returns
    -------
    Figure
        A message where no capacity was counted.
    """
    if len(answer.ts) == 0:
        return message(answer.reason or t("No capacity was counted."), theme, height=HEIGHT_PX)
    figure = go.Figure()
    _counts(figure, answer, zone, theme)
    _months(figure, answer, zone, theme)
    if len(answer.forecast.ts):
        _fan(figure, answer.forecast, zone, theme)
    _now(figure, answer, zone, theme)
    style(figure, theme, height=HEIGHT_PX, hovermode="closest", margin={"l": 60, "r": 12, "t": 48, "b": 36})
    reference = t(answer.reference)
    figure.update_yaxes(title_text=t("% of the {reference}", reference=reference), range=_span(answer))
    figure.update_xaxes(type="date")
    if _span(answer)[0] <= END_PCT:
        figure.add_hline(y=END_PCT, line={"color": colours(theme)["limit"], "width": 1, "dash": "dash"})
        words = {"text": t("80 %, end of life"), "font": {"size": 11, "color": colours(theme)["limit"]}}
        figure.add_annotation(x=0, xref="paper", xanchor="left", y=END_PCT, yanchor="bottom", showarrow=False, **words)
    return figure


def _span(answer: HealthAnswer) -> tuple[float, float]:
    """Return the range of the axis: what is drawn, and 80 % where a forecast gets there."""
    drawn = [answer.counts_pct, *(np.array([one.low_pct, one.high_pct]) for one in answer.months)]
    low = float(np.percentile(np.concatenate(drawn), 1))
    high = float(np.percentile(np.concatenate(drawn), 99))
    if len(answer.forecast.ts):
        low = min(low, END_PCT - 1)
    return low - MARGIN_PCT, high + MARGIN_PCT


def _counts(figure: go.Figure, answer: HealthAnswer, zone: str, theme: str | None) -> None:
    figure.add_trace(
        go.Scatter(
            x=to_wall_ms(answer.ts, zone),
            y=np.round(answer.counts_pct, 2),
            mode="markers",
            name=t("One count between full and empty"),
            marker={"size": 4, "color": faded(series_colour(0, theme), 0.35)},
            hovertemplate="%{x|%d %b %Y}: %{y:.1f} %<extra></extra>",
        )
    )


def _months(figure: go.Figure, answer: HealthAnswer, zone: str, theme: str | None) -> None:
    """Draw each month's median with its own scatter, in the month's middle."""
    if not answer.months:
        return
    starts = np.array([round(datetime.fromisoformat(one.start).timestamp() * 1000) for one in answer.months])
    middle = to_wall_ms(starts + 15 * 86_400_000, zone)
    level = np.array([one.median_pct for one in answer.months])
    above = np.array([one.high_pct for one in answer.months]) - level
    hover = [
        tn(
            "{value} ({low} to {high}), {n} count",
            "{value} ({low} to {high}), {n} counts",
            one.counts,
            value=quantity(one.median_pct, "%", 1),
            low=number(one.low_pct, 1),
            high=number(one.high_pct, 1),
            n=one.counts,
        )
        + "<extra></extra>"
        for one in answer.months
    ]
    figure.add_trace(
        go.Scatter(
            x=middle,
            y=np.round(level, 2),
            mode="lines+markers",
            name=t("Median of a month"),
            line={"width": 1.25, "color": series_colour(0, theme)},
            marker={"size": 6, "color": series_colour(0, theme)},
            error_y={"type": "data", "array": np.round(above, 2), "width": 0, "thickness": 1},
            hovertemplate=hover,
        )
    )


def _fan(figure: go.Figure, dates: ForecastDates, zone: str, theme: str | None) -> None:
    x = to_wall_ms(dates.ts, zone)
    colour = series_colour(1, theme)
    hidden = {"x": x, "mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(y=np.round(dates.high, 2), **hidden))
    figure.add_trace(
        go.Scatter(
            **{**hidden, "showlegend": True},
            y=np.round(dates.low, 2),
            fill="tonexty",
            fillcolor=faded(colour, FAN_ALPHA),
            name=t("8 of 10 courses"),
        )
    )
    figure.add_trace(
        go.Scatter(
            x=x,
            y=np.round(dates.middle, 2),
            mode="lines",
            name=t("Forecast"),
            line={"width": 1.25, "color": colour, "dash": "dot"},
            hovertemplate="%{x|%b %Y}: %{y:.1f} %<extra></extra>",
        )
    )


def _now(figure: go.Figure, answer: HealthAnswer, zone: str, theme: str | None) -> None:
    """Draw the present value with its whole interval, what all counts share included."""
    now = answer.soh if answer.soh.value is not None else answer.of_baseline
    if now.value is None or now.low is None:
        return
    at = to_wall_ms(answer.ts[-1:], zone)
    said = f"{stamp(int(answer.ts[-1]), zone, minutes=False)}: {quantity(now.value, '%', 1)}"
    figure.add_trace(
        go.Scatter(
            x=at,
            y=[round(now.value, 2)],
            mode="markers",
            name=t("Now, with 95 % interval"),
            marker={"size": 9, "symbol": "diamond", "color": colours(theme)["ink"]},
            error_y={"type": "data", "array": [round(now.value - now.low, 2)], "thickness": 1.5, "width": 5},
            hovertemplate=f"{said} ± {number(now.value - now.low, 1)}<extra></extra>",
        )
    )
