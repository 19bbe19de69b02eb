"""Two periods of the same cells under each other, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.arrangement import Arrangement
from app.figures.heatmap import matrix_of, places_of
from app.figures.scales import Scale, diverging_scale, metric_scale
from app.figures.theme import colours, style
from app.language import t
from app.numbers import digits_of
from app.shapes.pictures import HeatmapAnswer

ROW_PX, MAP_MIN_PX, TITLE_PX, EDGES_PX = 24, 96, 44, 64
"""Height of a pack's row, of a map at least, of the words above each map, and around all of them [px]."""
Values = dict[tuple[int, int], float | None]


@dataclass(frozen=True, kw_only=True)
class Map:
    """One of the maps: its words, its numbers and their scale."""

    title: str
    values: Values
    scale: Scale
    unit: str


def period_pair(
    before: Mapping[int, HeatmapAnswer],
    after: Mapping[int, HeatmapAnswer],
    *,
    titles: tuple[str, str],
    theme: str | None,
    relative: bool = False,
    limit: float | None = None,
    beside: Mapping[tuple[int, int], int] | None = None,
) -> go.Figure:
    """Draw the cells in two periods on one scale, and the second minus the first on a scale of its own.

    Parameters
    ----------
    before, after : mapping of int to HeatmapAnswer
        One answer per pack for each period, of one metric.
    titles : tuple of str
        Words above the two maps.
    theme : str or None
        light or dark.
    relative : bool
        Whether the numbers are distances already: their scale is then centred on 0.
    limit : float, optional
        Limit that the difference is held against [unit of the metric].
    beside : mapping of (pack, sensor) to int, optional
        The cell that a click on a sensor means.

    Returns
    -------
    go.Figure
        Three heat maps that share the axis of the cells; a cell that is unknown in either period has no difference.
    """
    first = before[min(before)]
    one, two = values_of(before), values_of(after)
    pooled = [*one.values(), *two.values()]
    known = np.array([value for value in pooled if value is not None], np.float64)
    shared = (
        diverging_scale(known, first.limit, theme=theme)
        if relative
        else metric_scale(first.metric, pooled, first.limit, theme=theme)
    )
    moved = difference(one, two)
    factor, unit = step_unit(first.unit)
    moved = {place: None if value is None else value * factor for place, value in moved.items()}
    steps = np.array([value for value in moved.values() if value is not None], np.float64)
    maps = (
        Map(title=titles[0], values=one, scale=shared, unit=first.unit),
        Map(title=titles[1], values=two, scale=shared, unit=first.unit),
        Map(title=t("Second minus first"), values=moved, scale=diverging_scale(steps, limit, theme=theme), unit=unit),
    )
    plan = Arrangement({pack: answer.cells for pack, answer in before.items()})
    return _drawn(maps, plan, theme, sensors=first.metric == "temperature", beside=beside or {})


def values_of(answers: Mapping[int, HeatmapAnswer]) -> Values:
    """Return each cell's number by pack and cell."""
    return {
        (pack, cell): value
        for pack, answer in answers.items()
        for cell, value in zip(answer.cells, answer.values, strict=True)
    }


def step_unit(unit: str) -> tuple[float, str]:
    """Return the factor and the unit in which a change of a number is told: volts in mV, temperatures in K."""
    return (1000.0, "mV") if unit == "V" else (1.0, "K" if unit == "°C" else unit)


def difference(before: Values, after: Values) -> Values:
    """Subtract the first period from the second, cell by cell; None where either is unknown."""
    return {
        place: None if (late := after.get(place)) is None or early is None else late - early
        for place, early in before.items()
    }


def map_px(packs: int) -> int:
    """Return the height of one map: a row for each pack, and room for the words of its scale [px]."""
    return max(ROW_PX * packs, MAP_MIN_PX)


def _drawn(
    maps: Sequence[Map], plan: Arrangement, theme: str | None, *, sensors: bool, beside: Mapping[tuple[int, int], int]
) -> go.Figure:
    tall = map_px(len(plan.packs))
    block = TITLE_PX + tall
    height = EDGES_PX + block * len(maps)
    across, down = plan.axes(sensors=sensors)
    layout: dict[str, object] = {"xaxis": across | {"anchor": f"y{len(maps)}"}}
    figure = go.Figure()
    plot = height - EDGES_PX
    for at, one in enumerate(maps):
        top = 1 - (at * block + TITLE_PX) / plot
        low = max(top - tall / plot, 0.0)
        axis = "y" if at == 0 else f"y{at + 1}"
        figure.add_trace(_map(one, plan, axis, (low, top), beside))
        layout[axis.replace("y", "yaxis")] = down | {"domain": [low, top], "ticks": ""}
    words = [_words(one, 1 - (at * block + TITLE_PX) / plot, theme) for at, one in enumerate(maps)]
    margin = {"l": 64, "r": 108, "t": 8, "b": EDGES_PX - 8}
    style(figure, theme, height=height, margin=margin, uirevision="pairs", annotations=words, **layout)
    return figure


def _words(one: Map, top: float, theme: str | None) -> dict[str, object]:
    font = {"size": 12, "color": colours(theme)["ink"]}
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom", "yshift": 4}
    return {"text": f"{one.title} [{_unit(one)}]", "showarrow": False, "font": font, **place}


def _map(
    one: Map, plan: Arrangement, axis: str, domain: tuple[float, float], beside: Mapping[tuple[int, int], int]
) -> go.Heatmap:
    unit = _unit(one)
    bar: dict[str, object] = {"thickness": 10, "outlinewidth": 0}
    bar |= {"len": domain[1] - domain[0], "y": domain[0], "yanchor": "bottom", "lenmode": "fraction"}
    if one.scale.ticks:
        few = _few(one.scale)
        bar |= {"tickmode": "array", "tickvals": [place for place, _ in few], "ticktext": [word for _, word in few]}
    else:
        bar |= {"nticks": 3, "tickformat": f".{digits_of(one.unit)}f"}
    return go.Heatmap(
        z=matrix_of(plan, one.values),
        x0=1,
        dx=1,
        y0=plan.origin,
        dy=1,
        yaxis=axis,
        zmin=one.scale.low,
        zmax=one.scale.high,
        colorscale=one.scale.colors,
        colorbar=bar,
        xgap=1,
        ygap=2,
        text=_texts(one, plan, unit),
        customdata=places_of(plan, beside),
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
    )


def _unit(one: Map) -> str:
    return "z" if one.unit == "1" else one.unit


def _few(scale: Scale) -> list[tuple[float, str]]:
    """Keep the ends and the middle of a scale's ticks, and the limit."""
    marks = list(zip(scale.ticks, scale.words, strict=True))
    return marks if len(marks) <= 3 else [marks[0], *(one for one in marks[1:-1] if "limit" in one[1]), marks[-1]]


def _texts(one: Map, plan: Arrangement, unit: str) -> NDArray[np.object_]:
    text = np.full(plan.shape, "", dtype=object)
    digits, sign = 1 if unit == "z" else digits_of(one.unit), "+" if one.scale.low < 0 else ""
    for (pack, cell), value in one.values.items():
        shown = t("unknown") if value is None else f"{value:{sign}.{digits}f} {unit}".replace("-", "−")
        text[plan.index(pack, cell)] = f"<b>{t('Pack {n}', n=pack)} · {cell}</b><br>{one.title}: {shown}"
    return text
