"""German pages: no text that the catalogue can say in German is shown in English."""

from __future__ import annotations

from collections.abc import Iterator

import dash_bootstrap_components as dbc
import pytest
from dash.development.base_component import Component

from app import shell
from app.answers.bases import BASES
from app.answers.provenance import provenance_of, words_of
from app.components import choice
from app.components_said import ROW_WORDS, shown
from app.factory import PAGES, create_app
from app.language import catalogue, speaking
from app.view import PRESETS
from pages import battery, cells, compare, explore, meter, overview, quality
from pages.batteryparts import audit, health
from pages.celltabs import comparison, critical
from pages.celltabs import overview as cells_overview
from pipeline.build import build
from pipeline.settings import read_settings
from tests.pages.test_every_page import pages
from tests.pages.words import of_type, walk

SAID = ("title", "placeholder", "alt", "aria-label", "label")
"""Properties that are read out or shown on pointing."""


def texts(part: object) -> Iterator[str]:
    """Yield every text of a layout that a reader meets, by eye, pointer or ear."""
    for one in walk(part):
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from (str(one[name]) for name in ROW_WORDS & one.keys() if isinstance(one[name], str))
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


@pytest.mark.parametrize(
    "search", ["", "?when=custom&start=1999-01-01&end=1999-01-02", "?system=none&meter=none&pack=99"]
)
def test_what_fills_the_pages_is_said_in_german(search, answering) -> None:
    asked = {"search": search, "theme": "light"}
    with speaking("de"):
        said = [
            *overview.update_answer(search),
            overview.update_questions(search),
            overview.update_attention(search),
            [overview.update_tile({"name": str(scope.source)}, search) for scope in overview.scopes(search)],
            *meter.update_answer(search),
            meter.update_load(search),
            meter.update_closure(search),
            battery.update_answer(search),
            health.update_whole(search, "light"),
            audit.update(search),
            cells.update_answer(search),
            cells_overview.update(asked),
            critical.update(asked),
            comparison.update(asked),
            quality.update(search),
            quality.update_series(search),
            explore.update_chart(search, "light"),
            compare.update_answer(search),
        ]
        assert untold([shown(part) for part in said]) == []
        for question in BASES:
            assert untold([text for pair in words_of(provenance_of(question)) for text in pair]) == []


@pytest.mark.parametrize("path", [page.META.path for page in pages()])
def test_without_a_store_a_page_says_so_in_german(path, tmp_path) -> None:
    app = create_app(read_settings(store=tmp_path / "none", meter_roots=(str(tmp_path),)))
    layouts = {page.META.path: (page.META, page.layout) for page in pages()}
    with app.server.app_context(), speaking("de"):
        assert untold([shown(shell.show_page(path, "", layouts=layouts))]) == []


def test_a_store_of_bad_files_is_told_in_german(tmp_path) -> None:
    root = tmp_path / "root"
    (root / "meter" / "m1").mkdir(parents=True)
    (root / "meter" / "m1" / "com_ap.csv").write_text(
        "ts,com_ap\n2024-01-01 00:00:00,65535\nno stamp,1\n2024-01-01 00:15,x\n"
    )
    (root / "meter" / "m1" / "pf.csv").write_text("nothing of use")
    (root / "meter" / "m1" / "pos_ae.csv").write_text("ts,pos_ae\n2024-01-01 00:00:00,5\n2024-01-01 00:15:00,6\n")
    settings = read_settings(store=tmp_path / "store", meter_roots=(str(root),))
    build(settings)
    with create_app(settings).server.app_context(), speaking("de"):
        said = [page.layout() for page in pages()]
        said += [quality.update(""), meter.update_answer(""), overview.update_answer(""), quality.update_series("")]
        assert untold([shown(part) for part in said]) == []


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
