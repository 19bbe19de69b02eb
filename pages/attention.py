"""The table of what needs attention now: cells, systems, alarms and data, each row leading to its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.answers.attention import Issue
from app.components import SEVERITY_WORDS, severity_counts
from app.language import t
from app.numbers import counted, duration, percent
from app.view import View
from pages.glance import RANKS, Flagged, SystemGlance
from pages.grids import severity, words

ATTENTION, WORST = "overview-attention", "overview-worst"
MANY_OLD = 3
"""So many sources whose data are old are said in one row [1]."""
Rows = list[dict[str, Any]]


def fault_word(fault: str) -> str:
    """Name the fault that a cell's signs fit."""
    named = {
        "low_capacity": t("low capacity"),
        "high_resistance": t("high resistance"),
        "self_discharge": t("self-discharge"),
        "imbalance": t("imbalance"),
        "hot_spot": t("hot spot"),
        "voltage_spike": t("voltage spike"),
        "temperature_spike": t("temperature spike"),
        "sense_lead": t("sense lead"),
        "unknown": t("not recognised"),
    }
    return named.get(fault, fault)


def _row(rank: str, source: str, what: str, evidence: str, href: str) -> dict[str, Any]:
    said = t(SEVERITY_WORDS.get(rank, rank))
    return {"said": said, "severity": rank, "source": source, "what": what, "evidence": evidence, "href": href}


def attention_columns() -> list[dict[str, Any]]:
    """Describe the table of what needs attention."""
    return [
        severity("said", t("Severity"), key="severity"),
        words("what", t("What"), width=220, wrap=True),
        words("source", t("Source"), width=160, most=190),
        words("evidence", t("Evidence"), width=170, most=220, href="href"),
    ]


def attention_rows(systems: Sequence[SystemGlance], issues: Sequence[Issue], view: View) -> Rows:
    """List what needs attention, the gravest first."""
    rows = [row for glance in systems for row in (*_cells(glance, view), *_system(glance, view))]
    old = [one for one in issues if one.what == "old"]
    apart = [one for one in issues if one.what != "old" or len(old) < MANY_OLD]
    rows += [_issue(one, view) for one in apart]
    if len(old) >= MANY_OLD:
        rows.append(_all_old(old, view))
    return sorted(rows, key=lambda row: RANKS.get(row["severity"], 3))


def _cells(glance: SystemGlance, view: View) -> Rows:
    """Count the cells of a system that need attention; the row leads to the worst one."""
    severe = [row for row in glance.flagged if row.verdict.severity in ("critical", "warning")]
    if not severe:
        return []
    counts = glance.counts
    said = ", ".join(severity_counts({name: counts[name] for name in ("critical", "warning")}))
    worst = severe[0]
    name = t("Pack {pack} cell {cell}", pack=worst.pack, cell=worst.verdict.cell)
    fault = fault_word(worst.verdict.fault)
    if len(severe) == 1:
        text = t("1 cell needs attention ({said}); it shows {fault}", said=said, fault=fault)
    else:
        cells = counted(len(severe), "cell")
        text = t("{cells} need attention ({said}); the worst shows {fault}", cells=cells, said=said, fault=fault)
    return [_row(worst.verdict.severity, worst.system, text, name, cell_href(worst, view))]


def cell_href(row: Flagged, view: View) -> str:
    """Lead to a cell's evidence."""
    return view.href("/cells", system=row.system, pack=row.pack, cell=row.verdict.cell, tab="critical")


def _system(glance: SystemGlance, view: View) -> Rows:
    """List the findings about a system as a whole, and its alarms that go on."""
    name = str(glance.scope.source)
    judged = [one for one in glance.system_findings if one.rule != "data_quality"]
    stuck = len(glance.system_findings) - len(judged)
    cells, battery = view.href("/cells", system=name, tab="critical"), view.href("/battery", system=name)
    rows = [_row(one.severity, name, one.text or one.subject, t("Findings"), cells) for one in judged]
    going_on = [one for one in glance.alarms(7) or () if one.ongoing]
    rows += [
        _row("critical", name, t("Alarm going on: {alarm}", alarm=one.label), t("Alarms"), battery) for one in going_on
    ]
    if stuck:
        text = t(
            "{series} stood still while the string moved", series=counted(stuck, "cell or sensor", "cells or sensors")
        )
        rows.append(_row("watch", name, text, t("Data quality"), view.href("/quality", source=name)))
    return rows


def _issue(one: Issue, view: View) -> dict[str, Any]:
    """Put an issue about a source's data into words."""
    quality = view.href("/quality", source=one.source)
    if one.what == "odd_steps":
        text = t("{steps} in its counters", steps=counted(int(one.value), "odd step"))
        return _row("watch", one.source, text, t("Counter forensics"), view.href("/meter", meter=one.source))
    if one.what == "rejected":
        text = t("{files} could not be used", files=counted(int(one.value), "file"))
        return _row("watch", one.source, text, t("Rejected files"), quality)
    if one.what == "incomplete":
        text = t(
            "{share} of the expected readings are there, least of {signal}",
            share=percent(one.value, 1),
            signal=one.signal,
        )
        return _row("watch", one.source, text, t("Coverage"), quality)
    text = t("The last reading is {age} old", age=duration(one.value))
    return _row("watch", one.source, text, t("Data quality"), quality)


def _all_old(old: Sequence[Issue], view: View) -> dict[str, Any]:
    """Say once that many sources are old; the row leads to the oldest."""
    oldest = max(old, key=lambda one: one.value)
    ages = [duration(one) for one in sorted({row.value for row in old})]
    said = t("The last reading is {age} old", age=ages[0]) if len(set(ages)) == 1 else None
    text = said or t("The last readings are {low} to {high} old", low=ages[0], high=ages[-1])
    href = view.href("/quality", source=oldest.source)
    return _row("watch", counted(len(old), "source"), text, t("Data quality"), href)


def worst_columns() -> list[dict[str, Any]]:
    """Describe the table of the worst cells."""
    return [
        severity("said", t("Severity"), key="severity"),
        words("source", t("System"), width=160, most=190),
        words("evidence", t("Cell"), width=140, most=160, href="href"),
        words("fault", t("Signs fit"), width=130, most=160),
        words("what", t("Why"), width=360, wrap=True),
    ]


def worst_rows(flagged: Sequence[Flagged], view: View) -> Rows:
    """List every flagged cell, worst first, each with the finding that counts and a link to it."""
    ranked = sorted(flagged, key=lambda row: (RANKS.get(row.verdict.severity, 3), -row.verdict.score))
    return [
        _row(
            row.verdict.severity,
            row.system,
            row.worst.text,
            t("Pack {pack} cell {cell}", pack=row.pack, cell=row.verdict.cell),
            cell_href(row, view),
        )
        | {"fault": fault_word(row.verdict.fault)}
        for row in ranked
    ]
