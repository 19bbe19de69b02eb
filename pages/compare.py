"""Compare: any number of sources over one period or two, laid over each other, subtracted, and in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import compare
from app.answers.compare import AGAINST, Placed
from app.answers.sources import catalogue, list_sources
from app.answers.statistics import LineStatistics, statistics
from app.components import (
    PageMeta,
    choice,
    empty,
    entry_id,
    headline,
    html_id,
    page,
    section,
    select,
    skeleton,
    time_graph,
    time_id,
)
from app.early import with_page
from app.figures.clock import span_words
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import short_names, time_chart
from app.language import mark, t
from app.numbers import counted, energy, percent, quantity
from app.scope import Scope, scope_for
from app.view import View, wall_to_ms
from pages.grids import csv_button, fitted, grid, register_csv
from pages.statistics import columns, compared_row, level_of, row

META = PageMeta(path="/compare", name=mark("Compare"), icon="compare")

ANSWER, SOURCES, OVERLAY, DIFFERENCE, STATS = (
    "compare-answer",
    "compare-sources",
    "compare-overlay",
    "compare-difference",
    "compare-stats",
)
PREFERRED = {"meter": ("com_ap", "pos_ae"), "bess": ("bms1_cell_max_t", "bms1_soc", "pcs1_ap", "bms1_cell_ave_v")}
"""What each kind of source is compared by when nothing is said."""
FULL_LINES = 4
"""Lines that are drawn with the whole point budget; of more, each has its share of it."""
LEAST_POINTS = 200
"""Points that each line keeps, however many there are."""
Line = tuple[str, str]


def signals_of(kind: str) -> dict[str, str]:
    """List the signals that every source of a kind might share, cells aside: name to label."""
    found: dict[str, str] = {}
    for one in list_sources():
        if one["kind"] == kind:
            found |= {signal["signal"]: signal["label"] for signal in catalogue(one["name"]) if signal["cell"] is None}
    return {name: f"{label} ({name})" for name, label in sorted(found.items(), key=lambda pair: pair[1])}


def plain_signal(kind: str) -> str:
    """Pick the signal by which a kind is compared when nothing is said."""
    known = signals_of(kind)
    return next((name for name in PREFERRED[kind] if name in known), next(iter(known), ""))


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    view = View.of(**query)
    note = t("Each minus the first, or minus itself earlier, in the same buckets; what either lacks is left out.")
    everything = t("From every reading. Percentiles of up to 50 000 readings.")
    body = [html.Div(id=SOURCES, className="ps-found"), html.Div(_choices(view), className="ps-tools")]
    overlay = time_graph(OVERLAY, label=t("The chosen signal of each source"), height=360)
    difference = time_graph(DIFFERENCE, label=t("The differences"), height=280, question="difference")
    table = grid(STATS, columns(compared=True))
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section(t("What is compared"), body, question=None),
            section(
                t("Laid over each other"),
                overlay,
                note=t("An earlier period is drawn on the later one's axis."),
                question=None,
            ),
            section(t("Difference"), difference, note=note, question=None),
            section(t("Side by side"), table, note=everything, tools=csv_button(STATS), question="statistics"),
        ],
    )


def _choices(view: View) -> list[Component]:
    said = {
        "same": t("Each other"),
        "before": t("The period before"),
        "year": t("A year earlier"),
        "start": t("A period from"),
    }
    found: list[Component] = []
    for kind, named in (("meter", t("Meters show")), ("bess", t("Systems show"))):
        options = signals_of(kind)
        if options:
            plain = plain_signal(kind)
            found.append(select(entry_id(f"{kind}_signal", plain), named, options, view.get(f"{kind}_signal", plain)))
    found.append(choice(entry_id("against", "same"), t("Against"), said, view.get("against", "same")))
    start = entry_id("since", "")
    field = dbc.Input(id=start, type="date", value=view.get("since", ""), debounce=True, size="sm")
    label = html.Label(t("Start of the other period"), htmlFor=html_id(start))
    return [*found, html.Div([label, field], className="ps-field ps-since")]


def against(view: View) -> str:
    """Read what the lines are compared with."""
    said = view.get("against", "same")
    return said if said in AGAINST else "same"


def chosen_sources(view: View) -> list[dict[str, Any]]:
    """Read the chosen sources; when too few are said, the first of a kind: two, or one against itself earlier."""
    rows = list_sources()
    said = [one for name in view.sources for one in rows if one["name"] == name]
    least = 2 if against(view) == "same" else 1
    if len(said) >= least:
        return said
    kinds = [[one for one in rows if one["kind"] == kind] for kind in ("meter", "bess")]
    plain = next((group for group in kinds if len(group) > 1), rows)
    return (said + [one for one in plain if one not in said])[:least]


def lines_of(view: View) -> list[Line]:
    """Pair each chosen source with the signal that its kind is compared by, where it has it."""
    lines = []
    for one in chosen_sources(view):
        wanted = view.get(f"{one['kind']}_signal", plain_signal(one["kind"]))
        if wanted in one["signals"]:
            lines.append((one["name"], wanted))
    return lines


def resolve(search: str | None) -> tuple[View, list[Placed], list[Scope]]:
    """Resolve the address: the lines over their windows, and the scope of each one's source."""
    view = View.parse(search)
    lines = lines_of(view)
    rows = {one["name"]: one for one in list_sources()}
    scopes = [scope_for(view, rows[source]) for source, _ in lines]
    if not scopes:
        return view, [], []
    zone = scopes[0].zone
    period = min(one.asked[0] for one in scopes), max(one.asked[1] for one in scopes)
    shift = compare.shift_of(against(view), *period, zone, wall_to_ms(view.get("since", ""), zone))
    return view, compare.placed(lines, *drawn_of(scopes), shift or 0), scopes


def drawn_of(scopes: Sequence[Scope]) -> tuple[int, int]:
    """Find the range of the time axis [epoch ms, UTC)."""
    return min(one.drawn[0] for one in scopes), max(one.drawn[1] for one in scopes)


def names_of(lines: Sequence[Placed]) -> list[str]:
    """Name each line by its source, shortened; one over the other period says so."""
    sources = list(dict.fromkeys(line.source for line in lines))
    short = dict(zip(sources, short_names(sources), strict=True))
    return [t("{name} then", name=short[line.source]) if line.shift_ms else short[line.source] for line in lines]


def points_of(scopes: Sequence[Scope], lines: Sequence[Placed]) -> int:
    """Share the point budget out among many lines."""
    return max(min(scopes[0].points, scopes[0].points * FULL_LINES // max(len(lines), 1)), LEAST_POINTS)


@with_page
def update_sources(search: str | None) -> list[Component]:
    """Show every source as a switch: a link that adds it, or takes it away while enough others stay."""
    view = View.parse(search)
    chosen = [one["name"] for one in chosen_sources(view)]
    least = 2 if against(view) == "same" else 1
    pills: list[Component] = []
    for one in list_sources():
        name, on = one["name"], one["name"] in chosen
        rest = [other for other in chosen if other != name] if on else [*chosen, name]
        href = "/compare" + view.change(sources=tuple(rest)).search()
        look = "ps-pill ps-pill-on" if on else "ps-pill"
        fixed = on and len(chosen) <= least
        pills.append(html.Span(name, className=look) if fixed else dcc.Link(name, href=href, className=look))
    return pills


@with_page
def update_answer(search: str | None) -> tuple[Component, list[dict[str, Any]], dict[str, str]]:
    """Answer the page's question, and fill the table."""
    view, lines, scopes = resolve(search)
    if not lines or (len(lines) < 2 and against(view) == "same"):
        reason = t("Fewer than two of the chosen sources log the chosen signal.")
        return empty(t("Nothing to compare"), reason), [], fitted(0)
    found = [statistics([(line.source, line.signal)], line.start_ms, line.end_ms)[0] for line in lines]
    zone, kinds = scopes[0].zone, {str(one.source): one.kind for one in scopes}
    rows = []
    for at, (line, one) in enumerate(zip(lines, found, strict=True)):
        reference = found[at + 1] if len(lines) > at + 1 and lines[at + 1].shift_ms and not line.shift_ms else None
        reference = found[0] if against(view) == "same" and at else reference
        rows.append(compared_row(one, reference, line.start_ms, row(one, zone, view, kinds), zone))
    answer = headline(
        words_of(view, lines, found),
        question="statistics",
        lead=lead_of(view, lines, zone),
        sample=scopes[0].sample,
    )
    return answer, rows, fitted(len(rows))


def lead_of(view: View, lines: Sequence[Placed], zone: str) -> str:
    """Say which periods are compared, and what stands first."""
    now = span_words(lines[0].start_ms, lines[0].end_ms, zone)
    then = next((line for line in lines if line.shift_ms), None)
    if then is not None:
        earlier = span_words(then.start_ms, then.end_ms, zone)
        return t("{now} against {earlier}.", now=now, earlier=earlier)
    if against(view) == "start":
        return t("{now}. Choose where the other period starts.", now=now)
    return t("{now}. The others are measured against the first one, {first}.", now=now, first=lines[0].source)


def words_of(view: View, lines: Sequence[Placed], found: Sequence[LineStatistics]) -> str:
    """Write the page's one sentence."""
    if any(line.shift_ms for line in lines):
        return _shifted_words(found)
    if against(view) == "start":
        return t("{sources} over one period", sources=counted(len(found), "source"))
    means = [(value, one) for one in found if (value := level_of(one)) is not None]
    if len(means) < 2 or len({(one.unit, one.kind) for _, one in means}) > 1:
        return t("{sources} side by side", sources=counted(len(found), "source"))
    (low, least), (high, most) = (pick(means, key=lambda pair: pair[0]) for pick in (min, max))
    given = {"most": most.source, "least": least.source}
    if most.kind == "counter":
        return t("{most} counted {more} more than {least}", more=energy(high - low), **given)
    return t("{most} is on average {more} above {least}", more=quantity(high - low, most.unit), **given)


def _shifted_words(found: Sequence[LineStatistics]) -> str:
    now, then = found[0], found[1]
    mine, other = level_of(now), level_of(then)
    if mine is None or other is None:
        return t("{source} has no readings in one of the two periods", source=now.source)
    apart = mine - other
    size = energy(abs(apart)) if now.kind == "counter" else quantity(abs(apart), now.unit)
    share = t(" ({share})", share=percent(abs(apart / other), 1)) if other else ""
    given = {"source": now.source, "size": size + share}
    if now.kind == "counter":
        return (
            t("{source} counted {size} more than in the other period", **given)
            if apart >= 0
            else t("{source} counted {size} less than in the other period", **given)
        )
    return (
        t("{source} is on average {size} above the other period", **given)
        if apart >= 0
        else t("{source} is on average {size} below the other period", **given)
    )


@with_page
def update_overlay(search: str | None, theme: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Draw the lines over each other."""
    _, lines, scopes = resolve(search)
    if not lines:
        return bare(message(t("None of the chosen sources logs the chosen signal"), theme)), {"height": "240px"}
    points = points_of(scopes, lines)
    answers = [compare.answer(line, max_points=points) for line in lines]
    height = chart_height(len({one.unit for one in answers}))
    drawn = drawn_of(scopes)
    names = names_of(lines)
    figure = time_chart(answers, names=names, zone=scopes[0].zone, theme=theme, drawn=drawn, height=height)
    return bare(figure), {"height": f"{height}px"}


def update_difference(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw the differences."""
    _, lines, scopes = resolve(search)
    subtracted = compare.pairs(lines) if lines else []
    found = compare.differences(subtracted, max_points=points_of(scopes, lines)) if subtracted else []
    if not found:
        return bare(message(t("Only signals of the same unit can be subtracted"), theme))
    names = [one.label for one in found]
    figure = time_chart(found, names=names, zone=scopes[0].zone, theme=theme, drawn=drawn_of(scopes))
    return bare(figure)


def register(app: Dash) -> None:
    """Wire the page."""
    search, theme = Input("url", "search"), Input("theme", "data")
    overlay = time_id(OVERLAY)
    table = Output(STATS, "rowData"), Output(STATS, "style")
    app.callback(Output(SOURCES, "children"), search)(update_sources)
    app.callback(Output(ANSWER, "children"), *table, search)(update_answer)
    app.callback(Output(overlay, "figure"), Output(overlay, "style"), search, theme)(update_overlay)
    app.callback(Output(time_id(DIFFERENCE), "figure"), search, theme)(update_difference)
    register_csv(app, STATS)
