"""Controls: choices, and downloads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from app.components.kinds import Identity, aria
from app.components.marks import icon
from app.language import mark, t
from app.say import say


def entry_id(key: str, plain: str) -> dict[str, str]:
    """Name a control whose value lives in the address as ``key``; ``plain`` is what holds when nothing is said."""
    return {"type": "entry", "key": key, "plain": plain}


def html_id(identity: Identity) -> str:
    """Write an id as Dash writes it into the page."""
    return identity if isinstance(identity, str) else json.dumps(identity, sort_keys=True, separators=(",", ":"))


def choice(
    identity: Identity, label: str, options: Mapping[str, str], value: str | None, *, inline: bool = True
) -> html.Div:
    """Offer a few choices side by side; ``options`` maps each value to its words."""
    radios = dbc.RadioItems(
        id=identity,
        options=[{"label": say(t(words)), "value": key} for key, words in options.items()],
        value=value,
        inline=inline,
        className="ps-segments",
        inputClassName="btn-check",
        labelClassName="ps-segment",
        labelCheckedClassName="active",
    )
    return html.Div([html.Span(label, className="visually-hidden"), radios], role="group", **aria(label=label))


def select(identity: Identity, label: str, options: Mapping[str, str], value: str | None) -> html.Div:
    """Offer many choices in a list; its label is read out and stands before it."""
    menu = dbc.Select(
        id=identity,
        options=[{"label": say(t(words)), "value": key} for key, words in options.items()],
        value=value,
        size="sm",
    )
    return html.Div([html.Label(label, htmlFor=html_id(identity)), menu], className="ps-field")


def export_button(identity: str, words: str = mark("Export CSV")) -> html.Span:
    """Offer a download: a button ``identity`` and the `dcc.Download` ``{identity}-file`` that it fills."""
    button = html.Button([icon("download"), t(words)], id=identity, className="ps-button", type="button")
    return html.Span([button, dcc.Download(id=f"{identity}-file")])


def csv_file(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    """Write rows for a `dcc.Download`: comma-separated, unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return {"content": text.getvalue(), "filename": name, "type": "text/csv", "base64": False}
