"""Time charts: mean, the envelope between minimum and maximum, gaps as gaps, one panel per unit, one time axis.

The figure travels as rounded decimals rather than binary floats (see `theme.bare`): a third fewer bytes after
compression, and no digit on the screen that the sensor cannot give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.figures.clock import to_wall_ms
from app.figures.panels import Panel, frame_panels
from app.figures.theme import LINE_PX, faded, message, series_colour
from app.numbers import digits_of, number, percent
from app.shapes import SeriesAnswer

MAX_DIRECT_LABELS = 4
"""Up to so many lines of a panel are labelled at their end; more get a legend."""
ISOLATED_PX = 4
"""Diameter of a reading that has no neighbour to draw a line to [px]."""
LONG_PREFIX, KEPT_OF_PREFIX = 6, 2
"""A common beginning of names longer than the first is cut, but for the second [characters]."""
LONGEST_TITLE = 22
"""A single line's name stands in its panel's title when it is no longer than this [characters]."""
Column = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A thin labelled line across a panel."""

    value: float
    unit: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """A mark on the strip under the time axis."""

    start_ms: int
    end_ms: int
    label: str
    severity: str
    """critical, warning or watch."""


def time_chart(
    lines: Sequence[SeriesAnswer],
    *,
    zone: str,
    theme: str | None,
    drawn: tuple[int, int],
    names: Sequence[str] | None = None,
    colour_of: Sequence[int] | None = None,
    limits: Sequence[Limit] = (),
    events: Sequence[Event] = (),
    height: int | None = None,
) -> go.Figure:
    """Draw series over one time axis, a panel for each unit.

    Parameters
    ----------
    lines : sequence of SeriesAnswer
        What was read; ``ts`` in epoch ms UTC, left edges of slices.
    zone : str
        The site's zone, in which the axis runs.
    theme : str or None
        ``light`` or ``dark``.
    drawn : tuple of int
        Range of the axis [epoch ms, UTC).
    names : sequence of str or None
        Names of the lines; their labels when it is None.
    colour_of : sequence of int or None
        Number of each line's colour, where the same thing is to have one colour in every panel.
    limits : sequence of Limit
        Drawn in the panel of their unit where they are near the data.
    events : sequence of Event
        Marks on a strip under the axis.
    height : int or None
        Height [px]; the page's when it is None.

    Returns
    -------
    go.Figure
        Mean as a line, minimum to maximum as a band; without any reading, a chart that says why.
    """
    called = list(names) if names is not None else [line.label for line in lines]
    if not any(len(line.ts) for line in lines):
        return message(_why_empty(lines), theme, height=height)
    figure = go.Figure()
    panels = _panels(lines)
    hues = list(colour_of) if colour_of is not None else list(range(len(lines)))
    for at, panel in enumerate(panels):
        for index in panel:
            _draw(
                figure, lines[index], called[index], _axis(at), index=index, envelope_hover=len(lines) == 1, zone=zone
            )
            _colour(figure, series_colour(hues[index], theme))
    framed = [
        _framed([lines[i] for i in panel], [called[i] for i in panel], [hues[i] for i in panel], limits)
        for panel in panels
    ]
    frame_panels(
        figure,
        framed,
        drawn=drawn,
        zone=zone,
        theme=theme,
        caption=caption(lines),
        gaps=_shared_gaps(lines),
        events=[(one.start_ms, one.end_ms, one.label, one.severity) for one in events],
        height=height,
    )
    return figure


def _why_empty(lines: Sequence[SeriesAnswer]) -> str:
    reasons = [line.reason for line in lines if line.reason]
    return reasons[0] if reasons else "No reading in this period"


def _panels(lines: Sequence[SeriesAnswer]) -> list[tuple[int, ...]]:
    """Group lines by unit, in the order in which the units appear; a counter's energy and a flag stand alone."""
    keys = [(line.unit, line.kind if line.kind in {"flag", "counter"} else "") for line in lines]
    order = list(dict.fromkeys(keys))
    ranked = sorted(range(len(lines)), key=lambda index: order.index(keys[index]))
    return [tuple(group) for _, group in groupby(ranked, key=lambda index: keys[index])]


def short_names(names: Sequence[str]) -> list[str]:
    """Shorten long names that begin alike to what tells them apart: ``…0002``, ``…0003``."""
    alike = (len(set(letters)) == 1 for letters in zip(*names, strict=False))
    shared = sum(1 for _ in takewhile(bool, alike)) if len(names) > 1 else 0
    cut = max(shared - KEPT_OF_PREFIX, 0)
    return [f"…{name[cut:]}" for name in names] if cut > LONG_PREFIX else list(names)


def _axis(at: int) -> str:
    return "y" if at == 0 else f"y{at + 1}"


def _rounded(values: NDArray[np.floating], unit: str) -> Column:
    rounded: Column = np.asarray(values, dtype=np.float64).round(digits_of(unit) + 1)
    return rounded


def _breaks(line: SeriesAnswer, wall: Column) -> NDArray[np.intp]:
    """Find where the line must not be joined: behind each gap, and where autumn's clock runs back."""
    behind = np.searchsorted(line.ts, [end for _, end in line.gaps], side="left") if line.gaps else np.array([], int)
    back = np.flatnonzero(np.diff(wall) <= 0) + 1
    return np.unique(np.concatenate([behind, back])[np.concatenate([behind, back]) > 0]).astype(np.intp)


def _split(column: Column, breaks: NDArray[np.intp], filler: Column | float) -> Column:
    inside = breaks[breaks < len(column)]
    return np.insert(column, inside, filler)


def _draw(
    figure: go.Figure, line: SeriesAnswer, name: str, axis: str, *, index: int, envelope_hover: bool, zone: str
) -> None:
    wall = to_wall_ms(line.ts, zone)
    breaks = _breaks(line, wall)
    breaks = breaks[breaks < len(wall)]
    unit = f" {line.unit}" if line.unit else ""
    mean = _rounded(line.value, line.unit)
    low, high = _rounded(line.min, line.unit), _rounded(line.max, line.unit)
    group = f"line{index}"
    if np.any(high > low):
        _band(figure, wall, (low, high, mean), breaks, axis=axis, group=group, hover=unit if envelope_hover else None)
    shape = "hv" if line.kind in {"counter", "flag", "state"} else "linear"
    figure.add_trace(
        go.Scatter(
            x=_split(wall, breaks, wall[breaks] - 1).astype(np.int64),
            y=_split(mean, breaks, np.nan),
            mode="lines",
            name=name,
            yaxis=axis,
            legendgroup=group,
            line={"width": LINE_PX, "shape": shape},
            hovertemplate=f"%{{y}}{unit}<extra>{name}</extra>",
            connectgaps=False,
        )
    )
    _points(figure, wall, mean, breaks, axis=axis, group=group, flag=line.kind == "flag")


def _band(
    figure: go.Figure,
    wall: Column,
    columns: tuple[Column, Column, Column],
    breaks: NDArray[np.intp],
    *,
    axis: str,
    group: str,
    hover: str | None,
) -> None:
    """Fill between minimum and maximum; at a gap the band closes on the mean and opens again behind it."""
    low, high, mean = columns
    twice = np.repeat(breaks, 2)
    edge = np.column_stack([mean[breaks - 1], mean[breaks]]).ravel()
    edge_x = np.column_stack([wall[breaks - 1], wall[breaks]]).ravel().astype(np.int64)
    x = np.insert(wall.astype(np.int64), twice, edge_x)
    for name, values, fill in (("lowest", low, "none"), ("highest", high, "tonexty")):
        said = {"hoverinfo": "skip"} if hover is None else {"hovertemplate": f"%{{y}}{hover}<extra>{name}</extra>"}
        figure.add_trace(
            go.Scatter(
                x=x,
                y=np.insert(np.where(np.isnan(values), mean, values), twice, edge),
                mode="lines",
                name=name,
                yaxis=axis,
                fill=fill,
                line={"width": 0},
                legendgroup=group,
                showlegend=False,
                **said,
            )
        )


def _points(
    figure: go.Figure, wall: Column, mean: Column, breaks: NDArray[np.intp], *, axis: str, group: str, flag: bool
) -> None:
    """Mark readings that no line can show: those alone between two gaps, and an alarm of a single sample."""
    edges = np.concatenate([[0], breaks, [len(wall)]])
    alone = edges[:-1][np.diff(edges) == 1]
    raised = np.flatnonzero(np.nan_to_num(mean) > 0) if flag else np.array([], int)
    shown = np.unique(np.concatenate([alone, raised])).astype(np.intp)
    if not len(shown):
        return
    figure.add_trace(
        go.Scatter(
            x=wall[shown].astype(np.int64),
            y=mean[shown],
            mode="markers",
            yaxis=axis,
            marker={"size": ISOLATED_PX},
            legendgroup=group,
            showlegend=False,
            hoverinfo="skip",
        )
    )


def _colour(figure: go.Figure, colour: str) -> None:
    """Colour the traces that were added last and have none yet."""
    for trace in reversed(figure.data):
        if trace.line.color is not None or trace.marker.color is not None:
            return
        if trace.mode == "markers":
            trace.marker.color = colour
        else:
            trace.line.color = colour
        if trace.fill == "tonexty":
            trace.fillcolor = faded(colour)


def _framed(lines: list[SeriesAnswer], names: list[str], hues: list[int], limits: Sequence[Limit]) -> Panel:
    """Describe one panel: its title, the range of its data, its limits and the labels at the ends of its lines."""
    unit, kind = lines[0].unit, lines[0].kind
    with np.errstate(invalid="ignore"):
        every = np.concatenate([np.concatenate([line.value, line.min, line.max]) for line in lines]).astype(np.float64)
    every = every[np.isfinite(every)]
    ends = [float(line.value[np.isfinite(line.value)][-1]) for line in lines if np.isfinite(line.value).any()]
    direct = 1 < len(names) <= MAX_DIRECT_LABELS and len(ends) == len(names)
    said = {"counter": f"{unit} per point", "flag": "alarm"}.get(kind, unit)
    single = f"{names[0]} [{said}]" if said else names[0]
    return Panel(
        title=single if len(lines) == 1 and len(names[0]) <= LONGEST_TITLE else said or "1",
        unit=unit,
        low=float(every.min()) if len(every) else 0.0,
        high=float(every.max()) if len(every) else 1.0,
        limits=tuple((one.value, one.label) for one in limits if one.unit == unit),
        labels=tuple(zip(names, ends, hues, strict=True)) if direct else (),
        legend=len(names) > MAX_DIRECT_LABELS,
    )


def _shared_gaps(lines: Sequence[SeriesAnswer]) -> list[tuple[int, int]]:
    """List the stretches in which no line has a reading, where all lines lack the same ones."""
    shared = set(lines[0].gaps)
    for line in lines[1:]:
        shared &= set(line.gaps)
    return sorted(shared)


def caption(lines: Sequence[SeriesAnswer]) -> str:
    """Say what a chart rests on: ``1 h level, 14 954 buckets, 100 % coverage``."""
    first = lines[0]
    levels = list(dict.fromkeys(_level_words(line.level) for line in lines))
    unit = "readings" if first.level == "raw" else "buckets"
    covered = [line.coverage for line in lines if line.coverage is not None]
    span = f"{percent(min(covered), 1)} coverage" if covered else "coverage unknown"
    count = number(max(line.buckets for line in lines))
    return f"{' and '.join(levels)} level, {count} {unit}, {span}"


def _level_words(level: str | None) -> str:
    return {"5min": "5 min", "15min": "15 min", "1h": "1 h", "1d": "1 d"}.get(level or "", level or "no")
