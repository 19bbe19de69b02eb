"""Answers as JSON: records and arrays as they are, NaN as null, Float32 as the shortest decimal."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import orjson

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def encode(answer: object) -> bytes:
    """Write an answer as JSON.

    Raises
    ------
    TypeError
        It holds something that has no form in JSON.
    """
    return orjson.dumps(answer, default=_plain, option=_OPTIONS)


def keys_of(answer: object) -> dict[str, Any]:
    """Lay an answer's fields out as keys, each as it is."""
    if isinstance(answer, dict):
        return answer
    return {one.name: getattr(answer, one.name) for one in fields(answer)}  # type: ignore[arg-type]


def _plain(value: object) -> Any:  # noqa: ANN401
    if isinstance(value, np.ndarray):  # one that is not contiguous
        return np.ascontiguousarray(value) if value.dtype != object else value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
