"""The application: one Flask server with the HTTP API and the dashboard, made anew by each call of `create_app`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component
from flask import Flask, Response, has_request_context, request

from app import api, early, factory_errors, language, loader, shell, shell_top
from app.components import STAGED
from app.components_flat import flatten
from app.components_said import shown
from app.factory_headers import send_compressed, send_guarded
from app.factory_page import ASSETS, EARLY, finish, index_string
from pipeline.errors import PackscopeError
from pipeline.settings import Settings

PAGES = ("overview", "meter", "compare", "battery", "cells", "explore", "quality")
"""Modules of `pages`, in the order of the rail."""
LANGUAGE_COOKIE = "packscope-language"
"""Cookie in which a reader's choice of language is kept."""
_Update = Callable[..., Any]
_UPDATE = "/_dash-update-component"


def create_app(settings: Settings) -> Dash:
    """Make an application that shows the store which the settings name.

    Parameters
    ----------
    settings : Settings
        Where the store is, and how to answer from it. The store may not exist yet; every page then says so.

    Returns
    -------
    Dash
        Ready to serve: its ``server`` is the Flask application. Any number of them can live in one process.
    """
    server = Flask("packscope", static_folder=None)
    server.secret_key = secrets.token_hex(32)
    loader.init_app(server, settings)
    api.register(server)
    app = _dash(server)
    pages = [_page(name) for name in PAGES]
    layouts = {page.META.path: (page.META, page.layout) for page in pages}
    shown = partial(_shown, app, layouts, {page.META.path: page for page in pages})
    app.layout = lambda: _frame(layouts, shown)
    shell.register(app, layouts, shown)
    for page in pages:
        page.register(app)
    send_compressed(server)
    server.before_request(_speak)
    server.before_request(_readable)
    send_guarded(server, app.csp_hashes)
    api.remember_replies(server)
    return app


def _page(name: str) -> ModuleType:
    return import_module(f"pages.{name}")


def _frame(layouts: shell_top.Layouts, page: shell.Page) -> html.Div:
    """Lay out the frame; with the page in it where the request says which (``assets/theme.js`` does)."""
    frame = shell.layout([meta for meta, _ in layouts.values()], _build_id())
    asked = request.args if has_request_context() else {}
    if "path" not in asked:
        return frame
    said = (asked.get(name, "") for name in ("path", "search", "theme"))
    return shell.open_at(frame, *said, layouts=layouts, page=page)


def _shown(
    app: _Dashboard,
    layouts: shell_top.Layouts,
    pages: Mapping[str, ModuleType],
    pathname: str | None,
    search: str | None,
    theme: str | None,
) -> Component:
    """Lay out a page with its first answers in it."""
    page = shell.show_page(pathname, search, layouts=layouts)
    module = pages.get(pathname or "/")
    if module is None:
        return page
    known: dict[early.Place, Any] = dict(shell.known_of(pathname, search, theme))
    also = getattr(module, "known", None)
    known |= also(search or "", theme or "light") if also else {}
    failed: dict[str, Exception] = {}  # what spoils several answers is said once

    def spoilt(error: Exception, parts: Mapping[str, Any], answer: early.Answer) -> None:
        failed[str(error)] = error
        factory_errors.spoilt(parts, answer, theme)

    early.complete(page, app.answers, known, spoilt)
    toasts = [factory_errors.told(error) for error in failed.values()]
    whole = html.Div([html.Div(toasts, className="ps-told", role="alert"), page]) if toasts else page
    finished: Component = flatten(shown(whole))
    return finished


class _Dashboard(Dash):
    """Says in the page itself which language it is in, and brings the help and the first answers of each page."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - whatever Dash takes
        self.answers: list[early.Answer] = []
        super().__init__(*given, **named)

    def callback(self, *given: Any, **named: Any) -> Callable[[_Update], _Update]:  # noqa: ANN401 - as above
        """Register a callback; what comes with its page, or waits for it, is not called when the page opens."""

        def register(update: _Update) -> _Update:
            if early.comes_with_page(update):
                named["prevent_initial_call"] = True
                self.answers.append(_answer(given, update))
            if any(isinstance(one, Input) and one.component_id in STAGED for one in given):
                named["prevent_initial_call"] = True
            wired: _Update = super(_Dashboard, self).callback(*given, **named)(_flat(update))
            return wired

        return register

    def interpolate_index(self, *parts: str, **named: str) -> str:
        """Fill the page's template in."""
        page: str = super().interpolate_index(*parts, **named)  # type: ignore[no-untyped-call]
        return finish(page)


def _flat(update: _Update) -> _Update:
    """Let a callback's words go to the browser as markup."""

    def flat(*asked: object) -> Any:  # noqa: ANN401 - whatever Dash takes
        return flatten(shown(update(*asked)))

    return flat


def _answer(given: Sequence[Any], update: Callable[..., Any]) -> early.Answer:
    def places(kind: type[Input] | type[Output]) -> tuple[early.Place, ...]:
        found = (one for one in given if isinstance(one, kind))
        return tuple(early.place(one.component_id, one.component_property) for one in found)

    return early.Answer(outputs=places(Output), inputs=places(Input), update=update)


def _dash(server: Flask) -> _Dashboard:
    return _Dashboard(
        "packscope",
        server=server,
        use_pages=False,
        assets_folder=str(ASSETS),
        assets_ignore=EARLY.replace(".", r"\."),
        index_string=index_string(),
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": "Every cell, at every zoom."},
        ],
        title="Packscope",
        update_title="",
        suppress_callback_exceptions=True,  # pages come and go; a test looks for ids that exist nowhere
        on_error=factory_errors.on_error,
    )


def _build_id() -> str | None:
    try:
        return loader.current().build_id
    except PackscopeError:
        return None


def _speak() -> None:
    """Answer in the language that the reader chose, else in the first of the browser's that there is."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    language.use(language.choose([chosen] if chosen else list(request.accept_languages.values())))


def _readable() -> Response | None:
    """Answer 400 to a callback request that is none, instead of failing inside Dash."""
    if request.path != _UPDATE or request.method != "POST":
        return None
    body = request.get_json(silent=True)
    if isinstance(body, dict) and {"output", "outputs", "changedPropIds"} <= body.keys():
        return None
    return Response("This is no callback of the dashboard.\n", status=400, mimetype="text/plain")
