"""What a question can get wrong: each error has the HTTP status that fits, and says what exists instead."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pipeline.errors import PackscopeError

LISTED = 12
"""Names that a message lists at most."""


class QuestionError(PackscopeError):
    """A question that has no answer as it was asked."""

    status = 422
    title = "The question cannot be answered"


class UnknownThing(QuestionError):
    """A source, signal, pack or cell that does not exist."""

    status = 404
    title = "Not found"
    kind = "thing"

    def __init__(self, name: object, available: Iterable[object]) -> None:
        self.name = name
        known = [str(one) for one in available]
        near = get_close_matches(str(name), known, LISTED, 0.5) or known
        listed = ", ".join(near[:LISTED])
        more = f" (and {len(near) - LISTED} more)" if len(near) > LISTED else ""
        there = f"There is: {listed}{more}." if near else "There is none."
        super().__init__(f"No {self.kind} {str(name)!r}. {there}")


class UnknownSource(UnknownThing):
    """No such meter or system."""

    kind = "source"


class UnknownSignal(UnknownThing):
    """The source has no such signal."""

    kind = "signal"


class UnknownPack(UnknownThing):
    """The system has no such pack."""

    kind = "pack"


class UnknownCell(UnknownThing):
    """The pack has no such cell."""

    kind = "cell"


class BadParameter(QuestionError):
    """A parameter that cannot be."""

    title = "A parameter cannot be used"

    def __init__(self, name: str, value: object, allowed: str) -> None:
        self.name = name
        self.value = value
        super().__init__(f"{name}={value!r} cannot be used: {allowed}.")
