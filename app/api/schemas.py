"""JSON schemas of the answers, made from their records: field by field, with what the record says of each."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

Schema = dict[str, Any]
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}
_NUMBERS: Schema = {"type": "array", "items": {"type": ["number", "null"]}}
_STAMPS: Schema = {"type": "array", "items": {"type": "integer"}}


@cache
def descriptions(record: type) -> Mapping[str, str]:
    """Read what stands below each field of a record, its bases' fields included."""
    found: dict[str, str] = {}
    for base in reversed(record.__mro__[:-1]):
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for before, after in pairwise(body):
            says = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
            if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and isinstance(says, str):
                found[before.target.id] = " ".join(says.split())
    return found


def of_record(record: type, known: dict[str, Schema]) -> Schema:
    """Describe a record, and put it and those in it among the ``known``.

    Returns
    -------
    dict
        A reference to it.
    """
    if record.__name__ not in known:
        known[record.__name__] = {}
        hints, told = typing.get_type_hints(record), descriptions(record)
        properties = {}
        for one in fields(record):
            schema = dict(of_type(hints[one.name], known))
            properties[one.name] = schema | ({"description": told[one.name]} if one.name in told else {})
        known[record.__name__] = {
            "type": "object",
            "description": " ".join((record.__doc__ or "").split()),
            "properties": properties,
            "required": list(properties),
        }
    return {"$ref": f"#/components/schemas/{record.__name__}"}


def of_type(hint: Any, known: dict[str, Schema]) -> Schema:  # noqa: ANN401
    """Describe a type as it is written in JSON."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint) and isinstance(hint, type):
        return of_record(hint, known)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is np.ndarray:
        return _STAMPS if np.int64 in typing.get_args(inner[1]) else _NUMBERS
    if origin in (types.UnionType, typing.Union):
        return _either([of_type(one, known) for one in inner])
    if origin is dict:
        return {"type": "object", "additionalProperties": of_type(inner[1], known)}
    return {"type": "array", "items": of_type(inner[0], known)}


def _either(schemas: list[Schema]) -> Schema:
    plain = [one["type"] for one in schemas if list(one) == ["type"]]
    return {"type": plain} if len(plain) == len(schemas) else {"anyOf": schemas}
