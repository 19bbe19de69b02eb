"""Marks: symbols, badges, terms, and what a number rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from app.components.kinds import Content, aria
from app.figures.theme import BANDS
from app.language import mark, t, tn
from app.numbers import NOTHING, SPACE, number
from app.terms import meaning_of

SEVERITY_WORDS = {
    "critical": mark("Critical"),
    "warning": mark("Warning"),
    "watch": mark("Watch"),
    "fine": mark("Fine"),
    "unknown": mark("Unknown"),
}
KNOWN_LABELS = {
    "basis": mark("Basis"),
    "rule": mark("Rule"),
    "counts": mark("Counts"),
    "odd_steps": mark("Odd steps"),
    "hours": mark("Hours"),
    "days": mark("Days"),
    "mean": mark("Mean"),
    "capacity_ah": mark("Capacity [Ah]"),
    "baseline_ah": mark("First capacity [Ah]"),
    "nominal_ah": mark("Nominal capacity [Ah]"),
    "usable_ah": mark("Usable [Ah]"),
    "recoverable_ah": mark("Recoverable [Ah]"),
    "soh_of_baseline_pct": mark("SOH against its first capacity [%]"),
    "current_offset_a": mark("Offset of the current [A]"),
    "age_years": mark("Age [years]"),
    "cycles": mark("Cycles"),
    "imbalance": mark("Imbalance"),
}
"""What a page itself says of a number that it marks."""
BASIS_WORDS = (mark("measured"), mark("model"), mark("bms"), mark("not known"))
"""What the state of health that is shown may rest on."""
KNOWN_DECIMALS = 3
"""Decimals of a number that a page itself says of another [digits]; zeros at the end are left out."""
BAND_WORDS = (
    mark("Excellent"),
    mark("Optimal"),
    mark("Nominal"),
    mark("Degraded"),
    mark("Compromised"),
    mark("End of Life"),
)
"""Bands of state of health beside Critical, which is a severity as well."""


def icon(name: str, word: str | None = None) -> html.Span:
    """Draw a symbol in the colour of the text; with a word it speaks for itself, else it is decoration."""
    named = aria(label=word) | {"role": "img"} if word else aria(hidden="true")
    return html.Span(className=f"ps-icon ps-icon-{name}", **named)


def badge(severity: str, text: str | None = None) -> html.Span:
    """Show a severity by symbol, word and colour."""
    kind = severity if severity in SEVERITY_WORDS else "unknown"
    return html.Span([icon(kind), text or t(SEVERITY_WORDS[kind])], className=f"ps-badge ps-{kind}")


def severity_counts(counts: Mapping[str, int]) -> list[str]:
    """Count what is of each severity, the gravest first: ``2 critical``, ``1 warning``, ``3 to watch``."""
    said = {
        "critical": t("{n} critical", n=counts.get("critical", 0)),
        "warning": tn("{n} warning", "{n} warnings", counts.get("warning", 0), n=counts.get("warning", 0)),
        "watch": t("{n} to watch", n=counts.get("watch", 0)),
    }
    return [text for name, text in said.items() if counts.get(name)]


def unknown(reason: str) -> html.Span:
    """Stand where a number is not known: a dash that says why, to the pointer and to a screen reader."""
    return html.Span(NOTHING, title=reason, role="img", **aria(label=t("Not known: {reason}", reason=reason)))


def or_why(text: str, reason: str | None) -> Content:
    """Give a number as it is written; where it is unknown, its dash with the reason (see `unknown`)."""
    return unknown(reason or t("the data does not give it")) if text == NOTHING else text


def band_badge(band: str | None, text: str | None = None) -> html.Span:
    """Show a band of state of health: its place on the ramp as a swatch, and its name."""
    swatch = html.Span(
        className="ps-swatch" if band in BANDS else "ps-swatch ps-hatched",
        style={"backgroundColor": BANDS[band]} if band in BANDS else {},
        **aria(hidden="true"),
    )
    return html.Span([swatch, text or t(band or "Unknown")], className="ps-badge ps-band")


def provenance(
    rows: Mapping[str, object],
    *,
    question: str,
    subject: str = "this number",
    signal: str | None = None,
    source: str | None = None,
) -> html.Details:
    """Mark a number: the mark opens what the number rests on.

    Parameters
    ----------
    rows : mapping
        What the page itself knows of it; the browser asks for the rest (files, rows, exclusions, rule, coverage) when
        the mark is opened.
    question : str
        What it is looked up by (`app.answers.bases.BASES`).
    subject : str
        What the mark is about, for those who do not see where it stands.
    signal : str or None
        The one signal that it rests on, where its rule is of any.
    source : str or None
        Meter or system; by default the one that the page shows.
    """
    said = ((KNOWN_LABELS.get(name, name), _written(value)) for name, value in rows.items())
    pairs = [html.Div([html.Dt(t(label)), html.Dd(value)]) for label, value in said]
    label = t("What this rests on: {subject}", subject=t(subject))
    summary = html.Summary(icon("info"), title=t("What this rests on"), role="button", **aria(label=label))
    asked: dict[str, Any] = {"data-question": question}
    asked |= {"data-signals": signal} if signal else {}
    asked |= {"data-source": source} if source else {}
    return html.Details([summary, html.Dl(pairs)], className="ps-mark", **asked)


def _written(value: object) -> str:
    if value is None:
        return t("not known")
    if isinstance(value, float):
        digits = next(n for n in range(KNOWN_DECIMALS + 1) if n == KNOWN_DECIMALS or round(value, n) == value)
        return number(value, digits)
    return number(value) if isinstance(value, int) else t(str(value))


def term(words: str) -> html.Details | None:
    """Explain a term in place: a small "?" that opens its meaning; None where the words explain themselves."""
    meaning = meaning_of(words)
    if meaning is None:
        return None
    summary = html.Summary("?", role="button", **aria(label=t("What this means: {term}", term=words)))
    named: dict[str, Any] = {"data-term": words}
    return html.Details([summary, html.P(meaning)], className="ps-term", **named)


def stat(value: str) -> html.Span:
    """Write a number with its unit (as `app.numbers.quantity` does) in tabular figures, the unit smaller."""
    figure, _, unit = value.rpartition(SPACE)
    if figure and "," not in figure and not unit[:1].isdigit():
        return html.Span([figure, html.Span(f"{SPACE}{unit}", className="ps-unit")], className="ps-num")
    return html.Span(value, className="ps-num")
