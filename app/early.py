"""What comes with a page: answers worked out together with its layout, instead of being asked for once it is there.

A page marks the functions behind what is seen first (`with_page`); these are not called when the page opens, their
answers are written into the layout before it is sent. Later changes reach them as they reach any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from polars.exceptions import PolarsError

from pipeline.errors import PackscopeError

Place = tuple[str, str]
"""Id of a component, as Dash writes it into the page, and the name of its property."""
Update = TypeVar("Update", bound=Callable[..., Any])
FAILURES = (PackscopeError, PolarsError, ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)
"""What working out one part may end in, foreseen or a bug of its own: it must not take the page with it."""
_MARKED: set[Callable[..., Any]] = set()


def with_page(update: Update) -> Update:
    """Mark a function of a page's callback: its first answer comes with the page."""
    _MARKED.add(update)
    return update


def comes_with_page(update: Callable[..., Any]) -> bool:
    """Whether a function is marked."""
    return update in _MARKED


class Part(Protocol):
    """A component of a layout."""

    def _traverse(self) -> Iterator[Any]: ...


def place(identity: object, name: str) -> Place:
    """Name a property of a component."""
    plain = identity if isinstance(identity, str) else json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return plain, name


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a callback fills, what it is asked by, and the function that answers."""

    outputs: tuple[Place, ...]
    inputs: tuple[Place, ...]
    update: Callable[..., Any]

    def fits(self, parts: Mapping[str, Any], known: Mapping[Place, Any]) -> bool:
        """Whether a layout has a place for all of it, and all that it is asked by is there; no store of it empty."""
        empty = (one for one in self.inputs if one not in known and one[1] == "data")
        if any(getattr(parts.get(one[0]), "data", None) is None for one in empty):
            return False
        asked = all(one in known or one[0] in parts for one in self.inputs)
        return asked and all(identity in parts for identity, _ in self.outputs)

    def given(self, parts: Mapping[str, Any], known: Mapping[Place, Any]) -> dict[Place, Any]:
        """Work the answer out from what is known, else from the layout itself."""
        asked = [known[one] if one in known else getattr(parts[one[0]], one[1], None) for one in self.inputs]
        found = self.update(*asked)
        values = (found,) if len(self.outputs) == 1 else tuple(found)
        return dict(zip(self.outputs, values, strict=True))


def parts_of(page: Part) -> dict[str, Any]:
    """List the components of a layout that have an id, by it."""
    every = [page, *page._traverse()]  # Dash has no public walk that includes lists
    found = ((getattr(one, "id", None), one) for one in every)
    return {place(identity, "")[0]: one for identity, one in found if identity is not None}


def put(parts: Mapping[str, Any], values: Mapping[Place, Any]) -> None:
    """Write values into the components of a layout; what is not there is left out."""
    for (identity, name), value in values.items():
        if identity in parts:
            setattr(parts[identity], name, value)


def complete(
    page: Part,
    answers: Iterable[Answer],
    known: Mapping[Place, Any],
    failed: Callable[[Exception, Mapping[str, Any], Answer], None],
) -> None:
    """Write every answer into a layout that has a place for all of it; where one fails, ``failed`` is told of it."""
    parts = parts_of(page)
    put(parts, known)
    for answer in answers:
        if answer.fits(parts, known):
            try:
                put(parts, answer.given(parts, known))
            except FAILURES as exc:
                failed(exc, parts, answer)
