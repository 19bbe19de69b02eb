"""German pages: no text that the catalogue can say in German is shown in English."""

from __future__ import annotations

from collections.abc import Iterator

import dash_bootstrap_components as dbc
import pytest
from dash.development.base_component import Component

from app.components import choice
from app.components_said import shown
from app.factory import PAGES
from app.language import catalogue, speaking
from app.view import PRESETS
from pages.celltabs import comparison, critical
from pages.celltabs import overview as cells_overview
from tests.pages.test_every_page import pages
from tests.pages.words import of_type, walk

SAID = ("title", "placeholder", "alt", "aria-label", "label")
"""Properties that are read out or shown on pointing."""


def texts(part: object) -> Iterator[str]:
    """Yield every text of a layout that a reader meets, by eye, pointer or ear."""
    for one in walk(part):
        if isinstance(one, str):
            yield one
        elif isinstance(one, Component):
            props = one.to_plotly_json()["props"]
            yield from (str(props[name]) for name in SAID if isinstance(props.get(name), str))
            columns = props.get("columnDefs") or ()
            yield from (str(column["headerName"]) for column in columns if column.get("headerName"))


def untold(part: object) -> list[str]:
    """List the English texts of a layout for which there is a German one."""
    german = catalogue("de")
    return sorted({text for text in texts(part) if german.get(text.strip(), text.strip()) != text.strip()})


def test_a_text_left_in_english_is_found() -> None:
    assert "Language" in catalogue("de")
    assert untold(["Language", "Sprache"]) == ["Language"]


@pytest.mark.parametrize("page", pages(), ids=PAGES)
def test_a_german_page_is_laid_out_in_german(page, answering) -> None:
    with speaking("de"):
        assert untold(shown(page.layout())) == []


def test_the_first_tab_of_the_cells_answers_in_german(answering) -> None:
    with speaking("de"):
        said = cells_overview.update({"search": "", "theme": "light"})
        assert untold([shown(part) for part in said if isinstance(part, Component | list)]) == []


def test_the_periods_on_offer_are_said_in_german() -> None:
    with speaking("de"):
        offered = choice("when", "Period", PRESETS, None)
    labels = [option["label"] for option in of_type(offered, dbc.RadioItems)[0].options]

    assert "Erste 150 Tage" in labels
    assert "Letzte 200 Tage" in labels


def test_numbers_and_severities_of_the_cells_tables_are_written_in_german() -> None:
    with speaking("de"):
        scored = next(one for one in critical.columns() if one["field"] == "score")
        ranked = next(one for one in critical.columns() if one["field"] == "rank")
        measured = next(one for one in comparison.columns() if one["field"] == "measured")

    assert "Kritisch" in ranked["valueFormatter"]["function"]
    for column in (scored, measured):
        assert "split('.').join(',')" in column["valueFormatter"]["function"]
