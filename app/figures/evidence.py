"""The evidence behind a cell's verdict: each measure over time, with its limits, its string and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from app.figures import objects as go
from app.figures.clock import to_wall_ms
from app.figures.marks import severity_marker
from app.figures.theme import colours, faded, style
from app.language import t
from app.numbers import number
from app.shapes.answer import Floats, Ints
from app.shapes.verdicts import Finding

ROW_PX, TITLE_PX, EDGES_PX = 96, 40, 88
"""Height of a measure's plot, of the words above it, and around all of them [px]."""
NEAR_LIMITS = 14.0
"""Where a row shows this many times a limit, its two words would lie on each other and are written as one [1]."""
MARKERS_MAX = 120
"""Up to so many points are marked one by one."""
REGIMES = ("rest", "charge_end", "discharge_end")
_ROW_OF = {"load": "resistance", "rest_empty": "charge_low", "any": "rest"}
_ROW_OF_UNIT = {"K": "warmth", "°C": "warmth", "K/min": "warmth", "mΩ": "resistance"}


class Measured(Protocol):
    """What a row of the figure needs to know (see ``app.answers.detail.Track``)."""

    @property
    def key(self) -> str:
        """Name of the measure."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def ts(self) -> Ints:
        """Its stamps [epoch ms UTC]."""

    @property
    def value(self) -> Floats:
        """The cell's."""

    @property
    def low(self) -> Floats:
        """Lower edge of the string's band."""

    @property
    def high(self) -> Floats:
        """Upper edge of the string's band."""

    @property
    def neighbours(self) -> dict[int, Floats]:
        """The cells beside it."""

    @property
    def limit(self) -> float | None:
        """On both sides of 0."""


def titles() -> dict[str, str]:
    """Name the measures, in the language of the request."""
    return {
        "rest": t("Voltage at rest, from the string's median"),
        "charge_end": t("Voltage at charge end, from the string's median"),
        "discharge_end": t("Voltage at discharge end, from the string's median"),
        "charge_top": t("Charge at charge end, from the string's median"),
        "charge_curve": t("Charge at charge end, size uncertain: on the chemistry's curve"),
        "charge_low": t("Charge near empty, from the string's median: what a cell lacks in capacity shows here"),
        "resistance": t("Resistance beyond the string's, from the slope on the current"),
        "warmth": t("Temperature of the sensor beside it, over position and load"),
    }


def cell_evidence(
    tracks: Sequence[Measured], *, cell: int, findings: Sequence[Finding] = (), zone: str, theme: str | None
) -> go.Figure:
    """Draw each measure of a cell over time.

    Parameters
    ----------
    tracks : sequence of Measured
        One row each, time shared; at least one.
    cell : int
        The cell that it is about.
    findings : sequence of Finding
        Marked at their times in the row of their regime; a single reading at its own height.
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.

    Returns
    -------
    go.Figure
        In each row the string's band, the limits, the neighbours thin and the cell in the accent.
    """
    plot = (ROW_PX + TITLE_PX) * len(tracks)
    layout: dict[str, Any] = {"shapes": [], "annotations": []}
    traces: list[dict[str, Any]] = []
    named = titles()
    keys = [one.key for one in tracks]
    for at, track in enumerate(tracks):
        top = 1 - (at * (ROW_PX + TITLE_PX) + TITLE_PX) / plot
        axis = "y" if at == 0 else f"y{at + 1}"
        marks = [one for one in findings if row_of(one, keys) == track.key]
        traces += _row(track, axis, cell, marks, zone=zone, theme=theme, first=at == 0)
        layout[axis.replace("y", "yaxis")] = _axis(track, (top - ROW_PX / plot, top), theme)
        layout["shapes"] += _limit_lines(track, axis, theme)
        layout["annotations"] += [_words(named[track.key], top, theme), *_limit_words(track, axis, theme)]
    last = "y" if len(tracks) == 1 else f"y{len(tracks)}"
    layout["xaxis"] = {"type": "date", "anchor": last, "title": {"text": t("day ({zone})", zone=zone)}}
    layout["legend"] = {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"}
    margin = {"l": 72, "r": 72, "t": 20, "b": EDGES_PX - 8}
    return style(go.Figure(traces), theme, height=EDGES_PX + plot, margin=margin, uirevision="evidence", **layout)


def row_of(found: Finding, rows: Sequence[str]) -> str:
    """Say in which row a finding is marked: that of its regime or unit, else the first."""
    if found.rule == "change" and found.unit == "%" and found.regime == "charge_end":
        wanted = "charge_top" if "charge_top" in rows else "charge_curve"
    elif found.rule == "change" and found.unit == "%":
        wanted = "charge_low"
    else:
        wanted = _ROW_OF_UNIT.get(found.unit) or _ROW_OF.get(found.regime or "", found.regime or "")
    return wanted if wanted in rows else rows[0]


def _row(
    track: Measured, axis: str, cell: int, marks: Sequence[Finding], *, zone: str, theme: str | None, first: bool
) -> list[dict[str, Any]]:
    own = colours(theme)
    when = to_wall_ms(track.ts, zone)
    shared = {"type": "scatter", "x": when, "yaxis": axis, "connectgaps": False}
    clear = {"width": 0}
    noun = t("sensor") if track.key == "warmth" else t("cell")
    grey = faded(own["ink-3"], 0.18)
    edges = [
        shared | {"y": _drawn(track.low), "line": clear, "mode": "lines", "hoverinfo": "skip", "showlegend": False},
        shared
        | {"y": _drawn(track.high), "line": clear, "mode": "lines", "hoverinfo": "skip", "showlegend": first}
        | {"fill": "tonexty", "fillcolor": grey, "name": t("95 % of the string's cells"), "legendgroup": "band"},
    ]
    beside = [
        shared
        | {"y": _drawn(values), "mode": "lines", "showlegend": first, "legendgroup": f"beside{at}"}
        | {"line": {"color": own["ink-3"], "width": 1, "dash": "dot" if at else "solid"}}
        | {"name": t("{noun} {n}, beside it", noun=noun, n=other), "hovertemplate": _hover(track, f"{noun} {other}")}
        for at, (other, values) in enumerate(track.neighbours.items())
    ]
    chosen = {
        "y": _drawn(track.value),
        "mode": "lines+markers" if np.isfinite(track.value).sum() <= MARKERS_MAX else "lines",
        "line": {"color": own["accent"], "width": 1.75},
        "marker": {"size": 3.5},
        "name": t("cell {n}", n=cell),
        "showlegend": first,
        "hovertemplate": _hover(track, t("cell {n}", n=cell)),
    }
    return [*edges, *beside, shared | chosen, _marks(track, marks, axis, zone, theme)]


def _drawn(values: Floats) -> Floats:
    return np.round(values.astype(np.float64), 3).astype(np.float32)


def _hover(track: Measured, name: str) -> str:
    digits = 3 if track.unit == "mΩ" else 2 if track.unit == "%" else 1
    return f"{name}<br>%{{x|%-d %b %Y}}<br>%{{y:+.{digits}f}} {track.unit}<extra></extra>"


def _marks(track: Measured, marks: Sequence[Finding], axis: str, zone: str, theme: str | None) -> dict[str, Any]:
    """Mark findings on the zero line, a single reading at its height; the shape says the severity."""
    heights = [one.value if one.rule == "excursion" and one.unit == track.unit else 0.0 for one in marks]
    return {
        "type": "scatter",
        "yaxis": axis,
        "x": [datetime.fromisoformat(one.at).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") for one in marks],
        "y": heights,
        "mode": "markers",
        "marker": severity_marker([one.severity for one in marks], theme, size=11),
        "text": [f"{t(one.severity)}: {one.text or one.rule}" for one in marks],
        "hovertemplate": "%{text}<br>%{x|%-d %b %Y, %H:%M}<extra></extra>",
        "showlegend": False,
    }


def _axis(track: Measured, domain: tuple[float, float], theme: str | None) -> dict[str, Any]:
    zero = {"zeroline": True, "zerolinecolor": colours(theme)["ink-3"], "zerolinewidth": 1}
    place = {"domain": [max(domain[0], 0.0), domain[1]], "anchor": "x", "nticks": 5}
    return {"title": {"text": track.unit}, **place, **zero}


def _limit_lines(track: Measured, axis: str, theme: str | None) -> list[dict[str, Any]]:
    if track.limit is None:
        return []
    line = {"color": colours(theme)["limit"], "width": 1, "dash": "dash"}
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "line": line, "layer": "below"}
    return [across | {"y0": value, "y1": value} for value in (-track.limit, track.limit)]


def _limit_words(track: Measured, axis: str, theme: str | None) -> list[dict[str, Any]]:
    if track.limit is None:
        return []
    place = {"xref": "paper", "x": 1, "xanchor": "left", "yref": axis, "showarrow": False, "xshift": 4}
    font = {"size": 11, "color": colours(theme)["limit"]}
    if _reach(track) > NEAR_LIMITS * track.limit:
        return [place | {"y": 0, "font": font, "text": f"±{number(track.limit)} {track.unit}"}]
    return [
        place | {"y": value, "font": font, "text": f"{'+' if value > 0 else ''}{number(value)} {track.unit}"}
        for value in (-track.limit, track.limit)
    ]


def _reach(track: Measured) -> float:
    """Return the height that the row shows, from the lowest to the highest of what is drawn and its limits."""
    drawn = np.concatenate([track.value, track.low, track.high, *track.neighbours.values()]).astype(np.float64)
    limits = (-track.limit, track.limit) if track.limit is not None else (0.0,)
    every = np.concatenate([drawn[np.isfinite(drawn)], limits])
    return float(every.max() - every.min())


def _words(text: str, top: float, theme: str | None) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom", "yshift": 2}
    return {"text": text, "showarrow": False, "font": {"size": 12, "color": colours(theme)["ink-2"]}, **place}
