"""The OpenAPI 3.1 document, made from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from app import loader
from app.api import files, schemas
from app.api.parameters import Parameter
from app.api.problems import PROBLEM
from app.api.route import Route
from app.shapes.answer import Provenance

_COMMON = {
    "build_id": {"type": ["string", "null"], "description": "Build of the store that the answer rests on."},
    "level": {"type": ["string", "null"], "description": "Level it was read from; null for a verdict."},
    "coverage": {"type": ["number", "null"], "description": "Share of the time that holds readings, 0 to 1."},
}
_PROBLEM = {
    "type": "object",
    "description": "An RFC 9457 problem.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what exists or would help."},
    },
    "required": ["type", "title", "status", "detail"],
}
_ERRORS = {
    "404": "A source, signal or pack that does not exist.",
    "422": "A parameter that cannot be.",
    "500": "The store is damaged.",
    "503": "There has never been a store.",
}
_RESTS_ON = "What the answer rests on."
_STATE: dict[str, Any] = {
    "type": "object",
    "properties": {"status": {"type": "string"}, "version": {"type": "string"}, "build_id": _COMMON["build_id"]},
    "required": ["status", "version", "build_id"],
}
_CACHE = {"type": "string", "enum": ["ok", "unreachable"], "description": "Unreachable: every answer is computed."}
_BUILDING = {"type": "boolean", "description": "Whether a builder is at work on the store."}
_HEALTH = {
    **_STATE,
    "properties": {**_STATE["properties"], "building": _BUILDING, "cache": _CACHE},
    "required": [*_STATE["required"], "building", "cache"],
}
INTRODUCTION = (
    "Every answer is JSON; a key is always there, and null when it is unknown. `ts` arrays are epoch milliseconds in "
    "UTC, every other time is ISO 8601 with the site's offset. A window is half-open: start is in it, end is not. "
    "A window without readings is answered with empty arrays and a reason. Errors are RFC 9457 problems."
)


def document(routes: Sequence[Route], prefix: str) -> dict[str, Any]:
    """Write the document.

    Parameters
    ----------
    routes : sequence of Route
        The paths that answer questions.
    prefix : str
        What stands before every path.
    """
    known: dict[str, Any] = {"Problem": _PROBLEM}
    paths: dict[str, Any] = {route.path: {"get": _operation(route, known)} for route in routes}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Packscope", "version": loader.VERSION, "description": INTRODUCTION},
        "servers": [{"url": prefix}],
        "paths": paths | _others(),
        "components": {"schemas": known},
    }


def _operation(route: Route, known: dict[str, Any]) -> dict[str, Any]:
    errors = {code: _problem(text) for code, text in _ERRORS.items() if route.parameters or code >= "500"}
    return {
        "operationId": _name(route.path),
        "summary": route.title,
        "description": route.description,
        "parameters": [_parameter(one) for one in route.parameters],
        "responses": {
            "200": _json("The answer.", _shape(route, known)),
            "304": {"description": "Unchanged since the given ETag."},
            **errors,
        },
    }


def _name(path: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"\{\w+\}", "", path))
    return "_".join(words)


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "required": one.required,
        "description": one.description,
        "schema": dict(one.schema),
    }


def _shape(route: Route, known: dict[str, Any]) -> dict[str, Any]:
    rests_on = {"provenance": schemas.of_record(Provenance, known) | {"description": _RESTS_ON}}
    if isinstance(route.shape, type):
        whole = {"type": "object", "properties": rests_on, "required": ["provenance"]}
        return {"allOf": [schemas.of_record(route.shape, known), whole]}
    own = _COMMON | {name: {"description": text} for name, text in route.shape.items()} | rests_on
    return {"type": "object", "properties": own, "required": [*own]}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _others() -> dict[str, Any]:
    """Describe what is about the server itself."""
    file = {"description": "A file.", "content": {"text/csv": {}, "application/vnd.apache.parquet": {}}}
    refused = {code: _problem(text) for code, text in _ERRORS.items()}
    text = {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        "/health": {"get": _plain("health", "Whether the process lives", _json("It does.", _HEALTH))},
        "/ready": {
            "get": _plain("ready", "Whether there is a store", _json("There is.", _STATE), {"503": _problem("No.")})
        },
        "/export": {
            "get": _plain("export", files.TITLE, file, refused)
            | {"description": files.DESCRIPTION, "parameters": [_parameter(one) for one in files.PARAMETERS]}
        },
        "/export/table": {
            "post": _plain("export_table", "The table of a chart as Parquet", file, {"422": _problem("It is none.")})
            | {"requestBody": {"required": True, "content": {"application/json": {"schema": files.TABLE}}}}
        },
        "/metrics": {"get": _plain("metrics", "Measures in Prometheus' text format", text)},
    }


def _plain(name: str, summary: str, answer: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {"200": answer, **(more or {})}}
