"""Help in place: the keys, what they do, and a short tour of the pages.

Both are written into the page that the server sends, beside what Dash keeps: every component of Dash's costs time at
each change of the page, and these do not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

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


def markup() -> str:
    """Write the help and the tour in the language of the request, both closed."""
    return f"{_help()}\n{_tour()}\n"


def _said(text: str) -> str:
    return escape(t(text))


def _help() -> str:
    keys = "".join(
        f"<div><dt>{''.join(f'<kbd>{escape(key)}</kbd>' for key in pressed.split())}</dt><dd>{_said(words)}</dd></div>"
        for pressed, words in KEYS
    )
    icon = f'<span class="ps-icon ps-icon-close" role="img" aria-label="{_said("Close")}"></span>'
    close = f'<button type="button" class="ps-button ps-bare ps-dialog-close">{icon}</button>'
    title = f'<h2 class="ps-h2" id="help-title">{_said("Help and keys")}</h2>'
    terms = f'<div id="help-said"><h3 class="ps-h3">{_said("Terms on this page")}</h3><dl id="help-terms"></dl></div>'
    return (
        '<dialog id="help" class="ps-dialog" aria-labelledby="help-title">'
        f'<div class="ps-dialog-head">{title}{close}</div>'
        f'<dl class="ps-keys">{keys}</dl>{terms}{_button("tour-start", t("Take the tour"))}</dialog>'
    )


def _tour() -> str:
    stops = "".join(
        f'<li data-path="{step.path}" data-query="{step.query}"><h2 class="ps-h2">{_said(step.title)}</h2>'
        f"<p>{_said(step.text)}</p></li>"
        for step in TOUR
    )
    turns = "".join(
        [
            _button("tour-back", t("Back")),
            _button("tour-next", t("Next"), f' data-done="{_said("Done")}"'),
            _button("tour-leave", t("Leave the tour")),
        ]
    )
    return (
        f'<aside id="tour" class="ps-tour ps-hidden" tabindex="-1" aria-label="{_said("Tour")}">'
        f'<div id="tour-place" class="ps-note"></div><ol id="tour-steps">{stops}</ol>'
        f'<div class="ps-field">{turns}</div></aside>'
    )


def _button(identity: str, words: str, more: str = "") -> str:
    return f'<button type="button" class="ps-button" id="{identity}"{more}>{escape(words)}</button>'
