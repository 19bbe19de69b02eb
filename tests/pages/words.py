"""Reading layouts: their words, ids and links, however deep they lie."""

from __future__ import annotations

from collections.abc import Iterator

from dash.development.base_component import Component


def walk(part) -> Iterator[object]:
    """Yield a component and all that is in it, words included."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from walk(one)
        return
    yield part
    if isinstance(part, Component):
        inside = getattr(part, "children", None)
        yield from walk([] if inside is None else inside)


def words(part) -> str:
    """Join all words of a layout, each space a plain one."""
    said = " ".join(str(one) for one in walk(part) if isinstance(one, str | int | float))
    return said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", ",")


def of_type(part, kind: type) -> list:
    """List the components of one type."""
    return [one for one in walk(part) if isinstance(one, kind)]
