"""Energy by hour, day, week or month: import above the line, export below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.theme import colours, message, series_colour, style
from app.language import mark, t
from app.numbers import energy_parts

UNIT_WORDS = {"hour": mark("hour"), "day": mark("day"), "week": mark("week"), "month": mark("month")}
_HOVER = {"hour": "%a %-d %b %Y, %H:%M", "day": "%a %-d %b %Y", "week": "week of %-d %b %Y", "month": "%b %Y"}


@dataclass(frozen=True, kw_only=True)
class Energy:
    """One row of bars."""

    name: str
    kwh: NDArray[np.float64]
    """Energy of each period; NaN where it is unknown [kWh]."""
    below: bool = False
    """Whether it is drawn below the line, as export is."""


def energy_bars(
    starts: NDArray[np.datetime64], rows: Sequence[Energy], *, unit: str, theme: str | None, height: int | None = None
) -> go.Figure:
    """Draw energies by period.

    Parameters
    ----------
    starts : array of datetime64
        Start of each period, site wall time.
    rows : sequence of Energy
        One row of bars each.
    unit : str
        hour, day, week or month.
    theme : str or None
        ``light`` or ``dark``.
    height : int or None
        Height [px].
    """
    known = [row for row in rows if len(row.kwh) and np.isfinite(row.kwh).any()]
    if not known:
        return message(t("No energy is known in this period"), theme, height=height)
    _, shown = energy_parts(max(float(np.nanmax(np.abs(row.kwh))) for row in known))
    factor = {"kWh": 1.0, "MWh": 1e-3, "GWh": 1e-6}[shown]
    figure = go.Figure()
    for index, row in enumerate(known):
        signed = -row.kwh if row.below else row.kwh
        figure.add_trace(
            go.Bar(
                x=starts.astype("datetime64[ms]").astype(np.int64),
                y=np.round(signed * factor, 3),
                customdata=np.round(row.kwh * factor, 3),
                name=row.name,
                marker={"color": series_colour(index, theme), "line": {"width": 0}},
                hovertemplate=f"%{{customdata}} {shown}<extra>{row.name}</extra>",
            )
        )
    title = t("{shown} per {period}", shown=shown, period=t(UNIT_WORDS[unit]))
    return style(
        figure,
        theme,
        height=height,
        barmode="relative",
        bargap=0.15 if len(starts) < 150 else 0.0,
        hovermode="x unified",
        xaxis={"type": "date", "showgrid": False, "hoverformat": _HOVER[unit]},
        yaxis={
            "title": {"text": title},
            "zeroline": True,
            "zerolinecolor": colours(theme)["ink-3"],
            "fixedrange": True,
        },
        showlegend=len(known) > 1,
    )
