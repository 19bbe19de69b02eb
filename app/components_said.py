"""What goes to the browser, in the language of the request: components, rows of tables and figures (`app.say`).

English goes as it is. For another language the words that a reader sees are said in it, wherever they came from; ids,
values, addresses and numbers are never touched.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dash.development.base_component import Component

from app.language import ENGLISH, current
from app.say import say

PROPERTIES = ("children", "title", "label", "placeholder", "options", "rowData", "figure")
"""Properties of a component in which there are words, or parts with words."""
ROW_WORDS = frozenset(
    {"label", "what", "evidence", "fault", "findings", "text", "reason", "signal", "note", "topic", "subject", "title"}
    | {"advice", "band", "basis"}
)
"""Keys of a table's row, or of a choice, whose values are words."""
FIGURE_WORDS = frozenset({"name", "text", "hovertext", "hovertemplate", "ticktext"})
"""Keys of a figure whose values are words."""
FIGURE_PARTS = frozenset(
    {"data", "layout", "title", "annotations", "colorbar", "legend", "legendgrouptitle", "coloraxis", "marker"}
)
"""Keys of a figure beneath which there are words; its axes besides (``xaxis2``)."""
MOST_TEXTS = 400
"""Texts of one trace that are looked at: more are single readings, whose words their figure says itself."""
_BETWEEN = re.compile(r"(<[^>]+>| · | \[|\]| \(|\)|: )")


def shown(part: Any) -> Any:  # noqa: ANN401 - whatever a callback returns
    """Say all words of what a callback returns in the language of the request; nothing is changed in place."""
    return part if current() == ENGLISH else _shown(part)


def _shown(part: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(part, str):
        return say(part)
    if isinstance(part, Component):
        return _component(part)
    if isinstance(part, list | tuple):
        said = [_shown(one) for one in part]
        return part if all(one is had for one, had in zip(said, part, strict=True)) else type(part)(said)
    if isinstance(part, Mapping):
        return _figure(part) if "data" in part and "layout" in part else _row(part)
    return _figure(part.to_dict()) if hasattr(part, "to_plotly_json") else part


def _component(part: Component) -> Component:
    had = {name: value for name in PROPERTIES if (value := getattr(part, name, None)) is not None}
    said = {name: _shown(value) for name, value in had.items()}
    changed = {name: value for name, value in said.items() if value is not had[name]}
    if not changed:
        return part
    whole = copy.copy(part)
    for name, value in changed.items():
        setattr(whole, name, value)
    return whole


def _row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    said: dict[str, Any] = {name: pieces(row[name]) for name in ROW_WORDS & row.keys() if isinstance(row[name], str)}
    if isinstance(reasons := row.get("reasons"), Mapping):
        said["reasons"] = {name: say(why) for name, why in reasons.items()}
    changed = {name: text for name, text in said.items() if text != row[name]}
    return {**row, **changed} if changed else row


def _figure(part: Any, key: str = "data") -> Any:  # noqa: ANN401 - a figure's tree
    if isinstance(part, Mapping):
        return {name: _member(name, value) for name, value in part.items()}
    if key in FIGURE_PARTS and isinstance(part, list | tuple):
        return [_figure(one, key) for one in part]
    return part


def _member(name: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if name in FIGURE_WORDS:
        return _texts(value)
    if name in FIGURE_PARTS or name.startswith(("xaxis", "yaxis", "scene", "coloraxis")):
        return pieces(value) if isinstance(value, str) else _figure(value, name)
    return value


def _texts(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return pieces(value)
    if isinstance(value, Sequence) and len(value) <= MOST_TEXTS:
        return [pieces(one) if isinstance(one, str) else one for one in value]
    return value


def pieces(text: str) -> str:
    """Say a text as a whole, else each of its pieces between marks such as ``<br>`` and ``(``."""
    whole = say(text)
    if whole != text:
        return whole
    return "".join(one if at % 2 else say(one) for at, one in enumerate(_BETWEEN.split(text)))
