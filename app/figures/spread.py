"""Every cell of every pack on one axis: how far the packs are spread, and which cells lie apart."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import numpy as np

from app.figures import objects as go
from app.figures.marks import SYMBOLS, severity_marker
from app.figures.scales import CROWDED
from app.figures.theme import colours, faded, series_colour, style
from app.language import t
from app.numbers import number, quantity
from app.shapes.packs import PackReport
from app.shapes.pictures import HeatmapAnswer

TITLE_LETTERS = 40
"""Letters of a line of the axis title: what a phone shows [1]."""
ROW_PX, EDGES_PX = 72, 92
"""Height of a pack's row, and of what is around the rows [px]."""
WIDTH = 0.3
"""How far points are moved off their pack's line, so that equal ones are seen [rows]."""


def cell_spread(
    answers: Mapping[int, HeatmapAnswer],
    reports: Mapping[int, PackReport],
    *,
    flagged: Mapping[tuple[int, int], str],
    theme: str | None,
) -> go.Figure:
    """Draw each cell as a point on its pack's row.

    Parameters
    ----------
    answers : mapping of int to HeatmapAnswer
        One number per cell of each pack, of one metric; unknown ones are left out.
    reports : mapping of int to PackReport
        The packs' best and worst cells, which are named.
    flagged : mapping of (pack, cell) to str
        Severity of each flagged cell; its mark's shape says it.
    theme : str or None
        light or dark.

    Returns
    -------
    go.Figure
        Each point's ``customdata`` is its pack and cell.
    """
    first = answers[min(answers)]
    known = {
        (pack, cell): float(value)
        for pack, answer in answers.items()
        for cell, value in zip(answer.cells, answer.values, strict=True)
        if value is not None
    }
    plain = {place: value for place, value in known.items() if place not in flagged}
    traces = [_boxes(known, list(answers), theme), _points(plain, t("no finding"), first.unit, theme, None)]
    for severity in SYMBOLS:
        own = {place: known[place] for place, found in flagged.items() if found == severity and place in known}
        if own:
            traces.append(_points(own, t(severity), first.unit, theme, severity))
    packs = sorted(answers)
    title = "<br>".join(wrap(f"{t(first.statistic)} [{first.unit}]", TITLE_LETTERS))
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": title}, "zeroline": True, "fixedrange": True, "automargin": True},
        "yaxis": {
            "range": [packs[-1] + 0.6, packs[0] - 0.6],
            "tickvals": packs,
            "ticktext": [t("Pack {n}", n=pack) for pack in packs],
            "showgrid": False,
            "fixedrange": True,
        },
        "shapes": _limits(first, theme),
        "annotations": [*_named(reports, theme), *_limit_words(first, known, theme)],
    }
    legend = {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0}
    height = EDGES_PX + ROW_PX * len(packs)
    margin = {"l": 64, "r": 84, "t": 44, "b": 66}
    return style(go.Figure(traces), theme, height=height, margin=margin, legend=legend, uirevision="spread", **layout)


def _off(cell: int) -> float:
    """Move a point off its line, the same for a cell every time."""
    return WIDTH * (2 * ((cell * 0.618034) % 1.0) - 1)


def _points(
    known: Mapping[tuple[int, int], float], name: str, unit: str, theme: str | None, severity: str | None
) -> dict[str, Any]:
    quiet = {"color": faded(series_colour(0, theme), 0.55), "size": 6}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [round(value, 4) for value in known.values()],
        "y": [pack + _off(cell) for pack, cell in known],
        "marker": quiet if severity is None else severity_marker(severity, theme),
        "customdata": [list(place) for place in known],
        "name": name,
        "text": [quantity(value, unit) for value in known.values()],
        "hovertemplate": f"<b>{t('Pack {n} cell {k}', n='%{customdata[0]}', k='%{customdata[1]}')}</b>"
        f"<br>%{{text}}<extra>{name}</extra>",
    }


def _boxes(known: Mapping[tuple[int, int], float], packs: list[int], theme: str | None) -> dict[str, Any]:
    """Draw where the middle half of each pack lies, as one broken thick line."""
    x: list[float | None] = []
    y: list[float | None] = []
    for pack in packs:
        own = np.array([value for (one, _), value in known.items() if one == pack])
        if own.size:
            low, high = np.quantile(own, (0.25, 0.75))
            x += [float(low), float(high), None]
            y += [float(pack), float(pack), None]
    line = {"color": colours(theme)["ink-3"], "width": 3}
    named = {"name": t("middle half of the pack"), "hoverinfo": "skip"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "connectgaps": False, **named}


def _named(reports: Mapping[int, PackReport], theme: str | None) -> list[dict[str, Any]]:
    """Name the worst and the best cell of each pack at the end of its row, clear of the points."""
    font = {"size": 12, "color": colours(theme)["ink-2"]}
    place = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 8, "align": "left", "showarrow": False}
    said = []
    for pack, report in reports.items():
        words = (
            (t("worst: {k}", k=report.worst_cell), report.worst_cell),
            (t("best: {k}", k=report.best_cell), report.best_cell),
        )
        told = "<br>".join(text for text, cell in words if cell is not None)
        said += [{"text": told, "y": pack, "font": font, **place}] if told else []
    return said


def _limits(first: HeatmapAnswer, theme: str | None) -> list[dict[str, Any]]:
    if first.limit is None:
        return []
    line = {"color": colours(theme)["limit"], "width": 1, "dash": "dash"}
    down = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "line": line, "layer": "below"}
    return [down | {"x0": value, "x1": value} for value in (-first.limit, first.limit)]


def _limit_words(
    first: HeatmapAnswer, known: Mapping[tuple[int, int], float], theme: str | None
) -> list[dict[str, Any]]:
    if first.limit is None:
        return []
    reach = max((abs(value) for value in known.values()), default=0.0)
    values = (first.limit,) if first.limit < CROWDED * reach else (-first.limit, first.limit)
    font = {"size": 11, "color": colours(theme)["limit"]}
    place = {"yref": "paper", "y": 0, "yanchor": "bottom", "xanchor": "left", "showarrow": False, "font": font}
    return [place | {"x": value, "text": t("limit {value}", value=number(value))} for value in values]
