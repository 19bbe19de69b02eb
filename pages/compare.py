"""Compare: two or more sources over the same period, laid over each other and subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import compare, series
from app.answers.sources import catalogue, list_sources
from app.components import (
    PageMeta,
    empty,
    entry_id,
    headline,
    page,
    section,
    select,
    skeleton,
    time_graph,
    time_id,
)
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import short_names, time_chart
from app.numbers import counted, quantity
from app.scope import Scope, scope_for
from app.view import View
from pages.explore import statistics_table

META = PageMeta(path="/compare", name="Compare", icon="compare")

ANSWER, SOURCES, OVERLAY, DIFFERENCE, STATS = (
    "compare-answer",
    "compare-sources",
    "compare-overlay",
    "compare-difference",
    "compare-stats",
)
PREFERRED = {"meter": ("com_ap", "pos_ae"), "bess": ("bms1_cell_max_t", "bms1_soc", "pcs1_ap", "bms1_cell_ave_v")}
"""What each kind of source is compared by when nothing is said."""
MOST_SOURCES = 8
Line = tuple[str, str]


def signals_of(kind: str) -> dict[str, str]:
    """List the signals that every source of a kind might share, cells aside: name to label."""
    found: dict[str, str] = {}
    for row in list_sources():
        if row["kind"] == kind:
            found |= {one["signal"]: one["label"] for one in catalogue(row["name"]) if one["cell"] is None}
    return {name: f"{label} ({name})" for name, label in sorted(found.items(), key=lambda pair: pair[1])}


def plain_signal(kind: str) -> str:
    """Pick the signal by which a kind is compared when nothing is said."""
    known = signals_of(kind)
    return next((name for name in PREFERRED[kind] if name in known), next(iter(known), ""))


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    view = View.of(**query)
    choices = []
    for kind, words in (("meter", "Meters show"), ("bess", "Systems show")):
        options = signals_of(kind)
        if options:
            plain = plain_signal(kind)
            choices.append(select(entry_id(f"{kind}_signal", plain), words, options, view.get(f"{kind}_signal", plain)))
    pills = html.Div(id=SOURCES, className="ps-found")
    everything = "from every reading in the period"
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section("What is compared", [pills, html.Div(choices, className="ps-tools")]),
            section("Laid over each other", time_graph(OVERLAY, label="The chosen signal of each source", height=360)),
            section(
                "Difference",
                time_graph(DIFFERENCE, label="Each source minus the first", height=280),
                note="Each source minus the first one, in the same buckets; buckets that either lacks are left out.",
            ),
            section("Same period, side by side", html.Div(skeleton(3), id=STATS), note=everything),
        ],
    )


def chosen_sources(view: View) -> list[dict[str, Any]]:
    """Read the chosen sources; the first two of a kind when fewer than two are said."""
    rows = list_sources()
    said = [row for name in view.sources for row in rows if row["name"] == name][:MOST_SOURCES]
    if len(said) >= 2:
        return said
    kinds = [[row for row in rows if row["kind"] == kind] for kind in ("meter", "bess")]
    plain = next((group for group in kinds if len(group) > 1), rows)
    rest = [row for row in plain if row not in said]
    return (said + rest)[:2]


def lines_of(view: View) -> list[Line]:
    """Pair each chosen source with the signal that its kind is compared by, where it has it."""
    lines = []
    for row in chosen_sources(view):
        wanted = view.get(f"{row['kind']}_signal", plain_signal(row["kind"]))
        if wanted in row["signals"]:
            lines.append((row["name"], wanted))
    return lines


def resolve(search: str | None) -> tuple[View, list[Line], list[Scope]]:
    """Resolve the address: the lines, and the scope of each one's source."""
    view = View.parse(search)
    lines = lines_of(view)
    rows = {row["name"]: row for row in list_sources()}
    return view, lines, [scope_for(view, rows[source]) for source, _ in lines]


def _drawn(scopes: Sequence[Scope]) -> tuple[int, int]:
    return min(one.drawn[0] for one in scopes), max(one.drawn[1] for one in scopes)


def update_sources(search: str | None) -> list[Component]:
    """Show every source as a switch: a link that adds it, or takes it away while two others stay."""
    view = View.parse(search)
    chosen = [row["name"] for row in chosen_sources(view)]
    pills: list[Component] = []
    for row in list_sources():
        name, on = row["name"], row["name"] in chosen
        rest = [one for one in chosen if one != name] if on else [*chosen, name]
        href = "/compare" + view.change(sources=tuple(rest)).search()
        look = "ps-pill ps-pill-on" if on else "ps-pill"
        fixed = on and len(chosen) <= 2
        pills.append(html.Span(name, className=look) if fixed else dcc.Link(name, href=href, className=look))
    return pills


def update_answer(search: str | None) -> tuple[Component, Component]:
    """Answer the page's question, and write the statistics beside each other."""
    _, lines, scopes = resolve(search)
    if len(lines) < 2:
        nothing = empty("Nothing to compare", "Fewer than two of the chosen sources log the chosen signal.")
        return nothing, html.Div()
    rows = compare.statistics(lines, *_drawn(scopes))
    lead = f"{scopes[0].words}. The first one, {lines[0][0]}, is what the others are subtracted from."
    answer = headline(spread_words(rows), lead=lead, sample=any(one.sample for one in scopes))
    return answer, statistics_table(rows)


def spread_words(rows: Sequence[compare.LineStatistics]) -> str:
    """Write the page's one sentence: which mean is highest, and by how much."""
    means = [(row.mean, row) for row in rows if row.mean is not None]
    if len(means) < 2 or len({row.unit for _, row in means}) > 1:
        return f"{counted(len(rows), 'source')} side by side"
    (low, least), (high, most) = (pick(means, key=lambda pair: pair[0]) for pick in (min, max))
    return f"{most.source} is on average {quantity(high - low, most.unit)} above {least.source}"


def update_overlay(search: str | None, theme: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Draw the lines over each other."""
    _, lines, scopes = resolve(search)
    if not lines:
        return bare(message("None of the chosen sources logs the chosen signal", theme)), {"height": "240px"}
    drawn = _drawn(scopes)
    answers = [series.series(*line, *drawn, max_points=scopes[0].points) for line in lines]
    height = chart_height(len({one.unit for one in answers}))
    names = short_names([source for source, _ in lines])
    figure = time_chart(answers, names=names, zone=scopes[0].zone, theme=theme, drawn=drawn, height=height)
    return bare(figure), {"height": f"{height}px"}


def update_difference(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw each line minus the first."""
    _, lines, scopes = resolve(search)
    found = compare.differences(lines, *_drawn(scopes), max_points=scopes[0].points) if len(lines) > 1 else []
    if not found:
        return bare(message("Only signals of the same unit can be subtracted", theme))
    names = [one.label for one in found]
    figure = time_chart(found, names=names, zone=scopes[0].zone, theme=theme, drawn=_drawn(scopes))
    return bare(figure)


def register(app: Dash) -> None:
    """Wire the page."""
    search, theme = Input("url", "search"), Input("theme", "data")
    overlay = time_id(OVERLAY)
    app.callback(Output(SOURCES, "children"), search)(update_sources)
    app.callback(Output(ANSWER, "children"), Output(STATS, "children"), search)(update_answer)
    app.callback(Output(overlay, "figure"), Output(overlay, "style"), search, theme)(update_overlay)
    app.callback(Output(time_id(DIFFERENCE), "figure"), search, theme)(update_difference)
