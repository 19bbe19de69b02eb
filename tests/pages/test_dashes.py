"""Where a number is unknown a dash stands, and each dash says why: to the pointer and to a screen reader."""

from __future__ import annotations

import pytest
from dash import html
from dash.development.base_component import Component

from app.answers.meter import meter_kpis
from app.components import kpi, or_why, unknown
from app.numbers import NOTHING
from app.scope import scope_of
from pages import cells, meter, overview, quality
from pages.celltabs import overview as cells_overview
from pages.grids import figures
from pages.meterparts import figures as meter_figures
from tests.pages.words import of_type, walk


def naked(part: object) -> list[object]:
    """List the dashes that give no reason."""
    holders = [one for one in walk(part) if isinstance(one, Component)]
    dashed = [one for one in holders if getattr(one, "children", None) == NOTHING or _among(one)]
    return [one for one in dashed if not _told(one)]


def _among(one: Component) -> bool:
    inside = getattr(one, "children", None)
    return isinstance(inside, list | tuple) and NOTHING in inside


def _told(one: Component) -> bool:
    said = one.to_plotly_json()["props"]
    return bool(said.get("title")) and bool(said.get("aria-label"))


def test_a_naked_dash_is_found() -> None:
    assert naked(html.Div([html.Span(NOTHING)]))
    assert naked(html.Td([NOTHING, " V"]))
    assert not naked(html.Div([unknown("no current is logged")]))


@pytest.mark.parametrize("note", [None, "no current is logged"])
def test_a_tile_without_a_number_says_why(note) -> None:
    tile = kpi("Model SOH", NOTHING, question="soh_model", note=note)
    (dash,) = [one for one in of_type(tile, html.Span) if one.children == NOTHING]

    assert naked(tile) == []
    assert dash.title == (note or "the data does not give it")


def test_a_number_that_is_known_stays_as_it_is() -> None:
    assert or_why("97.1 %", None) == "97.1 %"


def test_a_column_of_numbers_says_why_one_is_missing() -> None:
    column = figures("ohms", "Resistance", "mΩ", why="no clean step of current")

    assert "PackscopeUnknown" in column["cellRendererSelector"]["function"]
    assert column["cellRendererParams"]["why"] == "no clean step of current"
    assert figures("ohms", "Resistance")["cellRendererParams"]["why"]


@pytest.mark.parametrize("page", [overview, meter, cells, quality], ids=lambda page: page.META.name)
def test_no_layout_holds_a_naked_dash(page, answering) -> None:
    assert naked(page.layout()) == []


@pytest.mark.parametrize("search", ["", "?when=1d", "?when=custom&start=2030-01-01T00:00&end=2030-01-02T00:00"])
def test_no_answer_of_the_cells_page_holds_a_naked_dash(search, answering) -> None:
    asked = {"search": search, "theme": "light"}
    said = cells_overview.update(asked)

    parts = [part for part in said if isinstance(part, Component | list)]
    assert parts
    assert naked(parts) == []


@pytest.mark.parametrize("search", ["?meter=m1", "?meter=m2&when=1d"])
def test_no_tile_of_the_meter_page_holds_a_naked_dash(search, answering) -> None:
    scope = scope_of(search, "meter")
    found = meter_kpis(scope.source, scope.start_ms, scope.end_ms)

    assert naked(meter_figures.tiles(found, scope)) == []
