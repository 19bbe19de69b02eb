"""The Cell Analyzer: which cells of a system need attention, and why, in five tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from app.components import PageMeta, aria, empty, headline, page, partial, skeleton
from app.early import Place, place, with_page
from app.language import mark, t
from app.scope import Scope, scope_of
from app.shell import PERIOD, THEME, URL
from pages.battery import no_system
from pages.celltabs import comparison, critical, heatmaps, overview, pack_view, verdicts
from pages.celltabs.verdicts import Flagged

META = PageMeta(path="/cells", name=mark("Cells"), icon="cells", what="pack")
ANSWER, TAB_NAMES = "cells-answer", "cells-tab-names"
SELECTED, SELECTED_WORDS, SELECTED_LINK = "cells-selected", "cells-selected-words", "cells-selected-link"
NAMED = "cells-named"
LINKED_MAX = 12
"""Cells that the answer links to; the Critical cells tab lists all."""
PERIOD_KEYS = ("system", "when", "start", "end")
"""What every tab asks with."""
TABS: dict[str, tuple[str, ModuleType]] = {
    "overview": (mark("Overview"), overview),
    "comparison": (mark("Pack comparison"), comparison),
    "surface": (mark("3D pack view"), pack_view),
    "heatmaps": (mark("Cell heatmaps"), heatmaps),
    "critical": (mark("Critical cells"), critical),
}
"""Name in the address, words, and module of each tab."""


def layout(**query: str) -> html.Div:
    """Lay out the page: the answer, the tabs, and a panel for each."""
    scope = scope_of(_search(query), "bess")
    if scope.source is None:
        return page(META, [no_system()])
    if not scope.packs:
        return page(
            META, [empty(t("No cells"), t("{source} has no cell voltages or temperatures.", source=scope.source))]
        )
    shown = scope.view.tab if scope.view.tab in TABS else "overview"
    tabs = [_tab(key, t(words), shown) for key, (words, _) in TABS.items()]
    panels = [_panel(key, module.panel(scope), shown) for key, (_, module) in TABS.items()]
    stores = [dcc.Store(id=gate) for _, module in TABS.values() for gate in gates_of(module)]
    return page(
        META,
        [
            html.Div(skeleton(), id=ANSWER, className="ps-answer"),
            dcc.Store(id=TAB_NAMES, data=list(TABS)),
            *stores,
            _selected(),
            html.Div(tabs, className="ps-tabs", role="tablist", **aria(label=t("Views of the cells"))),
            *panels,
        ],
    )


def known(search: str, theme: str) -> dict[Place, Any]:
    """Say what the browser would ask the first tab, where it is the one that is shown (``packscope_cells.gate``)."""
    said = dict(parse_qsl(search.lstrip("?")))
    if said.get("tab") in TABS and said["tab"] != "overview":
        return {}
    kept = urlencode({key: said[key] for key in PERIOD_KEYS if key in said})
    return {place(overview.GATE, "data"): {"search": f"?{kept}" if kept else "", "theme": theme}}


def _selected() -> html.Div:
    """Name the selected cell on every tab, with what was found of it; the browser fills it."""
    words = html.Span(id=SELECTED_WORDS)
    link = dcc.Link(t("Its evidence"), href="/cells?tab=critical", id=SELECTED_LINK)
    return html.Div([words, link, dcc.Store(id=NAMED)], id=SELECTED, className="ps-hidden", role="status")


def named(rows: Sequence[Flagged]) -> dict[str, Any]:
    """Write what the browser says of a selected cell: its words, and those of each flagged one."""
    return {
        "selected": t("Selected: pack {n} cell {k}", n="{n}", k="{k}"),
        "fine": t("nothing found"),
        "found": {
            f"{row.pack}-{row.verdict.cell}": f"{t(row.verdict.severity)}, "
            f"{t(verdicts.FAULTS.get(row.verdict.fault, row.verdict.fault))}"
            for row in rows
        },
    }


def _search(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""


def gates_of(module: ModuleType) -> tuple[dict[str, str], ...]:
    """List the stores that tell a tab's parts when to ask the server; most tabs have one."""
    gates: tuple[dict[str, str], ...] = getattr(module, "GATES", (module.GATE,))
    return gates


def tab_id(key: str) -> str:
    """Id of a tab."""
    return f"cells-tab-{key}"


def panel_id(key: str) -> str:
    """Id of the panel that a tab shows."""
    return f"cells-panel-{key}"


def _tab(key: str, words: str, shown: str) -> html.Button:
    said = aria(selected="true" if key == shown else "false", controls=panel_id(key)) | {"data-tab": key}
    return html.Button(
        words, id=tab_id(key), role="tab", className="ps-tab", tabIndex=0 if key == shown else -1, type="button", **said
    )


def _panel(key: str, children: Sequence[Component], shown: str) -> html.Div:
    hidden = "ps-panel" if key == shown else "ps-panel ps-hidden"
    named = aria(labelledby=tab_id(key))
    return html.Div(list(children), id=panel_id(key), role="tabpanel", className=hidden, **named)


def answer(scope: Scope, rows: Sequence[Flagged], cells: int, missing: str | None) -> html.Div:
    """Answer which cells need attention, each named cell a link to its evidence."""
    lead = verdicts.named_words(rows) or t("Every cell that could be judged is within its limits.")
    first = headline(verdicts.attention_words(rows, cells), lead=lead, sample=scope.sample, question="flagged")
    return html.Div([first, _links(scope, rows), *([partial(missing)] if missing else [])])


def _links(scope: Scope, rows: Sequence[Flagged]) -> html.Div:
    links = [
        dcc.Link(row.name, href=scope.view.href("/cells", pack=row.pack, cell=row.verdict.cell, tab="critical"))
        for row in verdicts.needing(rows)[:LINKED_MAX]
    ]
    told = [part for link in links for part in (link, " · ")][:-1]
    return html.Div([t("Evidence: "), *told] if links else [], className="ps-note")


@with_page
def update_answer(search: str | None) -> tuple[Component, dict[str, Any]]:
    """Fill the first row, and tell the browser what was found of each cell."""
    scope = scope_of(search, "bess")
    found = verdicts.criticals(scope)
    rows = verdicts.flagged_cells(found)
    cells = sum(report.cells for report in overview.compared(scope).packs)
    return answer(scope, rows, cells, verdicts.unknown_words(found)), named(rows)


def register(app: Dash) -> None:
    """Wire the page."""
    outputs = [Output(tab_id(key), "aria-selected") for key in TABS]
    outputs += [Output(tab_id(key), "tabIndex") for key in TABS]
    outputs += [Output(panel_id(key), "className") for key in TABS]
    search, theme, names = Input(URL, "search"), Input(THEME, "data"), State(TAB_NAMES, "data")
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "tabs"), *outputs, search, names)
    for _, module in TABS.values():
        for gate in gates_of(module):
            before = State(gate, "data"), State(gate, "id")
            opens = ClientsideFunction("packscope_cells", "gate")
            in_browser(opens, Output(gate, "data"), search, theme, names, *before)
        module.register(app)
    app.callback(Output(ANSWER, "children"), Output(NAMED, "data"), Input(PERIOD, "data"))(update_answer)
    told = [Output(SELECTED_WORDS, "children"), Output(SELECTED_LINK, "href"), Output(SELECTED, "className")]
    in_browser(ClientsideFunction("packscope_cells", "selected"), *told, search, Input(NAMED, "data"))
