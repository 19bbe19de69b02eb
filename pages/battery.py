"""The battery page: does the system work, how much energy does it give back, and did anything alarm."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import cycles as cycle_answers
from app.answers import kpis
from app.components import PageMeta, empty, headline, kpi, kpi_row, page, partial, section, skeleton
from app.early import with_page
from app.language import mark, t
from app.numbers import counted, digits_of, energy, number, quantity, stamp
from app.scope import Scope, scope_of
from app.shapes.cycles import CyclesAnswer
from app.shapes.kpis import BessKpis, Stat
from pages.batteryparts import alarms, audit, charts, condition, efficiency, health, limiting
from pages.batteryparts import energy as energy_row
from pages.reportlinks import report_links

META = PageMeta(path="/battery", name=mark("Battery"), icon="battery", what="system")
ANSWER, TILES = "battery-answer", "battery-tiles"
TILE_SIGNALS: tuple[tuple[str, str], ...] = (
    ("soc", "_soc"),
    ("soh", "_soh"),
    ("battery", "bms1_v"),
    ("battery", "bms1_c"),
    ("battery", "_cell_v_diff"),
    ("temperature", "_cell_max_t"),
    ("temperature", "_cell_t_diff"),
    ("pcs", "_ap"),
    ("pcs", "_t_igbt"),
    ("aux", "aux_m_ap"),
    ("environment", "_temp"),
    ("environment", "_humi"),
)
"""Figures that get a tile where they are logged: group of the answer, and how the signal's name ends."""


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    scope = scope_of(f"?{urlencode(query)}", "bess")
    if scope.source is None:
        return page(META, [no_system()])
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section(
                t("Last readings"),
                html.Div(skeleton(2), id=TILES),
                note=t("At the end of the period; range over all of it."),
                question=None,
            ),
            energy_row.panel(scope),
            alarms.panel(scope),
            health.panel(scope),
            limiting.panel(scope),
            condition.panel(scope),
            efficiency.panel(scope),
            audit.panel(scope),
            *charts.charts(scope),
        ],
    )


def no_system() -> html.Div:
    """Say that there is no battery system, and what would make one."""
    todo: list[str | Component] = [t("Put its CSVs under "), html.Code("<root>/BESS/<system>/"), t(" and build again.")]
    why = t("The store holds meters only: no folder has signals that are known as a battery's (docs/signals.md).")
    return empty(t("No battery system"), why, todo)


def answer_words(cycles: CyclesAnswer, found: BessKpis, *, watched: bool) -> str:
    """Answer in one sentence: energy given back, efficiency, alarms; ``watched`` says whether any alarm is logged."""
    given = energy_row.total(cycles.cycles, "discharge")
    parts = [t("{given} discharged", given=energy(given))] if given is not None else [t("No discharge was measured")]
    if cycles.rte_pct is not None:
        parts.append(t("{cycles} round trip", cycles=quantity(cycles.rte_pct, "%")))
    quiet = t("no alarm") if watched else t("alarms are not logged")
    parts.append(counted(len(found.alarms), "alarm") if found.alarms else quiet)
    return ", ".join(parts)


def lead_words(cycles: CyclesAnswer, found: BessKpis, scope: Scope) -> str:
    """Say what stands behind it: charge, health, cycles, and when the last reading was."""
    soc, soh = _first(found.soc), _first(found.soh)
    parts = [t("State of charge {soc}", soc=quantity(soc.last, soc.unit, 0))] if soc else []
    parts += [t("health as the BMS reports it {soh}", soh=quantity(soh.last, soh.unit, 0))] if soh else []
    if cycles.efc is not None:
        parts.append(t("{cycles} equivalent full cycles", cycles=number(cycles.efc, 1)))
    last = t("last reading {when}", when=stamp(scope.last_ms, scope.zone))
    said = "; ".join([*parts, last])
    return f"{said[:1].upper()}{said[1:]}."


def _first(group: Mapping[str, Stat]) -> Stat | None:
    return next(iter(group.values()), None)


def missing_words(cycles: CyclesAnswer, found: BessKpis) -> str | None:
    """Say what could not be answered, and why; None when all could."""
    reasons = [reason for reason in (cycles.reason, found.reason) if reason]
    return "; ".join(dict.fromkeys(reasons)) or None


def tile(name: str, stat: Stat) -> Component:
    """Show one figure: its last value, its range, and what it rests on."""
    digits = _digits(stat)
    mean = {"mean": quantity(stat.mean, stat.unit, digits)}
    note = t("{low} to {high}", low=number(stat.min, digits), high=quantity(stat.max, stat.unit, digits))
    last = quantity(stat.last, stat.unit, digits)
    return kpi(stat.label, last, question="last_reading", signal=name, known=mean, note=note)


def _digits(stat: Stat) -> int:
    """Decimals of a figure: whole per cents; a string's voltage needs fewer than a cell's."""
    if stat.unit == "%":
        return 0
    return 1 if stat.unit == "V" and (stat.max or 0.0) > 10 else digits_of(stat.unit)


def tiles(found: BessKpis) -> Component:
    """Show the last readings that the system logs."""
    shown: dict[str, Stat] = {}
    for group, ending in TILE_SIGNALS:
        stats: Mapping[str, Stat] = getattr(found, group)
        shown |= {name: stat for name, stat in stats.items() if name.endswith(ending)}
    if not shown:
        return empty(t("No readings"), found.reason or t("None of the usual figures is logged."))
    return kpi_row([tile(name, stat) for name, stat in shown.items()])


@with_page
def update_answer(search: str | None) -> tuple[Component, Component]:
    """Fill the first row and the tiles."""
    scope = scope_of(search, "bess")
    found = kpis.bess_kpis(str(scope.source), scope.start_ms, scope.end_ms)
    cycles = cycle_answers.cycles(str(scope.source), scope.start_ms, scope.end_ms)
    return answer(scope, cycles, found), tiles(found)


def answer(scope: Scope, cycles: CyclesAnswer, found: BessKpis) -> Component:
    """Lay out the first row."""
    lead = lead_words(cycles, found, scope)
    first = headline(
        answer_words(cycles, found, watched=alarms.has_flags(scope)), question="cycles", lead=lead, sample=scope.sample
    )
    missing = missing_words(cycles, found)
    return html.Div([first, report_links(scope), *([partial(missing)] if missing else [])])


def register(app: Dash) -> None:
    """Wire the page."""
    app.callback(Output(ANSWER, "children"), Output(TILES, "children"), Input("period", "data"))(update_answer)
    for part in (energy_row, alarms, health, limiting, condition, efficiency, audit, charts):
        part.register(app)
