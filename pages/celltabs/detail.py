"""One cell in words: which fault its signs fit and how sure that is, since when, how often, how far, and its spikes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from app.answers.detail import CellDetail, Spike
from app.components import Content, badge, or_why, plain_table, provenance, unknown
from app.figures.evidence import cell_evidence
from app.figures.theme import message
from app.language import t, tn
from app.numbers import counted, number, quantity, stamp
from app.scope import Scope
from app.shapes.verdicts import CellVerdict, Finding
from app.view import DAY_MS, ms_to_wall
from pages.celltabs import verdicts

if TYPE_CHECKING:
    import plotly.graph_objects as go

SURE, LIKELY = 0.9, 0.6
"""Evidence scores from which a verdict is called well supported, and supported [1]."""
SPIKES_SHOWN = 5
"""Single readings that are listed, the latest first."""
DISTANCES = ("voltage_deviation", "temperature_variation", "change", "excursion", "safe_range")
"""Rules whose value says how far a cell is out, by its size."""
AROUND_MS = 6 * 3_600_000
"""What Explore shows before and after a moment [ms]."""


def words(found: CellDetail, scope: Scope) -> list[Component]:
    """Say what is known of a cell: the fault, how sure, since when, how often, how far; its spikes and findings."""
    name = t("Pack {n} cell {k}", n=found.pack, k=found.cell)
    trail = dcc.Link(t("Readings in Explore"), href=explore(scope, found, None), className="ps-inline")
    if found.verdict is None:
        told = t("{name} has no findings in this period.", name="").strip()
        return [html.P([html.Strong(name), f" {told} ", trail])]
    verdict = found.verdict
    head = html.P([html.Strong(name), " ", badge(verdict.severity), f" {sentence(verdict)} ", trail])
    facts = html.Ul([html.Li(one) for one in facts_of(found, scope)], className="ps-facts")
    return [head, facts, _findings(verdict, found, scope), *_spikes(found, scope)]


def sentence(verdict: CellVerdict) -> str:
    """Name the fault that the signs fit, and how sure that is."""
    fault = t(verdicts.FAULTS.get(verdict.fault, verdict.fault))
    count = counted(len(verdict.findings), "finding")
    score = number(verdict.score, 2)
    if verdict.fault == "unknown":
        return t("Its signs fit no single fault: {count}, evidence {score} of 1.", count=count, score=score)
    if verdict.score >= SURE:
        return t(
            "Its signs fit {fault}, well supported: {count}, evidence {score} of 1.",
            fault=fault,
            count=count,
            score=score,
        )
    if verdict.score >= LIKELY:
        return t(
            "Its signs fit {fault}, supported: {count}, evidence {score} of 1.", fault=fault, count=count, score=score
        )
    return t(
        "Its signs may fit {fault}, weakly supported: {count}, evidence {score} of 1.",
        fault=fault,
        count=count,
        score=score,
    )


def facts_of(found: CellDetail, scope: Scope) -> list[str]:
    """Say since when, how often, how far, and what the cells beside it do."""
    if found.verdict is None:
        return []
    findings = found.verdict.findings
    first = min(findings, key=lambda one: one.at)
    told = [t("First seen {when}.", when=_day(first, scope.zone))]
    often = max(
        (one.count or 0 for one in findings if one.rule in ("voltage_deviation", "temperature_variation")), default=0
    )
    if often:
        told.append(
            tn(
                "Beyond its limit on {n} of {days} day with readings.",
                "Beyond its limit on {n} of {days} days with readings.",
                max(found.valid_days, often),
                n=often,
                days=max(found.valid_days, often),
            )
        )
    distances = [one for one in findings if one.rule in DISTANCES]
    if distances:
        far = max(distances, key=_times)
        value, limit = quantity(far.value, far.unit), quantity(far.limit, far.unit)
        times, place = number(_times(far), 1), _where(far)
        sized = {"place": place, "value": value, "times": times, "limit": limit}
        told.append(t("Farthest {place}: {value}, {times} times its limit of {limit}.", **sized))
    near = verdicts.beside(found.verdict)
    return [*told, near] if near else told


def _times(found: Finding) -> float:
    return abs(found.value) / max(abs(found.limit), 1e-9)


def _where(found: Finding) -> str:
    regime = verdicts.REGIMES.get(found.regime or "")
    return t("at {regime}", regime=t(regime)) if regime else t(verdicts.RULES.get(found.rule, found.rule)).lower()


def _day(found: Finding, zone: str) -> str:
    at = round(datetime.fromisoformat(found.at).timestamp() * 1000)
    return stamp(at, zone, minutes=found.at[11:16] != "00:00")


def explore(scope: Scope, found: CellDetail, at_ms: int | None, signal: str | None = None) -> str:
    """Link to the cell's readings: around a moment, or over the period."""
    own = (signal,) if signal else found.signals
    signals = tuple(f"{found.system}:{one}" for one in own)
    if at_ms is None:
        return scope.view.href("/explore", signals=signals)
    span = {"start": ms_to_wall(at_ms - AROUND_MS, scope.zone), "end": ms_to_wall(at_ms + AROUND_MS, scope.zone)}
    return scope.view.href("/explore", signals=signals, when="custom", **span)


def _spikes(found: CellDetail, scope: Scope) -> list[Component]:
    """List the last single readings that stood out, as logged, when, and how far from the string: a plain table."""
    if not found.spikes:
        return []
    header = [t("Single readings"), t("Reading"), t("From the string's median"), ""]
    rows: list[Sequence[Content]] = [
        [stamp(one.at_ms, scope.zone), quantity(one.value, one.unit), _apart(one), _open(found, scope, one)]
        for one in found.spikes[: -SPIKES_SHOWN - 1 : -1]
    ]
    left = len(found.spikes) - len(rows)
    more = (
        [html.P(tn("And {n} earlier one.", "And {n} earlier ones.", left, n=number(left)), className="ps-note")]
        if left
        else []
    )
    return [plain_table(header, rows, numeric=(1, 2)), *more]


def _apart(spike: Spike) -> str:
    scaled, unit = (spike.residual * 1000, "mV") if spike.unit == "V" else (spike.residual, "K")
    return f"{'+' if scaled > 0 else ''}{quantity(scaled, unit)}"


def _open(found: CellDetail, scope: Scope, spike: Spike) -> Component:
    return dcc.Link(t("Show in Explore"), href=explore(scope, found, spike.at_ms, spike.signal))


def _findings(verdict: CellVerdict, found: CellDetail, scope: Scope) -> Component:
    header = ["", t("Rule"), t("Where"), t("Value"), t("Limit"), t("Since"), t("In words"), ""]
    rows = [_finding_row(one, found, scope) for one in verdict.findings]
    return plain_table(header, rows, numeric=(3, 4))


def _finding_row(one: Finding, found: CellDetail, scope: Scope) -> list[Content]:
    basis: dict[str, object] = {"rule": one.rule, "robust z": number(one.z, 1), "seen": one.count}
    basis |= {str(key).replace("_", " "): value for key, value in one.evidence.items()}
    at = round(datetime.fromisoformat(one.at).timestamp() * 1000)
    middle = at + DAY_MS // 2 if one.at[11:16] == "00:00" else at
    return [
        badge(one.severity),
        t(verdicts.RULES.get(one.rule, one.rule)),
        t(verdicts.REGIMES.get(one.regime, one.regime.replace("_", " ")))
        if one.regime
        else unknown(t("in any state of the battery")),
        or_why(quantity(one.value, one.unit), t("the rule gives no number")),
        or_why(quantity(one.limit, one.unit), t("the rule has no limit of its own")),
        dcc.Link(_day(one, scope.zone), href=explore(scope, found, middle), title=t("Show in Explore")),
        html.Span(one.text, className="ps-wrap"),
        provenance(basis, subject=t("this finding")),
    ]


def draw(found: CellDetail | None, scope: Scope, theme: str) -> go.Figure:
    """Draw a cell's measures over time; say why when there are none."""
    if found is None:
        return message(t("No cell is flagged, and none is selected."), theme, height=240)
    if not found.tracks:
        name = t("Pack {n} cell {k}", n=found.pack, k=found.cell)
        return message(t("{name} has no residuals in this period.", name=name), theme, height=240)
    findings = found.verdict.findings if found.verdict else ()
    return cell_evidence(found.tracks, cell=found.cell, findings=findings, zone=scope.zone, theme=theme)
