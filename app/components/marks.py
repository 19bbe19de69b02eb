"""Marks: symbols, badges, terms, and what a number rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from app.components.kinds import Content, aria
from app.figures.theme import BANDS
from app.language import mark, t, tn
from app.numbers import NOTHING, SPACE
from app.terms import meaning_of

SEVERITY_WORDS = {
    "critical": mark("Critical"),
    "warning": mark("Warning"),
    "watch": mark("Watch"),
    "fine": mark("Fine"),
    "unknown": mark("Unknown"),
}
BASIS_WORDS = (
    mark("basis"),
    mark("rule"),
    mark("source"),
    mark("level"),
    mark("coverage"),
    mark("build"),
    mark("left out"),
    mark("hours"),
    mark("days"),
    mark("counts"),
    mark("seen"),
    mark("capacity ah"),
    mark("baseline ah"),
    mark("nominal ah"),
    mark("usable ah"),
    mark("soh of baseline pct"),
    mark("current offset a"),
    mark("age years"),
    mark("cycles"),
    mark("imbalance"),
    mark("measured"),
    mark("model"),
    mark("model estimate"),
    mark("raw"),
    mark("nothing"),
    mark("unknown"),
    mark("the SOH"),
    mark("the available energy"),
    mark("the measured state of health"),
)
"""What a page itself says of a number that it marks, and the numbers so marked."""
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
    subject: str = "this number",
    question: str | None = None,
    source: str | None = None,
) -> html.Details:
    """Mark a number: the mark opens what the number rests on.

    Parameters
    ----------
    rows : mapping
        What the page itself knows of it; the browser asks for the rest (files, rows, exclusions, rule, coverage) when
        the mark is opened.
    subject : str
        What the mark is about, for those who do not see where it stands.
    question : str or None
        What it is looked up by (`app.answers.bases.BASES`); by default the page's own.
    source : str or None
        Meter or system; by default the one that the page shows.
    """
    said = {name: "not known" if value is None else str(value) for name, value in rows.items()}
    pairs = [html.Div([html.Dt(t(name.replace("_", " "))), html.Dd(t(value))]) for name, value in said.items()]
    label = t("What this rests on: {subject}", subject=t(subject))
    summary = html.Summary(icon("info"), title=t("What this rests on"), role="button", **aria(label=label))
    asked: dict[str, Any] = {"data-question": question} if question else {}
    asked |= {"data-source": source} if source else {}
    return html.Details([summary, html.Dl(pairs)], className="ps-mark", **asked)


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
