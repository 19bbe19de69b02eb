"""One line of a time chart: its mean, its band from minimum to maximum, and the readings that no line can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.clock import to_wall_ms
from app.figures.theme import LINE_PX, faded, series_colour
from app.numbers import digits_of
from app.shapes.series import SeriesAnswer

ISOLATED_PX = 4
"""Diameter of a reading that has no neighbour to draw a line to [px]."""
STEPPED = frozenset({"counter", "flag", "state"})
"""Kinds that hold their value until the next one."""
Column = NDArray[np.float64]
Breaks = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one line shows, and how it looks."""

    answer: SeriesAnswer
    name: str
    hue: int
    """Number of its colour."""
    axis: str = "y"
    legend: bool = False
    hover_band: bool = False
    """Whether hovering tells the band's ends too: good for one line, too much for many."""

    @property
    def last(self) -> float | None:
        """The last value; None without one."""
        finite = self.answer.value[np.isfinite(self.answer.value)]
        return float(finite[-1]) if len(finite) else None


def draw(figure: go.Figure, line: Line, *, zone: str, theme: str | None) -> None:
    """Add a line to a figure, in place.

    Parameters
    ----------
    figure : go.Figure
        Where it is drawn.
    line : Line
        What is drawn; ``ts`` in epoch ms UTC, left edges of slices.
    zone : str
        The site's zone, in which the axis runs.
    theme : str or None
        ``light`` or ``dark``.
    """
    answer, colour = line.answer, series_colour(line.hue, theme)
    wall = to_wall_ms(answer.ts, zone)
    mean, low, high = (_rounded(values, answer.unit) for values in (answer.value, answer.min, answer.max))
    breaks = _breaks(answer, wall)
    common: dict[str, Any] = {"yaxis": line.axis, "legendgroup": line.name}
    unit = f" {answer.unit}" if answer.unit else ""
    if np.any(high > low):
        told = unit if line.hover_band else None
        _band(figure, wall, (low, high, mean), breaks, colour=colour, told=told, common=common)
    figure.add_trace(
        go.Scatter(
            x=np.insert(wall, breaks, wall[breaks] - 1).astype(np.int64),
            y=np.insert(mean, breaks, np.nan),
            mode="lines",
            name=line.name,
            showlegend=line.legend,
            line={"width": LINE_PX, "shape": "hv" if answer.kind in STEPPED else "linear", "color": colour},
            hovertemplate=f"%{{y}}{unit}<extra>{line.name}</extra>",
            connectgaps=False,
            **common,
        )
    )
    shown = _alone(mean, breaks, flag=answer.kind == "flag")
    if len(shown):
        marker = {"size": ISOLATED_PX, "color": colour}
        given = {"mode": "markers", "marker": marker, "showlegend": False, "hoverinfo": "skip"}
        figure.add_trace(go.Scatter(x=wall[shown].astype(np.int64), y=mean[shown], **given, **common))


def _rounded(values: NDArray[np.floating], unit: str) -> Column:
    rounded: Column = np.asarray(values, dtype=np.float64).round(digits_of(unit) + 1)
    return rounded


def _breaks(answer: SeriesAnswer, wall: Column) -> Breaks:
    """Find where the line must not be joined: behind each gap, and where autumn's clock runs back."""
    behind = np.searchsorted(answer.ts, [end for _, end in answer.gaps], side="left")
    back = np.flatnonzero(np.diff(wall) <= 0) + 1
    found = np.unique(np.concatenate([behind, back]).astype(np.intp))
    inside: Breaks = found[(found > 0) & (found < len(wall))]
    return inside


def _band(
    figure: go.Figure,
    wall: Column,
    columns: tuple[Column, Column, Column],
    breaks: Breaks,
    *,
    colour: str,
    told: str | None,
    common: dict[str, Any],
) -> None:
    """Fill between minimum and maximum; at a gap the band closes on the mean and opens again behind it."""
    low, high, mean = columns
    twice = np.repeat(breaks, 2)
    edge = np.column_stack([mean[breaks - 1], mean[breaks]]).ravel()
    edge_x = np.column_stack([wall[breaks - 1], wall[breaks]]).ravel().astype(np.int64)
    x = np.insert(wall.astype(np.int64), twice, edge_x)
    for name, values, fill in (("lowest", low, "none"), ("highest", high, "tonexty")):
        said = {"hoverinfo": "skip"} if told is None else {"hovertemplate": f"%{{y}}{told}<extra>{name}</extra>"}
        figure.add_trace(
            go.Scatter(
                x=x,
                y=np.insert(np.where(np.isnan(values), mean, values), twice, edge),
                mode="lines",
                name=name,
                fill=fill,
                fillcolor=faded(colour),
                line={"width": 0, "color": colour},
                showlegend=False,
                **said,
                **common,
            )
        )


def _alone(mean: Column, breaks: Breaks, *, flag: bool) -> Breaks:
    """Find readings that no line can show: those alone between two gaps, and an alarm of a single sample."""
    edges = np.concatenate([[0], breaks, [len(mean)]])
    alone = edges[:-1][np.diff(edges) == 1]
    raised = np.flatnonzero(np.nan_to_num(mean) > 0) if flag else np.array([], np.intp)
    found: Breaks = np.unique(np.concatenate([alone, raised])).astype(np.intp)
    return found
