"""One path of the API, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.api.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Route:
    """One path that answers a question."""

    path: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    answer: Callable[..., object]
    shape: type | Mapping[str, str]
    """Record of the answer; or its keys and what they hold."""
    question: str
    """What its provenance is looked up by (`app.answers.bases.BASES`)."""
    example: Mapping[str, str] = field(default_factory=dict)
    """Query of an example."""
