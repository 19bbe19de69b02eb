"""Tables of the pages: sorted, filtered and written as CSV in the browser; numbers stay numbers, units stand in heads.

A page lays `grid` out, fills ``rowData`` and ``style`` (`fitted`) from a callback, and calls `register_csv` once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, html

from app.components import icon, table
from app.figures.theme import BANDS
from app.language import current, t
from app.numbers import DECIMAL, NOTHING, THIN
from app.view import ms_to_wall

HEAD_PX, ROW_PX = 52, 32
"""Heights of a table's head, with its border and scroll bar, and of a row [px]."""
MOST_PX = 420
"""Height from which a table scrolls [px]."""
Columns = Sequence[Mapping[str, Any]]


def words(
    field: str, title: str, *, width: int = 120, most: int | None = None, wrap: bool = False, href: str | None = None
) -> dict[str, Any]:
    """Describe a column of words.

    Parameters
    ----------
    field, title : str
        Key in the rows, and what stands in the head.
    width, most : int
        Least and greatest width [px].
    wrap : bool
        Whether long words break into several lines, the row as high as they need.
    href : str or None
        Key in the rows of the address that the words link to.
    """
    column: dict[str, Any] = {"field": field, "headerName": title, "minWidth": width}
    column |= {"maxWidth": most} if most else {}
    column |= {"wrapText": True, "autoHeight": True, "cellClass": "ps-cell-wrap"} if wrap else {}
    column |= {"cellRenderer": "PackscopeLink", "cellRendererParams": {"href": href}} if href else {}
    return column


def severity(field: str, title: str, *, key: str, width: int = 120) -> dict[str, Any]:
    """Describe a column of severities: words in ``field``, the severity itself in ``key``."""
    column = words(field, title, width=width, most=width + 60)
    return column | {"cellRenderer": "PackscopeBadge", "cellRendererParams": {"severity": key}}


def band(field: str, title: str, *, width: int = 130) -> dict[str, Any]:
    """Describe a column of bands of state of health: words in ``field``, the band itself in ``<field>_key``."""
    colours = {"colours": dict(BANDS), "bandKey": f"{field}_key"}
    drawn = {"cellRenderer": "PackscopeBand", "cellRendererParams": colours}
    return words(field, title, width=width, wrap=True) | drawn


def figures(
    field: str,
    title: str,
    unit: str = "",
    *,
    digits: int = 0,
    trim: bool = False,
    width: int = 110,
    why: str | None = None,
) -> dict[str, Any]:
    """Describe a column of numbers of one unit, which stands in its head; unknown is a dash that says ``why``.

    A row that holds a ``reason`` of its own gives that one, and one of the field where its ``reasons`` hold one.
    With ``trim``, noughts at the end of the ``digits`` decimals are left away: for columns of several units.
    """
    return {
        "field": field,
        "headerName": f"{title} [{unit}]" if unit else title,
        "minWidth": width,
        "type": "numericColumn",
        "filter": "agNumberColumnFilter",
        "valueFormatter": written(digits, trim=trim),
        "useValueFormatterForExport": False,
        "cellRendererSelector": {"function": "params.value == null ? {component: 'PackscopeUnknown'} : undefined"},
        "cellRendererParams": {"why": why or t("Not known: the readings behind it are missing or too few")},
    }


def written(digits: int, *, trim: bool = False) -> dict[str, str]:
    """Tell a column to write its numbers with so many decimals, with the marks of the request's language."""
    form = f",.{digits}{'~' if trim else ''}f"
    number = f"d3.format('{form}')(params.value).split(',').join('{THIN}').split('.').join('{DECIMAL[current()]}')"
    return {"function": f"params.value == null ? '{NOTHING}' : {number}.replace('-', '−')"}


def moment(stamp_ms: int | None, zone: str) -> str | None:
    """Write a stamp so that it sorts: ``2024-05-03 14:05``, site wall time."""
    return None if stamp_ms is None else ms_to_wall(stamp_ms, zone).replace("T", " ")


def grid(
    name: str, columns: Columns, rows: Sequence[Mapping[str, Any]] | None = None, *, height: int | None = MOST_PX
) -> html.Div:
    """Put a table on a page, with its CSV; it says so where it has no rows.

    Parameters
    ----------
    name : str
        Id of the grid.
    columns : sequence of mapping
        See `words`, `figures` and `severity`.
    rows : sequence of mapping or None
        Its rows, where they are known at once.
    height : int or None
        Height [px]; a callback may fit it to the rows (`fitted`). As high as its rows, however many, when it is None.
    """
    inner = table(name, columns, rows, height=height if rows is None or height is None else _height(len(rows), height))
    inner.csvExportParams = {"fileName": f"packscope-{name}.csv"}
    inner.dashGridOptions |= {"ensureDomOrder": True}
    return html.Div([inner])


def csv_button(name: str) -> html.Button:
    """Offer the rows of a table as CSV, as sorted and filtered."""
    return html.Button([icon("download"), t("CSV")], id=f"{name}-csv", className="ps-button", type="button")


def fitted(rows: int, most: int = MOST_PX) -> dict[str, str]:
    """Make a table as high as its rows, and scroll when they are many."""
    return {"height": f"{_height(rows, most)}px", "width": "100%"}


def fitted_or_hidden(rows: int, most: int = MOST_PX) -> dict[str, str]:
    """Make a table as high as its rows; one without rows gives way to the words that say why."""
    return fitted(rows, most) if rows else {"display": "none"}


def shown_if(wanted: bool) -> dict[str, str]:
    """Show a table that is as high as its rows, or hide it."""
    return {"width": "100%"} if wanted else {"display": "none"}


def _height(rows: int, most: int) -> int:
    return min(HEAD_PX + ROW_PX * (rows or 1), most)


def register_csv(app: Dash, *names: str) -> None:
    """Let the CSV buttons of tables do what they say."""
    in_browser: Any = app.clientside_callback
    for name in names:
        in_browser(
            ClientsideFunction("packscopeTables", "csv"),
            Output(name, "exportDataAsCsv"),
            Input(f"{name}-csv", "n_clicks"),
            prevent_initial_call=True,
        )
