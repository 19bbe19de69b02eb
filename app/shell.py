"""The frame of every page: the rail, the top bar with *what* and *when*, and what is said across pages.

Components that pages may use as inputs:

``url.search``
    The whole view. The single source of truth; `app.scope.scope_of` reads it.
``period.data``
    The same without zoom, tab and cell: for what does not change when a time chart is zoomed.
``theme.data``
    ``light`` or ``dark``.

Controls never hold state of their own: they write to the address (``assets/packscope.js``) and are set from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from app import language, loader
from app.answers.sources import list_sources
from app.components import PageMeta, aria, choice, empty, icon, select
from app.figures.clock import span_words
from app.language import mark, t
from app.numbers import duration, number
from app.scope import Scope, scope_for, scope_of
from app.view import DAY_MS, PRESETS, View, ms_to_wall
from pipeline.errors import StoreMissing

URL, THEME, PERIOD = "url", "theme", "period"
POLL_MS = 20_000
"""How often the browser asks for the build id [ms]."""
POINT_CHOICES = (500, 1_000, 2_000, 5_000, 10_000, 20_000)
_KINDS = {"system": "bess", "pack": "bess", "meter": "meter", "source": "any"}
_KEYS = {"system": "system", "pack": "system", "meter": "meter", "source": "source"}
_LABELS = {"system": mark("System"), "pack": mark("System"), "meter": mark("Meter"), "source": mark("Source")}
_SHORT = {"Data quality": mark("Quality")}
Layouts = Mapping[str, tuple[PageMeta, Callable[..., Component]]]


def no_store() -> html.Div:
    """Say that there is no store yet, and how to get one."""
    todo: list[str | Component] = [
        t("Run "),
        html.Code("make build-pyramids"),
        " (or ",
        html.Code("packscope build"),
        t("). This page then opens."),
    ]
    return empty(
        t("No store yet"), t("Packscope shows what has been built from CSV files, and nothing has been built."), todo
    )


def layout(metas: Sequence[PageMeta], build_id: str | None) -> html.Div:
    """Lay out the frame around the page."""
    return html.Div(
        [
            html.A(t("Skip to the content"), href="#main", className="ps-skip"),
            dcc.Location(id=URL, refresh=False),
            dcc.Store(id=THEME),
            dcc.Store(id=PERIOD),
            dcc.Store(id="said"),
            dcc.Store(id="build", data=build_id),
            dcc.Store(id="links", data=[{"id": _link_id(m), "path": m.path, "name": t(m.name)} for m in metas]),
            dcc.Interval(id="beat", interval=POLL_MS),
            _rail(metas),
            html.Div(
                [
                    _top(),
                    _banner(),
                    _tour_offer(),
                    html.Main(html.Div(id="page"), id="main", className="ps-main", tabIndex=-1),
                ]
            ),
            html.Div(id="live", className="visually-hidden", **aria(live="polite")),
            html.Div(id="toasts", className="ps-toasts", role="alert"),
        ],
        className="ps-app",
    )


def toast(words: str, identity: str) -> html.Div:
    """Say that something went wrong, with the id under which the server's log holds the rest."""
    close = html.Button(icon("close", t("Close")), className="ps-button ps-bare ps-toast-close")
    told = html.Div([html.Div(words), html.Span([t("Reported as "), html.Code(identity)], className="ps-note")])
    return html.Div([told, close], className="ps-toast")


def _link_id(meta: PageMeta) -> str:
    return f"link-{meta.icon}"


def _rail(metas: Sequence[PageMeta]) -> html.Nav:
    links = []
    for meta in metas:
        short = html.Span(t(_SHORT.get(meta.name, meta.name)), className="ps-word-short")
        words = [icon(meta.icon), html.Span(t(meta.name), className="ps-word-long"), short]
        links.append(html.Li(dcc.Link(words, href=meta.path, id=_link_id(meta))))
    brand = html.Div([icon("cells"), "Packscope"], className="ps-brand")
    return html.Nav([brand, html.Ul(links)], className="ps-rail", **aria(label=t("Pages")))


def _top() -> html.Header:
    what = [
        html.Div([*_what()], id="what-field", className="ps-hidden"),
        html.Div(select("pack", t("Pack"), {}, None), id="pack-field", className="ps-hidden"),
    ]
    exact = html.Div([_moment("start", t("From")), _moment("end", t("To"))], id="exact", className="ps-hidden")
    steps = [_step("earlier", t("One period earlier")), _step("later", t("One period later"))]
    when = [choice("when", t("Period"), PRESETS, None), html.Div(steps, id="steps", className="ps-hidden"), exact]
    switch = html.Button(icon("theme", t("Switch between light and dark")), id="switch", className="ps-button ps-bare")
    first = html.Div([*what, *when], className="ps-top-row")
    chip = html.Button([html.Span(id="zoom-words"), icon("close", t("Show the whole period"))], id="unzoom")
    points = select("points", t("Points per line"), {}, None)
    tongue = select("language", t("Language"), language.LANGUAGES, language.current())
    second = [
        html.Span(id="sample"),
        html.Span(id="range-words"),
        chip,
        html.Div([points, tongue, _help_button(), switch], className="ps-push ps-field"),
    ]
    inner = html.Div([first, html.Div(second, className="ps-top-row")], className="ps-top-inner")
    return html.Header(inner, className="ps-top")


def _what() -> list[Component]:
    menu = dbc.Select(id="what", options=[], size="sm")
    return [html.Label(t("Source"), htmlFor="what", id="what-label"), menu]


def _moment(identity: str, label: str) -> html.Div:
    field = dbc.Input(id=identity, type="datetime-local", debounce=True, size="sm")
    return html.Div([html.Label(label, htmlFor=identity), field], className="ps-field")


def _step(identity: str, words: str) -> html.Button:
    return html.Button(icon(identity, words), id=identity, className="ps-button ps-bare", title=words)


def _help_button() -> html.Button:
    said: dict[str, Any] = aria(label=t("Help and keys"))
    return html.Button("?", id="help-open", className="ps-button ps-bare", type="button", **said)


def _tour_offer() -> html.Div:
    """Offer the tour on the first visit, in one quiet line; the browser shows it and remembers the answer."""
    take = html.Button(t("Take the tour"), id="tour-take", className="ps-button", type="button")
    never = html.Button(t("Not now"), id="tour-never", className="ps-button ps-bare", type="button")
    words = html.Span(t("New here? Five stops show what this dashboard can do."))
    return html.Div([words, take, never], id="tour-offer", className="ps-hidden", role="note")


def _banner() -> html.Div:
    show = html.Button(t("Show it"), id="reload", className="ps-button")
    return html.Div([t("A new build of the data is there."), show], id="banner", className="ps-hidden", role="status")


def show_page(pathname: str | None, search: str | None, *, layouts: Layouts) -> Component:
    """Lay out the page that a path names; without a store, or for an unknown path, say so."""
    try:
        loader.current()
    except StoreMissing:
        return no_store()
    found = layouts.get(pathname or "/")
    if found is None:
        names = ", ".join(t(meta.name) for meta, _ in layouts.values())
        return empty(
            t("No such page"),
            t("There is nothing at {pathname}.", pathname=pathname),
            t("The pages are {names}.", names=names),
        )
    return found[1](**dict(parse_qsl((search or "").lstrip("?"))))


def set_top(pathname: str | None, search: str | None, *, layouts: Layouts) -> dict[str, Any]:
    """Set the top bar from the address: choices, values, and the words of what is shown."""
    found = layouts.get(pathname or "/")
    what = found[0].what if found else "none"
    try:
        scope = scope_of(search, _KINDS.get(what, "any"))
    except StoreMissing:
        return dict.fromkeys(_TOP, None) | _hidden(
            what_class=True, pack_class=True, exact=True, unzoom=True, steps=True
        )
    view, kind = scope.view, _KINDS.get(what, "any")
    sources = [row["name"] for row in list_sources() if kind in {"any", row["kind"]}]
    said = _said(scope, what)
    zoomed = scope.window != (scope.start_ms, scope.end_ms)
    return {
        "label": t(_LABELS.get(what, "Source")),
        "what_options": [{"label": name, "value": name} for name in sources],
        "pack_options": [{"label": t("Pack {pack}", pack=pack), "value": str(pack)} for pack in scope.packs],
        "points_options": _point_options(scope.points),
        **{name: said[name] for name in ("what", "pack", "when", "start", "end", "points")},
        "sample": html.Span(t("Sample site"), className="ps-sample")
        if any(row["sample"] for row in list_sources())
        else "",
        "words": _range_words(scope, getattr(view, _KEYS[what])) if what in _KINDS else _site_words(view, scope.zone),
        "zoom": t("Zoomed to {drawn}", drawn=duration(scope.drawn[1] - scope.drawn[0])) if zoomed else "",
        "live": t("Showing {source}, {words}", source=scope.source or "nothing", words=scope.words),
        "said": said,
        **_hidden(what_class=what == "none" or not sources, pack_class=what != "pack" or len(scope.packs) < 2),
        **_hidden(exact=view.when != "custom", steps=view.when in {"complete"}, unzoom=not zoomed),
    }


def _point_options(points: int) -> list[dict[str, str]]:
    return [{"label": number(count), "value": str(count)} for count in sorted({*POINT_CHOICES, points})]


def _range_words(scope: Scope, wanted: str | None) -> str:
    missing = (
        t("There is no {wanted}; this is {source}. ", wanted=wanted, source=scope.source)
        if wanted and wanted != scope.source
        else ""
    )
    return f"{missing}{scope.words} · {scope.zone} · {duration(scope.asked[1] - scope.asked[0])}"


def _site_words(view: View, zone: str) -> str:
    """Say the period of a page that shows many sources; where their data end apart, each has its own."""
    asked = [scope_for(view, row).asked for row in list_sources()]
    if not asked:
        return zone
    first, last = min(start for start, _ in asked), max(end for _, end in asked)
    apart = max(end for _, end in asked) - min(end for _, end in asked) > DAY_MS
    own = t(" · each source to its own last reading") if apart and view.when != "custom" else ""
    return f"{span_words(first, last, zone)} · {zone} · {duration(last - first)}{own}"


_SHOWN = {
    "what_class": "ps-field",
    "pack_class": "ps-field",
    "exact": "ps-exact",
    "steps": "ps-steps",
    "unzoom": "ps-chip",
}


def _hidden(**rows: bool) -> dict[str, str]:
    return {name: "ps-hidden" if hidden else _SHOWN[name] for name, hidden in rows.items()}


def _said(scope: Scope, what: str) -> dict[str, Any]:
    """Note what the controls are set to, so that the browser can tell a choice of the user from our own setting."""
    view, (start_ms, end_ms) = scope.view, scope.asked
    return {
        "key": _KEYS.get(what, "source"),
        "what": scope.source if what in _KINDS else None,
        "pack": None if scope.pack is None else str(scope.pack),
        "when": view.when,
        "start": ms_to_wall(start_ms, scope.zone),
        "end": ms_to_wall(end_ms, scope.zone),
        "points": str(scope.points),
    }


def step_period(earlier: int | None, later: int | None, pathname: str | None, search: str | None) -> str:
    """Move the period by its own length, backwards for each click on ``earlier``; returns the new address."""
    del pathname
    scope = scope_of(search, "any")
    start_ms, end_ms = scope.asked
    shift = (end_ms - start_ms) * ((later or 0) - (earlier or 0))
    moved = {"start": ms_to_wall(start_ms + shift, scope.zone), "end": ms_to_wall(end_ms + shift, scope.zone)}
    return View.parse(search).change(when="custom", zoom=None, **moved).search()


_TOP = {
    "label": Output("what-label", "children"),
    "what_options": Output("what", "options"),
    "pack_options": Output("pack", "options"),
    "points_options": Output("points", "options"),
    "what": Output("what", "value"),
    "pack": Output("pack", "value"),
    "when": Output("when", "value"),
    "start": Output("start", "value"),
    "end": Output("end", "value"),
    "points": Output("points", "value"),
    "sample": Output("sample", "children"),
    "words": Output("range-words", "children"),
    "zoom": Output("zoom-words", "children"),
    "live": Output("live", "children"),
    "said": Output("said", "data"),
    "what_class": Output("what-field", "className"),
    "pack_class": Output("pack-field", "className"),
    "exact": Output("exact", "className"),
    "steps": Output("steps", "className"),
    "unzoom": Output("unzoom", "className"),
}


def _in_browser(name: str) -> ClientsideFunction:
    return ClientsideFunction("packscope", name)


def register(app: Dash, layouts: Layouts) -> None:
    """Wire the frame."""
    search, pathname = Input(URL, "search"), Input(URL, "pathname")
    links = [Output(_link_id(meta), "href") for meta, _ in layouts.values()]
    chosen = [Input(name, "value") for name in ("what", "pack", "when", "start", "end", "points")]
    entry = {"type": "entry", "key": ALL, "plain": ALL}
    browser: Any = app.clientside_callback
    app.callback(Output("page", "children"), pathname, State(URL, "search"))(partial(show_page, layouts=layouts))
    app.callback(output=_TOP, inputs=[pathname, search])(partial(set_top, layouts=layouts))
    browser(_in_browser("theme"), Output(THEME, "data"), Input("switch", "n_clicks"))
    browser(_in_browser("language"), Input("language", "value"))
    browser(_in_browser("links"), links, search, pathname, State("links", "data"))
    browser(_in_browser("period"), Output(PERIOD, "data"), search, State(PERIOD, "data"))
    browser(_in_browser("choose"), *chosen, State("said", "data"))
    browser(_in_browser("zoom"), Input({"type": "time-chart", "name": ALL}, "relayoutData"))
    browser(_in_browser("unzoom"), Input("unzoom", "n_clicks"))
    browser(_in_browser("entry"), Input(entry, "value"))
    browser(_in_browser("entries"), Output(entry, "value"), search, prevent_initial_call=True)
    browser(_in_browser("poll"), Output("banner", "className"), Input("beat", "n_intervals"), State("build", "data"))
    browser(_in_browser("reload"), Input("reload", "n_clicks"))
    app.callback(
        Output(URL, "search"),
        Input("earlier", "n_clicks"),
        Input("later", "n_clicks"),
        State(URL, "pathname"),
        State(URL, "search"),
        prevent_initial_call=True,
    )(step_period)
