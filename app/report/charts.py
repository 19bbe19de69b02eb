"""Charts of the printed report as SVG, drawn from the same answers as those on the screen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from app.figures.theme import SERIES, diverging
from app.language import t
from app.numbers import NOTHING, number, quantity
from app.report.axes import INK, LEFT, RIGHT, SOFT, WIDTH, Scale, padded, time_axis, y_axis
from app.shapes.series import SeriesAnswer

PANEL = 92.0
"""Height of one panel of a time chart [units]."""
HEAD, FOOT = 24.0, 24.0
"""Room above a panel for its title, and below the last for its times [units]."""
COLOURS = SERIES["light"]


def svg(height: float, body: str, label: str) -> str:
    """Wrap a drawing."""
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(label)}" font-size="10" fill="{SOFT}">'
        f"{body}</svg>"
    )


def time_chart(lines: Sequence[SeriesAnswer], window: tuple[int, int], zone: str, label: str) -> str:
    """Draw lines below each other over one time axis: the mean, and the band from minimum to maximum.

    Parameters
    ----------
    lines : sequence of SeriesAnswer
        One panel each.
    window : tuple of int
        Range of the axis [epoch ms UTC).
    """
    time = Scale(float(window[0]), float(window[1]), LEFT, WIDTH - RIGHT)
    panels = [_panel(line, time, at, COLOURS[at % len(COLOURS)]) for at, line in enumerate(lines)]
    bottom = len(lines) * (PANEL + HEAD)
    return svg(bottom + FOOT, "".join(panels) + time_axis(time, zone, bottom), label)


def _panel(line: SeriesAnswer, time: Scale, place: int, colour: str) -> str:
    top = place * (PANEL + HEAD) + HEAD
    every = np.concatenate([line.value, line.min, line.max]).astype(np.float64)
    every = every[np.isfinite(every)]
    title = f"{line.label} [{line.unit}]" if line.unit else line.label
    if not len(every):
        return f'<text x="{LEFT}" y="{top}">{escape(title)}: {escape(t(line.reason or "No readings"))}</text>'
    scale = Scale(*padded(float(every.min()), float(every.max())), top + PANEL, top)
    pieces = [_stretch(line, time, scale, low, high, colour) for low, high in _stretches(line)]
    return y_axis(scale, title) + "".join(pieces)


def _stretches(line: SeriesAnswer) -> list[tuple[int, int]]:
    """Cut a line's points where it has no readings."""
    ends = [int(np.searchsorted(line.ts, end)) for _, end in line.gaps]
    cuts = [0, *ends, len(line.ts)]
    return [(low, high) for low, high in pairwise(cuts) if high > low]


def _stretch(line: SeriesAnswer, time: Scale, scale: Scale, low: int, high: int, colour: str) -> str:
    known = [at for at in range(low, high) if math.isfinite(line.value[at])]
    x = {at: time.at(float(line.ts[at])) for at in known}
    path = " ".join(f"{x[at]} {scale.at(float(line.value[at]))}" for at in known)
    banded = [at for at in known if math.isfinite(line.min[at]) and math.isfinite(line.max[at])]
    band = [f"{x[at]} {scale.at(float(line.max[at]))}" for at in banded]
    band += [f"{x[at]} {scale.at(float(line.min[at]))}" for at in reversed(banded)]
    drawn = f'<path d="M{" ".join(band)}Z" fill="{colour}" fill-opacity=".18"/>' if banded else ""
    return f'{drawn}<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1"/>' if known else drawn


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Points of one thing over time."""

    name: str
    ts: Sequence[int]
    values: Sequence[float]
    joined: bool = False
    faint: bool = False


def dot_chart(
    rows: Sequence[Dots],
    window: tuple[int, int],
    zone: str,
    title: str,
    *,
    limits: Mapping[str, float] | None = None,
    height: float = PANEL,
) -> str:
    """Draw points of several things over time in one panel, with limits as thin labelled lines."""
    every = [value for row in rows for value in row.values if math.isfinite(value)]
    marks = dict(limits or {})
    if not every:
        return ""
    low, high = padded(min(every), max(every))
    near = {name: at for name, at in marks.items() if low - (high - low) <= at <= high + (high - low)}
    low, high = padded(min([*every, *near.values()]), max([*every, *near.values()]))
    legend = 16.0 if len(rows) > 1 else 0.0
    time = Scale(float(window[0]), float(window[1]), LEFT, WIDTH - RIGHT)
    scale = Scale(low, high, HEAD + legend + height, HEAD + legend)
    drawn = "".join(_dots(row, at, time, scale) for at, row in enumerate(rows))
    thin = "".join(
        f'<path d="M{LEFT} {scale.at(at)}H{WIDTH - RIGHT}" stroke="#7d3434" stroke-dasharray="4 3"/>'
        f'<text x="{WIDTH - RIGHT}" y="{scale.at(at) - 3}" text-anchor="end" fill="#7d3434">{escape(name)}</text>'
        for name, at in near.items()
    )
    bottom = HEAD + legend + height
    named = _legend(rows) if legend else ""
    return svg(bottom + FOOT, y_axis(scale, title) + drawn + thin + named + time_axis(time, zone, bottom), title)


def _colour(row: Dots, at: int) -> str:
    return "#b4bcc6" if row.faint else COLOURS[at % len(COLOURS)]


def _dots(row: Dots, at: int, time: Scale, scale: Scale) -> str:
    colour = _colour(row, at)
    points = [
        (time.at(float(stamp)), scale.at(value))
        for stamp, value in zip(row.ts, row.values, strict=True)
        if math.isfinite(value)
    ]
    if row.joined and points:
        path = " ".join(f"{x} {y}" for x, y in points)
        return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{0.8 if row.faint else 1.2}"/>'
    return (
        f'<g fill="{colour}" fill-opacity=".7">'
        + "".join(f'<circle cx="{x}" cy="{y}" r="1.8"/>' for x, y in points)
        + "</g>"
    )


def _legend(rows: Sequence[Dots]) -> str:
    wide = (WIDTH - LEFT - RIGHT) / len(rows)
    return "".join(
        f'<rect x="{LEFT + at * wide:.1f}" y="2" width="10" height="3" fill="{_colour(row, at)}"/>'
        f'<text x="{LEFT + at * wide + 14:.1f}" y="8">{escape(row.name)}</text>'
        for at, row in enumerate(rows)
    )


def bar_chart(labels: Sequence[str], bars: Mapping[str, Sequence[float | None]], title: str) -> str:
    """Draw groups of bars: one group for each label, one bar for each name."""
    every = [value for values in bars.values() for value in values if value is not None]
    if not every:
        return ""
    low, high = padded(min([0.0, *every]), max([0.0, *every]))
    scale = Scale(low, high, HEAD + PANEL + 16, HEAD + 16)
    wide = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    thin = wide * 0.8 / len(bars)
    drawn = "".join(
        f'<rect x="{LEFT + (at + 0.1) * wide + number_of * thin:.1f}" y="{min(scale.at(value), scale.at(0)):.1f}" '
        f'width="{thin:.1f}" height="{abs(scale.at(value) - scale.at(0)):.1f}" fill="{COLOURS[number_of]}"/>'
        for number_of, values in enumerate(bars.values())
        for at, value in enumerate(values)
        if value is not None
    )
    every_nth = math.ceil(len(labels) / 12)
    words = "".join(
        f'<text x="{LEFT + (at + 0.5) * wide:.1f}" y="{HEAD + PANEL + 31}" text-anchor="middle">{escape(name)}</text>'
        for at, name in enumerate(labels)
        if at % every_nth == 0
    )
    named = _legend([Dots(name=name, ts=(), values=()) for name in bars])
    return svg(HEAD + PANEL + 16 + FOOT, y_axis(scale, title) + drawn + words + named, title)


CELL_HEIGHT, ROW_HEIGHT = 18.0, 34.0
LETTERS = {"critical": "C", "warning": "W", "watch": "o"}
"""What marks a flagged cell."""


def cell_map(
    packs: Mapping[int, Mapping[int, float | None]], flagged: Mapping[tuple[int, int], str], unit: str, label: str
) -> str:
    """Draw every cell of every pack in its place, on one scale centred on 0; a letter marks each flagged one.

    Parameters
    ----------
    packs : mapping
        Value of each cell, by pack and cell number; None is unknown.
    flagged : mapping
        Severity of each flagged cell, by pack and cell.
    unit : str
        Of the values.
    """
    known = [abs(value) for cells in packs.values() for value in cells.values() if value is not None]
    reach = float(np.quantile(known, 0.995)) if known else 1.0
    widest = max((len(cells) for cells in packs.values()), default=1)
    size = (WIDTH - LEFT - RIGHT) / widest
    rows = [
        _map_row(pack, cells, flagged, at * ROW_HEIGHT + 14, size, reach or 1.0)
        for at, (pack, cells) in enumerate(packs.items())
    ]
    bottom = len(rows) * ROW_HEIGHT + 14
    return svg(bottom + 30, "".join(rows) + _ramp(bottom, reach or 1.0, unit), label)


def _map_row(
    pack: int,
    cells: Mapping[int, float | None],
    flagged: Mapping[tuple[int, int], str],
    top: float,
    size: float,
    reach: float,
) -> str:
    drawn = [f'<text x="{LEFT - 6}" y="{top + 12}" text-anchor="end">{t("Pack {n}", n=pack)}</text>']
    for at, (cell, value) in enumerate(cells.items()):
        x = LEFT + at * size
        fill = "#ffffff" if value is None else _tint(value / reach)
        said = f"{t('Pack {n}', n=pack)} {t('cell {n}', n=cell)}: {NOTHING if value is None else number(value, 1)}"
        drawn.append(
            f'<rect x="{x:.1f}" y="{top}" width="{size - 0.6:.1f}" height="{CELL_HEIGHT}" fill="{fill}" '
            f'stroke="{GREY if value is None else "none"}"><title>{escape(said)}</title></rect>'
        )
        if (pack, cell) in flagged:
            letter = LETTERS.get(flagged[pack, cell], "?")
            middle = x + size / 2
            drawn.append(
                f'<text x="{middle:.1f}" y="{top - 2}" text-anchor="middle" font-size="9" font-weight="600" '
                f'fill="{INK}">{letter}</text>'
            )
        if cell % 5 == 0:
            drawn.append(
                f'<text x="{x + size / 2:.1f}" y="{top + 27}" text-anchor="middle" font-size="7">{cell}</text>'
            )
    return "".join(drawn)


GREY = "#b4bcc6"


def _tint(share: float) -> str:
    """Colour of a deviation from -1 to 1, on the ramp that the screen uses."""
    ramp = [(float(stop), str(colour)) for stop, colour in diverging("light")]
    place = min(max((share + 1) / 2, 0.0), 1.0)
    below, above = next((low, high) for low, high in pairwise(ramp) if place <= high[0])
    mix = (place - below[0]) / (above[0] - below[0])
    mixed = (
        round(int(below[1][at : at + 2], 16) * (1 - mix) + int(above[1][at : at + 2], 16) * mix) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _ramp(top: float, reach: float, unit: str) -> str:
    steps = 41
    wide = 160 / steps
    swatches = "".join(
        f'<rect x="{LEFT + at * wide:.1f}" y="{top + 6}" width="{wide + 0.2:.1f}" height="8" '
        f'fill="{_tint(2 * at / (steps - 1) - 1)}"/>'
        for at in range(steps)
    )
    ends = f'<text x="{LEFT}" y="{top + 24}">{quantity(-reach, unit)}</text>'
    ends += f'<text x="{LEFT + 160}" y="{top + 24}" text-anchor="end">{quantity(reach, unit)}</text>'
    key = t("C critical, W warning, o watch; an empty frame: unknown")
    return f'{swatches}{ends}<text x="{LEFT + 176}" y="{top + 14}">{escape(key)}</text>'
