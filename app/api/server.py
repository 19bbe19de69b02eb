"""The HTTP API on the server that also carries the dashboard: it serialises what ``app.answers`` says.

Only GET and HEAD. Whatever goes wrong below ``/api`` is answered with a problem in JSON, never with a page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from urllib.parse import quote

from flask import Blueprint, Flask, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app import language, loader
from app.answers.provenance import of_answer
from app.api import docs, files, openapi, parameters, reports
from app.api.encoding import encode, keys_of
from app.api.metrics import Metrics, build_id
from app.api.problems import of_exception, problem
from app.api.route import Route
from app.api.routes import ROUTES
from app.handle import is_building
from app.store import Store
from pipeline.errors import PackscopeError

PREFIX = "/api"
ALLOWED = "GET, HEAD, OPTIONS"
EVERY_METHOD = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
MOVED = ("/health", "/docs", "/cell/<path:rest>")
"""Paths without the prefix that are sent on."""
NEVER_KEPT, ASKED_AGAIN = "no-store", "no-cache"
_JSON = "application/json"
_NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DOCS_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

View = Callable[..., AnyResponse]


def register(server: Flask) -> None:
    """Add the API to a server.

    Parameters
    ----------
    server : Flask
        Bound to a store by ``loader.init_app``.
    """
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    metrics = Metrics(server)
    for route in ROUTES:
        _add(blueprint, route.path, _answering(route))
    _add(blueprint, "/health", health)
    _add(blueprint, "/ready", ready)
    _add(blueprint, "/metrics", lambda: _kept(metrics.text(), NEVER_KEPT))
    _add(blueprint, "/export", lambda: _kept(files.answer(), NEVER_KEPT))
    blueprint.add_url_rule("/export/table", "table", files.convert, methods=["POST"])
    _add(blueprint, "/openapi.json", document)
    _add(blueprint, "/docs", readable)
    for rule in ("", "/", "/<path:rest>"):
        blueprint.add_url_rule(rule, f"nothing{rule}", nothing, methods=EVERY_METHOD, strict_slashes=False)
    blueprint.register_error_handler(Exception, of_exception)
    blueprint.after_request(_secured)
    server.register_blueprint(blueprint)
    server.register_blueprint(reports.blueprint())
    server.register_error_handler(404, _unmatched)
    for rule in MOVED:
        server.add_url_rule(rule, f"moved{rule}", moved)


def _add(blueprint: Blueprint, path: str, view: View) -> None:
    """Add a path for every method, so that one that is not allowed is a problem of this path."""

    def guarded(**in_path: str) -> AnyResponse:
        if request.method == "OPTIONS":
            return Response(status=204, headers={"Allow": ALLOWED})
        if request.method not in ("GET", "HEAD"):
            return problem(405, f"{path} answers GET and HEAD alone.", headers={"Allow": ALLOWED})
        return view(**in_path)

    rule = path.replace("{pack}", "<pack>").replace("{cell}", "<cell>").replace("{", "<path:").replace("}", ">")
    blueprint.add_url_rule(rule, path.replace(".", "-"), guarded, methods=EVERY_METHOD, provide_automatic_options=False)


def _answering(route: Route) -> View:
    def view(**in_path: str) -> AnyResponse:
        store = loader.current()
        tag = _tag(store)
        if tag in request.if_none_match.as_set(include_weak=True):
            return _tagged(Response(status=304), tag)
        arguments = parameters.read_all(route.parameters, in_path, request.args)
        answer = route.answer(**arguments)
        if request.if_none_match.star_tag:  # whatever there is: known only once there is an answer
            return _tagged(Response(status=304), tag)
        whole = dict(keys_of(answer))
        if "provenance" not in whole:
            whole["provenance"] = of_answer(route.question, arguments, answer)
        return _tagged(Response(encode(whole), content_type=_JSON), tag)

    return view


def _tag(store: Store) -> str:
    """Name the answer to this request: it changes with build, code, site file, address and the reader's language."""
    asked = f"{request.full_path}|{loader.settings().max_points}|{language.current()}"
    return f"{loader.key_of(store)}-{zlib.crc32(asked.encode()):08x}"


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)  # weak, for the answer may be sent compressed
    return _kept(response, ASKED_AGAIN)


def _kept(response: Response, how: str) -> Response:
    response.headers["Cache-Control"] = how
    return response


def health() -> Response:
    """Say that the process lives."""
    cache = "ok" if loader.is_cache_reached() else "unreachable"
    building = is_building(loader.settings().store)
    body = {"status": "ok", "version": loader.VERSION, "build_id": build_id(), "building": building, "cache": cache}
    return _kept(Response(encode(body), content_type=_JSON), NEVER_KEPT)


def ready() -> Response:
    """Say whether there is a store to answer from."""
    try:
        store = loader.current()
    except PackscopeError as exc:
        return problem(503, str(exc), "Not ready")
    body = {"status": "ready", "version": loader.VERSION, "build_id": store.build_id}
    return _kept(Response(encode(body), content_type=_JSON), NEVER_KEPT)


def document() -> Response:
    """Answer with the OpenAPI document."""
    return _kept(Response(encode(openapi.document(ROUTES, PREFIX)), content_type=_JSON), ASKED_AGAIN)


def readable() -> Response:
    """Answer with the docs."""
    response = Response(docs.page(ROUTES, PREFIX), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _DOCS_POLICY
    return _kept(response, ASKED_AGAIN)


def nothing(rest: str = "") -> Response:
    """Answer for a path that does not exist, with those that do."""
    known = [f"{PREFIX}{route.path}" for route in ROUTES]
    near = get_close_matches(f"{PREFIX}/{rest}", known, 3, 0.5) or known
    return problem(404, f"No path {PREFIX}/{rest}. There is: {', '.join(near)}; see {PREFIX}/docs.")


def _unmatched(error: NotFound) -> AnyResponse:
    """Answer below the prefix as everything else there, even for a path that no rule can match (a line break in it)."""
    below = request.path.startswith(f"{PREFIX}/")
    return _secured(nothing(request.path.removeprefix(f"{PREFIX}/"))) if below else error.get_response()


def moved(**_: str) -> AnyResponse:
    """Send a path without the prefix on."""
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(f"{PREFIX}{quote(request.path)}{query}", 307)


def _secured(response: Response) -> Response:
    headers: Mapping[str, str] = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _NO_CONTENT_POLICY,
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response
