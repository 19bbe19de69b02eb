"""First tab: how healthy the system is, and which cells need attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import battery
from app.components import graph, kpi, kpi_row, section, skeleton
from app.early import with_page
from app.figures.cells import soh_triples
from app.language import mark, t, tn
from app.numbers import known, number, quantity
from app.scope import Scope
from app.shapes.packs import ComparisonAnswer, PackReport
from app.shapes.verdicts import Finding
from pages.celltabs import packtable, verdicts
from pages.celltabs.packtable import NO_BMS, NO_IMBALANCE, advice, band_name, model_reason
from pages.celltabs.verdicts import Flagged
from pages.grids import csv_button, grid, register_csv

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "overview", "keys": ""}
TILES, TABLE, FINDINGS = "cells-tiles", "cells-packs", "cells-system-findings"
SOH_GRAPH = "cells-soh-graph"
MODEL_NOTE = mark("model estimate, not measured")


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    height = 130 + 34 * (len(scope.packs) + 1)
    return [
        section(t("The system"), html.Div(skeleton(2), id=TILES), question=None),
        section(
            t("Three states of health, side by side"),
            graph(
                SOH_GRAPH,
                label=t("Measured, model and BMS state of health of each pack"),
                height=height,
                question="soh_three",
            ),
            question=None,
            note=t("They answer different questions and are never mixed. Measured is the headline wherever it exists."),
        ),
        section(
            t("Packs"),
            grid(TABLE, packtable.columns(), height=None),
            tools=csv_button(TABLE),
            question="comparison",
        ),
        html.Div(id=FINDINGS),
    ]


def compared(scope: Scope) -> ComparisonAnswer:
    """Ask for the packs side by side."""
    found: ComparisonAnswer = battery.comparison(str(scope.source), scope.start_ms, scope.end_ms)
    return found


def tiles(system: PackReport, flagged: Sequence[Flagged]) -> html.Div:
    """Show the system's key figures, each with what it rests on."""
    soh, rate = system.soh, system.degradation_pct_per_month
    interval = (
        t("95 % interval {low} to {high}", low=number(soh.low, 1), high=number(soh.high, 1))
        if known(soh.low)
        else system.soh_reason
    )
    no_temperature = t("no temperature is logged")
    urgent = len(verdicts.needing(flagged))
    return kpi_row(
        [
            kpi(
                t("Measured SOH"),
                quantity(soh.measured, "%"),
                question="soh_measured",
                known=_basis(system),
                note=interval or t("no interval"),
            ),
            kpi(
                t("Model SOH"),
                quantity(soh.model, "%"),
                question="soh_model",
                note=t(MODEL_NOTE) if known(soh.model) else model_reason(system),
            ),
            kpi(
                t("BMS SOH"),
                quantity(soh.bms, "%", 0),
                question="soh_bms",
                note=t("as the battery reports it, whole per cent") if known(soh.bms) else t(NO_BMS),
            ),
            kpi(t("Band"), band_name(system), question="band", note=advice(system)),
            kpi(
                t("Imbalance"),
                quantity(system.imbalance_mv, "mV"),
                question="imbalance",
                note=t("highest minus lowest cell, at rest") if known(system.imbalance_mv) else t(NO_IMBALANCE),
            ),
            kpi(t("Degradation"), quantity(rate.value, "%/month", 2), question="degradation", note=rate_words(system)),
            kpi(
                t("Hottest reading"),
                quantity(system.max_t, "°C"),
                question="hottest",
                note=t("mean {system}", system=quantity(system.mean_t, "°C"))
                if known(system.mean_t)
                else no_temperature,
            ),
            kpi(
                t("Flagged cells"),
                number(len(flagged)),
                question="flagged",
                note=tn("{n} needs attention", "{n} need attention", urgent, n=number(urgent)),
            ),
        ]
    )


def _basis(report: PackReport) -> dict[str, object]:
    return {"basis": report.soh_basis, **report.provenance}


def rate_words(report: PackReport) -> str:
    """Give the interval of the degradation rate, or why there is none."""
    rate = report.degradation_pct_per_month
    if not known(rate.value):
        return rate.reason or t("unknown")
    return (
        t("95 % interval {low} to {high}", low=number(rate.low, 2), high=number(rate.high, 2))
        if known(rate.low)
        else rate.reason or ""
    )


def _measured(found: Finding) -> str:
    rule = t(verdicts.RULES.get(found.rule, found.rule))
    return t("{rule}: {quantity}", rule=rule, quantity=quantity(found.value, found.unit))


def system_findings(findings: Sequence[Finding], notes: Sequence[str]) -> list[Component]:
    """List what was found about the system as a whole, and the notes on the data."""
    told = [found.text or _measured(found) for found in findings]
    items = [html.Li(text) for text in dict.fromkeys([*told, *notes])]
    return (
        [section(t("Of the whole system"), html.Ul(items, className="ps-findings"), question="system_findings")]
        if items
        else []
    )


@with_page
def update(asked: Mapping[str, str]) -> tuple[Component, go.Figure, list[dict[str, Any]], list[Component]]:
    """Fill the tab."""
    scope = verdicts.asked_scope(asked)
    found, packs = verdicts.criticals(scope), compared(scope)
    rows, reports = verdicts.flagged_cells(found), [*packs.packs, packs.system]
    shared = {one.rule: one for each in found.values() for one in each.system_findings}
    figure = soh_triples(reports, theme=asked["theme"])
    return tiles(packs.system, rows), figure, packtable.rows(reports), system_findings([*shared.values()], packs.notes)


def register(app: Dash) -> None:
    """Wire the tab."""
    app.callback(
        Output(TILES, "children"),
        Output(SOH_GRAPH, "figure"),
        Output(TABLE, "rowData"),
        Output(FINDINGS, "children"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    register_csv(app, TABLE)
