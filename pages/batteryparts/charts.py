"""Time charts of the battery page: one per topic, with the signals that the system logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dash import Dash, Input, Output
from dash.development.base_component import Component

from app.answers import kpis, series
from app.components import VIEWED, section, time_graph, time_id
from app.figures.theme import bare, message
from app.figures.timeseries import Event, time_chart
from app.language import mark, t
from app.scope import Scope, scope_of
from app.shapes.kpis import AlarmEvent

POINTS_MAX = 600
"""Points per line, unless the view asks for more: many charts share this page's bytes [points]."""
PANEL_PX, BASE_PX = 150, 130


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One chart: its name, and the signals that it shows where they are logged, in this order."""

    key: str
    title: str
    patterns: tuple[str, ...]
    panels: int
    note: str = ""
    alarms: bool = False

    @property
    def name(self) -> str:
        """Name of its chart."""
        return f"battery-{self.key}"

    def signals(self, logged: Sequence[str]) -> list[str]:
        """Pick the signals that are logged, in the chart's order."""
        return [name for pattern in self.patterns for name in sorted(logged) if re.fullmatch(pattern, name)]


TOPICS = (
    Topic(key="soc", title=mark("Charge and health"), patterns=(r"bms\d+_soc", r"bms\d+_soh"), panels=1, alarms=True),
    Topic(
        key="power",
        title=mark("Power"),
        patterns=(r"pcs\d+_ap", r"bms\d+_c", r"bms\d+_v"),
        panels=3,
        note=mark("As logged: the sign says which way it flows."),
    ),
    Topic(
        key="cells",
        title=mark("Cell voltages"),
        patterns=(r"bms\d+_cell_max_v", r"bms\d+_cell_ave_v", r"bms\d+_cell_min_v"),
        panels=1,
        note=mark("As the BMS reports them."),
    ),
    Topic(key="spread", title=mark("Cell voltage spread"), patterns=(r"bms\d+_cell_v_diff",), panels=1),
    Topic(
        key="thermal",
        title=mark("Thermal"),
        patterns=(
            r"bms\d+_cell_max_t",
            r"bms\d+_cell_min_t",
            r"ac\d+_outwater_t",
            r"ac\d+_rtnwater_t",
            r"ac\d+_outside_t",
        ),
        panels=1,
    ),
    Topic(
        key="pcs",
        title=mark("Power conversion"),
        patterns=(r"pcs\d+_t_igbt", r"pcs\d+_t_a", r"pcs\d+_t_env", r"pcs\d+_dcv"),
        panels=2,
    ),
    Topic(key="aux", title=mark("Auxiliaries"), patterns=(r"aux_m_ap", r"aux_m_pf"), panels=2),
    Topic(key="environment", title=mark("Environment"), patterns=(r"dh\d+_temp", r"dh\d+_humi"), panels=2),
)


def charts(scope: Scope) -> list[Component]:
    """Lay out a chart for each topic of which anything is logged."""
    return [_framed(topic) for topic in TOPICS if topic.signals(scope.signals)]


def _framed(topic: Topic) -> Component:
    height = BASE_PX + PANEL_PX * topic.panels
    return section(
        t(topic.title),
        time_graph(topic.name, label=t("{topic} over time", topic=t(topic.title)), height=height),
        note=t(topic.note) if topic.note else None,
        question=None,
    )


def events(alarms: Sequence[AlarmEvent]) -> list[Event]:
    """Turn alarms into marks of the strip under a time axis."""
    return [
        Event(start_ms=_ms(one.start), end_ms=_ms(one.end), label=f"{one.label} ({one.signal})", severity="critical")
        for one in alarms
    ]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def draw(scope: Scope, topic: Topic, theme: str | None) -> dict[str, Any]:
    """Draw one topic in the window that the view shows."""
    names = topic.signals(scope.signals)
    if scope.source is None or not names:
        return bare(message(t("Nothing of this is logged"), theme))
    points = scope.view.points or min(scope.points, POINTS_MAX)
    lines = series.many(scope.source, names, *scope.window, max_points=points)
    marks = events(kpis.bess_kpis(scope.source, *scope.window).alarms) if topic.alarms else []
    return bare(time_chart(lines, zone=scope.zone, theme=theme, drawn=scope.drawn, events=marks))


def update(search: str | None, theme: str | None, *, topic: Topic) -> dict[str, Any]:
    """Fill one chart."""
    return draw(scope_of(search, "bess"), topic, theme)


def register(app: Dash) -> None:
    """Wire the charts."""
    for topic in TOPICS:
        app.callback(Output(time_id(topic.name), "figure"), Input(VIEWED, "data"), Input("theme", "data"))(
            partial(update, topic=topic)
        )
