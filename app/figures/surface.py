"""The pack in three dimensions: cell x time x voltage or temperature, and the same flattened to a map."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from app.figures import objects as go
from app.figures.clock import to_wall
from app.figures.marks import severity_marker
from app.figures.relief import MAP_ROWS_MAX, Relief, relief
from app.figures.scales import Scale, diverging_scale
from app.figures.theme import ABSOLUTE_SCALE, TEMPERATURE_SCALE, colours, style
from app.language import t
from app.numbers import stamp
from app.shapes.pictures import SurfaceAnswer

LABELS_MAX = 6
"""Flagged cells that are labelled on a surface, worst first."""
_CAMERA = {"eye": {"x": 1.25, "y": -1.6, "z": 0.95}, "center": {"x": 0.08, "y": 0, "z": -0.16}}
_TICKS = 5
LEAST_APART = 0.1
"""Ticks of the colour bar nearer than this share of its length overlap on a phone [1]."""
WHEN = "%{x|%-d %b %Y, %H:%M}"
"""How hover writes a time."""


def surface_scale(shown: Relief, *, quantity: str, mode: str, limit: float | None, theme: str | None) -> Scale:
    """Choose the scale: diverging about 0 with the limit for a deviation, else a ramp over the values.

    Parameters
    ----------
    shown : Relief
        What is drawn.
    quantity, mode : str
        voltage or temperature; absolute, deviation, neighbours or z.
    limit : float or None
        Limit of a deviation [unit of ``shown``].
    theme : str or None
        light or dark.
    """
    known = shown.z[np.isfinite(shown.z)].astype(np.float64)
    if mode != "absolute":
        return diverging_scale(known, limit, theme=theme)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    ramp = TEMPERATURE_SCALE if quantity == "temperature" else ABSOLUTE_SCALE
    return Scale(low=low, high=high if high > low else low + 1.0, colors=ramp)


def cell_surface(
    answer: SurfaceAnswer,
    *,
    zone: str,
    flagged: Mapping[int, str],
    theme: str | None,
    limit: float | None = None,
    selected: int | None = None,
    view_key: str = "surface",
) -> go.Figure:
    """Draw a pack as a surface.

    Parameters
    ----------
    answer : SurfaceAnswer
        Cells over time.
    zone : str
        The site's zone, in which times are written.
    flagged : mapping of int to str
        Severity per flagged cell, worst first; their ridges are drawn and labelled.
    theme : str or None
        light or dark.
    limit : float, optional
        Limit of a deviation [mV or °C].
    selected : int, optional
        The selected cell; its ridge is drawn in the accent.
    view_key : str
        While it stays the same the browser keeps the camera.

    Returns
    -------
    go.Figure
        One surface and one line per labelled cell, in one WebGL context.
    """
    shown = relief(answer)
    scale = surface_scale(shown, quantity=answer.quantity, mode=answer.mode, limit=limit, theme=theme)
    figure = go.Figure(_surface(shown, scale, zone))
    marked = _marked(shown, flagged, selected)
    for cell, severity in marked.items():
        figure.add_trace(_ridge(shown, cell, "accent" if cell == selected else severity, theme))
    style(
        figure,
        theme,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        uirevision=view_key,
        showlegend=False,
        scene={
            "uirevision": view_key,
            "aspectmode": "manual",
            "aspectratio": {"x": 1.6, "y": 1.5, "z": 0.6},
            "xaxis": _axis(shown.noun, theme, tickvals=_cell_ticks(shown)),
            "yaxis": _axis(t("time ({zone})", zone=zone), theme, **_time_ticks(shown, zone)),
            "zaxis": _axis(_z_title(answer, shown), theme, nticks=6),
            "annotations": [_label(shown, cell, severity, theme) for cell, severity in marked.items()],
        },
    )
    figure.layout.template.layout.scene.camera = _CAMERA  # in the template: what the user turns is then kept
    return figure


def _axis(title: str, theme: str | None, **ticks: object) -> dict[str, object]:
    own = colours(theme)
    lines = {"gridcolor": own["line"], "zerolinecolor": own["ink-3"], "color": own["ink-2"]}
    return {"showbackground": False, **lines, "title": {"text": title}, **ticks}


def _wall(stamp_ms: int, zone: str, form: str) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(stamp_ms))
    return moment.astimezone(ZoneInfo(zone)).strftime(form).lstrip("0")


def _hours(shown: Relief) -> NDArray[np.float32]:
    return ((shown.ts - shown.ts[0]) / 3_600_000).astype(np.float32) if len(shown.ts) else np.zeros(0, np.float32)


def _tick_form(shown: Relief) -> str:
    days = (shown.ts[-1] - shown.ts[0]) / 86_400_000 if len(shown.ts) else 0
    return "%b %Y" if days > 240 else "%d %b" if days > 4 else "%d %b %H:%M"


def _time_ticks(shown: Relief, zone: str) -> dict[str, object]:
    """Texts at even distances, as site wall time: the browser knows no zones."""
    if not len(shown.ts):
        return {}
    stamps = np.linspace(shown.ts[0], shown.ts[-1], _TICKS).astype(np.int64)
    places = (stamps - shown.ts[0]) / 3_600_000
    form = _tick_form(shown)
    return {"tickvals": [round(float(at), 3) for at in places], "ticktext": [_wall(at, zone, form) for at in stamps]}


def _cell_ticks(shown: Relief) -> list[int]:
    step = 5 if len(shown.cells) <= 30 else 10
    return [cell for cell in shown.cells if cell == shown.cells[0] or cell % step == 0]


def _z_title(answer: SurfaceAnswer, shown: Relief) -> str:
    titles = {"deviation": t("from median"), "neighbours": t("from neighbours"), "z": t("robust z")}
    what = titles.get(answer.mode, t(answer.quantity))
    return what if answer.mode == "z" else f"{what} [{shown.unit}]"


def _upright(scale: Scale, unit: str) -> dict[str, object]:
    bar: dict[str, object] = {"title": {"text": unit}, "thickness": 12, "outlinewidth": 0, "len": 1, "x": 1.02}
    ticks = {"tickmode": "array", "tickvals": list(scale.ticks), "ticktext": list(scale.words)} if scale.ticks else {}
    return bar | {"xanchor": "left"} | ticks


def _bar(scale: Scale, unit: str) -> dict[str, object]:
    bar: dict[str, object] = {
        "thickness": 12,
        "outlinewidth": 0,
        "orientation": "h",
        "len": 0.9,
        "y": 1,
        "yanchor": "top",
    }
    if scale.ticks:
        shown = [one for one in zip(scale.ticks, scale.words, strict=True) if one[0] or _has_room_at_nought(scale)]
        ends = (scale.low, scale.high)
        words = [f"{word} {unit}" if at in ends else "<br>".join(word.rsplit(" ", 1)) for at, word in shown]
        bar |= {"tickmode": "array", "tickvals": [at for at, _ in shown], "ticktext": words}
    return bar


def _has_room_at_nought(scale: Scale) -> bool:
    """Whether nought can be written between the limits beside it on the narrowest screen."""
    near = min((abs(at) for at in scale.ticks if at), default=np.inf)
    return bool(near > LEAST_APART * (scale.high - scale.low))


def _surface(shown: Relief, scale: Scale, zone: str) -> go.Surface:
    stamps = np.array([stamp(int(at), zone) for at in shown.ts], dtype=object)
    digits = ".3f" if shown.unit == "V" else ".1f"
    return go.Surface(
        x=np.array(shown.cells, dtype=np.int16),
        y=_hours(shown),
        z=shown.z,
        cmin=scale.low,
        cmax=scale.high,
        colorscale=scale.colors,
        colorbar=_bar(scale, shown.unit),
        connectgaps=False,
        text=np.repeat(stamps[:, None], len(shown.cells), axis=1),
        hovertemplate=f"{shown.noun} %{{x}}<br>%{{text}}<br>%{{z:{digits}}} {shown.unit}<extra></extra>",
        contours={"x": {"highlight": False}, "y": {"highlight": False}, "z": {"highlight": False}},
        lighting={"ambient": 0.75, "diffuse": 0.5, "specular": 0.05, "roughness": 0.9},
    )


def _marked(shown: Relief, flagged: Mapping[int, str], selected: int | None) -> dict[int, str]:
    """Choose the cells whose ridge is drawn and labelled: the worst of the flagged ones, and the selected one."""
    named = {cell: severity for cell, severity in flagged.items() if cell in shown.cells}
    marked = dict(list(named.items())[:LABELS_MAX])
    if selected is not None and selected in shown.cells:
        marked.setdefault(selected, "accent")
    return marked


def _ridge(shown: Relief, cell: int, colour: str, theme: str | None) -> go.Scatter3d:
    """Draw one ridge, and a pole from its most extreme point to the top, which carries the label."""
    z = shown.z[:, shown.cells.index(cell)]
    hours = _hours(shown)
    pole_hours, pole_z = _pole(shown, z, hours)
    ridge_z = np.concatenate([z, pole_z])
    return go.Scatter3d(
        x=np.full(len(ridge_z), cell, dtype=np.int16),
        y=np.concatenate([hours, pole_hours]),
        z=ridge_z,
        mode="lines",
        line={"color": colours(theme)[colour], "width": 4},
        connectgaps=False,
        hoverinfo="skip",
    )


def _label(shown: Relief, cell: int, severity: str, theme: str | None) -> dict[str, object]:
    """Write a cell's name on top of its pole, flat on the screen: letters of triangles take a tenth of a second."""
    hours, tops = _pole(shown, shown.z[:, shown.cells.index(cell)], _hours(shown))
    place = {"x": cell, "y": float(hours[-1]), "z": float(tops[-1])} if len(tops) else {"visible": False}
    words = f"{shown.noun} {cell}" if severity == "accent" else f"{shown.noun} {cell}: {t(severity)}"
    font = {"size": 13, "color": colours(theme)["ink"]}
    return {**place, "text": words, "font": font, "showarrow": False, "yanchor": "bottom"}


def _pole(
    shown: Relief, z: NDArray[np.float32], hours: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    known = np.flatnonzero(np.isfinite(z))
    if not known.size:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    centre = 0.0 if shown.about_zero else float(np.median(z[known]))
    peak = int(known[np.argmax(np.abs(z[known] - centre))])
    low, high = float(np.nanmin(shown.z)), float(np.nanmax(shown.z))
    top = high + 0.08 * (high - low)
    at = [hours[peak]] * 3
    return np.array(at, dtype=np.float32), np.array([np.nan, z[peak], top], dtype=np.float32)


def cell_time_map(
    answer: SurfaceAnswer,
    *,
    zone: str,
    flagged: Mapping[int, str],
    theme: str | None,
    limit: float | None = None,
    selected: int | None = None,
) -> go.Figure:
    """Draw the same as a flat map: time across, cells down, colour for the value.

    Parameters
    ----------
    answer, zone, flagged, theme, limit, selected
        As for `cell_surface`.

    Returns
    -------
    go.Figure
        Hover and click give the cell as ``y``; no WebGL is used.
    """
    shown = relief(answer, rows_max=MAP_ROWS_MAX)
    scale = surface_scale(shown, quantity=answer.quantity, mode=answer.mode, limit=limit, theme=theme)
    digits = ".3f" if shown.unit == "V" else ".1f"
    figure = go.Figure(
        go.Heatmap(
            x=to_wall(shown.ts, zone),
            y=np.array(shown.cells, dtype=np.int16),
            z=shown.z.T,
            zmin=scale.low,
            zmax=scale.high,
            colorscale=scale.colors,
            colorbar=_upright(scale, shown.unit),
            hovertemplate=f"{shown.noun} %{{y}}<br>{WHEN}<br>%{{z:{digits}}} {shown.unit}<extra></extra>",
            hoverongaps=False,
        )
    )
    for cell, severity in flagged.items():
        figure.add_trace(_edge_mark(shown, cell, severity, zone, theme))
    style(
        figure,
        theme,
        margin={"l": 52, "r": 12, "t": 8, "b": 44},
        showlegend=False,
        uirevision="map",
    )
    if selected is not None:
        for edge in (selected - 0.5, selected + 0.5):
            figure.add_hline(y=edge, line={"color": colours(theme)["accent"], "width": 1.5})
    figure.update_xaxes(title_text=t("time ({zone})", zone=zone), showgrid=False)
    figure.update_yaxes(title_text=shown.noun, tickvals=_cell_ticks(shown), autorange="reversed", showgrid=False)
    return figure


def _span(shown: Relief, zone: str) -> list[str] | None:
    """Return the axis from the first column's left edge to the last one's right edge."""
    if len(shown.ts) < 2:
        return None
    half = int(np.median(np.diff(shown.ts))) // 2
    return [str(edge) for edge in to_wall([int(shown.ts[0]) - half, int(shown.ts[-1]) + half], zone)]


def _edge_mark(shown: Relief, cell: int, severity: str, zone: str, theme: str | None) -> go.Scatter:
    """Mark the left edge of a flagged cell's row; its shape says the severity."""
    first = to_wall(shown.ts[: int(cell in shown.cells)], zone)
    return go.Scatter(
        x=first,
        y=[cell] * len(first),
        mode="markers",
        marker=severity_marker(severity, theme),
        hovertemplate=f"{shown.noun} {cell}: {severity}<extra></extra>",
        cliponaxis=False,
    )
