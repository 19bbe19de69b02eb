"""The heat map of cells: every pack as one physical row, all packs of a system on one scale.

A value that is unknown is hatched and says why; it never takes a colour of the scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

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
        Point ``customdata`` is ``[pack, cell]``, as the page reads from a click.
    """
    packs = sorted(answers)
    first = answers[packs[0]]
    values = [value for pack in packs for value in answers[pack].values]
    scale = scale or metric_scale(first.metric, values, first.limit, theme=theme)
    figure = go.Figure()
    figure.add_trace(_unknown_cells(answers, packs, theme))
    figure.add_trace(_known_cells(answers, packs, scale, flagged))
    for severity in SYMBOLS:
        figure.add_trace(_flag_marks(answers, packs, flagged, severity, theme))
    if selected is not None and selected[0] in packs:
        figure.add_shape(_frame(packs.index(selected[0]), selected[1], answers[selected[0]], theme))
    longest = max(len(answers[pack].cells) for pack in packs)
    style(
        figure,
        theme,
        height=_MARGIN_PX + _ROW_PX * len(packs),
        margin={"l": 64, "r": 12, "t": 28, "b": 44},
        bargap=0,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        uirevision="heatmap",
    )
    figure.update_xaxes(
        title_text="sensor" if first.metric == "temperature" else "cell, in physical order",
        range=[0.5, longest + 0.5],
        tickvals=_numbered(longest),
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[len(packs) - 0.5, -0.5],
        tickvals=list(range(len(packs))),
        ticktext=[f"Pack {pack}" for pack in packs],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return figure


def _numbered(longest: int) -> list[int]:
    return [1, *range(EVERY, longest + 1, EVERY)]


def _ranks(answers: Mapping[int, HeatmapAnswer]) -> dict[tuple[int, int], int]:
    """Rank the known values of all packs, 1 = the one to look at first."""
    metric = next(iter(answers.values())).metric
    known = [
        (pack, cell, value)
        for pack, answer in answers.items()
        for cell, value in zip(answer.cells, answer.values, strict=True)
        if value is not None
    ]
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


def _matrix(answers: Mapping[int, HeatmapAnswer], packs: Sequence[int]) -> NDArray[np.float32]:
    longest = max(len(answers[pack].cells) for pack in packs)
    matrix = np.full((len(packs), longest), np.nan, dtype=np.float32)
    for row, pack in enumerate(packs):
        values = [np.nan if value is None else value for value in answers[pack].values]
        matrix[row, : len(values)] = values
    return matrix


def _known_cells(
    answers: Mapping[int, HeatmapAnswer],
    packs: Sequence[int],
    scale: Scale,
    flagged: Mapping[tuple[int, int], str],
) -> go.Heatmap:
    matrix = _matrix(answers, packs)
    ranks = _ranks(answers)
    median = float(np.nanmedian(matrix)) if np.isfinite(matrix).any() else np.nan
    first = answers[packs[0]]
    text = [["" for _ in range(matrix.shape[1])] for _ in packs]
    data: list[list[list[int] | None]] = [[None for _ in range(matrix.shape[1])] for _ in packs]
    for row, pack in enumerate(packs):
        for column, (cell, value) in enumerate(zip(answers[pack].cells, answers[pack].values, strict=True)):
            data[row][column] = [pack, cell]
            flag = flagged.get((pack, cell))
            text[row][column] = _hover(first, pack, cell, value, median, ranks, flag)
    return go.Heatmap(
        z=matrix,
        x0=1,
        dx=1,
        y0=0,
        dy=1,
        zmin=scale.low,
        zmax=scale.high,
        colorscale=scale.colors,
        colorbar=_legend_bar(scale, first),
        xgap=1,
        ygap=18,
        customdata=data,
        text=text,
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        showlegend=False,
    )


def _hover(
    answer: HeatmapAnswer,
    pack: int,
    cell: int,
    value: float | None,
    median: float,
    ranks: Mapping[tuple[int, int], int],
    flag: str | None,
) -> str:
    noun = "sensor" if answer.metric == "temperature" else "cell"
    lines = [f"<b>Pack {pack} {noun} {cell}</b>{f' · {flag}' if flag else ''}"]
    if value is None:
        return f"{lines[0]}<br>unknown: {answer.reason or 'no readings'}"
    lines.append(f"{quantity(value, answer.unit)} ({answer.statistic})")
    if answer.metric != "deviation":
        lines.append(f"{_deviation(value - median, answer.unit)} from the median")
    lines.append(f"rank {ranks[pack, cell]} of {len(ranks)}, {_RANKED.get(answer.metric, 'farthest first')}")
    return "<br>".join(lines)


_RANKED = {"temperature": "hottest first", "soh": "lowest first", "degradation": "fastest loss first"}


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
        bar |= {"tickmode": "array", "tickvals": list(scale.ticks), "ticktext": list(scale.words)}
    else:
        bar |= {"nticks": 5, "tickformat": f".{digits_of(answer.unit)}f"}
    return bar


def _unknown_cells(answers: Mapping[int, HeatmapAnswer], packs: Sequence[int], theme: str | None) -> go.Bar:
    """Hatched boxes where the value is unknown."""
    places = [
        (row, column + 1, pack, cell)
        for row, pack in enumerate(packs)
        for column, (cell, value) in enumerate(zip(answers[pack].cells, answers[pack].values, strict=True))
        if value is None
    ]
    reasons = [answers[pack].reason or "no readings" for _, _, pack, _ in places]
    return go.Bar(
        x=[column for _, column, _, _ in places],
        y=[0.76 for _ in places],
        base=[row - 0.38 for row, *_ in places],
        width=0.94,
        marker={
            "color": "rgba(0,0,0,0)",
            "line": {"color": colours(theme)["unknown"], "width": 0.5},
            "pattern": {"shape": "/", "fgcolor": colours(theme)["unknown"], "size": 5, "solidity": 0.25},
        },
        customdata=[[pack, cell] for _, _, pack, cell in places],
        text=[f"<b>Pack {p} cell {c}</b><br>unknown: {why}" for (_, _, p, c), why in zip(places, reasons, strict=True)],
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        name="unknown",
        showlegend=bool(places),
    )


def _flag_marks(
    answers: Mapping[int, HeatmapAnswer],
    packs: Sequence[int],
    flagged: Mapping[tuple[int, int], str],
    severity: str,
    theme: str | None,
) -> go.Scatter:
    spots = [
        (answers[pack].cells.index(cell) + 1, packs.index(pack) - 0.5)
        for (pack, cell), found in flagged.items()
        if found == severity and pack in answers and cell in answers[pack].cells
    ]
    return go.Scatter(
        x=[x for x, _ in spots],
        y=[y + 0.06 for _, y in spots],
        mode="markers",
        marker=severity_marker(severity, theme),
        name=severity,
        hoverinfo="skip",
        showlegend=bool(spots),
    )


def _frame(row: int, cell: int, answer: HeatmapAnswer, theme: str | None) -> dict[str, object]:
    column = answer.cells.index(cell) + 1 if cell in answer.cells else cell
    return {
        "type": "rect",
        "x0": column - 0.5,
        "x1": column + 0.5,
        "y0": row - 0.42,
        "y1": row + 0.42,
        "line": {"color": colours(theme)["accent"], "width": 3},
    }
