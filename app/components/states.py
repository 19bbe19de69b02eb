"""The states between: nothing to show, something missing, something wrong, something on its way."""

from __future__ import annotations

from dash import html

from app.components.kinds import Content, aria
from app.components.marks import icon


def empty(title: str, reason: str, todo: Content | None = None) -> html.Div:
    """Say that there is nothing to show, why, and what to do."""
    words = [html.P(title, className="ps-state-title"), html.P(reason)]
    if todo:
        words.append(html.P(todo))
    return html.Div(words, className="ps-state", role="status")


def partial(missing: str) -> html.Div:
    """Say what is missing from a view that is otherwise there."""
    return html.Div([icon("unknown"), html.Span(missing)], className="ps-partial", role="note")


def failure(title: str, reason: str, opens: str) -> html.Div:
    """Say what went wrong and what mends it, and what happens when it is mended."""
    words = [html.P(title, className="ps-state-title"), html.P(reason), html.P(opens)]
    return html.Div(words, className="ps-state ps-critical", role="status")


def skeleton(lines: int = 3) -> html.Div:
    """Hold the place of words that are on their way, the first time only."""
    return html.Div([html.Span() for _ in range(lines)], className="ps-skeleton", **aria(hidden="true"))
