"""Printable reports: ``/report/<source>.html`` and ``.pdf``, of a window as the API takes it."""

from __future__ import annotations

import logging
import re

from flask import Blueprint, Response, request

from app import loader
from app.api import parameters as p
from app.api.problems import of_exception, problem
from app.report import write

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""The page loads nothing."""
_LOG = logging.getLogger(__name__)


def blueprint() -> Blueprint:
    """Make the routes of the reports."""
    routes = Blueprint("reports", __name__, url_prefix="/report")
    routes.add_url_rule("/<path:source>.html", "html", page)
    routes.add_url_rule("/<path:source>.pdf", "pdf", printed)
    routes.register_error_handler(Exception, of_exception)
    return routes


def _written(source: str) -> str:
    said = p.read_all(p.WINDOW, {}, request.args)
    return write.html_report(source, said["start_ms"], said["end_ms"])


def page(source: str) -> Response:
    """Answer with a report as HTML."""
    response = Response(_written(source), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return _sent(response, source, "html")


def printed(source: str) -> Response:
    """Answer with a report as PDF, where there is a Chromium to print it."""
    try:
        made = write.pdf(_written(source))
    except write.NoPrinter as exc:
        _LOG.warning("%s", exc)
        return problem(501, str(exc), "No PDF on this machine")
    return _sent(Response(made, content_type="application/pdf"), source, "pdf")


def _sent(response: Response, source: str, kind: str) -> Response:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", source).strip("-") or "report"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.{kind}"'
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["ETag"] = f'W/"{loader.key_of(loader.current())}"'
    return response
