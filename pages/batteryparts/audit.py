"""Audit of a system: what the battery reports of itself, against other readings of the same thing."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import audit as answers
from app.components import WHOLE, section, skeleton
from app.language import mark, t
from app.numbers import counted
from app.say import say
from app.scope import Scope, scope_of
from app.shapes.audit import AuditAnswer, AuditRow
from pages.grids import csv_button, figures, fitted, grid, register_csv, severity, words

GRID, SAID = "battery-audit", "battery-audit-said"
VERDICTS = {
    "within": ("fine", mark("Within")),
    "outside": ("warning", mark("Outside")),
    "unknown": ("unknown", mark("Unknown")),
}
"""Badge and word of each verdict."""


def panel(scope: Scope) -> Component:
    """Lay out the row."""
    del scope
    listed = (
        words("what", t("Compared"), width=300, wrap=True),
        severity("word", t("Verdict"), key="severity", width=110),
        figures("measured", t("Deviation"), digits=3, trim=True),
        figures("limit", t("Limit"), digits=1, trim=True, width=80),
        words("unit", t("Unit"), width=70, most=80),
        figures("samples", t("Samples"), width=90),
        figures("beyond", t("Beyond"), width=90),
        figures("worst", t("Worst"), digits=2, trim=True, width=90),
        words("worst_at", t("When"), width=170),
        words("reason", t("Remark"), width=220, wrap=True),
    )
    return section(
        t("Can the battery's own registers be trusted?"),
        [html.Div(skeleton(1), id=SAID, className="ps-caption"), grid(GRID, listed)],
        note=t(
            "Each against another reading of the same thing, over the whole history. Within: the median, and all but "
            "1 % of the samples (10 % of half cycles and anchors), lie inside the limit."
        ),
        tools=csv_button(GRID),
        question="audit",
    )


def row_of(row: AuditRow) -> dict[str, Any]:
    """Flatten a comparison into a row of the table."""
    badge, word = VERDICTS[row.verdict]
    return {
        "what": t(row.what),
        "word": t(word),
        "severity": badge,
        "measured": row.measured,
        "limit": row.limit,
        "unit": row.unit,
        "samples": row.samples,
        "beyond": row.beyond,
        "worst": row.worst,
        "worst_at": None if row.worst_at is None else row.worst_at[:16].replace("T", " "),
        "reason": None if row.reason is None else say(row.reason),
    }


def said(answer: AuditAnswer) -> str:
    """Count the verdicts."""
    if answer.reason is not None:
        return t(answer.reason)
    of = {name: sum(row.verdict == name for row in answer.rows) for name in VERDICTS}
    return t(
        "{within} within their limits, {outside} outside, {unknown} that cannot be compared.",
        within=counted(of["within"], "register"),
        outside=of["outside"],
        unknown=of["unknown"],
    )


def update(search: str | None) -> tuple[list[dict[str, Any]], dict[str, str], str]:
    """Fill the row."""
    answer = answers.audit(str(scope_of(search, "bess").source))
    rows = [row_of(row) for row in answer.rows]
    return rows, fitted(2 * len(rows), 760), said(answer)


def register(app: Dash) -> None:
    """Wire the row."""
    app.callback(Output(GRID, "rowData"), Output(GRID, "style"), Output(SAID, "children"), Input(WHOLE, "data"))(update)
    register_csv(app, GRID)
