"""The raw rows of what Explore shows: a page of single readings as they were logged, with its CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Output, dcc, html
from dash.development.base_component import Component

from app.answers import rawrows
from app.answers.sources import catalogue
from app.components import section
from app.language import t
from app.numbers import counted, stamp
from app.view import View
from pages.grids import csv_button, figures, fitted, grid, moment, register_csv, words

GRID, STEPS = "explore-rows", "explore-rows-steps"
FROM = "rows"
"""Entry of the address that says where the page starts [epoch ms UTC]."""
Line = tuple[str, str]


def panel() -> Component:
    """Lay out the row."""
    note = t("As they were logged, side by side where their stamps are equal; 500 rows at a time.")
    body = [html.Div(id=STEPS, className="ps-found"), grid(GRID, [])]
    return section(t("Raw rows"), body, note=note, tools=csv_button(GRID), question="raw_rows")


def update(
    view: View, lines: Sequence[Line], names: Sequence[str], drawn: tuple[int, int], zone: str
) -> tuple[list[Component], list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Fill the row: what page it is with links to those around, the columns, the rows, the table's size."""
    said = view.get(FROM, "")
    start = int(said) if said.isdigit() and drawn[0] <= int(said) < drawn[1] else None
    found = rawrows.raw_rows(lines, *drawn, start)
    rows = [
        {"at": moment_s(row["ts"], zone)} | {f"c{at}": row[str(at)] for at in range(len(lines))}
        for row in found.rows.iter_rows(named=True)
    ]
    return _steps(view, lines, found, drawn, zone), _columns(lines, names), rows, fitted(len(rows))


def moment_s(stamp_ms: int, zone: str) -> str:
    """Write a stamp to the second, so that it sorts."""
    return f"{moment(stamp_ms, zone)}:{stamp_ms // 1000 % 60:02d}"


def _columns(lines: Sequence[Line], names: Sequence[str]) -> list[dict[str, Any]]:
    units = [next((one["unit"] for one in catalogue(source) if one["signal"] == name), "") for source, name in lines]
    values = [
        figures(f"c{at}", name, unit, digits=4, trim=True, width=140)
        for at, (name, unit) in enumerate(zip(names, units, strict=True))
    ]
    return [words("at", t("Time"), width=184, most=210), *values]


def _steps(
    view: View, lines: Sequence[Line], found: rawrows.RawRows, drawn: tuple[int, int], zone: str
) -> list[Component]:
    if found.rows.height == 0:
        return [html.Span(t("No reading in the visible range."), className="ps-caption")]
    first, last = int(found.rows["ts"][0]), int(found.rows["ts"][-1])
    given = {"rows": counted(found.rows.height, "row"), "first": stamp(first, zone), "last": stamp(last, zone)}
    steps: list[Component] = [html.Span(t("{rows}, {first} to {last}", **given), className="ps-caption")]
    if found.earlier and first > drawn[0]:
        before = rawrows.page_before(lines, drawn[0], first)
        steps.append(_link(view, t("Earlier rows"), before if before < first else None))
    if found.later_ms is not None:
        steps.append(_link(view, t("Later rows"), found.later_ms))
    return steps


def _link(view: View, text: str, start_ms: int | None) -> Component:
    return dcc.Link(text, href="/explore" + view.change(**{FROM: start_ms}).search(), className="ps-pill")


def outputs() -> list[Output]:
    """List what `update` fills, in its order."""
    return [
        Output(STEPS, "children"),
        Output(GRID, "columnDefs"),
        Output(GRID, "rowData"),
        Output(GRID, "style"),
    ]


def register(app: Dash) -> None:
    """Wire the CSV; the page fills the rows."""
    register_csv(app, GRID)
