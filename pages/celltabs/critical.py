"""Fifth tab: the cells with findings, worst first, and the evidence behind each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component

from app.analytics.detection import stated
from app.answers.detail import CellDetail, cell_detail
from app.components import (
    SEVERITY_WORDS,
    choice,
    csv_file,
    empty,
    entry_id,
    export_button,
    graph,
    section,
    table,
)
from app.errors import UnknownCell
from app.language import mark, t, tn
from app.numbers import number, quantity
from app.scope import Scope
from app.shapes.verdicts import Finding
from pages.celltabs import detail, evidence, verdicts
from pages.celltabs.verdicts import Flagged
from pages.grids import csv_button, fitted_or_hidden, grid, register_csv, written

GATE = {"type": "cells-gate", "tab": "critical", "keys": "pack,cell,severity"}
GRID, EXPORT, STATE = "cells-critical-grid", "cells-critical-export", "cells-critical-state"
GRAPH, FINDINGS, LISTED = "cells-evidence-graph", "cells-evidence-findings", "cells-evidence-listed"
SPIKES, EARLIER = "cells-evidence-spikes", "cells-evidence-earlier"
FILTERS = {"all": mark("All"), "attention": mark("Need attention"), "critical": mark("Critical only")}
KEPT = {"attention": verdicts.ATTENTION, "critical": ("critical",)}
TOLD_MAX = 2
"""Findings of a cell that its row tells; all are listed below it."""
SHAPES = {"critical": "◆", "warning": "▲", "watch": "○"}
"""As on the charts, so that a severity is told without its colour, in the order of `verdicts.RANK`."""


def columns() -> tuple[dict[str, Any], ...]:
    """Describe the table, in the language of the request."""
    said = [f"{shape} {t(SEVERITY_WORDS[name])}" for name, shape in SHAPES.items()]
    return (
        {
            "field": "rank",
            "headerName": mark("Severity"),
            "valueFormatter": {"function": f"{json.dumps(said, ensure_ascii=False)}[params.value]"},
            "minWidth": 120,
            "maxWidth": 140,
            "filter": False,
            "cellClassRules": {
                "ps-critical": "params.value == 0",
                "ps-warning": "params.value == 1",
                "ps-watch": "params.value == 2",
            },
        },
        {"field": "pack", "headerName": mark("Pack"), "maxWidth": 90, "type": "numericColumn", "filter": False},
        {"field": "cell", "headerName": mark("Cell"), "maxWidth": 90, "type": "numericColumn", "filter": False},
        {"field": "fault", "headerName": mark("Signs fit"), "minWidth": 140, "maxWidth": 190},
        {
            "field": "score",
            "headerName": mark("Score"),
            "maxWidth": 100,
            "type": "numericColumn",
            "filter": False,
            "valueFormatter": written(2),
        },
        {
            "field": "findings",
            "headerName": mark("Findings"),
            "minWidth": 420,
            "filter": False,
            "flex": 4,
            "wrapText": True,
            "autoHeight": True,
            "cellStyle": {"lineHeight": "20px", "paddingTop": "6px", "paddingBottom": "6px", "whiteSpace": "normal"},
        },
    )


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    tools = [
        choice(entry_id("severity", "all"), t("Severity"), FILTERS, scope.view.get("severity", "all")),
        export_button(EXPORT),
    ]
    note = t("Worst first. Select a row to see its evidence below.")
    chart = graph(GRAPH, label=t("Every measure of the selected cell over time"), height=562, question="cell_evidence")
    return [
        section(
            t("Cells with findings"),
            [table(GRID, columns(), selectable=True), html.Div(id=STATE)],
            note=note,
            tools=tools,
            question="flagged",
        ),
        section(
            t("Evidence"),
            [html.Div(id=FINDINGS), grid(LISTED, evidence.finding_columns(), height=None), chart],
            note=t("Grey: where 95 % of the string's cells lie. Dashed: the limits."),
            tools=csv_button(LISTED),
            question="cell_evidence",
        ),
        section(
            t("Single readings"),
            [grid(SPIKES, evidence.spike_columns()), html.Div(id=EARLIER, className="ps-caption")],
            note=t("Readings of this cell that stood out alone, as they were logged; the latest first."),
            tools=csv_button(SPIKES),
            question="spikes",
        ),
    ]


def kept(rows: Sequence[Flagged], scope: Scope) -> list[Flagged]:
    """Keep the severities that the view asks for."""
    wanted = KEPT.get(scope.view.get("severity", "all"))
    return [row for row in rows if wanted is None or row.verdict.severity in wanted]


def finding_words(found: Finding) -> str:
    """Say one finding in words, with its numbers."""
    rule = t(verdicts.RULES.get(found.rule, found.rule))
    where = t(" at {verdicts}", verdicts=t(verdicts.REGIMES[found.regime])) if found.regime in verdicts.REGIMES else ""
    limit = t("limit {limit}", limit=quantity(found.limit, found.unit))
    return found.text or f"{rule}{where}: {quantity(found.value, found.unit)}, {limit}"


def row_of(row: Flagged) -> dict[str, Any]:
    """Flatten a flagged cell into one row of the table."""
    verdict = row.verdict
    return {
        "rank": verdicts.RANK[verdict.severity],
        "pack": row.pack,
        "cell": verdict.cell,
        "fault": t(verdicts.FAULTS.get(verdict.fault, verdict.fault)),
        "score": verdict.score,
        "findings": findings_words(verdict.findings),
    }


def findings_words(findings: Sequence[Finding]) -> str:
    """Say the gravest findings, and how many more there are: the evidence below lists all."""
    told = [_sentence(finding_words(found)) for found in findings[:TOLD_MAX]]
    more = len(findings) - TOLD_MAX
    rest = [tn("And {n} more finding.", "And {n} more findings.", more, n=number(more))] if more > 0 else []
    return " ".join([*told, *rest])


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def state(rows: Sequence[Flagged], missing: str | None, scope: Scope) -> list[Component]:
    """Say why the table is empty: all is well, nothing could be judged, or the filter hides all."""
    if rows:
        return []
    if missing:
        return [empty(t("No cell could be judged"), missing)]
    if scope.view.get("severity", "all") != "all":
        return [empty(t("No cell of this severity"), t("Other severities may hold some: choose All."))]
    return [
        empty(
            t("No cell needs attention"),
            t("Every cell of {source} is within its limits. {words}.", source=scope.source, words=scope.words)
            + " "
            + t("On simulated strings a fault that begins within the data is found: {limits}.", limits=stated()),
        )
    ]


def chosen(rows: Sequence[Flagged], scope: Scope) -> tuple[int, int] | None:
    """Pick the cell whose evidence is shown: the selected one, else the worst."""
    if scope.view.cell is not None and scope.pack is not None:
        return scope.pack, scope.view.cell
    return (rows[0].pack, rows[0].verdict.cell) if rows else None


def detail_of(pick: tuple[int, int] | None, scope: Scope) -> CellDetail | None:
    """Ask for everything about the chosen cell; None where none is chosen, or none of that number exists."""
    if pick is None:
        return None
    try:
        return cell_detail(str(scope.source), *pick, scope.start_ms, scope.end_ms)
    except UnknownCell:
        return None


def update(asked: Mapping[str, str]) -> tuple[Any, ...]:
    """Fill the tab: the table and why it is empty; of the chosen cell the words, tables and chart."""
    scope = verdicts.asked_scope(asked)
    found = verdicts.criticals(scope)
    rows = kept(verdicts.flagged_cells(found), scope)
    told = state(rows, verdicts.unknown_words(found), scope)
    known = detail_of(chosen(rows, scope), scope)
    figure = detail.draw(known, scope, asked["theme"])
    size = {"height": f"{figure.layout.height}px"}
    listed, spikes = evidence.finding_rows(known, scope), evidence.spike_rows(known, scope)
    said = detail.words(known, scope) if known else []
    shown = [row_of(row) for row in rows]
    return shown, told, said, listed, spikes, fitted_or_hidden(len(spikes)), detail.earlier(known), figure, size


def export(clicks: int, asked: Mapping[str, str]) -> dict[str, Any]:
    """Write every finding as a row of CSV, unrounded."""
    del clicks
    scope = verdicts.asked_scope(asked)
    header = ("pack", "cell", "severity", "score", "fault", "rule", "regime", "value", "limit", "unit", "at", "text")
    rows = [
        (row.pack, row.verdict.cell, one.severity, row.verdict.score, row.verdict.fault, *_exported(one))
        for row in kept(verdicts.flagged_cells(verdicts.criticals(scope)), scope)
        for one in row.verdict.findings
    ]
    return csv_file(f"critical-cells-{scope.source}.csv", header, rows)


def _exported(found: Finding) -> tuple[object, ...]:
    return found.rule, found.regime, found.value, found.limit, found.unit, found.at, found.text


def register(app: Dash) -> None:
    """Wire the tab."""
    app.callback(
        Output(GRID, "rowData"),
        Output(STATE, "children"),
        Output(FINDINGS, "children"),
        Output(LISTED, "rowData"),
        Output(SPIKES, "rowData"),
        Output(SPIKES, "style"),
        Output(EARLIER, "children"),
        Output(GRAPH, "figure"),
        Output(GRAPH, "style"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    register_csv(app, LISTED, SPIKES)
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "pickRow"), Input(GRID, "selectedRows"))
    app.callback(
        Output(f"{EXPORT}-file", "data"), Input(EXPORT, "n_clicks"), State(GATE, "data"), prevent_initial_call=True
    )(export)
