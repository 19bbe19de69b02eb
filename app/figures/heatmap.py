"""The heat map of cells: every pack as one physical row, all packs of a system on one scale.

A value that is unknown is hatched and says why; it never takes a colour of the scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import plotly.graph_objects as go

from app.figures.marks import SYMBOLS, severity_marker
from app.figures.scales import Scale, metric_scale
from app.figures.theme import colours, style
from app.numbers import digits_of, quantity
from app.shapes import HeatmapAnswer

EVERY = 5
"""Cells are numbered every fifth."""
_ROW_PX, _MARGIN_PX = 74, 104


def pack_heatmap(
    answers: Mapping[int, HeatmapAnswer],
    *,
    flagged: Mapping[tuple[int, int], str],
    theme: str | None,
    selected: tuple[int, int] | None = None,
    scale: Scale | None = None,
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

    Returns
    -------
    go.Figure
        Both axes count in the numbers of the cells and packs, so a click's ``x`` is the cell and its ``y`` the pack.
    """
    first = answers[min(answers)]
    values = [value for answer in answers.values() for value in answer.values]
    scale = scale or metric_scale(first.metric, values, first.limit, theme=theme)
    figure = go.Figure([_unknown_cells(answers, theme), _known_cells(answers, scale, flagged)])
    for severity in SYMBOLS:
        figure.add_trace(_flag_marks(answers, flagged, severity, theme))
    if selected is not None and selected[0] in answers:
        figure.add_shape(_frame(*selected, theme))
    packs, longest = _rows(answers), max(cell for answer in answers.values() for cell in answer.cells)
    style(
        figure,
        theme,
        height=_MARGIN_PX + _ROW_PX * len(packs),
        margin={"l": 64, "r": 12, "t": 28, "b": 44},
        bargap=0,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        uirevision="heatmap",
    )
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True}
    along = "sensor" if first.metric == "temperature" else "cell, in physical order"
    figure.update_xaxes(title_text=along, range=[0.5, longest + 0.5], tickvals=_numbered(longest), **plain)
    names = [f"Pack {pack}" for pack in packs]
    figure.update_yaxes(range=[packs[-1] + 0.5, packs[0] - 0.5], tickvals=packs, ticktext=names, **plain)
    return figure


def _rows(answers: Mapping[int, HeatmapAnswer]) -> list[int]:
    return list(range(min(answers), max(answers) + 1))


def _numbered(longest: int) -> list[int]:
    return [1, *range(EVERY, longest + 1, EVERY)]


def _cells(answers: Mapping[int, HeatmapAnswer]) -> Iterator[tuple[int, int, float | None]]:
    """Go through pack, cell and value."""
    for pack, answer in answers.items():
        for cell, value in zip(answer.cells, answer.values, strict=True):
            yield pack, cell, value


def _ranks(answers: Mapping[int, HeatmapAnswer]) -> dict[tuple[int, int], int]:
    """Rank the known values of all packs, 1 = the one to look at first."""
    metric = next(iter(answers.values())).metric
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


def _known_cells(
    answers: Mapping[int, HeatmapAnswer], scale: Scale, flagged: Mapping[tuple[int, int], str]
) -> go.Heatmap:
    packs = _rows(answers)
    longest = max(cell for answer in answers.values() for cell in answer.cells)
    matrix = np.full((len(packs), longest), np.nan, dtype=np.float32)
    for pack, cell, value in _cells(answers):
        matrix[pack - packs[0], cell - 1] = np.nan if value is None else value
    median = float(np.nanmedian(matrix)) if np.isfinite(matrix).any() else np.nan
    ranks, first = _ranks(answers), answers[packs[0]]
    text = np.full(matrix.shape, "", dtype=object)
    for pack, cell, value in _cells(answers):
        if value is not None:
            place = (ranks[pack, cell], len(ranks))
            text[pack - packs[0], cell - 1] = _hover(first, pack, cell, value, median, place, flagged.get((pack, cell)))
    return go.Heatmap(
        z=matrix,
        x0=1,
        dx=1,
        y0=packs[0],
        dy=1,
        zmin=scale.low,
        zmax=scale.high,
        colorscale=scale.colors,
        colorbar=_legend_bar(scale, first),
        xgap=1,
        ygap=18,
        text=text,
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        showlegend=False,
    )


def _hover(
    answer: HeatmapAnswer, pack: int, cell: int, value: float, median: float, rank: tuple[int, int], flag: str | None
) -> str:
    lines = [f"<b>Pack {pack} {_noun(answer)} {cell}</b>{f' · {flag}' if flag else ''}"]
    lines.append(f"{quantity(value, answer.unit)} ({answer.statistic})")
    if answer.metric != "deviation":
        lines.append(f"{_deviation(value - median, answer.unit)} from the median")
    lines.append(f"rank {rank[0]} of {rank[1]}, {_RANKED.get(answer.metric, 'farthest first')}")
    return "<br>".join(lines)


_RANKED = {"temperature": "hottest first", "soh": "lowest first", "degradation": "fastest loss first"}


def _noun(answer: HeatmapAnswer) -> str:
    return "sensor" if answer.metric == "temperature" else "cell"


def _deviation(value: float, unit: str) -> str:
    """Write a deviation with its sign, volts as millivolts."""
    scaled, shown = (value * 1000, "mV") if unit == "V" else (value, unit)
    return f"{'+' if scaled > 0 else ''}{quantity(scaled, shown)}"


def _legend_bar(scale: Scale, answer: HeatmapAnswer) -> dict[str, object]:
    bar: dict[str, object] = {
        "title": {"text": answer.unit, "side": "top"},
        "thickness": 12,
        "outlinewidth": 0,
        "lenmode": "fraction",
        "len": 1,
    }
    if scale.ticks:
        return bar | {"tickmode": "array", "tickvals": list(scale.ticks), "ticktext": list(scale.words)}
    return bar | {"nticks": 5, "tickformat": f".{digits_of(answer.unit)}f"}


def _unknown_cells(answers: Mapping[int, HeatmapAnswer], theme: str | None) -> go.Bar:
    """Hatched boxes where the value is unknown."""
    places = [(pack, cell) for pack, cell, value in _cells(answers) if value is None]
    grey = colours(theme)["unknown"]
    told = [
        f"<b>Pack {pack} {_noun(answers[pack])} {cell}</b><br>unknown: {answers[pack].reason or 'no readings'}"
        for pack, cell in places
    ]
    return go.Bar(
        x=[cell for _, cell in places],
        y=[0.76 for _ in places],
        base=[pack - 0.38 for pack, _ in places],
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
        name="unknown",
        showlegend=bool(places),
    )


def _flag_marks(
    answers: Mapping[int, HeatmapAnswer], flagged: Mapping[tuple[int, int], str], severity: str, theme: str | None
) -> go.Scatter:
    """Mark the flagged cells in the gap above them, where any colour of the scale lets a mark be seen."""
    spots = [
        (pack, cell)
        for (pack, cell), found in flagged.items()
        if found == severity and pack in answers and cell in answers[pack].cells
    ]
    return go.Scatter(
        x=[cell for _, cell in spots],
        y=[pack - 0.44 for pack, _ in spots],
        mode="markers",
        marker=severity_marker(severity, theme),
        name=severity,
        hoverinfo="skip",
        showlegend=bool(spots),
    )


def _frame(pack: int, cell: int, theme: str | None) -> dict[str, object]:
    line = {"color": colours(theme)["accent"], "width": 3}
    return {"type": "rect", "x0": cell - 0.5, "x1": cell + 0.5, "y0": pack - 0.42, "y1": pack + 0.42, "line": line}
