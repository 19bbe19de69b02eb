"""One cell in words: which fault its signs fit and how sure that is, since when, how often, and how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import dcc, html
from dash.development.base_component import Component

from app.answers.detail import CellDetail
from app.components import badge
from app.figures.evidence import cell_evidence
from app.figures.theme import message
from app.language import t, tn
from app.numbers import counted, number, quantity
from app.scope import Scope
from app.shapes.verdicts import CellVerdict, Finding
from pages.celltabs import evidence, verdicts

if TYPE_CHECKING:
    import plotly.graph_objects as go

SURE, LIKELY = 0.9, 0.6
"""Evidence scores from which a verdict is called well supported, and supported [1]."""
DISTANCES = ("voltage_deviation", "temperature_variation", "change", "excursion", "safe_range")
"""Rules whose value says how far a cell is out, by its size."""


def words(found: CellDetail, scope: Scope) -> list[Component]:
    """Say what is known of a cell: the fault, how sure, since when, how often, how far."""
    name = t("Pack {n} cell {k}", n=found.pack, k=found.cell)
    trail = dcc.Link(t("Readings in Explore"), href=evidence.explore(scope, found, None), className="ps-inline")
    if found.verdict is None:
        told = t("{name} has no findings in this period.", name="").strip()
        return [html.P([html.Strong(name), f" {told} ", trail])]
    verdict = found.verdict
    head = html.P([html.Strong(name), " ", badge(verdict.severity), f" {sentence(verdict)} ", trail])
    facts = html.Ul([html.Li(one) for one in facts_of(found, scope)], className="ps-facts")
    return [head, facts]


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
    told = [t("First seen {when}.", when=evidence.day_of(first, scope.zone))]
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


def earlier(found: CellDetail | None) -> str:
    """Say how many single readings are older than those listed; or that there is none."""
    if found and not found.spikes:
        return t("No single reading of this cell stood out from the string.")
    left = max(0, len(found.spikes) - evidence.SPIKES_SHOWN) if found else 0
    return tn("And {n} earlier one.", "And {n} earlier ones.", left, n=number(left)) if left else ""


def draw(found: CellDetail | None, scope: Scope, theme: str) -> go.Figure:
    """Draw a cell's measures over time; say why when there are none."""
    if found is None:
        return message(t("No cell is flagged, and none is selected."), theme, height=240)
    if not found.tracks:
        name = t("Pack {n} cell {k}", n=found.pack, k=found.cell)
        return message(t("{name} has no residuals in this period.", name=name), theme, height=240)
    findings = found.verdict.findings if found.verdict else ()
    return cell_evidence(found.tracks, cell=found.cell, findings=findings, zone=scope.zone, theme=theme)
