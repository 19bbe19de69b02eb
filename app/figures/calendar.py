"""The day-by-hour heat map: each day a column, each hour of the site's clock a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.theme import ABSOLUTE_SCALE, diverging, message, style
from app.language import t

HOURS = 24


def day_by_hour(
    days: NDArray[np.datetime64],
    power_kw: NDArray[np.float64],
    *,
    theme: str | None,
    unit: str = "kW",
    height: int | None = None,
) -> go.Figure:
    """Draw a heat map of days and hours.

    Parameters
    ----------
    days : array of datetime64[D]
        The site's calendar days.
    power_kw : array, shape (24, len(days))
        Mean of each hour; NaN where there is no reading. Row 0 is midnight to 01:00. The hour that autumn repeats
        is the mean of both, the one that spring skips is empty.
    theme : str or None
        ``light`` or ``dark``.
    unit : str
        Unit of the values.
    height : int or None
        Height [px].
    """
    if not np.isfinite(power_kw).any():
        return message(t("No power reading in this period"), theme, height=height)
    signed = bool(np.nanmin(power_kw) < 0 < np.nanmax(power_kw))
    reach = float(np.nanquantile(np.abs(power_kw), 0.99)) or 1.0
    figure = go.Figure(
        go.Heatmap(
            x=days.astype("datetime64[D]").astype(str),
            y=np.arange(HOURS),
            z=np.round(power_kw, 1),
            colorscale=diverging(theme) if signed else ABSOLUTE_SCALE,
            zmid=0 if signed else None,
            zmin=-reach if signed else None,
            zmax=reach if signed else None,
            hoverongaps=False,
            hovertemplate=f"%{{x|%a %-d %b %Y}}, %{{y}}:00<br>%{{z}} {unit}<extra></extra>",
            colorbar={"title": {"text": unit, "side": "top"}, "thickness": 10, "outlinewidth": 0, "ticks": "outside"},
        )
    )
    return style(
        figure,
        theme,
        height=height,
        margin={"l": 52, "r": 90, "t": 16, "b": 50, "pad": 0},
        xaxis={"type": "date", "showgrid": False},
        yaxis={
            "title": {"text": t("hour of the day")},
            "autorange": "reversed",
            "tickvals": [0, 6, 12, 18, 23],
            "fixedrange": True,
            "showgrid": False,
        },
    )
