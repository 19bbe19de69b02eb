"""Errors as RFC 9457 problem details: the right status, and a sentence that says what exists instead."""

from __future__ import annotations

import logging
from http import HTTPStatus
from uuid import uuid4

import orjson
from flask import Response
from werkzeug.exceptions import HTTPException

from app.errors import QuestionError
from pipeline.errors import PackscopeError, StoreMissing

PROBLEM = "application/problem+json"
_LOG = logging.getLogger(__name__)


def problem(status: int, detail: str, title: str | None = None, headers: dict[str, str] | None = None) -> Response:
    """Make a problem.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What is wrong, and what exists or would help.
    title : str, optional
        The kind of problem; by default the status in words.
    headers : dict, optional
        More headers.
    """
    body = {"type": "about:blank", "title": title or HTTPStatus(status).phrase, "status": status, "detail": detail}
    response = Response(orjson.dumps(body), status, headers, content_type=PROBLEM)
    response.headers["Cache-Control"] = "no-store"
    return response


def of_exception(error: Exception) -> Response:
    """Turn whatever an answer raised into a problem; what was not foreseen is logged, and not told."""
    if isinstance(error, QuestionError):
        return problem(error.status, str(error), error.title)
    if isinstance(error, StoreMissing):
        return problem(503, str(error), "There is no store yet")
    if isinstance(error, PackscopeError):
        _LOG.error("%s", error)
        return problem(500, str(error), "The store cannot be read")
    if isinstance(error, HTTPException):
        return problem(error.code or 500, error.description or "")
    identity = uuid4().hex[:8]
    _LOG.error("request %s failed", identity, exc_info=error)
    return problem(500, f"Something went wrong that was not foreseen. The log tells more under {identity}.")
