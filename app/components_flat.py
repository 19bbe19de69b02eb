"""Finished markup: what nothing listens to goes to the browser as markup, not as components.

Dash looks at every component of a page at each change of any of them. Most of a page is words that no callback knows:
`flatten` turns each stretch of such components into one, with the same elements in the browser.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dash.development.base_component import Component

HTML, CORE = "dash_html_components", "dash_core_components"
VOID = {"br", "col", "hr", "img", "wbr"}
LIVE = {"id", "n_clicks", "n_clicks_timestamp", "disable_n_clicks", "key"}
"""Properties of a component that something may listen to."""
RENAMED = {"className": "class", "htmlFor": "for"}
LINK = {"data-link": "true"}
"""Marks an address within the application; ``assets/25-parts.js`` opens it without a new page."""


class Flat(Component):
    """An element with finished markup in it."""

    _children_props: list[str] = []  # noqa: RUF012 - what Dash reads of every component
    _base_nodes: list[str] = ["children"]  # noqa: RUF012
    _namespace = "packscope_parts"
    _type = "Flat"
    _prop_names: list[str] = ["tag", "attributes", "inner"]  # noqa: RUF012
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012


@dataclass(frozen=True, kw_only=True)
class _Still:
    """A component that nothing listens to, with all that is in it."""

    component: Component
    tag: str
    attributes: Mapping[str, Any]
    inner: str
    nested: bool
    """Whether there is an element in it."""

    def markup(self) -> str:
        opened = f"<{self.tag}{''.join(_attribute(*row) for row in self.attributes.items())}>"
        return opened if self.tag in VOID else f"{opened}{self.inner}</{self.tag}>"

    def part(self) -> Component:
        """Write it as one component; a single element stays what it was."""
        if not self.nested:
            return self.component
        whole = {"tag": self.tag, "attributes": dict(self.attributes), "inner": self.inner}
        return Flat(**whole)  # type: ignore[no-untyped-call]


def flatten(part: Any) -> Any:  # noqa: ANN401 - whatever a callback returns
    """Make one component of each stretch of components that nothing listens to; other values stay what they are."""
    if isinstance(part, Component):
        folded = _fold(part)
        return folded.part() if isinstance(folded, _Still) else folded
    if isinstance(part, list | tuple):
        return type(part)(flatten(one) for one in part)
    return part


def _fold(part: Component) -> Component | _Still:
    """Fold what is in a component, then itself where nothing listens to it."""
    said: dict[str, Any] = part.to_plotly_json()["props"]  # type: ignore[no-untyped-call]
    children = said.pop("children", None)
    folded = [_fold(one) if isinstance(one, Component) else one for one in _listed(children)]
    tag, inner = _tag(part, said), [one.markup() if isinstance(one, _Still) else _text(one) for one in folded]
    if tag is not None and None not in inner:
        attributes = {name: value for name, value in said.items() if value is not None}
        attributes |= LINK if part._namespace == CORE else {}
        nested = any(isinstance(one, _Still) for one in folded)
        return _Still(component=part, tag=tag, attributes=attributes, inner="".join(map(str, inner)), nested=nested)
    if all(one is had for one, had in zip(folded, _listed(children), strict=True)):
        return part
    changed = copy.copy(part)
    parts = [one.part() if isinstance(one, _Still) else one for one in folded]
    changed.children = parts if isinstance(children, list | tuple) else parts[0]
    return changed


def _listed(children: object) -> Sequence[Any]:
    if children is None:
        return ()
    return children if isinstance(children, list | tuple) else (children,)


def _tag(part: Component, said: Mapping[str, Any]) -> str | None:
    """Name the element; None where something may listen to it, or where it is none."""
    if LIVE & {name for name, value in said.items() if value is not None}:
        return None
    if part._namespace == HTML:
        return part._type.lower()
    return "a" if part._namespace == CORE and part._type == "Link" and not said.get("target") else None


def _text(value: object) -> str | None:
    """Write a child that is no component; None where it is none that can be written."""
    if value is None:
        return ""
    return escape(str(value), quote=False) if isinstance(value, str | int | float) else None


def _attribute(name: str, value: object) -> str:
    written = RENAMED.get(name, name.lower())
    if name == "style" and isinstance(value, Mapping):
        value = ";".join(f"{_hyphened(key)}:{one}" for key, one in value.items() if one is not None)
    if isinstance(value, bool) and not name.startswith(("aria-", "data-")):
        return f" {written}" if value else ""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f' {written}="{escape(shown)}"'


def _hyphened(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
