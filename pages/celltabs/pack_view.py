"""Third tab: one pack over time as a surface, or flattened to a map of cell and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import battery, cells
from app.components import choice, entry_id, graph, section
from app.figures.relief import MAP_ROWS_MAX, ROWS_MAX
from app.figures.surface import cell_surface, cell_time_map
from app.figures.theme import message
from app.language import mark, t, tn
from app.numbers import number, percent
from app.scope import Scope
from app.shapes.pictures import SurfaceAnswer
from pages.celltabs import verdicts

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "surface", "keys": "pack,cell,quantity,mode,shape"}
GRAPH, CAPTION, DRAWING = "cells-surface-graph", "cells-surface-caption", "cells-surface-drawing"
QUANTITIES = {"voltage": mark("Voltage"), "temperature": mark("Temperature")}
BUDGET_PER_ROW = 4
"""Points that are asked for each row drawn, so that rows are cut from the finest level that is quick to read."""
SHAPES = {"surface": mark("Surface"), "flat": mark("Flatten")}
LIMITS = {"mV": "voltage_deviation_mv", "K": "temperature_variation_k", "1": "robust_z_warning"}
"""Limit that a deviation is held against, by its unit."""
HEIGHT_PX = 600


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    tools = [
        _control(scope, "quantity", t("Quantity"), QUANTITIES),
        _control(scope, "mode", t("What each cell is held against"), verdicts.modes()),
        _control(scope, "shape", t("Surface or map"), SHAPES),
    ]
    chart = html.Div(
        graph(GRAPH, label=t("Every cell of the pack over time"), height=HEIGHT_PX, question="surface"),
        className="ps-surface",
    )
    caption = html.P(id=CAPTION, className="ps-caption")
    note = t("Cell, time and reading. Click a cell to select it everywhere.")
    return [
        dcc.Store(id=DRAWING),
        section(t("The pack over time"), [chart, caption], note=note, tools=tools, question=None),
    ]


def _control(scope: Scope, key: str, label: str, options: Mapping[str, str]) -> html.Div:
    plain = next(iter(options))
    return choice(entry_id(key, plain), label, options, scope.view.get(key, plain))


def is_flat(scope: Scope) -> bool:
    """Whether the view asks for the flat map."""
    return scope.view.get("shape", "surface") == "flat"


def ask(scope: Scope) -> SurfaceAnswer:
    """Ask for the pack over time, as the view says."""
    quantity, mode = scope.view.get("quantity", "voltage"), scope.view.get("mode", "deviation")
    found: SurfaceAnswer = cells.surface(
        str(scope.source),
        int(scope.pack or 0),
        *verdicts.drawn_window(scope),
        quantity="temperature" if quantity == "temperature" else "voltage",
        mode=next((one for one in cells.MODES if one == mode), "deviation"),
        max_points=ROWS_MAX * BUDGET_PER_ROW,
        rows=MAP_ROWS_MAX if is_flat(scope) else ROWS_MAX,
    )
    return found


def draw(answer: SurfaceAnswer, scope: Scope, theme: str) -> go.Figure:
    """Draw what was answered, in the shape that the view asks for; say why when there is nothing."""
    if not len(answer.ts):
        return message(answer.reason or t("No readings in this period."), theme, height=HEIGHT_PX)
    found = battery.critical(str(scope.source), int(scope.pack or 0), scope.start_ms, scope.end_ms)
    flagged = {one.cell: one.severity for one in found.cells} if answer.quantity == "voltage" else {}
    limit = found.limits.get(LIMITS.get(answer.unit, ""), {}).get("value")
    shared: dict[str, Any] = {"zone": scope.zone, "flagged": flagged, "theme": theme, "limit": limit}
    shared["selected"] = scope.view.cell
    figure = _shape(answer, scope, shared)
    if answer.cells_of:  # what a click on a sensor selects
        figure.layout.meta = {sensor: own[len(own) // 2] for sensor, own in answer.cells_of.items() if own}
    return figure


def _shape(answer: SurfaceAnswer, scope: Scope, shared: Mapping[str, Any]) -> go.Figure:
    if is_flat(scope):
        return cell_time_map(answer, **shared)
    key = f"{scope.source}-{scope.pack}-{answer.quantity}-{answer.mode}"
    return cell_surface(answer, **shared, view_key=key)


def caption(answer: SurfaceAnswer) -> str:
    """Say what the drawing rests on."""
    what = "cells" if answer.quantity == "voltage" else "sensors"
    statistic = t("mean of each row") if answer.mode == "absolute" else t("farthest reading of each row")
    size = tn(
        "{cells} {what} at {ts} time",
        "{cells} {what} at {ts} times",
        len(answer.ts),
        cells=number(len(answer.cells)),
        what=what,
        ts=number(len(answer.ts)),
    )
    return t(
        "{size}, {level} level, {statistic}, {coverage} coverage",
        size=size,
        level=answer.level or "no",
        statistic=statistic,
        coverage=percent(answer.coverage),
    )


def update(asked: Mapping[str, str]) -> tuple[go.Figure, str]:
    """Fill the tab."""
    scope = verdicts.asked_scope(asked)
    answer = ask(scope)
    return draw(answer, scope, asked["theme"]), caption(answer)


def register(app: Dash) -> None:
    """Wire the tab."""
    app.callback(Output(DRAWING, "data"), Output(CAPTION, "children"), Input(GATE, "data"), prevent_initial_call=True)(
        update
    )
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "keepCamera"), Output(GRAPH, "figure"), Input(DRAWING, "data"))
    in_browser(ClientsideFunction("packscope_cells", "pickPoint"), Input(GRAPH, "clickData"))
