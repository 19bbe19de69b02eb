"""The heat map over time: frames that the browser plays by itself, sent once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import cells
from app.answers.frames import FramesAnswer, frames
from app.components import aria, graph, section
from app.figures.arrangement import Arrangement
from app.figures.heatmap import pack_heatmap, scale_of
from app.figures.theme import message
from app.language import t
from app.numbers import counted, digits_of, duration, percent, quantity, stamp
from app.scope import Scope
from app.shapes.pictures import HeatmapAnswer
from app.view import ms_to_wall
from pages.celltabs import verdicts
from pipeline.contract import DAY_MS

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "heatmaps", "keys": "metric,against,rows", "part": "frames"}
GRAPH, CAPTION, FRAMES, CONTROLS = "cells-frames-graph", "cells-frames-caption", "cells-frames", "cells-frames-controls"
_HOUR_MS = 3_600_000


def panel(scope: Scope, tall: int) -> list[Component]:
    """Lay out the section."""
    del scope
    chart = html.Div(
        graph(GRAPH, label=t("Every cell, frame by frame"), height=tall, question="frames"),
        className="ps-wide ps-cellmap",
    )
    controls = html.Div(id=CONTROLS, className="ps-player", role="group", **aria(label=t("Player of the heat map")))
    note = t("Play it, or step with the arrow keys. The strip shows how far the farthest cell strays in each frame.")
    body = [dcc.Store(id=FRAMES), controls, chart, html.P(id=CAPTION, className="ps-caption")]
    return [section(t("Over time, frame by frame"), body, note=note, question=None)]


def ask(scope: Scope) -> FramesAnswer:
    """Ask for the frames that the view is about: deviations, unless it asks for readings as they are."""
    metric, mode = verdicts.metric_of(scope), verdicts.against_of(scope)
    plain: cells.Mode = "absolute" if metric in ("voltage", "temperature") else "deviation"
    return frames(
        str(scope.source),
        *verdicts.drawn_window(scope),
        quantity="temperature" if metric == "temperature" else "voltage",
        mode=mode if mode != "absolute" else plain,
    )


def answers_of(found: FramesAnswer, at: int) -> dict[int, HeatmapAnswer]:
    """Lay one frame out by packs, as a heat map is drawn."""
    shown: dict[int, HeatmapAnswer] = {}
    for pack in sorted({pack for pack, _ in found.places}):
        columns = [column for column, place in enumerate(found.places) if place[0] == pack]
        values = [float(found.z[at, column]) for column in columns]
        shown[pack] = HeatmapAnswer(
            build_id=found.build_id,
            level=found.level,
            coverage=None,
            reason=t("no reading in this frame"),
            cells=tuple(found.places[column][1] for column in columns),
            values=tuple(value if np.isfinite(value) else None for value in values),
            statistic=found.statistic,
            unit=found.unit,
            metric="temperature" if found.quantity == "temperature" else "voltage",
            limit=found.limit,
        )
    return shown


def draw(found: FramesAnswer, scope: Scope, theme: str) -> go.Figure:
    """Draw the newest frame on the scale that all frames share."""
    if not len(found.ts):
        return message(t(found.reason or "No readings in this period."), theme, height=280)
    relative = found.mode != "absolute"
    own = answers_of(found, len(found.ts) - 1)
    flat = found.z[np.isfinite(found.z)]
    pooled = {
        pack: HeatmapAnswer(**(vars(answer) | {"values": tuple(flat.tolist()) if pack == min(own) else ()}))
        for pack, answer in own.items()
    }
    return pack_heatmap(
        own,
        flagged=verdicts.marked(scope) if found.quantity == "voltage" else {},
        theme=theme,
        selected=verdicts.selected(scope),
        scale=scale_of(pooled, relative=relative, theme=theme),
        relative=relative,
        in_one_row=scope.view.get("rows", "packs") == "one",
        beside=verdicts.beside_sensors(scope),
    )


def label(stamp_ms: int, width_ms: int, zone: str) -> str:
    """Write when a frame is, in the site's zone: its day or days, or its hours."""
    if width_ms < DAY_MS:
        return t("{start} to {end}", start=stamp(stamp_ms, zone), end=stamp(stamp_ms + width_ms, zone)[-5:])
    first = stamp(stamp_ms, zone, minutes=False)
    last = stamp(stamp_ms + width_ms - 2 * _HOUR_MS, zone, minutes=False)
    return first if width_ms == DAY_MS else t("{start} to {end}", start=first, end=last)


def sent(found: FramesAnswer, scope: Scope) -> dict[str, Any] | None:
    """Write the frames as the browser plays them: whole numbers of the last digit that a sensor resolves."""
    if not len(found.ts):
        return None
    plan = _plan(found, in_one_row=scope.view.get("rows", "packs") == "one")
    digits = 1 if found.unit == "1" else digits_of(found.unit)
    whole = np.round(found.z.astype(np.float64) * 10**digits)
    rows = [[None if np.isnan(value) else int(value) for value in row] for row in whole]
    size = (
        np.abs(found.z - np.nanmedian(found.z, axis=1, keepdims=True)) if found.mode == "absolute" else np.abs(found.z)
    )
    far = np.nan_to_num(np.nanmax(size, axis=1, initial=0.0))
    return {
        "z": rows,
        "spots": [plan.index(*place) for place in found.places],
        "places": [list(place) for place in found.places],
        "shape": plan.shape,
        "digits": digits,
        "unit": "z" if found.unit == "1" else found.unit,
        "relative": found.mode != "absolute",
        "labels": [label(int(at), found.width_ms, scope.zone) for at in found.ts],
        "starts": [ms_to_wall(int(at), scope.zone) for at in found.ts],
        "far": [round(float(value), digits) for value in far],
        "limit": found.limit,
        "words": _words(found),
    }


def _plan(found: FramesAnswer, *, in_one_row: bool) -> Arrangement:
    packs = sorted({pack for pack, _ in found.places})
    return Arrangement({one: [cell for pack, cell in found.places if pack == one] for one in packs}, in_one_row)


def _words(found: FramesAnswer) -> dict[str, str]:
    named = t("Pack {n} cell {k}") if found.quantity == "voltage" else t("Pack {n} sensor {k}")
    return {
        "play": t("Play"),
        "pause": t("Pause"),
        "frame": t("Frame"),
        "speed": t("Speed"),
        "slow": t("Slow"),
        "normal": t("Normal"),
        "fast": t("Fast"),
        "named": t(named, n="{n}", k="{k}"),
        "rank": t("rank {k} of {n}", k="{k}", n="{n}"),
        "apart": t("{value} from the median", value="{value}"),
    }


def caption(found: FramesAnswer) -> str:
    """Say what a frame holds and what it rests on."""
    if not len(found.ts):
        return ""
    unit = "z" if found.unit == "1" else found.unit
    parts = [t(found.statistic), t("{n} of {width}", n=counted(len(found.ts), "frame"), width=duration(found.width_ms))]
    if found.limit is not None:
        parts.append(t("limit {value}", value=quantity(found.limit, unit, 1)))
    return " · ".join(
        [*parts, t("{level} level", level=found.level), t("{share} coverage", share=percent(found.coverage))]
    )


def update(asked: Mapping[str, str]) -> tuple[go.Figure, dict[str, Any], str, dict[str, Any] | None]:
    """Fill the section."""
    scope = verdicts.asked_scope(asked)
    found = ask(scope)
    figure = draw(found, scope, asked["theme"])
    return figure, {"height": f"{figure.layout.height}px"}, caption(found), sent(found, scope)


def register(app: Dash) -> None:
    """Wire the section."""
    app.callback(
        Output(GRAPH, "figure"),
        Output(GRAPH, "style"),
        Output(CAPTION, "children"),
        Output(FRAMES, "data"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_player", "load"), Input(FRAMES, "data"))
    in_browser(ClientsideFunction("packscope_cells", "pickMark"), Input(GRAPH, "clickData"))
