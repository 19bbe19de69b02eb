"""What speaks against a cell, as two tables: its findings, and its single readings that stood out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.answers.detail import CellDetail, Spike
from app.components import SEVERITY_WORDS
from app.language import mark, t
from app.numbers import known, number, stamp
from app.scope import Scope
from app.shapes.verdicts import Finding
from app.view import DAY_MS, ms_to_wall
from pages.celltabs import verdicts
from pages.grids import Columns, figures, moment, severity, words

AROUND_MS = 6 * 3_600_000
"""What Explore shows before and after a moment [ms]."""
SPIKES_SHOWN = 100
"""Single readings that are listed, the latest first [rows]."""
NO_LIMIT, NO_NUMBER = mark("the rule has no limit of its own"), mark("the rule gives no number")
"""Why a finding has no number or no limit."""


def finding_columns() -> Columns:
    """Describe the table of findings."""
    return (
        severity("said", t("Severity"), key="severity", width=110),
        words("rule", t("Rule"), width=120, wrap=True),
        words("where", t("Where"), width=100, wrap=True),
        figures("value", t("Value"), digits=2, trim=True, width=86),
        figures("limit", t("Limit"), digits=2, trim=True, width=76),
        words("unit", t("Unit"), width=70, most=90) | {"filter": False},
        words("since", t("Since"), width=128, wrap=True, href="href"),
        words("text", t("In words"), width=240, wrap=True),
        words("basis", t("Rests on"), width=210, wrap=True),
    )


def spike_columns() -> Columns:
    """Describe the table of single readings."""
    return (
        words("at", t("Time"), width=170, href="href"),
        figures("value", t("Reading"), digits=4, trim=True),
        words("unit", t("Unit"), width=80, most=100),
        figures("apart", t("From the string's median"), digits=1, width=190),
        words("apart_unit", t("Unit of the distance"), width=150, most=170),
    )


def finding_rows(found: CellDetail | None, scope: Scope) -> list[dict[str, Any]]:
    """Flatten a cell's findings, the gravest first; each leads to its readings in Explore."""
    if found is None or found.verdict is None:
        return []
    return [_finding(one, found, scope) for one in found.verdict.findings]


def spike_rows(found: CellDetail | None, scope: Scope) -> list[dict[str, Any]]:
    """Flatten a cell's single readings, the latest first; each leads to its readings in Explore."""
    if found is None:
        return []
    return [_spike(one, found, scope) for one in found.spikes[: -SPIKES_SHOWN - 1 : -1]]


def explore(scope: Scope, found: CellDetail, at_ms: int | None, signal: str | None = None) -> str:
    """Link to the cell's readings: around a moment, or over the period."""
    own = (signal,) if signal else found.signals
    signals = tuple(f"{found.system}:{one}" for one in own)
    if at_ms is None:
        return scope.view.href("/explore", signals=signals)
    span = {"start": ms_to_wall(at_ms - AROUND_MS, scope.zone), "end": ms_to_wall(at_ms + AROUND_MS, scope.zone)}
    return scope.view.href("/explore", signals=signals, when="custom", **span)


def day_of(found: Finding, zone: str) -> str:
    """Write since when a finding is: a day, or a moment."""
    return stamp(_ms(found), zone, minutes=found.at[11:16] != "00:00")


def _finding(one: Finding, found: CellDetail, scope: Scope) -> dict[str, Any]:
    at = _ms(one)
    middle = at + DAY_MS // 2 if one.at[11:16] == "00:00" else at
    regime = one.regime or ""
    return {
        "said": t(SEVERITY_WORDS[one.severity]),
        "severity": one.severity,
        "rule": t(verdicts.RULES.get(one.rule, one.rule)),
        "where": t(verdicts.REGIMES.get(regime, regime.replace("_", " "))) if regime else t("any state"),
        "value": one.value if known(one.value) else None,
        "limit": one.limit if known(one.limit) else None,
        "unit": one.unit,
        "since": (moment(at, scope.zone) or "").removesuffix(" 00:00"),
        "href": explore(scope, found, middle),
        "text": one.text,
        "basis": _basis(one),
        "reasons": {"value": t(NO_NUMBER), "limit": t(NO_LIMIT)},
    }


EVIDENCE_WORDS = (
    mark("limit from"),
    mark("drift mv per month"),
    mark("drift interval"),
    mark("neighbours"),
    mark("deviate the same way, less"),
    mark("do not share it"),
)
"""What the rules say of a finding besides its value."""


def _basis(one: Finding) -> str:
    """Say what a finding rests on besides its value: its score, how often it was seen, and the rule's own evidence."""
    told: Mapping[str, object] = {mark("robust z"): one.z, mark("seen"): one.count, **one.evidence}
    return " · ".join(
        f"{t(str(name).replace('_', ' '))} {_written(value)}" for name, value in told.items() if value is not None
    )


def _written(value: object) -> str:
    return number(value, 1 if isinstance(value, float) else 0) if isinstance(value, int | float) else t(str(value))


def _spike(one: Spike, found: CellDetail, scope: Scope) -> dict[str, Any]:
    scaled, unit = (one.residual * 1000, "mV") if one.unit == "V" else (one.residual, "K")
    return {
        "at": moment(one.at_ms, scope.zone),
        "href": explore(scope, found, one.at_ms, one.signal),
        "value": one.value,
        "unit": one.unit,
        "apart": scaled,
        "apart_unit": unit,
    }


def _ms(found: Finding) -> int:
    return round(datetime.fromisoformat(found.at).timestamp() * 1000)
