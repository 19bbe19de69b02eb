"""What the reader is told when a part of a page fails: what happened, and in the part itself that it could not be read.

A part that failed shows neither what was there before, which answered another question, nor that it is still loading.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from dash import ctx, html, set_props

from app import shell
from app.early import Answer, put
from app.figures.theme import message
from app.language import t
from pipeline.errors import PackscopeError

_LOG = logging.getLogger(__name__)
_FRAME = ("page", "live", "sample", "toasts")
"""Parts of the frame that say nothing of their own failing."""


def told(error: Exception) -> html.Div:
    """Say what went wrong; the log holds the rest under the same id."""
    identity = uuid4().hex[:8]
    if isinstance(error, PackscopeError):
        _LOG.warning("callback %s: %s", identity, error)
        words = str(error)
    else:
        _LOG.error("callback %s failed", identity, exc_info=error)
        words = t("This part of the page could not be drawn.")
    return shell.toast(words, identity)


def on_error(error: Exception) -> None:
    """Tell the user what went wrong in a callback, and empty what it should have filled."""
    set_props("toasts", {"children": told(error)})
    given = ctx.inputs.get("theme.data")
    for output in _flat(ctx.outputs_list):
        value = _unreadable(output["property"], given)
        if value is not None and output["id"] not in _FRAME:
            set_props(output["id"], {output["property"]: value})


def spoilt(parts: Mapping[str, Any], answer: Answer, theme: str | None) -> None:
    """Say in the parts of a layout that an answer should have filled that it failed."""
    empty = {place: _unreadable(place[1], theme) for place in answer.outputs}
    put(parts, {place: value for place, value in empty.items() if value is not None})


def _unreadable(name: str, theme: str | None) -> Any:  # noqa: ANN401 - whatever the property takes
    words = t("This could not be read; the message says why.")
    if name == "figure":
        return message(words, theme)
    return html.P(words, className="ps-grey") if name == "children" else None


def _flat(outputs: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - one output, a list, or a mapping of them
    if isinstance(outputs, dict) and "property" not in outputs:
        outputs = list(outputs.values())
    return [one for part in outputs for one in _flat(part)] if isinstance(outputs, list) else [outputs]
