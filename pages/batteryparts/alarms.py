"""Alarms of a system: a strip on which one sample is seen at any range, and every event in a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from app.analytics.alarms import BATTERY, FAULT, SAFETY, frequent, kind_of, triage
from app.answers import kpis
from app.components import VIEWED, csv_file, empty, export_button, section, table, time_graph, time_id
from app.figures.battery import alarm_strip
from app.figures.theme import message
from app.language import mark, t
from app.numbers import counted, duration
from app.scope import Scope, scope_of
from app.shapes.kpis import AlarmEvent
from pipeline.signals import Kind, describe

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRIP, GRID, EXPORT, STATE = "battery-alarms", "battery-alarm-grid", "battery-alarm-export", "battery-alarm-state"
HEAD_PX, ROW_PX, TABLE_MAX_PX = 52, 32, 308
"""Heights of the table's head, of a row, and of the table at most [px]."""
QUIET_PX = 72
"""Height of the strip when there is nothing on it [px]."""
COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "label", "headerName": mark("Alarm"), "minWidth": 160},
    {"field": "signal", "headerName": mark("Signal"), "minWidth": 140},
    {"field": "kind", "headerName": mark("Kind"), "minWidth": 130},
    {"field": "start", "headerName": mark("From"), "minWidth": 150},
    {"field": "end", "headerName": mark("To"), "minWidth": 150},
    {"field": "lasted", "headerName": mark("Lasted"), "minWidth": 110, "filter": False},
    {"field": "peak", "headerName": mark("Peak"), "type": "numericColumn", "maxWidth": 110},
    {"field": "samples", "headerName": mark("Samples"), "type": "numericColumn", "maxWidth": 120},
    {"field": "state", "headerName": mark("State"), "maxWidth": 130},
)
KINDS = {SAFETY: mark("Safety"), BATTERY: mark("Battery"), FAULT: mark("Device fault")}
"""What a flag warns of; safety stands first in the table."""


def has_flags(scope: Scope) -> bool:
    """Whether the system logs any alarm at all."""
    return any(describe(name).kind is Kind.FLAG for name in scope.signals)


def panel(scope: Scope) -> Component:
    """Lay out the row."""
    if not has_flags(scope):
        return section(
            t("Alarms"),
            empty(t("No alarm signals"), t("{source} logs no flag, so no alarm could be seen.", source=scope.source)),
            question="alarms",
        )
    strip = html.Div(time_graph(STRIP, label=t("Alarms over time"), question="alarms"), className="ps-strip")
    note = t("From raw flags. One sample is seen at any range; events that would overlap are drawn as one and counted.")
    body = [strip, html.Div(id=STATE), table(GRID, COLUMNS, height=TABLE_MAX_PX)]
    return section(t("Alarms"), body, note=note, tools=export_button(EXPORT), question="alarms")


def row_of(event: AlarmEvent) -> dict[str, Any]:
    """Flatten an event into one row of the table."""
    span = datetime.fromisoformat(event.end) - datetime.fromisoformat(event.start)
    return {
        "label": event.label,
        "signal": event.signal,
        "kind": t(KINDS[kind_of(event.signal)]),
        "start": event.start[:16].replace("T", " "),
        "end": event.end[:16].replace("T", " "),
        "lasted": duration(span.total_seconds() * 1000),
        "peak": event.peak,
        "samples": event.samples,
        "state": "ongoing" if event.ongoing else "over",
    }


def ask(scope: Scope) -> Sequence[AlarmEvent]:
    """Ask for the alarms of the window that the view shows: safety, then what is on, then by level, latest first."""
    return triage(kpis.bess_kpis(str(scope.source), *scope.window).alarms)


def strip(events: Sequence[AlarmEvent], scope: Scope, theme: str | None) -> go.Figure:
    """Draw the strip; say so when there was no alarm."""
    if not events:
        return message(t("No alarm in this window"), theme).update_layout(height=QUIET_PX)
    start_ms, end_ms = scope.drawn
    return alarm_strip(events, start_ms=start_ms, end_ms=end_ms, zone=scope.zone, theme=theme)


def update(
    search: str | None, theme: str | None
) -> tuple[go.Figure, dict[str, str], list[dict[str, Any]], dict[str, str], str]:
    """Fill the row."""
    scope = scope_of(search, "bess")
    found = ask(scope)
    figure = strip(found, scope, theme)
    rows = [row_of(event) for event in found]
    return figure, {"height": f"{figure.layout.height}px"}, rows, table_size(len(rows)), told(found)


def table_size(rows: int) -> dict[str, str]:
    """Make the table as high as its rows, and scroll when they are many."""
    return {"height": f"{min(HEAD_PX + ROW_PX * max(rows, 1), TABLE_MAX_PX)}px", "width": "100%"}


def told(found: Sequence[AlarmEvent]) -> str:
    """Count the events of the window, and name the flags that come so often that they are listed last."""
    if not found:
        return ""
    often = sorted(frequent(found))
    words = counted(len(found), "event")
    return (
        t("{events}; listed last, as they are frequent: {flags}", events=words, flags=", ".join(often))
        if often
        else words
    )


def export(clicks: int, search: str | None) -> dict[str, Any]:
    """Write every event as CSV."""
    del clicks
    scope = scope_of(search, "bess")
    header = ("signal", "label", "start", "end", "peak", "samples", "ongoing")
    return csv_file(f"alarms-{scope.source}.csv", header, [[getattr(e, key) for key in header] for e in ask(scope)])


def register(app: Dash) -> None:
    """Wire the row."""
    app.callback(
        Output(time_id(STRIP), "figure"),
        Output(time_id(STRIP), "style"),
        Output(GRID, "rowData"),
        Output(GRID, "style"),
        Output(STATE, "children"),
        Input(VIEWED, "data"),
        Input("theme", "data"),
    )(update)
    app.callback(
        Output(f"{EXPORT}-file", "data"), Input(EXPORT, "n_clicks"), State("url", "search"), prevent_initial_call=True
    )(export)
