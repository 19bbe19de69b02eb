"""Tables: one that sorts and filters, and a short one of finished words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import html

from app.components.kinds import Content, aria
from app.gridtexts import grid_texts
from app.language import t


def table(
    identity: str,
    definitions: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    height: int | None = None,
    selectable: bool = False,
) -> dag.AgGrid:
    """Put a table on a page: sortable, filterable, in the page's own look.

    Parameters
    ----------
    identity : str
        Id of the grid; a callback fills ``rowData``.
    definitions : sequence of mapping
        Ag-grid column definitions (``field``, ``headerName``, ``type="numericColumn"`` for numbers).
    rows : sequence of mapping or None
        The rows, where they are known at once.
    height : int or None
        Height [px]; as high as its rows when it is None.
    selectable : bool
        Whether a click selects a row.
    """
    options: dict[str, Any] = {"rowHeight": 32, "headerHeight": 34, "animateRows": False}
    options |= {"tabToNextCell": {"function": "false"}}  # arrows walk the cells; Tab goes on, to links and out
    options |= {"theme": {"function": "packscopeTheme(themeQuartz)"}, "enableCellTextSelection": True}
    options |= {"localeText": grid_texts()}
    options |= {} if height else {"domLayout": "autoHeight"}
    options |= (
        {"rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True}} if selectable else {}
    )
    return dag.AgGrid(
        id=identity,
        columnDefs=[dict(row) | {"headerName": t(str(row.get("headerName", "")))} for row in definitions],
        rowData=None if rows is None else [dict(row) for row in rows],
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 90, "flex": 1},
        dashGridOptions=options,
        style={"height": f"{height}px" if height else None, "width": "100%"},
        className="ps-table",
    )


def plain_table(
    header: Sequence[str],
    rows: Sequence[Sequence[Content]],
    *,
    numeric: Sequence[int] = (),
    wrapped: Sequence[int] = (),
) -> html.Div:
    """Write a short table of finished words.

    Columns in ``numeric`` are aligned right, in tabular figures; those in ``wrapped`` may break their lines.
    """
    kind = dict.fromkeys(numeric, "ps-right") | dict.fromkeys(wrapped, "ps-wrap")
    titles = [
        html.Th(t(words), className=kind.get(at), scope="col") if words else html.Td()
        for at, words in enumerate(header)
    ]
    body = [html.Tr([html.Td(cell, className=kind.get(at)) for at, cell in enumerate(row)]) for row in rows]
    whole = html.Table([html.Thead(html.Tr(titles)), html.Tbody(body)], className="ps-plain")
    return html.Div(whole, className="ps-scroll", tabIndex=0, role="group", **aria(label=t("Table")))
