"""The frame of every page: the rail, the top bar with *what* and *when*, and what is said across pages.

Components that pages may use as inputs:

``url.search``
    The whole view. The single source of truth; `app.scope.scope_of` reads it.
``period.data``
    The same without zoom, tab and cell: for what does not change when a time chart is zoomed.
``viewed.data``, ``below.data``, ``whole.data``
    The view, the period, and the source alone, once the charts on the screen are drawn (`app.components.STAGED`).
``theme.data``
    ``light`` or ``dark``.

Controls never hold state of their own: they write to the address (``assets/packscope.js``) and are set from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

import dash_bootstrap_components as dbc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from app import early, language, loader
from app.components import STAGED, PageMeta, aria, choice, empty, failure, icon, select
from app.language import mark, t
from app.scope import scope_of
from app.shell_top import TOP, Layouts, set_top
from app.view import PRESETS, View, ms_to_wall
from pipeline.errors import SiteFileError, StoreError, StoreMissing

URL, THEME, PERIOD = "url", "theme", "period"
POLL_MS = 20_000
"""How often the browser asks for the build id [ms]."""
_SHORT = {"Data quality": mark("Quality")}
_NOT_PERIOD = ("zoom", "tab", "cell", "metric", "quantity", "mode", "shape", "severity", "rows", "tour")
"""What of the address does not change which period is asked about; ``assets/packscope.js`` has the same."""
Page = Callable[[str | None, str | None, str | None], Component]
"""Lays a page out: path, query and theme in, the page with its first answers out."""


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
                    _building(),
                    _tour_offer(),
                    html.Main(html.Div(id="page"), id="main", className="ps-main", tabIndex=-1),
                ]
            ),
            html.Div(id="live", className="visually-hidden", **aria(live="polite")),
            html.Div([html.Div(id="toasts", role="alert"), _writing(), _away()], className="ps-toasts"),
            html.Div(id="busy", className="ps-hidden", role="progressbar", **aria(label=t("Still working"))),
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


def _building() -> html.Div:
    """Say that a builder is at work."""
    words = t("The data are being built anew. What is shown is the build before; the new one is offered when there.")
    return html.Div(words, id="building", className="ps-hidden", role="status")


def _writing() -> html.Div:
    """Say how much of a file has come; ``assets/50-export.js`` fills the words in."""
    words = {"words": t("The file is being written: {size} so far"), "failed": t("The file was not written: {reason}")}
    said: dict[str, Any] = {f"data-{name}": template for name, template in words.items()}
    return html.Div(id="writing", className="ps-hidden", role="status", **said)


def _away() -> html.Div:
    """Say that the server does not answer; ``assets/65-waiting.js`` shows it and asks until it does."""
    told = t("The server does not answer. What is on the screen stays, and it is asked again every few seconds.")
    todo: list[str | Component] = [t("If it has ended, start it with "), html.Code("packscope serve"), "."]
    return html.Div(html.Div([html.Div(told), html.Span(todo, className="ps-note")]), id="away", className="ps-hidden")


def show_page(pathname: str | None, search: str | None, *, layouts: Layouts) -> Component:
    """Lay out the page that a path names; without a store, or for an unknown path, say so."""
    try:
        loader.current()
    except StoreMissing:
        return no_store()
    except (StoreError, SiteFileError) as exc:
        return failure(t("The store cannot be read"), str(exc), opens=t("This page then opens by itself."))
    found = layouts.get(pathname or "/")
    if found is None:
        names = ", ".join(t(meta.name) for meta, _ in layouts.values())
        return empty(
            t("No such page"),
            t("There is nothing at {pathname}.", pathname=pathname),
            t("The pages are {names}.", names=names),
        )
    return found[1](**dict(parse_qsl((search or "").lstrip("?"))))


def period_of(search: str | None) -> str:
    """Take from the query of the address what says which period is asked about."""
    parts = [part for part in (search or "").lstrip("?").split("&") if part]
    kept = [part for part in parts if unquote(part.partition("=")[0]) not in _NOT_PERIOD]
    return f"?{'&'.join(kept)}" if kept else ""


def known_of(pathname: str | None, search: str | None, theme: str | None) -> dict[early.Place, str]:
    """Say what pages may ask of the frame: the address, the period, and the theme."""
    known = {(URL, "pathname"): pathname, (URL, "search"): search, (PERIOD, "data"): period_of(search)}
    return {place: value or "" for place, value in known.items()} | {(THEME, "data"): theme or "light"}


def open_at(frame: html.Div, pathname: str, search: str, theme: str, *, layouts: Layouts, page: Page) -> html.Div:
    """Set a frame to an address, with the page in it, so that the browser has to ask for neither."""
    values: dict[early.Place, Any] = dict(known_of(pathname, search, theme))
    top = set_top(pathname, search, layouts=layouts)
    values |= {early.place(output.component_id, output.component_property): top[name] for name, output in TOP.items()}
    early.put(early.parts_of(frame), values | {("page", "children"): page(pathname, search, theme)})
    return frame


def step_period(earlier: int | None, later: int | None, pathname: str | None, search: str | None) -> str:
    """Move the period by its own length, backwards for each click on ``earlier``; returns the new address."""
    del pathname
    scope = scope_of(search, "any")
    start_ms, end_ms = scope.asked
    shift = (end_ms - start_ms) * ((later or 0) - (earlier or 0))
    moved = {"start": ms_to_wall(start_ms + shift, scope.zone), "end": ms_to_wall(end_ms + shift, scope.zone)}
    return View.parse(search).change(when="custom", zoom=None, **moved).search()


def _in_browser(name: str) -> ClientsideFunction:
    return ClientsideFunction("packscope", name)


def register(app: Dash, layouts: Layouts, page: Page) -> None:
    """Wire the frame. Nothing of it is called when the page opens: `open_at` has set it."""
    search, pathname = Input(URL, "search"), Input(URL, "pathname")
    links = [Output(_link_id(meta), "href") for meta, _ in layouts.values()]
    chosen = [Input(name, "value") for name in ("what", "pack", "when", "start", "end", "points")]
    entry = {"type": "entry", "key": ALL, "plain": ALL}
    later = {"prevent_initial_call": True}
    browser: Any = app.clientside_callback
    opened = Output("page", "children"), pathname, State(URL, "search"), State(THEME, "data")
    app.callback(*opened, prevent_initial_call=True)(page)
    app.callback(output=TOP, inputs=[pathname, search], prevent_initial_call=True)(partial(set_top, layouts=layouts))
    browser(_in_browser("theme"), Output(THEME, "data"), Input("switch", "n_clicks"), **later)
    browser(_in_browser("language"), Input("language", "value"), **later)
    browser(_in_browser("links"), links, search, pathname, State("links", "data"))
    browser(_in_browser("period"), Output(PERIOD, "data"), search, State(PERIOD, "data"), **later)
    after, before = ([kind(name, "data") for name in STAGED] for kind in (Output, State))
    browser(_in_browser("staged"), *after, search, *before)
    browser(_in_browser("choose"), *chosen, State("said", "data"), **later)
    browser(_in_browser("zoom"), Input({"type": "time-chart", "name": ALL}, "relayoutData"), **later)
    browser(_in_browser("unzoom"), Input("unzoom", "n_clicks"), **later)
    browser(_in_browser("entry"), Input(entry, "value"), **later)
    browser(_in_browser("entries"), Output(entry, "value"), search, **later)
    beat = Input("beat", "n_intervals"), State("build", "data")
    told = [Output(name, "className") for name in ("banner", "building")]
    browser(_in_browser("poll"), told, *beat, **later)
    browser(_in_browser("reload"), Input("reload", "n_clicks"), **later)
    app.callback(
        Output(URL, "search"),
        Input("earlier", "n_clicks"),
        Input("later", "n_clicks"),
        State(URL, "pathname"),
        State(URL, "search"),
        prevent_initial_call=True,
    )(step_period)
