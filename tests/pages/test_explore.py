"""Explore finds any signal by its words, keeps the choice in the address, and exports what it shows."""

from __future__ import annotations

import csv
import io

import pytest
from dash import dcc

from app.view import View
from pages import explore
from tests.pages.words import of_type, words

pytestmark = pytest.mark.usefixtures("answering")


def chosen(link) -> tuple[str, ...]:
    return View.parse(link.href.partition("?")[2]).signals


def test_words_and_numbers_find_one_signal():
    found = explore.matches("pack 2 cell 17 volt")

    assert {row["signal"] for row in found} == {"bms1_p2_v17"}


def test_a_search_adds_and_a_chosen_one_removes():
    links = of_type(explore.update_found("pack 1 cell 3 voltage", "?when=7d"), dcc.Link)
    (add,) = [link for link in links if chosen(link)[0].endswith(":bms1_p1_v3")]
    (remove,) = of_type(explore.update_chosen(add.href.partition("?")[2]), dcc.Link)

    assert "when=7d" in add.href
    assert chosen(remove) == ()


def test_what_is_chosen_is_not_offered_again():
    source = explore.matches("bms1_p1_v3")[0]["source"]
    offered = of_type(explore.update_found("bms1_p1_v3", f"?signals={source}:bms1_p1_v3"), dcc.Link)

    assert all(f"{source}:bms1_p1_v3" not in chosen(link)[1:] for link in offered)


def test_nothing_found_is_said():
    assert "No signal matches" in words(explore.update_found("flux capacitor", ""))


def test_signals_that_do_not_exist_are_left_out():
    assert explore.lines_of(View(signals=("nobody:nothing", "m1", ":"))) == []


def test_a_chart_has_a_panel_for_each_unit():
    source = explore.matches("bms1_p1_v3")[0]["source"]
    search = f"?signals={source}:bms1_p1_v3,{source}:bms1_soc&when=7d"

    figure, style, answer = explore.update_chart(search, "light")

    assert {"yaxis", "yaxis2"} <= set(figure["layout"])
    assert style["height"] == f"{figure['layout']['height']}px"
    assert "2 signals" in words(answer)


def test_the_export_holds_the_points_that_are_drawn():
    search = "?when=1d"
    answers, _, _ = explore.read(search)
    file = explore.export(1, search)

    rows = list(csv.DictReader(io.StringIO(file["content"])))
    assert len(rows) == sum(len(one.ts) for one in answers)
    assert float(rows[0]["value"]) == pytest.approx(float(answers[0].value[0]), rel=1e-6)
    assert sum(int(row["readings"]) for row in rows) == sum(int(one.rows.sum()) for one in answers)


def test_statistics_are_of_the_visible_range():
    table = words(explore.update_stats("?when=7d"))

    assert "Readings" in table
