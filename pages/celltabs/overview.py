"""First tab: how healthy the system is, and which cells need attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.analytics.soh import BANDS
from app.answers import battery
from app.components import (
    Content,
    band_badge,
    graph,
    kpi,
    kpi_row,
    or_why,
    plain_table,
    provenance,
    section,
    skeleton,
    unknown,
)
from app.early import with_page
from app.figures.cells import soh_triples, subject_of
from app.language import mark, t
from app.numbers import NOTHING, known, number, percent, quantity
from app.scope import Scope
from app.shapes.packs import ComparisonAnswer, PackReport
from app.shapes.verdicts import Finding
from pages.celltabs import verdicts
from pages.celltabs.verdicts import Flagged

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "overview", "keys": ""}
TILES, TABLE, FINDINGS = "cells-tiles", "cells-packs", "cells-system-findings"
SOH_GRAPH = "cells-soh-graph"
MODEL_NOTE = mark("model estimate, not measured")
NO_BMS = mark("the battery logs no state of health of its own")
NO_IMBALANCE = mark("too few readings at rest in this period")


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    height = 130 + 34 * (len(scope.packs) + 1)
    return [
        section(t("The system"), html.Div(skeleton(2), id=TILES)),
        section(
            t("Three states of health, side by side"),
            graph(SOH_GRAPH, label=t("Measured, model and BMS state of health of each pack"), height=height),
            note=t("They answer different questions and are never mixed. Measured is the headline wherever it exists."),
        ),
        section(t("Packs"), html.Div(skeleton(4), id=TABLE), question="comparison"),
        html.Div(id=FINDINGS),
    ]


def compared(scope: Scope) -> ComparisonAnswer:
    """Ask for the packs side by side."""
    found: ComparisonAnswer = battery.comparison(str(scope.source), scope.start_ms, scope.end_ms)
    return found


def tiles(system: PackReport, flagged: Sequence[Flagged]) -> html.Div:
    """Show the system's key figures, each with what it rests on."""
    soh, rate = system.soh, system.degradation_pct_per_month
    mark = provenance(_basis(system), subject="the measured state of health")
    interval = (
        t("95 % interval {low} to {high}", low=number(soh.low, 1), high=number(soh.high, 1))
        if known(soh.low)
        else system.soh_reason
    )
    measured = kpi(t("Measured SOH"), quantity(soh.measured, "%"), note=interval or t("no interval"), mark=mark)
    rest = [
        kpi(t("Model SOH"), quantity(soh.model, "%"), note=t(MODEL_NOTE) if known(soh.model) else model_reason(system)),
        kpi(
            t("BMS SOH"),
            quantity(soh.bms, "%", 0),
            note=t("as the battery reports it, whole per cent") if known(soh.bms) else t(NO_BMS),
        ),
        kpi(t("Band"), band_name(system), note=advice(system)),
        kpi(
            t("Imbalance"),
            quantity(system.imbalance_mv, "mV"),
            note=t("highest minus lowest cell, at rest") if known(system.imbalance_mv) else t(NO_IMBALANCE),
        ),
        kpi(t("Degradation"), quantity(rate.value, "%/month", 2), note=rate_words(system)),
        kpi(
            t("Hottest reading"),
            quantity(system.max_t, "°C"),
            note=t("mean {system}", system=quantity(system.mean_t, "°C"))
            if known(system.mean_t)
            else t("no temperature is logged"),
        ),
        kpi(
            t("Flagged cells"),
            number(len(flagged)),
            note=t("{verdicts} need attention", verdicts=len(verdicts.needing(flagged))),
        ),
    ]
    return kpi_row([measured, *rest])


def _basis(report: PackReport) -> dict[str, object]:
    rows: dict[str, object] = {"coverage": percent(report.coverage), "basis": report.soh_basis}
    return rows | {str(key).replace("_", " "): value for key, value in report.provenance.items()}


def model_reason(report: PackReport) -> str:
    """Say what the model of the state of health lacks."""
    if report.provenance.get("cycles") is None:
        return t("The model needs the full cycles, which need the nominal capacity: say nominal_ah in site.toml.")
    return t("The model needs age, full cycles and imbalance; one of them is unknown.")


def band_name(report: PackReport) -> str:
    """Name the band, or the two that the interval lies between, and say so when it rests on the model."""
    if report.band is None:
        return NOTHING
    return (
        (report.band_span or report.band) if report.soh_basis == "measured" else f"{report.band} ({report.soh_basis})"
    )


def advice(report: PackReport) -> str:
    """Give the band's advice; the reason where there is no band."""
    known_advice = {band.name: band.advice for band in BANDS}
    return known_advice.get(report.band or "", report.soh_reason or "")


def rate_words(report: PackReport) -> str:
    """Give the interval of the degradation rate, or why there is none."""
    rate = report.degradation_pct_per_month
    if not known(rate.value):
        return rate.reason or "unknown"
    return (
        t("95 % interval {low} to {high}", low=number(rate.low, 2), high=number(rate.high, 2))
        if known(rate.low)
        else rate.reason or ""
    )


def pack_table(reports: Sequence[PackReport]) -> html.Div:
    """List the packs with their three states of health, band and advice: few rows, with colours, so a plain table."""
    header = [
        "",
        t("Measured"),
        t("95 % interval"),
        t("Band"),
        t("Advice"),
        t("Model"),
        "BMS",
        t("Imbalance"),
        t("Need attention"),
    ]
    rows: list[list[Content]] = [
        [
            subject_of(report),
            or_why(quantity(report.soh.measured, "%"), report.soh_reason),
            t("{low} to {high}", low=number(report.soh.low, 1), high=number(report.soh.high, 1))
            if known(report.soh.low)
            else unknown(report.soh_reason or t("no interval")),
            band_badge(report.band, band_name(report) if report.band else None),
            advice(report),
            or_why(quantity(report.soh.model, "%"), model_reason(report)),
            or_why(quantity(report.soh.bms, "%", 0), t(NO_BMS)),
            or_why(quantity(report.imbalance_mv, "mV"), t(NO_IMBALANCE)),
            number(report.critical_cells),
        ]
        for report in reports
    ]
    return plain_table(header, rows, numeric=(1, 2, 5, 6, 7, 8))


def system_findings(findings: Sequence[Finding], notes: Sequence[str]) -> list[Component]:
    """List what was found about the system as a whole, and the notes on the data."""
    told = [found.text or f"{found.rule}: {quantity(found.value, found.unit)}" for found in findings]
    items = [html.Li(text) for text in dict.fromkeys([*told, *notes])]
    return (
        [section(t("Of the whole system"), html.Ul(items, className="ps-findings"), question="critical")]
        if items
        else []
    )


@with_page
def update(asked: Mapping[str, str]) -> tuple[Component, go.Figure, Component, list[Component]]:
    """Fill the tab."""
    scope = verdicts.asked_scope(asked)
    found, packs = verdicts.criticals(scope), compared(scope)
    rows, reports = verdicts.flagged_cells(found), [*packs.packs, packs.system]
    shared = {one.rule: one for each in found.values() for one in each.system_findings}
    figure = soh_triples(reports, theme=asked["theme"])
    return tiles(packs.system, rows), figure, pack_table(reports), system_findings([*shared.values()], packs.notes)


def register(app: Dash) -> None:
    """Wire the tab."""
    app.callback(
        Output(TILES, "children"),
        Output(SOH_GRAPH, "figure"),
        Output(TABLE, "children"),
        Output(FINDINGS, "children"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
