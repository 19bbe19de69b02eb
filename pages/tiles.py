"""The tiles of the Overview: one for each system and meter, and one for each of the four questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from app.components import badge, band_badge, kpi, kpi_row, partial, section, severity_counts
from app.figures.timeseries import short_names
from app.language import t
from app.numbers import NOTHING, age, counted, energy, known, number, percent, quantity, stamp
from app.scope import Scope
from app.shapes.answer import Interval
from app.shapes.kpis import Stat
from app.shapes.packs import PackReport
from pages.glance import RANKS, MeterGlance, SystemGlance, need_attention
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
    return html.Article([head, kpi_row(tiles, source=scope.source), *rest], className="ps-tile")


def data_tile(scope: Scope, coverage: float | None, now_ms: int) -> Component:
    """Say how old the last data is, and how much of the period it covers."""
    return kpi(
        t("Last data"),
        age(scope.last_ms, now_ms),
        question="last_data",
        note=t(
            "{last_ms}, {coverage} coverage", last_ms=stamp(scope.last_ms, scope.zone), coverage=percent(coverage, 1)
        ),
        href=scope.view.href("/quality", source=scope.source),
    )


def status_words(glance: SystemGlance) -> Component:
    """Say in one badge how a system is."""
    counts = glance.counts
    said = severity_counts(counts)
    if not said and glance.system_findings:
        said = [counted(len(glance.system_findings), "finding")]
    words = {"fine": t("No findings"), "unknown": t("Not judged")}.get(glance.severity, ", ".join(said))
    return badge(glance.severity, words)


def soh_tile(report: PackReport | None, href: str) -> Component:
    """Show the headline state of health with its interval, its band and what it rests on; it leads to the packs'."""
    if report is None:
        reason = t("not judged")
        return kpi(t("State of health"), NOTHING, question="soh_measured", note=reason, severity="unknown", href=href)
    basis = report.soh_basis or "measured"
    value = getattr(report.soh, basis, None)
    span = (
        t(", {low} to {high}", low=number(report.soh.low, 1), high=number(report.soh.high, 1))
        if known(report.soh.low)
        else ""
    )
    note: Component | str = (
        html.Span([band_badge(report.band), span]) if report.band else report.soh_reason or t("no reason was given")
    )
    label = t("SOH ({basis})", basis=t(basis)) if report.soh_basis else t("State of health")
    return kpi(label, quantity(value, "%"), question=f"soh_{basis}", known=report.provenance, note=note, href=href)


def rate_words(rate: Interval) -> str:
    """Write the interval of a degradation rate, or why there is none."""
    if not known(rate.value):
        return rate.reason or t("not known")
    return t("{low} to {high} %/month", low=number(rate.low, 2), high=number(rate.high, 2))


def hottest_tile(glance: SystemGlance) -> Component:
    """Show the highest temperature: of the last week where the battery logs it, else of the whole period's sensors."""
    href = glance.scope.view.href("/cells", system=glance.scope.source, tab="heatmaps")
    week = glance.stat("temperature", "cell_max_t")
    if week is not None and known(week.max):
        note = t("highest reading")
        return kpi(t("Hottest cell, 7 days"), quantity(week.max, "°C"), question="recent_hottest", note=note, href=href)
    report = glance.comparison.system if glance.comparison else None
    if report is not None and known(report.max_t):
        note = t("highest reading of the period")
        return kpi(t("Hottest sensor"), quantity(report.max_t, "°C"), question="hottest", note=note, href=href)
    reason = t("no temperature is logged")
    return kpi(t("Hottest cell"), NOTHING, question="hottest", note=reason, severity="unknown", href=href)


def system_tile(glance: SystemGlance, now_ms: int) -> html.Article:
    """Show a battery system."""
    scope, report = glance.scope, glance.comparison.system if glance.comparison else None
    soc = glance.stat("soc", "soc")
    day, week = glance.alarms(1), glance.alarms(7)
    alarms = t("unknown") if week is None or day is None else t("{day} in the last 24 h of data", day=len(day))
    battery = scope.view.href("/battery", system=scope.source)
    charge = quantity(soc.last if soc else None, "%", 0)
    tiles = [
        soh_tile(report, scope.view.href("/cells", system=scope.source)),
        kpi(t("State of charge"), charge, question="recent_charge", note=t("last reading"), href=battery),
        available_tile(glance),
        kpi(
            t("Alarms, 7 days"),
            NOTHING if week is None else number(len(week)),
            question="recent_alarms",
            note=alarms,
            href=battery,
        ),
        hottest_tile(glance),
        data_tile(scope, report.coverage if report else None, now_ms),
    ]
    return _tile(scope, "/cells", "system", status_words(glance), tiles, glance.reasons)


def meter_tile(glance: MeterGlance, now_ms: int) -> html.Article:
    """Show a meter."""
    found, scope = glance.kpis, glance.scope
    if found is None:
        return _tile(
            scope, "/meter", "meter", badge("unknown", t("No answer")), [data_tile(scope, None, now_ms)], glance.reasons
        )
    odd = glance.doubtful_steps
    status = badge("watch", counted(odd, "odd counter step")) if odd else badge("fine", t("Counters steady"))
    if not found.counter_steps:
        status = badge("unknown", t("No counters"))
    href = scope.view.href("/meter", meter=scope.source)
    tiles = [
        kpi(
            t("Import"),
            energy(found.import_kwh),
            question="import",
            note=_from(found.from_power.get("import_kwh")),
            href=href,
        ),
        kpi(
            t("Export"),
            energy(found.export_kwh),
            question="export",
            note=_from(found.from_power.get("export_kwh")),
            href=href,
        ),
        kpi(t("Peak"), quantity(found.peak_kw, "kW"), question="peak", note=t("highest raw reading"), href=href),
        data_tile(scope, found.coverage, now_ms),
    ]
    return _tile(scope, "/meter", "meter", status, tiles, glance.reasons)


def _from(kwh: float | None) -> str:
    return t("{kwh} from power", kwh=energy(kwh)) if known(kwh) else t("no power signal")


def questions(systems: Sequence[SystemGlance]) -> Component:
    """Answer the four questions, for all systems together."""
    tiles = [safe(systems), working(systems), available(systems), trending(systems)]
    return section(t("Four questions"), kpi_row(tiles), question=None)


def safe(systems: Sequence[SystemGlance]) -> Component:
    """Say whether it is safe: critical cells, and alarms that go on."""
    attention = need_attention(systems)
    critical = sum(row.verdict.severity == "critical" for row in attention)
    known_alarms = [rows for glance in systems if (rows := glance.alarms(7)) is not None]
    ongoing = sum(row.ongoing for rows in known_alarms for row in rows)
    alarms = counted(sum(map(len, known_alarms)), "alarm") if known_alarms else t("alarms unknown")
    severity = "critical" if critical or ongoing else "warning" if attention else "fine"
    if all(glance.comparison is None for glance in systems):
        href = _leads(systems, "/cells", None, tab="critical")
        return kpi(t("Is it safe?"), t("Not judged"), question="safety", note=alarms, severity="unknown", href=href)
    worst = min(attention, key=lambda row: RANKS.get(row.verdict.severity, 3), default=None)
    words = {
        "critical": f"{counted(critical, 'critical cell')}",
        "warning": t("Look at it"),
        "fine": t("No sign against it"),
    }
    return kpi(
        t("Is it safe?"),
        words[severity],
        question="safety",
        note=t("{alarms} in the last 7 days of data, {ongoing} going on", alarms=alarms, ongoing=ongoing),
        severity=severity,
        href=_leads(systems, "/cells", worst.system if worst else None, tab="critical"),
    )


def working(systems: Sequence[SystemGlance]) -> Component:
    """Say whether it works: whether the converters (or the strings' currents) moved in the last week of data."""
    battery = _leads(systems, "/battery", None)
    judged = [row for glance in systems if (row := glance.stat("pcs", "_ap") or glance.stat("battery", "bms1_c"))]
    if not judged:
        why = t("neither power nor current is logged")
        return kpi(t("Is it working?"), t("Not known"), question="working", note=why, severity="unknown", href=battery)
    ran = [row for row in judged if row.max is not None and row.min is not None and row.max > row.min]
    peaks = {row.unit: _reach(row) for row in sorted(ran, key=_reach)}
    reached = ", ".join(quantity(peak, unit) for unit, peak in peaks.items()) or t("nothing")
    return kpi(
        t("Is it working?"),
        t("{ran} of {judged} ran", ran=len(ran), judged=counted(len(judged), "system")),
        question="working",
        note=t("up to {reached} in the last 7 days of data", reached=reached),
        severity="fine" if len(ran) == len(judged) else "watch",
        href=battery,
    )


def _leads(systems: Sequence[SystemGlance], path: str, name: str | None, **more: str) -> str:
    """Lead to the evidence about a system, the first one where none is named."""
    found = next((glance for glance in systems if glance.scope.source == name), systems[0])
    return found.scope.view.href(path, system=found.scope.source, **more)


def _reach(row: Stat) -> float:
    return max(abs(row.min or 0.0), abs(row.max or 0.0))


def available_tile(glance: SystemGlance) -> Component:
    """Show the energy that could be discharged now, with how it was worked out."""
    href = glance.scope.view.href("/battery", system=glance.scope.source)
    value = glance.available_kwh
    if value is None:
        why = t("no measured capacity, charge or voltage")
        return kpi(t("Energy available"), NOTHING, question="energy_available", note=why, severity="unknown", href=href)
    note = t("estimate, before losses")
    return kpi(t("Energy available"), energy(value), question="energy_available", note=note, href=href)


def available(systems: Sequence[SystemGlance]) -> Component:
    """Say how much energy there is: the sum over the systems, and the state of charge of each."""
    asked, battery = t("How much energy is available?"), _leads(systems, "/battery", None)
    charges = [(glance.scope.source, row.last) for glance in systems if (row := glance.stat("soc", "soc")) is not None]
    called = short_names([str(name) for name, _ in charges])
    said = [
        f"{name} {quantity(value, '%', 0)}" for name, (_, value) in zip(called, charges, strict=True) if known(value)
    ]
    if not said:
        why = t("no charge is logged")
        return kpi(asked, t("Not known"), question="energy_available", note=why, severity="unknown", href=battery)
    found = [value for glance in systems if (value := glance.available_kwh) is not None]
    charged = t("charged: {said}", said=", ".join(said))
    if not found:
        named = t("Capacity not known")
        return kpi(asked, named, question="energy_available", note=charged, severity="unknown", href=battery)
    partly = (
        ""
        if len(found) == len(systems)
        else t("{found} of {systems} systems; ", found=len(found), systems=len(systems))
    )
    least = min(charges, key=lambda row: row[1] if row[1] is not None else 101.0)[0]
    return kpi(
        asked,
        t("About {found}", found=energy(sum(found))),
        question="energy_available",
        note=f"{partly}{charged}",
        href=_leads(systems, "/battery", least),
    )


def trending(systems: Sequence[SystemGlance]) -> Component:
    """Say what the trends are: the fastest loss of capacity."""
    rates = [(row.scope.source, row.comparison.system.degradation_pct_per_month) for row in systems if row.comparison]
    judged = [(name, rate) for name, rate in rates if rate.value is not None]
    if not judged:
        reasons = Counter(rate.reason for _, rate in rates if rate.reason)
        note = reasons.most_common(1)[0][0] if reasons else t("no system could be judged")
        href = _leads(systems, "/battery", None)
        return kpi(
            t("What are the trends?"), t("Not known"), question="degradation", note=note, severity="unknown", href=href
        )
    name, rate = min(judged, key=lambda row: float(row[1].value or 0.0))
    return kpi(
        t("What are the trends?"),
        quantity(rate.value, "%/month", 2),
        question="degradation",
        note=t("capacity of {name}; {rate_words}", name=name, rate_words=rate_words(rate)),
        href=_leads(systems, "/battery", name),
    )
