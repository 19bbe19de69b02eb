"""Tables: each is sorted, filtered and written as CSV; figures side by side that are no table are a list."""

from __future__ import annotations

from pathlib import Path

import dash_ag_grid as dag
import pytest
from dash import html

from app.factory import PAGES
from tests.pages.test_every_page import pages
from tests.pages.words import of_type, walk

CODE = [path for folder in ("app/components", "pages") for path in sorted(Path(folder).rglob("*.py"))]


@pytest.mark.parametrize("path", CODE, ids=str)
def test_no_table_is_written_by_hand(path) -> None:
    code = path.read_text(encoding="utf-8")
    assert "html.Table" not in code
    assert "dbc.Table" not in code


@pytest.mark.parametrize("page", pages(), ids=PAGES)
def test_every_table_of_a_page_sorts_filters_and_has_its_export(page, answering) -> None:
    layout = page.layout()
    buttons = {str(one.id) for one in of_type(layout, html.Button) if getattr(one, "id", None)}
    for grid in (one for one in walk(layout) if isinstance(one, dag.AgGrid)):
        assert grid.defaultColDef["sortable"]
        assert grid.defaultColDef["filter"]
        assert {f"{grid.id}-csv", str(grid.id).removesuffix("-grid") + "-export"} & buttons, grid.id
