"""Time charts: mean, the envelope between minimum and maximum, gaps as gaps, one panel per unit, one time axis.

The figure travels as rounded decimals rather than binary floats (see `theme.bare`): a third fewer bytes after
compression, and no digit on the screen that the sensor cannot give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from app.figures import objects as go
from app.figures.lines import Line, draw
from app.figures.panels import Panel, frame_panels
from app.figures.theme import message
from app.language import t, tn
from app.numbers import number, percent
from app.shapes.series import SeriesAnswer

MAX_DIRECT_LABELS = 4
"""Up to so many lines of a panel are labelled at their end; more get a legend."""
LONG_PREFIX, KEPT_OF_PREFIX = 6, 2
"""A common beginning of names longer than the first is cut, but for the second [characters]."""
LONG_NAME, KEPT_OF_END = 12, 3
"""Of other names longer than the first, only the end is kept, where that tells them apart [characters]."""
LONGEST_TITLE = 26
"""A single line's name stands in its panel's title when both are no longer than this [characters]."""
LONGEST_LINE = 18
"""What lines have in common is written beside their panel in two lines from here [characters]."""


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
    apart: bool = False,
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
    apart : bool
        Whether each line has a panel, and so an axis, of its own.

    Returns
    -------
    go.Figure
        Mean as a line, minimum to maximum as a band; without any reading, a chart that says why.
    """
    called = list(names) if names is not None else [line.label for line in lines]
    if not any(len(line.ts) for line in lines):
        return message(_why_empty(lines), theme, height=height)
    hues = list(colour_of) if colour_of is not None else list(range(len(lines)))
    panels = _panels(lines, called, hues, apart=apart)
    figure = go.Figure()
    for line in (line for panel in panels for line in panel):
        draw(figure, line, zone=zone, theme=theme)
    frame_panels(
        figure,
        [_framed(panel, limits, alone=len(panels) == 1) for panel in panels],
        drawn=drawn,
        zone=zone,
        theme=theme,
        caption=caption(lines),
        gaps=_shared_gaps(lines),
        events=[(one.start_ms, one.end_ms, one.label, one.severity) for one in events],
        height=height,
    )
    figure.update_layout(meta={"lines": [_asked(line) for line in lines]})
    return figure


def _asked(line: SeriesAnswer) -> dict[str, str | int | float | None]:
    """Say what a line was asked for, so that the browser can ask for its rows or for what it rests on."""
    return {
        "source": line.source,
        "signal": line.signal,
        "start": line.start,
        "end": line.end,
        "level": line.level,
        "max_points": line.max_points,
        "coverage": line.coverage,
    }


def _why_empty(lines: Sequence[SeriesAnswer]) -> str:
    reasons = [line.reason for line in lines if line.reason]
    return reasons[0] if reasons else t("No reading in this period")


def _panels(
    lines: Sequence[SeriesAnswer], names: Sequence[str], hues: Sequence[int], *, apart: bool
) -> list[list[Line]]:
    """Group lines by unit, in the order in which the units appear; a counter's energy and a flag stand alone."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, one in enumerate(lines):
        key = (one.unit, str(index) if apart else one.kind if one.kind in {"flag", "counter"} else "")
        groups.setdefault(key, []).append(index)
    return [
        [
            Line(
                answer=lines[index],
                name=names[index],
                hue=hues[index],
                axis="y" if at == 0 else f"y{at + 1}",
                legend=len(group) > MAX_DIRECT_LABELS,
                hover_band=len(lines) == 1,
            )
            for index in group
        ]
        for at, group in enumerate(groups.values())
    ]


def short_names(names: Sequence[str]) -> list[str]:
    """Shorten long names to what tells them apart: ``…002`` and ``…003``; short ones stay as they are."""
    alike = (len(set(letters)) == 1 for letters in zip(*names, strict=False))
    shared = sum(1 for _ in takewhile(bool, alike)) if len(names) > 1 else 0
    cut = max(shared - KEPT_OF_PREFIX, 0)
    if cut > LONG_PREFIX:
        return [f"…{name[cut:]}" for name in names]
    ends = [f"…{name[-KEPT_OF_END:]}" if len(name) > LONG_NAME else name for name in names]
    return ends if len(names) > 1 and len(set(ends)) == len(set(names)) else list(names)


def _framed(panel: Sequence[Line], limits: Sequence[Limit], *, alone: bool) -> Panel:
    """Describe one panel: its title, the range of its data, its limits and the labels at the ends of its lines."""
    first = panel[0].answer
    low, high = _extent([line.answer for line in panel])
    flag = first.kind == "flag"
    said = {"counter": t("{first} per point", first=first.unit), "flag": "alarm"}.get(first.kind, first.unit)
    single = f"{panel[0].name} [{said}]" if said else panel[0].name
    titled = len(panel) == 1 and len(single) <= LONGEST_TITLE
    shared = {line.answer.label for line in panel}
    common = _in_two_lines(f"{first.label} [{said}]") if len(panel) > 1 == len(shared) and said else said or "1"
    direct = len(panel) <= MAX_DIRECT_LABELS and not titled and not (alone and len(panel) == 1)
    return Panel(
        title=single if titled else common,
        unit=first.unit,
        low=min(low, 0.0) if flag else low,
        high=max(high, 1.0) if flag else high,
        limits=tuple((one.value, one.label) for one in limits if one.unit == first.unit),
        labels=tuple((line.name, line.last, line.hue) for line in panel if line.last is not None) if direct else (),
        legend=len(panel) > MAX_DIRECT_LABELS,
    )


def _in_two_lines(title: str) -> str:
    """Break a long title at the space nearest to its middle, so that it stays beside its own panel."""
    spaces = [at for at, letter in enumerate(title) if letter == " "]
    if len(title) <= LONGEST_LINE or not spaces:
        return title
    cut = min(spaces, key=lambda at: abs(at - len(title) / 2))
    return f"{title[:cut]}<br>{title[cut + 1 :]}"


def _extent(lines: Sequence[SeriesAnswer]) -> tuple[float, float]:
    """Find the lowest and the highest value that is drawn, envelope included; 0 and 1 where there is none."""
    every = np.concatenate([np.concatenate([line.value, line.min, line.max]) for line in lines]).astype(np.float64)
    every = every[np.isfinite(every)]
    return (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)


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
    covered = [line.coverage for line in lines if line.coverage is not None]
    span = t("{min} coverage", min=percent(min(covered), 1)) if covered else t("coverage unknown")
    most = max(line.buckets for line in lines)
    said = number(most)
    raw, cut = tn("{n} reading", "{n} readings", most, n=said), tn("{n} bucket", "{n} buckets", most, n=said)
    count = raw if first.level == "raw" else cut
    return t("{levels} level, {count}, {span}", levels=t(" and ").join(levels), count=count, span=span)


def _level_words(level: str | None) -> str:
    return {"5min": t("5 min"), "15min": t("15 min"), "1h": "1 h", "1d": "1 d"}.get(level or "", level or "no")
