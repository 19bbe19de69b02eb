"""The frame of a time chart: panels above each other on one time axis, with limits, labels, gaps, clocks, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.figures import objects as go
from app.figures.clock import clock_changes, to_wall, to_wall_ms
from app.figures.marks import severity_marker
from app.figures.theme import TEXT_PX, colours, series_colour, style
from app.language import t

PANEL_PX = 150
"""Least height of a panel where there are several [px]."""
TOP_PX, LEFT_PX, BOTTOM_PX = 28, 76, 68
"""Room for the caption, for labels such as −1,234.5 with a title, and for two lines of time with a title [px]. All time
charts have the same, so their axes align, and Plotly draws them once: a label that needs more has it draw again."""
EDGES_PX = TOP_PX + BOTTOM_PX
"""Room above and below the panels, for the caption and the time axis [px]."""
GAP_SHARE = 0.003
"""Gaps narrower than this share of the axis are too thin for a band [1]."""
MAX_BANDS = 60
"""The widest gaps get a band; more would only slow the browser down."""
NEAR = 0.5
"""A limit is drawn when it lies no further from the data than this share of the data's range [1]."""
PAD = 0.06
"""Room above and below the data, as a share of its range [1]."""
STRIP_PX = 22
"""Height of the strip of events [px]."""
LABEL_PX = 15
"""Least distance between the labels at the ends of lines [px]."""
WIDE_PX, NARROW_PX = 8.0, 6.2
"""Width that a capital or a figure takes, and any other character, about [px]."""
BETWEEN = 0.07
"""Space between panels, as a share of the plot's height [1]."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel: what is drawn in it beside its lines."""

    title: str
    unit: str
    low: float
    high: float
    """Range of its data, envelope included [unit]."""
    limits: tuple[tuple[float, str], ...] = ()
    labels: tuple[tuple[str, float, int], ...] = ()
    """Name, last value and colour index of lines that are labelled at their end."""
    legend: bool = False

    @property
    def near_limits(self) -> list[tuple[float, str]]:
        """Limits close enough to the data to be drawn without flattening it."""
        reach = NEAR * (self.high - self.low)
        return [(value, label) for value, label in self.limits if self.low - reach <= value <= self.high + reach]

    @property
    def range(self) -> list[float]:
        """Range of the axis: the data and the limits near it, with some room [unit]."""
        values = [self.low, self.high, *(value for value, _ in self.near_limits)]
        low, high = min(values), max(values)
        room = (high - low) * PAD or abs(high) * PAD or 1.0
        return [low - room, high + room]


def chart_height(panels: int) -> int:
    """Height that a chart of so many panels needs [px]."""
    return 320 if panels < 2 else PANEL_PX * panels + EDGES_PX


def frame_panels(
    figure: go.Figure,
    panels: Sequence[Panel],
    *,
    drawn: tuple[int, int],
    zone: str,
    theme: str | None,
    caption: str,
    gaps: Sequence[tuple[int, int]] = (),
    events: Sequence[tuple[int, int, str, str]] = (),
    height: int | None = None,
) -> None:
    """Lay out the axes of a time chart whose traces are drawn already, in place.

    Parameters
    ----------
    figure : go.Figure
        Traces of panel ``i`` on axis ``y``, ``y2`` …
    panels : sequence of Panel
        Top to bottom.
    drawn : tuple of int
        Range of the axis [epoch ms, UTC).
    zone : str
        The site's zone.
    theme : str or None
        ``light`` or ``dark``.
    caption : str
        What the chart rests on, in small grey text.
    gaps : sequence of tuple of int
        Stretches without readings [epoch ms, epoch ms).
    events : sequence
        Start, end [epoch ms, UTC], label and severity of marks on the strip under the axis.
    height : int or None
        Height [px].
    """
    tall = max(height or 0, chart_height(len(panels)))
    plot_px = tall - EDGES_PX - (STRIP_PX if events else 0)
    floor = STRIP_PX / (tall - EDGES_PX) if events else 0.0
    layout: dict[str, Any] = {"xaxis": _time_axis(drawn, zone)}
    for at, panel in enumerate(panels):
        layout["yaxis" if at == 0 else f"yaxis{at + 1}"] = _value_axis(panel, at, len(panels), floor)
        _limits(figure, panel, at, theme)
        _end_labels(figure, panel, at, plot_px / len(panels), theme)
    _gap_bands(figure, gaps, drawn, zone, theme)
    layout["xaxis"]["title"] = {
        "text": t("time in {zone}{clock_marks}", zone=zone, clock_marks=_clock_marks(figure, drawn, zone, theme))
    }
    if events:
        layout[f"yaxis{len(panels) + 1}"] = _strip(figure, events, len(panels) + 1, floor, zone, theme)
    _say(figure, caption, theme)
    right = max((_width(name) for panel in panels for name, _, _ in panel.labels), default=0.0)
    layout["margin"] = {"l": LEFT_PX, "r": round(12 + right), "t": TOP_PX, "b": BOTTOM_PX, "pad": 0}
    layout["showlegend"] = any(panel.legend for panel in panels)
    layout["legend"] = {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"}
    layout["hovermode"] = "x unified"
    layout["dragmode"] = "zoom"
    style(figure, theme, height=tall, **layout)


def _width(text: str) -> float:
    return sum(WIDE_PX if letter.isupper() or letter.isdigit() else NARROW_PX for letter in text)


def _time_axis(drawn: tuple[int, int], zone: str) -> dict[str, Any]:
    start, end = (int(value) for value in to_wall_ms(np.asarray(drawn, dtype=np.int64), zone))
    return {
        "type": "date",
        "range": [start, max(end, start + 1000)],
        "hoverformat": "%a %-d %b %Y, %H:%M:%S",
        "showgrid": False,
        "showspikes": False,
        "zeroline": False,
        "anchor": "free",
        "position": 0,
    }


def _value_axis(panel: Panel, at: int, count: int, floor: float) -> dict[str, Any]:
    share = (1 - floor - BETWEEN * (count - 1) - (0.03 if floor else 0)) / count
    top = 1 - at * (share + BETWEEN)
    return {
        "domain": [max(top - share, 0), top],
        "range": panel.range,
        "title": {"text": panel.title},
        "fixedrange": True,
        "tickmode": "auto",
        "nticks": 6,
        "anchor": "x",
    }


def _limits(figure: go.Figure, panel: Panel, at: int, theme: str | None) -> None:
    own = colours(theme)
    axis = "y" if at == 0 else f"y{at + 1}"
    for value, label in panel.near_limits:
        line = {"color": own["limit"], "width": 1, "dash": "dash"}
        figure.add_shape(type="line", xref="paper", x0=0, x1=1, yref=axis, y0=value, y1=value, line=line, layer="below")
        _note(figure, label, 0.004, value, own["limit"], xref="paper", yref=axis, yanchor="bottom")


def _end_labels(figure: go.Figure, panel: Panel, at: int, panel_px: float, theme: str | None) -> None:
    """Write each line's name at its end; names that would overlap move apart."""
    axis = "y" if at == 0 else f"y{at + 1}"
    low, high = panel.range
    ranked = sorted(panel.labels, key=lambda row: row[1])
    wanted = [(value - low) / (high - low) * panel_px for _, value, _ in ranked]
    placed = spread(wanted, LABEL_PX)
    for (name, value, index), want, place in zip(ranked, wanted, placed, strict=True):
        _note(
            figure, name, 1, value, series_colour(index, theme), xref="paper", yref=axis, xshift=6, yshift=place - want
        )


def spread(wanted: Sequence[float], least: float) -> list[float]:
    """Move ascending positions apart until neighbours are at least ``least`` apart, keeping their common centre."""
    placed: list[list[float]] = []
    for position in wanted:
        placed.append([position])
        while len(placed) > 1 and _top(placed[-2], least) > _top(placed[-1], least) - least * len(placed[-1]):
            behind = placed.pop()
            placed[-1] += behind
    return [place for block in placed for place in _block(block, least)]


def _block(block: Sequence[float], least: float) -> list[float]:
    centre = sum(block) / len(block)
    return [centre + (at - (len(block) - 1) / 2) * least for at in range(len(block))]


def _top(block: Sequence[float], least: float) -> float:
    return _block(block, least)[-1]


def _gap_bands(
    figure: go.Figure, gaps: Sequence[tuple[int, int]], drawn: tuple[int, int], zone: str, theme: str | None
) -> None:
    least = GAP_SHARE * (drawn[1] - drawn[0])
    inside = [(max(start, drawn[0]), min(end, drawn[1])) for start, end in gaps]
    wide = sorted((pair for pair in inside if pair[1] - pair[0] >= least), key=lambda pair: pair[0] - pair[1])
    for start, end in wide[:MAX_BANDS]:
        left, right = (str(one) for one in to_wall([start, end], zone))
        figure.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            x0=left,
            x1=right,
            y0=0,
            y1=1,
            fillcolor=colours(theme)["gap"],
            line={"width": 0},
            layer="below",
        )


def _clock_marks(figure: go.Figure, drawn: tuple[int, int], zone: str, theme: str | None) -> str:
    """Mark where the site's clock changes, and return the words that explain the marks."""
    changes = clock_changes(*drawn, zone)
    for when, _ in changes:
        at = str(to_wall([when], zone)[0])
        line = {"color": colours(theme)["ink-3"], "width": 1, "dash": "dot"}
        figure.add_shape(type="line", xref="x", yref="paper", x0=at, x1=at, y0=0, y1=1, line=line, layer="below")
    moves = list(dict.fromkeys(f"{'+' if moved > 0 else '−'}{abs(moved) / 3_600_000:g} h" for _, moved in changes))
    return t(" (dotted: clock {moves})", moves=", ".join(moves)) if moves else ""


def _strip(
    figure: go.Figure,
    events: Sequence[tuple[int, int, str, str]],
    number: int,
    floor: float,
    zone: str,
    theme: str | None,
) -> dict[str, Any]:
    starts = to_wall_ms([start for start, _, _, _ in events], zone).astype(np.int64)
    figure.add_trace(
        go.Scatter(
            x=starts,
            y=np.zeros(len(events)),
            yaxis=f"y{number}",
            mode="markers",
            marker=severity_marker([severity for *_, severity in events], theme),
            text=[label for _, _, label, _ in events],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    axis = {"domain": [0, floor], "range": [-1, 1], "fixedrange": True, "showgrid": False, "anchor": "x"}
    return axis | {"showticklabels": False, "ticks": "", "title": {"text": ""}}


def _say(figure: go.Figure, caption: str, theme: str | None) -> None:
    shift = {"xshift": 0, "yshift": 8}
    _note(figure, caption, 0, 1, colours(theme)["ink-3"], xref="paper", yref="paper", yanchor="bottom", **shift)


def _note(figure: go.Figure, text: str, x: float | str, y: float, colour: str, **more: object) -> None:
    given = {"showarrow": False, "xanchor": "left", "yanchor": "middle", "font": {"color": colour, "size": TEXT_PX}}
    figure.add_annotation(text=text, x=x, y=y, **{**given, **more})
