"""Fifth tab: the cells with findings, worst first, and the evidence behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component

from app.answers import battery, cells
from app.components import (
    badge,
    choice,
    csv_file,
    empty,
    entry_id,
    export_button,
    graph,
    plain_table,
    provenance,
    section,
    table,
)
from app.figures.evidence import cell_evidence
from app.figures.theme import message
from app.numbers import NOTHING, counted, number, quantity
from app.scope import Scope
from app.shapes import CellVerdict, CriticalAnswer, Finding
from pages.celltabs import verdicts
from pages.celltabs.verdicts import Flagged

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "critical", "keys": "pack,cell,severity"}
GRID, EXPORT, STATE = "cells-critical-grid", "cells-critical-export", "cells-critical-state"
GRAPH, FINDINGS = "cells-evidence-graph", "cells-evidence-findings"
FILTERS = {"all": "All", "attention": "Need attention", "critical": "Critical only"}
KEPT = {"attention": verdicts.ATTENTION, "critical": ("critical",)}
WARMTH_POINTS = 600
"""Stretches of time that the sensor's temperature is drawn in."""
TOLD_MAX = 2
"""Findings of a cell that its row tells; all are listed below it."""
_SEVERITY = {"function": "['◆ Critical', '▲ Warning', '○ Watch'][params.value]"}
"""Shapes as on the charts, so that a severity is told without its colour."""
_NUMBER = {"function": "params.value == null ? '–' : d3.format('.2f')(params.value)"}
COLUMNS: tuple[dict[str, Any], ...] = (
    {
        "field": "rank",
        "headerName": "Severity",
        "valueFormatter": _SEVERITY,
        "minWidth": 120,
        "maxWidth": 140,
        "filter": False,
        "cellClassRules": {
            "ps-critical": "params.value == 0",
            "ps-warning": "params.value == 1",
            "ps-watch": "params.value == 2",
        },
    },
    {"field": "pack", "headerName": "Pack", "maxWidth": 90, "type": "numericColumn", "filter": False},
    {"field": "cell", "headerName": "Cell", "maxWidth": 90, "type": "numericColumn", "filter": False},
    {"field": "fault", "headerName": "Signs fit", "minWidth": 140, "maxWidth": 190},
    {
        "field": "score",
        "headerName": "Score",
        "maxWidth": 100,
        "type": "numericColumn",
        "filter": False,
        "valueFormatter": _NUMBER,
    },
    {
        "field": "findings",
        "headerName": "Findings",
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
        choice(entry_id("severity", "all"), "Severity", FILTERS, scope.view.get("severity", "all")),
        export_button(EXPORT),
    ]
    note = "Worst first. Select a row to see its evidence below."
    chart = graph(GRAPH, label="Residual of the selected cell per regime over time", height=562, question="critical")
    return [
        section(
            "Cells with findings", [table(GRID, COLUMNS, selectable=True), html.Div(id=STATE)], note=note, tools=tools
        ),
        section("Evidence", [html.Div(id=FINDINGS), chart], note="Residual: the cell minus the median of the string."),
    ]


def kept(rows: Sequence[Flagged], scope: Scope) -> list[Flagged]:
    """Keep the severities that the view asks for."""
    wanted = KEPT.get(scope.view.get("severity", "all"))
    return [row for row in rows if wanted is None or row.verdict.severity in wanted]


def finding_words(found: Finding) -> str:
    """Say one finding in words, with its numbers."""
    rule = verdicts.RULES.get(found.rule, found.rule)
    where = f" at {verdicts.REGIMES[found.regime]}" if found.regime in verdicts.REGIMES else ""
    limit = f"limit {quantity(found.limit, found.unit)}"
    return found.text or f"{rule}{where}: {quantity(found.value, found.unit)}, {limit}"


def row_of(row: Flagged) -> dict[str, Any]:
    """Flatten a flagged cell into one row of the table."""
    verdict = row.verdict
    return {
        "rank": verdicts.RANK[verdict.severity],
        "pack": row.pack,
        "cell": verdict.cell,
        "fault": verdicts.FAULTS.get(verdict.fault, verdict.fault),
        "score": verdict.score,
        "findings": findings_words(verdict.findings),
    }


def findings_words(findings: Sequence[Finding]) -> str:
    """Say the gravest findings, and how many more there are: the evidence below lists all."""
    told = [_sentence(finding_words(found)) for found in findings[:TOLD_MAX]]
    more = len(findings) - TOLD_MAX
    return " ".join([*told, *([f"And {counted(more, 'more finding')}."] if more > 0 else [])])


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def state(rows: Sequence[Flagged], missing: str | None, scope: Scope) -> list[Component]:
    """Say why the table is empty: all is well, nothing could be judged, or the filter hides all."""
    if rows:
        return []
    if missing:
        return [empty("No cell could be judged", missing)]
    if scope.view.get("severity", "all") != "all":
        return [empty("No cell of this severity", "Other severities may hold some: choose All.")]
    return [empty("No cell needs attention", f"Every cell of {scope.source} is within its limits. {scope.words}.")]


def chosen(rows: Sequence[Flagged], scope: Scope) -> tuple[int, int] | None:
    """Pick the cell whose evidence is shown: the selected one, else the worst."""
    if scope.view.cell is not None and scope.pack is not None:
        return scope.pack, scope.view.cell
    return (rows[0].pack, rows[0].verdict.cell) if rows else None


def evidence(pick: tuple[int, int] | None, found: Mapping[int, CriticalAnswer], scope: Scope, theme: str) -> go.Figure:
    """Draw the evidence about one cell; say why when there is none."""
    if pick is None:
        return message("No cell is flagged, and none is selected.", theme, height=240)
    pack, cell = pick
    frame = battery.cell_evidence(str(scope.source), pack, cell, scope.start_ms, scope.end_ms)
    if frame.is_empty():
        return message(f"Pack {pack} cell {cell} has no residuals in this period.", theme, height=240)
    verdict = verdict_of(found[pack], cell)
    warm = warmth(scope, pack, cell) if verdict and is_thermal(verdict) else None
    limit = found[pack].limits.get("voltage_deviation_mv", {}).get("value")
    findings = verdict.findings if verdict else ()
    return cell_evidence(frame, cell=cell, limit_mv=limit, findings=findings, warmth=warm, zone=scope.zone, theme=theme)


def is_thermal(verdict: CellVerdict) -> bool:
    """Whether any finding is about temperature."""
    return any(found.unit.startswith("K") for found in verdict.findings)


def warmth(scope: Scope, pack: int, cell: int) -> pl.DataFrame:
    """Ask how far the sensor beside a cell strays from the median of the string, over time."""
    answer = cells.surface(
        str(scope.source),
        pack,
        scope.start_ms,
        scope.end_ms,
        quantity="temperature",
        mode="deviation",
        max_points=WARMTH_POINTS,
    )
    beside = [sensor for sensor in answer.cells if cell in (answer.cells_of or {}).get(str(sensor), (sensor,))]
    column = answer.z[:, answer.cells.index(beside[0])] if beside else np.zeros(0, np.float32)
    stamps = pl.Series("ts", answer.ts[: len(column)]).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame([stamps, pl.Series("residual_k", column)])


def verdict_of(answer: CriticalAnswer, cell: int) -> CellVerdict | None:
    """Find the verdict on one cell; None when it has no findings."""
    return next((verdict for verdict in answer.cells if verdict.cell == cell), None)


def findings_table(pick: tuple[int, int] | None, found: Mapping[int, CriticalAnswer]) -> list[Component]:
    """List the findings about one cell: rule, value, limit, when, and what each rests on."""
    if pick is None:
        return []
    pack, cell = pick
    verdict = verdict_of(found[pack], cell) if pack in found else None
    name = f"Pack {pack} cell {cell}"
    if verdict is None:
        return [html.P([html.Strong(name), " has no findings in this period."])]
    fault = verdicts.FAULTS.get(verdict.fault, verdict.fault)
    head = html.P([html.Strong(name), " ", badge(verdict.severity), f" signs fit: {fault}. {beside(verdict)}"])
    header = ["", "Rule", "Where", "Value", "Limit", "Since", "In words", ""]
    rows = [_finding_row(one) for one in verdict.findings]
    return [head, plain_table(header, rows, numeric=(3, 4))]


def _finding_row(found: Finding) -> list[str | Component]:
    basis = {"rule": found.rule, "robust z": _short(found.z), "seen": found.count}
    basis |= {str(key).replace("_", " "): value for key, value in found.evidence.items()}
    return [
        badge(found.severity),
        verdicts.RULES.get(found.rule, found.rule),
        verdicts.REGIMES.get(found.regime or "", (found.regime or NOTHING).replace("_", " ")),
        quantity(found.value, found.unit),
        quantity(found.limit, found.unit),
        _since(found.at),
        html.Span(found.text, className="ps-wrap"),
        provenance(basis, subject="this finding", question="critical"),
    ]


def _since(at: str) -> str:
    """Write when a finding was first seen; a midnight stands for its whole day."""
    return at[:10] if at[11:16] == "00:00" else at[:16].replace("T", ", ")


def _short(value: float | None) -> str:
    return number(value, 1)


def beside(verdict: CellVerdict) -> str:
    """Say what the cells beside it do."""
    told = [f"cell {cell} {quantity(value, 'mV')}" for cell, value in verdict.neighbours.items()]
    return f"Beside it: {', '.join(told)}." if told else ""


def update(
    asked: Mapping[str, str],
) -> tuple[list[dict[str, Any]], list[Component], list[Component], go.Figure, dict[str, str]]:
    """Fill the tab."""
    scope = verdicts.asked_scope(asked)
    found = verdicts.criticals(scope)
    rows = kept(verdicts.flagged_cells(found), scope)
    pick = chosen(rows, scope)
    told = state(rows, verdicts.unknown_words(found), scope)
    figure = evidence(pick, found, scope, asked["theme"])
    size = {"height": f"{figure.layout.height}px"}
    return [row_of(row) for row in rows], told, findings_table(pick, found), figure, size


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
        Output(GRAPH, "figure"),
        Output(GRAPH, "style"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "pickRow"), Input(GRID, "selectedRows"))
    app.callback(
        Output(f"{EXPORT}-file", "data"), Input(EXPORT, "n_clicks"), State(GATE, "data"), prevent_initial_call=True
    )(export)
