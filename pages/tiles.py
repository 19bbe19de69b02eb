"""The tiles of the Overview: one for each system and meter, and one for each of the four questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from app.components import badge, band_badge, kpi, kpi_row, partial, provenance, section
from app.numbers import NOTHING, age, counted, energy, known, number, percent, quantity, stamp
from app.scope import Scope
from app.shapes import Interval, PackReport, Stat
from pages.glance import MeterGlance, SystemGlance, need_attention
from pages.reportlinks import report_links

STALE_DAYS = 2
"""Data older than this is called old [days]; a choice for loggers that report every few minutes."""


def _tile(
    scope: Scope, path: str, key: str, status: Component, tiles: Sequence[Component], missing: Sequence[str]
) -> html.Article:
    link = dcc.Link(str(scope.source), href=scope.view.href(path, **{key: scope.source}))
    named = html.H2([link, report_links(scope)], className="ps-h2")
    head = html.Div([named, status], className="ps-tile-head")
    rest = [partial(text) for text in missing]
    asked: dict[str, Any] = {"data-source": scope.source, "data-question": f"{scope.kind}_kpis"}
    return html.Article([head, kpi_row(tiles), *rest], className="ps-tile", **asked)


def data_tile(scope: Scope, coverage: float | None, now_ms: int) -> Component:
    """Say how old the last data is, and how much of the period it covers."""
    return kpi(
        "Last data",
        age(scope.last_ms, now_ms),
        note=f"{stamp(scope.last_ms, scope.zone)}, {percent(coverage, 1)} coverage",
    )


def status_words(glance: SystemGlance) -> Component:
    """Say in one badge how a system is."""
    counts = glance.counts
    said = [f"{counts[name]} {name}" for name in ("critical", "warning", "watch") if counts[name]]
    if not said and glance.system_findings:
        said = [counted(len(glance.system_findings), "finding")]
    words = {"fine": "No findings", "unknown": "Not judged"}.get(glance.severity, ", ".join(said))
    return badge(glance.severity, words)


def soh_tile(report: PackReport | None) -> Component:
    """Show the headline state of health with its interval, its band and what it rests on."""
    if report is None:
        return kpi("State of health", NOTHING, note="not judged", severity="unknown")
    basis = report.soh_basis or "unknown"
    value = getattr(report.soh, basis, None)
    mark = provenance(
        {"basis": basis, **report.provenance, "coverage": percent(report.coverage)},
        subject="the SOH",
        question="comparison",
    )
    span = f", {number(report.soh.low, 1)} to {number(report.soh.high, 1)}" if known(report.soh.low) else ""
    note: Component | str = (
        html.Span([band_badge(report.band), span]) if report.band else report.soh_reason or "unknown"
    )
    label = f"SOH ({basis})" if report.soh_basis else "State of health"
    return kpi(label, quantity(value, "%"), note=note, mark=mark)


def rate_words(rate: Interval) -> str:
    """Write the interval of a degradation rate, or why there is none."""
    if not known(rate.value):
        return rate.reason or "not known"
    return f"{number(rate.low, 2)} to {number(rate.high, 2)} %/month"


def hottest_tile(glance: SystemGlance) -> Component:
    """Show the highest temperature: of the last week where the battery logs it, else of the whole period's sensors."""
    week = glance.stat("temperature", "cell_max_t")
    if week is not None and known(week.max):
        return kpi("Hottest cell, 7 days", quantity(week.max, "°C"), note="highest reading")
    report = glance.comparison.system if glance.comparison else None
    if report is not None and known(report.max_t):
        return kpi("Hottest sensor", quantity(report.max_t, "°C"), note="highest reading of the period")
    return kpi("Hottest cell", NOTHING, note="no temperature is logged", severity="unknown")


def system_tile(glance: SystemGlance, now_ms: int) -> html.Article:
    """Show a battery system."""
    scope, report = glance.scope, glance.comparison.system if glance.comparison else None
    soc = glance.stat("soc", "soc")
    day, week = glance.alarms(1), glance.alarms(7)
    alarms = "unknown" if week is None or day is None else f"{len(day)} in the last 24 h of data"
    tiles = [
        soh_tile(report),
        kpi("State of charge", quantity(soc.last if soc else None, "%", 0), note="last reading"),
        available_tile(glance),
        kpi("Alarms, 7 days", NOTHING if week is None else number(len(week)), note=alarms),
        hottest_tile(glance),
        data_tile(scope, report.coverage if report else None, now_ms),
    ]
    return _tile(scope, "/cells", "system", status_words(glance), tiles, glance.reasons)


def meter_tile(glance: MeterGlance, now_ms: int) -> html.Article:
    """Show a meter."""
    found, scope = glance.kpis, glance.scope
    if found is None:
        return _tile(
            scope, "/meter", "meter", badge("unknown", "No answer"), [data_tile(scope, None, now_ms)], glance.reasons
        )
    odd = glance.doubtful_steps
    status = badge("watch", counted(odd, "odd counter step")) if odd else badge("fine", "Counters steady")
    if not found.counter_steps:
        status = badge("unknown", "No counters")
    tiles = [
        kpi("Import", energy(found.import_kwh), note=_from(found.from_power.get("import_kwh"))),
        kpi("Export", energy(found.export_kwh), note=_from(found.from_power.get("export_kwh"))),
        kpi("Peak", quantity(found.peak_kw, "kW"), note="highest raw reading"),
        data_tile(scope, found.coverage, now_ms),
    ]
    return _tile(scope, "/meter", "meter", status, tiles, glance.reasons)


def _from(kwh: float | None) -> str:
    return f"{energy(kwh)} from power" if known(kwh) else "no power signal"


def questions(systems: Sequence[SystemGlance]) -> Component:
    """Answer the four questions, for all systems together."""
    return section("Four questions", kpi_row([safe(systems), working(systems), available(systems), trending(systems)]))


def safe(systems: Sequence[SystemGlance]) -> Component:
    """Say whether it is safe: critical cells, and alarms that go on."""
    attention = need_attention(systems)
    critical = sum(row.verdict.severity == "critical" for row in attention)
    known_alarms = [rows for glance in systems if (rows := glance.alarms(7)) is not None]
    ongoing = sum(row.ongoing for rows in known_alarms for row in rows)
    alarms = counted(sum(map(len, known_alarms)), "alarm") if known_alarms else "alarms unknown"
    severity = "critical" if critical or ongoing else "warning" if attention else "fine"
    if all(glance.comparison is None for glance in systems):
        return kpi("Is it safe?", "Not judged", note=alarms, severity="unknown")
    words = {"critical": f"{counted(critical, 'critical cell')}", "warning": "Look at it", "fine": "No sign against it"}
    return kpi(
        "Is it safe?",
        words[severity],
        note=f"{alarms} in the last 7 days of data, {ongoing} going on",
        severity=severity,
    )


def working(systems: Sequence[SystemGlance]) -> Component:
    """Say whether it works: whether the converters (or the strings' currents) moved in the last week of data."""
    judged = [row for glance in systems if (row := glance.stat("pcs", "_ap") or glance.stat("battery", "bms1_c"))]
    if not judged:
        return kpi("Is it working?", "Not known", note="neither power nor current is logged", severity="unknown")
    ran = [row for row in judged if row.max is not None and row.min is not None and row.max > row.min]
    peaks = {row.unit: _reach(row) for row in sorted(ran, key=_reach)}
    reached = ", ".join(quantity(peak, unit) for unit, peak in peaks.items()) or "nothing"
    return kpi(
        "Is it working?",
        f"{len(ran)} of {counted(len(judged), 'system')} ran",
        note=f"up to {reached} in the last 7 days of data",
        severity="fine" if len(ran) == len(judged) else "watch",
    )


def _reach(row: Stat) -> float:
    return max(abs(row.min or 0.0), abs(row.max or 0.0))


def available_tile(glance: SystemGlance) -> Component:
    """Show the energy that could be discharged now, with how it was worked out."""
    rule = {
        "rule": "state of charge · usable capacity · mean string voltage",
        "source": "last state of charge; usable capacity measured between anchors; voltage of the last 7 days",
        "left out": "losses while discharging",
    }
    mark = provenance(rule, subject="the available energy", question="energy_available")
    value = glance.available_kwh
    if value is None:
        return kpi("Energy available", NOTHING, note="no measured capacity, charge or voltage", severity="unknown")
    return kpi("Energy available", energy(value), note="estimate, before losses", mark=mark)


def available(systems: Sequence[SystemGlance]) -> Component:
    """Say how much energy there is: the sum over the systems, and the state of charge of each."""
    charges = [(glance.scope.source, row.last) for glance in systems if (row := glance.stat("soc", "soc")) is not None]
    said = [f"{name} {quantity(value, '%', 0)}" for name, value in charges if known(value)]
    if not said:
        return kpi("How much energy is available?", "Not known", note="no charge is logged", severity="unknown")
    found = [value for glance in systems if (value := glance.available_kwh) is not None]
    charged = f"charged: {', '.join(said)}"
    if not found:
        return kpi("How much energy is available?", "Capacity not known", note=charged, severity="unknown")
    partly = "" if len(found) == len(systems) else f"{len(found)} of {len(systems)} systems; "
    return kpi("How much energy is available?", f"About {energy(sum(found))}", note=f"{partly}{charged}")


def trending(systems: Sequence[SystemGlance]) -> Component:
    """Say what the trends are: the fastest loss of capacity."""
    rates = [(row.scope.source, row.comparison.system.degradation_pct_per_month) for row in systems if row.comparison]
    judged = [(name, rate) for name, rate in rates if rate.value is not None]
    if not judged:
        reasons = Counter(rate.reason for _, rate in rates if rate.reason)
        note = reasons.most_common(1)[0][0] if reasons else "no system could be judged"
        return kpi("What are the trends?", "Not known", note=note, severity="unknown")
    name, rate = min(judged, key=lambda row: float(row[1].value or 0.0))
    return kpi(
        "What are the trends?", quantity(rate.value, "%/month", 2), note=f"capacity of {name}; {rate_words(rate)}"
    )
