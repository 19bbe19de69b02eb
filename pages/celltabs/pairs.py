"""The same cells in two periods, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import cells
from app.components import choice, entry_id, graph, section
from app.figures.clock import span_words
from app.figures.pairs import EDGES_PX, TITLE_PX, difference, map_px, period_pair, step_unit, values_of
from app.figures.theme import message
from app.language import t
from app.numbers import quantity
from app.scope import Scope
from app.shapes.pictures import HeatmapAnswer
from app.view import BEGINNING_DAYS, DAY_MS, RECENT_DAYS, wall_to_ms
from pages.celltabs import verdicts

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "heatmaps", "keys": "metric,against,pair,first,second", "part": "pairs"}
GRAPH, CAPTION = "cells-pairs-graph", "cells-pairs-caption"


@dataclass(frozen=True, kw_only=True)
class Period:
    """One of the two periods."""

    words: str
    start_ms: int
    end_ms: int
    """Half-open [epoch ms UTC)."""

    def title(self, zone: str) -> str:
        """Name the period, with its days."""
        return f"{self.words}: {span_words(self.start_ms, self.end_ms, zone)}"


def pairs() -> dict[str, str]:
    """Name the pairs on offer."""
    return {
        "standing": t("Beginning and recent"),
        "halves": t("Halves of the period"),
        "before": t("The period and the one before"),
    }


def panel(scope: Scope) -> list[Component]:
    """Lay out the section."""
    tall = EDGES_PX + 3 * (TITLE_PX + map_px(len(scope.packs)))
    chart = html.Div(
        graph(GRAPH, label=t("The cells in two periods"), height=tall, question="pairs"), className="ps-wide ps-cellmap"
    )
    tools = choice(entry_id("pair", "standing"), t("Periods"), pairs(), scope.view.get("pair", "standing"))
    note = t("One scale for both periods; the difference has its own, with the limit marked.")
    body = [chart, html.P(id=CAPTION, className="ps-caption")]
    return [section(t("Two periods side by side"), body, note=note, tools=tools, question=None)]


def periods(scope: Scope) -> tuple[Period, Period]:
    """Resolve the two periods that the view asks for.

    The address may say any two as ``first=<from>~<to>&second=<from>~<to>`` in site wall time.
    """
    typed = _typed(scope, "first"), _typed(scope, "second")
    if typed[0] and typed[1]:
        return _period(t("First"), typed[0]), _period(t("Second"), typed[1])
    start, end = scope.asked
    kind = scope.view.get("pair", "standing")
    if kind == "halves":
        return _halves(start, end)
    if kind == "before":
        return _period(t("Before"), (2 * start - end, start)), _period(t("The period"), (start, end))
    early_end, late_start = scope.first_ms + BEGINNING_DAYS * DAY_MS, scope.last_ms - RECENT_DAYS * DAY_MS
    if early_end > late_start:
        return _halves(scope.first_ms, scope.last_ms)
    return _period(t("Beginning"), (scope.first_ms, early_end)), _period(t("Recent"), (late_start, scope.last_ms))


def _halves(start: int, end: int) -> tuple[Period, Period]:
    """Cut a stretch in the middle: of a history too short for the standing periods they would be nearly the same."""
    middle = (start + end) // 2
    return _period(t("First half"), (start, middle)), _period(t("Second half"), (middle, end))


def _typed(scope: Scope, key: str) -> tuple[int, int] | None:
    start, _, end = scope.view.get(key, "").partition("~")
    found = wall_to_ms(start, scope.zone), wall_to_ms(end, scope.zone, late=True)
    return (found[0], found[1]) if found[0] is not None and found[1] is not None and found[0] < found[1] else None


def _period(words: str, span: tuple[int, int]) -> Period:
    return Period(words=words, start_ms=span[0], end_ms=max(span[1], span[0] + 1))


def ask(scope: Scope, period: Period) -> dict[int, HeatmapAnswer]:
    """Ask for the chosen metric of every pack in one period."""
    metric, mode = verdicts.metric_of(scope), verdicts.against_of(scope)
    return cells.heatmaps(str(scope.source), period.start_ms, period.end_ms, metric=metric, mode=mode)


def update(asked: Mapping[str, str]) -> tuple[go.Figure, dict[str, Any], str]:
    """Fill the section."""
    scope = verdicts.asked_scope(asked)
    one, two = periods(scope)
    before, after = ask(scope, one), ask(scope, two)
    told = caption(before, after, is_short=is_short(scope))
    if not any(answer.cells for answer in before.values()):
        figure = message(t("No readings in this period."), asked["theme"], height=280)
    else:
        figure = period_pair(
            before,
            after,
            titles=(one.title(scope.zone), two.title(scope.zone)),
            theme=asked["theme"],
            relative=verdicts.against_of(scope) != "absolute",
            limit=verdicts.step_limit(scope, before),
            beside=verdicts.beside_sensors(scope),
        )
    return figure, {"height": f"{figure.layout.height}px"}, told


def is_short(scope: Scope) -> bool:
    """Whether the standing periods are asked for and the history is too short for them."""
    asked = scope.view.get("pair", "standing") == "standing" and not scope.view.get("first", "")
    return asked and scope.last_ms - scope.first_ms < (BEGINNING_DAYS + RECENT_DAYS) * DAY_MS


def caption(before: Mapping[int, HeatmapAnswer], after: Mapping[int, HeatmapAnswer], *, is_short: bool) -> str:
    """Name the cell that moved farthest, and say what is missing."""
    moved = {
        place: value for place, value in difference(values_of(before), values_of(after)).items() if value is not None
    }
    parts = []
    if moved:
        place = max(moved, key=lambda one: abs(moved[one]))
        first = next(iter(before.values()))
        factor, unit = step_unit(first.unit)
        step = f"z {quantity(moved[place], '', 1)}" if unit == "1" else quantity(moved[place] * factor, unit)
        where = {"n": place[0], "k": place[1], "value": step}
        if first.metric == "temperature":
            parts.append(t("Moved farthest: pack {n} sensor {k}, {value}", **where))
        else:
            parts.append(t("Moved farthest: pack {n} cell {k}, {value}", **where))
    else:
        parts.append(t("No cell is known in both periods, so there is no difference."))
    if is_short:
        days = BEGINNING_DAYS + RECENT_DAYS
        parts.append(t("The history is shorter than {n} days, so its halves are compared.", n=days))
    return " · ".join(parts)


def register(app: Dash) -> None:
    """Wire the section."""
    app.callback(
        Output(GRAPH, "figure"),
        Output(GRAPH, "style"),
        Output(CAPTION, "children"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "pickMark"), Input(GRAPH, "clickData"))
