"""The heat map of cells: every pack as one physical row, all packs of a system on one scale.

A value that is unknown is hatched and says why; it never takes a colour of the scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.arrangement import Arrangement
from app.figures.marks import SYMBOLS, severity_marker
from app.figures.scales import Scale, diverging_scale, metric_scale
from app.figures.theme import colours, style
from app.language import mark, t
from app.numbers import digits_of, quantity
from app.shapes.pictures import HeatmapAnswer

TOP_PX = 68
"""Room over the cells: for the scale, and beneath it the legend [px]."""
SCALE_PX = 256
"""Length of the scale, which lies at the left, where a phone shows it too [px]."""


def pack_heatmap(
    answers: Mapping[int, HeatmapAnswer],
    *,
    flagged: Mapping[tuple[int, int], str],
    theme: str | None,
    selected: tuple[int, int] | None = None,
    scale: Scale | None = None,
    relative: bool = False,
    in_one_row: bool = False,
    beside: Mapping[tuple[int, int], int] | None = None,
) -> go.Figure:
    """Draw every pack of a system as a row of cells in physical order.

    Parameters
    ----------
    answers : mapping of int to HeatmapAnswer
        One answer per pack, of one metric.
    flagged : mapping of (pack, cell) to str
        Severity of each flagged cell; each gets a mark whose shape says the severity.
    theme : str or None
        light or dark.
    selected : tuple of int, optional
        Pack and cell that are framed.
    scale : Scale, optional
        The common scale; made from the answers when it is not given.
    relative : bool
        Whether the numbers are distances already: the scale is then centred on 0, whatever the metric.
    in_one_row : bool
        Whether the whole string lies in one row, pack after pack, instead of one row for each pack.
    beside : mapping of (pack, sensor) to int, optional
        The cell that a click on a sensor means.

    Returns
    -------
    go.Figure
        Each point's ``customdata`` holds its pack and cell.
    """
    first = answers[min(answers)]
    scale = scale or scale_of(answers, relative=relative, theme=theme)
    plan = Arrangement({pack: answer.cells for pack, answer in answers.items()}, in_one_row)
    figure = go.Figure([_unknown_cells(answers, plan, theme), _known_cells(answers, plan, scale, flagged, relative)])
    figure.data[1].customdata = places_of(plan, beside or {})
    for severity in SYMBOLS:
        figure.add_trace(_flag_marks(plan, flagged, severity, theme))
    across, down = plan.axes(sensors=first.metric == "temperature")
    style(
        figure,
        theme,
        height=plan.height_px,
        margin={"l": 12 if in_one_row else 64, "r": 12, "t": TOP_PX, "b": 52},
        bargap=0,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        uirevision="heatmap",
        xaxis=across,
        yaxis=down,
        shapes=[_frame(plan, *selected, theme)] if selected is not None and selected[0] in answers else [],
    )
    return figure


def scale_of(answers: Mapping[int, HeatmapAnswer], *, relative: bool, theme: str | None) -> Scale:
    """Choose the scale that all packs of a view share."""
    first = answers[min(answers)]
    values = [value for answer in answers.values() for value in answer.values]
    if relative:
        known = np.array([value for value in values if value is not None], dtype=np.float64)
        return diverging_scale(known, first.limit, theme=theme)
    return metric_scale(first.metric, values, first.limit, theme=theme)


def _cells(answers: Mapping[int, HeatmapAnswer]) -> Iterator[tuple[int, int, float | None]]:
    """Go through pack, cell and value."""
    for pack, answer in answers.items():
        for cell, value in zip(answer.cells, answer.values, strict=True):
            yield pack, cell, value


def _ranks(answers: Mapping[int, HeatmapAnswer], *, relative: bool) -> dict[tuple[int, int], int]:
    """Rank the known values of all packs, 1 = the one to look at first."""
    metric = "deviation" if relative else next(iter(answers.values())).metric
    known = [(pack, cell, value) for pack, cell, value in _cells(answers) if value is not None]
    centre = float(np.median([value for *_, value in known])) if known else 0.0
    ordered = sorted(known, key=lambda row: _urgency(metric, row[2], centre))
    return {(pack, cell): place for place, (pack, cell, _) in enumerate(ordered, start=1)}


def _urgency(metric: str, value: float, centre: float) -> float:
    """Order of a value within its metric: the lowest is looked at first."""
    if metric == "temperature":
        return -value
    if metric in {"soh", "degradation"}:
        return value
    return -abs(value - (0.0 if metric == "deviation" else centre))


def matrix_of(plan: Arrangement, values: Mapping[tuple[int, int], float | None]) -> NDArray[np.float32]:
    """Lay numbers out as they are drawn; NaN where there is none."""
    matrix = np.full(plan.shape, np.nan, dtype=np.float32)
    for place, value in values.items():
        matrix[plan.index(*place)] = np.nan if value is None else value
    return matrix


def places_of(plan: Arrangement, beside: Mapping[tuple[int, int], int]) -> list[list[list[int] | None]]:
    """Name the pack and cell of each spot of the matrix, of a sensor the cell beside it; None where there is none."""
    rows, columns = plan.shape
    named: list[list[list[int] | None]] = [[None] * columns for _ in range(rows)]
    for pack, cells in plan.cells.items():
        for cell in cells:
            row, column = plan.index(pack, cell)
            named[row][column] = [pack, beside.get((pack, cell), cell)]
    return named


def _known_cells(
    answers: Mapping[int, HeatmapAnswer],
    plan: Arrangement,
    scale: Scale,
    flagged: Mapping[tuple[int, int], str],
    relative: bool,
) -> go.Heatmap:
    values = {(pack, cell): value for pack, cell, value in _cells(answers)}
    matrix = matrix_of(plan, values)
    median = float(np.nanmedian(matrix)) if np.isfinite(matrix).any() else np.nan
    ranks, first = _ranks(answers, relative=relative), answers[min(answers)]
    text = np.full(matrix.shape, "", dtype=object)
    for place, value in values.items():
        if value is not None:
            rank = (ranks[place], len(ranks))
            centre = None if relative or first.metric == "deviation" else median
            text[plan.index(*place)] = _hover(first, *place, value, centre, rank, flagged.get(place))
    return go.Heatmap(
        z=matrix,
        x0=1,
        dx=1,
        y0=plan.origin,
        dy=1,
        zmin=scale.low,
        zmax=scale.high,
        colorscale=scale.colors,
        colorbar=_legend_bar(scale, first),
        xgap=0 if plan.in_one_row else 1,
        ygap=18,
        text=text,
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        showlegend=False,
    )


def _hover(
    answer: HeatmapAnswer,
    pack: int,
    cell: int,
    value: float,
    median: float | None,
    rank: tuple[int, int],
    flag: str | None,
) -> str:
    named = t("Pack {n} sensor {k}", n=pack, k=cell) if is_sensor(answer) else t("Pack {n} cell {k}", n=pack, k=cell)
    lines = [f"<b>{named}</b>{f' · {t(flag)}' if flag else ''}"]
    lines.append(f"{_written(value, answer.unit)} ({t(answer.statistic)})")
    if median is not None:
        lines.append(t("{value} from the median", value=_deviation(value - median, answer.unit)))
    order = _RANKED.get(answer.metric, "farthest first") if median is not None else t("farthest first")
    lines.append(f"{t('rank {k} of {n}', k=rank[0], n=rank[1])}, {t(order)}")
    return "<br>".join(lines)


_RANKED = {"temperature": mark("hottest first"), "soh": mark("lowest first"), "degradation": mark("fastest loss first")}


def is_sensor(answer: HeatmapAnswer) -> bool:
    """Whether the numbers are of temperature sensors instead of cells."""
    return answer.metric == "temperature"


def _written(value: float, unit: str) -> str:
    """Write a value with its unit; a robust score as z."""
    return f"z {quantity(value, '', 1)}" if unit == "1" else quantity(value, unit)


def _deviation(value: float, unit: str) -> str:
    """Write a deviation with its sign, volts as millivolts."""
    scaled, shown = (value * 1000, "mV") if unit == "V" else (value, unit)
    return f"{'+' if scaled > 0 else ''}{quantity(scaled, shown)}"


def _legend_bar(scale: Scale, answer: HeatmapAnswer) -> dict[str, object]:
    bar: dict[str, object] = {
        "orientation": "h",
        "title": {"text": "z" if answer.unit == "1" else answer.unit, "side": "right", "font": {"size": 12}},
        "thickness": 10,
        "outlinewidth": 0,
        "lenmode": "pixels",
        "len": SCALE_PX,
        "x": 0,
        "xanchor": "left",
        "xpad": 0,
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "ypad": 0,
    }
    if scale.ticks:
        return bar | {"tickmode": "array", "tickvals": list(scale.ticks), "ticktext": list(scale.words)}
    return bar | {"nticks": 5, "tickformat": f".{digits_of(answer.unit)}f"}


def _unknown_cells(answers: Mapping[int, HeatmapAnswer], plan: Arrangement, theme: str | None) -> go.Bar:
    """Hatched boxes where the value is unknown."""
    places = [(pack, cell) for pack, cell, value in _cells(answers) if value is None]
    spots = [plan.spot(*place) for place in places]
    grey = colours(theme)["unknown"]
    told = []
    for pack, cell in places:
        words = t("Pack {n} sensor {k}", n=pack, k=cell) if is_sensor(answers[pack]) else None
        named = words or t("Pack {n} cell {k}", n=pack, k=cell)
        told.append(f"<b>{named}</b><br>{t('unknown')}: {t(answers[pack].reason or 'no readings')}")
    return go.Bar(
        x=[column for column, _ in spots],
        y=[0.76 for _ in spots],
        base=[row - 0.38 for _, row in spots],
        width=0.94,
        marker={
            "color": "rgba(0,0,0,0)",
            "line": {"color": grey, "width": 0.5},
            "pattern": {"shape": "/", "fgcolor": grey, "size": 5, "solidity": 0.25},
        },
        customdata=[[pack, cell] for pack, cell in places],
        text=told,
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        name=t("unknown"),
        showlegend=bool(places),
    )


def _flag_marks(
    plan: Arrangement, flagged: Mapping[tuple[int, int], str], severity: str, theme: str | None
) -> go.Scatter:
    """Mark the flagged cells in the gap above them, where any colour of the scale lets a mark be seen."""
    places = [
        place for place, found in flagged.items() if found == severity and place[1] in plan.cells.get(place[0], ())
    ]
    spots = [plan.spot(*place) for place in places]
    return go.Scatter(
        x=[column for column, _ in spots],
        y=[row - 0.44 for _, row in spots],
        mode="markers",
        marker=severity_marker(severity, theme),
        customdata=[list(place) for place in places],
        name=t(severity),
        hoverinfo="skip",
        showlegend=bool(spots),
    )


def _frame(plan: Arrangement, pack: int, cell: int, theme: str | None) -> dict[str, object]:
    column, row = plan.spot(pack, cell)
    line = {"color": colours(theme)["accent"], "width": 3}
    edges = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.42, "y1": row + 0.42}
    return {"type": "rect", **edges, "line": line, "name": "selected"}
