"""The Overview of the sample site finds what was put there, and links to it."""

from __future__ import annotations

import pytest
from dash import dcc

from app.answers.sources import list_sources
from pages import overview
from tests.pages.words import of_type, words

pytestmark = pytest.mark.usefixtures("answering")


def test_the_first_row_counts_the_cells_of_the_site():
    answer, questions, tiles, _ = overview.update_answer("")

    cells = sum(pack["cells"] for row in list_sources() for pack in row["packs"])
    assert f"of {cells} cells" in words(answer)
    assert "Sample site" in words(answer)
    for question in ("Is it safe?", "Is it working?", "How much energy is available?", "What are the trends?"):
        assert question in words(questions)
    for row in list_sources():
        assert row["name"] in words(tiles)


def test_each_worst_cell_is_a_link_to_its_page():
    worst = overview.update_answer("?when=complete")[3]

    links = of_type(worst, dcc.Link)
    assert links
    for link in links:
        assert link.href.startswith("/cells?")
        assert "cell=" in link.href
        assert "tab=critical" in link.href


def test_the_trends_draw_every_system_in_one_colour():
    figure = overview.update_trends("", "light")

    assert figure["layout"]["yaxis"]["title"]["text"].endswith(("V", "V]"))
    assert any(trace.get("y") is not None and len(trace["y"]) for trace in figure["data"])
