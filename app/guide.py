"""Help in place: the keys, what they do, and a short tour of the pages. Both live in dialogs that the browser opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from app.components import aria, icon
from app.language import mark, t

KEYS: tuple[tuple[str, str], ...] = (
    ("g o", mark("Overview")),
    ("g m", mark("Meter")),
    ("g p", mark("Compare")),
    ("g b", mark("Battery")),
    ("g c", mark("Cells")),
    ("g e", mark("Explore")),
    ("g q", mark("Data quality")),
    ("/", mark("Choose the source, or find a signal")),
    ("[ ]", mark("One period earlier or later")),
    ("0", mark("Show the whole period")),
    ("+ −", mark("Zoom in and out of all time charts")),
    ("← →", mark("Move along, while zoomed; the next tab, on a tab")),
    ("d", mark("Switch between light and dark")),
    ("?", mark("This help")),
    ("Esc", mark("Close what is open")),
)
"""Keys and what they do; ``assets/55-guide.js`` does it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of the tour."""

    path: str
    query: str
    title: str
    text: str


TOUR = (
    Step(
        "/",
        "",
        mark("Four questions at a glance"),
        mark(
            "Is it safe, is it working, how much energy is there, where is it heading. Every figure is a link to "
            "its evidence."
        ),
    ),
    Step(
        "/cells",
        "tab=critical",
        mark("The cells that need attention"),
        mark("Ranked by evidence, with the fault that their signs fit. Choose a row, and its evidence is drawn below."),
    ),
    Step(
        "/cells",
        "tab=heatmaps",
        mark("Every cell in its place"),
        mark("One colour scale for all packs. Play the map to see when a cell left its string."),
    ),
    Step(
        "/meter",
        "",
        mark("Zoom is the interface"),
        mark(
            "Drag across a time chart or turn the wheel: it refines down to single samples. A double click shows "
            "all again."
        ),
    ),
    Step(
        "/quality",
        "",
        mark("What the numbers rest on"),
        mark(
            "Coverage, gaps, and files that could not be read, with line and reason. The small mark at a number "
            "says the same."
        ),
    ),
)
"""Stops of the tour, in order."""


def button() -> html.Button:
    """Offer the help."""
    return html.Button(
        "?", id="help-open", className="ps-button ps-bare", type="button", **aria(label=t("Help and keys"))
    )


def _dialog(identity: str, title: str, children: list[Component]) -> Component:
    close = html.Button(icon("close", t("Close")), className="ps-button ps-bare ps-dialog-close", type="button")
    head = html.Div([html.H2(title, className="ps-h2", id=f"{identity}-title"), close], className="ps-dialog-head")
    return html.Dialog([head, *children], id=identity, className="ps-dialog", **aria(labelledby=f"{identity}-title"))


def help_dialog() -> Component:
    """Write the keys down, leave room for the terms of the page, and offer the tour."""
    rows = [html.Div([html.Dt([html.Kbd(key) for key in keys.split()]), html.Dd(t(words))]) for keys, words in KEYS]
    tour = html.Button(t("Take the tour"), className="ps-button", id="tour-start", type="button")
    terms = html.Div([html.H3(t("Terms on this page"), className="ps-h3"), html.Dl(id="help-terms")], id="help-said")
    return _dialog("help", t("Help and keys"), [html.Dl(rows, className="ps-keys"), terms, tour])


def tour_panel() -> Component:
    """Lay out the tour: a panel at the edge that does not cover what it speaks of."""
    steps = [
        html.Li(
            [html.H2(t(step.title), className="ps-h2"), html.P(t(step.text))],
            **_data(path=step.path, query=step.query),
        )
        for step in TOUR
    ]
    turn = [
        html.Button(t("Back"), className="ps-button", id="tour-back", type="button"),
        html.Button(t("Next"), className="ps-button", id="tour-next", type="button", **_data(done=t("Done"))),
        html.Button(t("Leave the tour"), className="ps-button ps-bare", id="tour-leave", type="button"),
    ]
    place = html.Div(id="tour-place", className="ps-note")
    inner = [place, html.Ol(steps, id="tour-steps"), html.Div(turn, className="ps-field")]
    return html.Aside(inner, id="tour", className="ps-tour ps-hidden", tabIndex=-1, **aria(label=t("Tour")))


def tour_offer() -> Component:
    """Offer the tour on the first visit, in one quiet line; the browser shows it and remembers the answer."""
    take = html.Button(t("Take the tour"), id="tour-take", className="ps-button", type="button")
    never = html.Button(t("Not now"), id="tour-never", className="ps-button ps-bare", type="button")
    words = html.Span(t("New here? Five stops show what this dashboard can do."))
    return html.Div([words, take, never], id="tour-offer", className="ps-hidden", role="note")


def _data(**said: str) -> dict[str, Any]:
    return {f"data-{name}": value for name, value in said.items()}
