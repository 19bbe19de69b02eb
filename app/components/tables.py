"""A table that sorts and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

from app.gridtexts import grid_texts
from app.language import t

FITTED_ON = ("firstDataRendered", "modelUpdated")
"""When a table is fitted to its rows: once it has some, and when they are other ones or grow."""


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
        eventListeners={event: [f"packscopeWhole('{identity}', params.api)"] for event in FITTED_ON},
        style={"height": f"{height}px" if height else None, "width": "100%"},
        className="ps-table",
    )
