"""The Overview of the sample site finds what was put there, and links to it."""

from __future__ import annotations

import pytest
from dash import dcc, html

from app.answers.attention import Issue
from app.answers.sources import list_sources
from app.view import View
from pages import overview
from pages.attention import attention_rows
from pages.glance import RANKS
from tests.pages.words import of_type, words

pytestmark = pytest.mark.usefixtures("answering")


def test_the_first_row_counts_the_cells_of_the_site():
    (answer, *_), questions = overview.update_answer(""), overview.update_questions("")

    cells = sum(pack["cells"] for row in list_sources() for pack in row["packs"])
    assert f"of {cells} cells" in words(answer)
    assert "Sample site" in words(answer)
    for question in ("Is it safe?", "Is it working?", "How much energy is available?", "What are the trends?"):
        assert question in words(questions)


def test_every_source_has_a_tile_that_leads_to_its_page_and_its_signals():
    placed = [one.id["name"] for one in of_type(overview.layout(), html.Article)]

    assert sorted(placed) == sorted(row["name"] for row in list_sources())
    for name in placed:
        tile = overview.update_tile(overview.tile_id(name), "")
        links = [link.href for link in of_type(tile, dcc.Link)]
        assert name in words(tile)
        assert any(f"={name}" in href for href in links)
        assert any(href.startswith("/explore?") and f"signals={name}:" in href for href in links)
    assert overview.update_tile(overview.tile_id("nobody"), "") == []


def test_each_of_the_four_answers_and_each_figure_of_a_tile_leads_to_its_evidence():
    pages = ("/battery?", "/cells?", "/meter?", "/quality?")
    tiles = [overview.update_tile(overview.tile_id(row["name"]), "") for row in list_sources()]
    for shown in (overview.update_questions(""), *tiles):
        values = [one for one in of_type(shown, html.Div) if getattr(one, "className", "") == "ps-kpi-value"]
        links = [link.href for one in values for link in of_type(one, dcc.Link)]
        assert len(links) == len(values) > 0
        assert all(href.startswith(pages) for href in links)


def test_many_old_sources_are_said_in_one_row_that_leads_to_the_oldest():
    old = [Issue(name, "meter", "old", days * 86_400_000.0) for name, days in (("a", 3), ("b", 9), ("c", 5))]

    (row,) = attention_rows([], old, View.parse(""))
    apart = attention_rows([], old[:2], View.parse(""))

    assert {"3", "9"} < set(row["what"].replace("\N{NO-BREAK SPACE}", " ").split())
    assert row["source"] == "3 sources"
    assert "source=b" in row["href"]
    assert [one["source"] for one in apart] == ["a", "b"]


def test_each_worst_cell_is_a_link_to_its_page():
    rows = overview.update_answer("?when=complete")[1]

    assert rows
    for row in rows:
        view = View.parse(row["href"].partition("?")[2])
        assert row["href"].startswith("/cells?")
        assert row["evidence"] == f"Pack {view.pack} cell {view.cell}"
        assert view.tab == "critical"


def test_what_needs_attention_is_the_gravest_first_and_leads_to_its_evidence():
    rows = overview.update_attention("")[0]
    grades = [RANKS.get(row["severity"], 3) for row in rows]

    assert grades == sorted(grades)
    assert any("need attention" in row["what"] for row in rows)
    assert any("old" in row["what"] for row in rows)
    for row in rows:
        assert row["href"].partition("?")[0] in {"/cells", "/battery", "/meter", "/quality"}


def test_the_trends_draw_every_system_in_one_colour():
    figure = overview.update_trends("", "light")

    assert figure["layout"]["yaxis"]["title"]["text"].endswith(("V", "V]"))
    assert any(trace.get("y") is not None and len(trace["y"]) for trace in figure["data"])
