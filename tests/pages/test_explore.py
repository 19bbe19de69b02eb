"""Explore finds any signal by its words, keeps the choice in the address, and exports what it shows."""

from __future__ import annotations

import numpy as np
import pytest
from dash import dcc

from app.answers import rawrows
from app.answers.meter import meter_kpis
from app.answers.series import series
from app.view import View
from pages import explore
from pages.grids import moment
from tests.pages.words import of_type, words

pytestmark = pytest.mark.usefixtures("answering")


def chosen(link) -> tuple[str, ...]:
    return View.parse(link.href.partition("?")[2]).signals


def test_words_and_numbers_find_one_signal():
    found = explore.matches("pack 2 cell 17 volt")

    assert {signal for (_, signal), _ in found} == {"bms1_p2_v17"}


def test_a_search_adds_and_a_chosen_one_removes():
    links = of_type(explore.update_found("pack 1 cell 3 voltage", "?when=7d"), dcc.Link)
    (add,) = [link for link in links if chosen(link)[0].endswith(":bms1_p1_v3")]
    (remove,) = of_type(explore.update_chosen(add.href.partition("?")[2]), dcc.Link)

    assert "when=7d" in add.href
    assert chosen(remove) == ()


def test_what_is_chosen_is_not_offered_again():
    source = explore.matches("bms1_p1_v3")[0][0][0]
    offered = of_type(explore.update_found("bms1_p1_v3", f"?signals={source}:bms1_p1_v3"), dcc.Link)

    assert all(f"{source}:bms1_p1_v3" not in chosen(link)[1:] for link in offered)


def test_nothing_found_is_said():
    assert "No signal matches" in words(explore.update_found("flux capacitor", ""))


def test_signals_that_do_not_exist_are_left_out():
    assert explore.lines_of(View(signals=("nobody:nothing", "m1", ":"))) == []


def test_a_chart_has_a_panel_for_each_unit():
    source = explore.matches("bms1_p1_v3")[0][0][0]
    search = f"?signals={source}:bms1_p1_v3,{source}:bms1_soc&when=7d"

    figure, style, answer = explore.update_chart(search, "light")

    assert {"yaxis", "yaxis2"} <= set(figure["layout"])
    assert style["height"] == f"{figure['layout']['height']}px"
    assert "2 signals" in words(answer)


def test_each_signal_can_have_an_axis_of_its_own():
    source = explore.matches("bms1_p1_v3")[0][0][0]
    search = f"?signals={source}:bms1_p1_v3,{source}:bms1_p1_v4&when=7d"

    shared, own = (explore.update_chart(f"{search}&axes={axes}", "light")[0]["layout"] for axes in ("unit", "own"))
    assert "yaxis2" not in shared
    assert "yaxis2" in own


def test_statistics_are_those_of_the_raw_readings():
    source = explore.matches("bms1_p1_v3")[0][0][0]
    search = f"?signals={source}:bms1_p1_v3&when=7d"
    scope, drawn = explore.window_of(search, [(source, "bms1_p1_v3")])
    raw = series(source, "bms1_p1_v3", *drawn, max_points=20_000, level="raw")
    values = raw.value.astype(float)

    (row,), _ = explore.update_stats(search)
    assert row["readings"] == len(values)
    assert row["mean"] == pytest.approx(values.mean(), rel=1e-5)
    assert (row["min"], row["max"]) == (pytest.approx(values.min()), pytest.approx(values.max()))
    assert row["max_at"] == moment(int(raw.ts[values.argmax()]), scope.zone)
    assert (row["p01"], row["p99"]) == pytest.approx(np.quantile(values, (0.01, 0.99)), rel=1e-6)


def test_the_stamp_of_an_extreme_leads_to_its_reading():
    source = explore.matches("bms1_p1_v3")[0][0][0]
    (row,), _ = explore.update_stats(f"?signals={source}:bms1_p1_v3")
    answers, _, _ = explore.read(row["max_href"].partition("?")[2])

    assert answers[0].level == "raw"
    assert answers[0].max.max() == pytest.approx(row["max"])


def test_a_counter_has_an_energy_and_no_mean():
    (row,), _ = explore.update_stats("?signals=m1:pos_ae&when=7d")

    assert row["mean"] is None
    assert row["energy"] == pytest.approx(
        meter_kpis("m1", *explore.window_of("?when=7d", [("m1", "pos_ae")])[1]).import_kwh
    )


def test_pages_of_raw_rows_hold_every_reading_once():
    lines = [("m1", "com_ap"), ("m1", "pf")]
    _, drawn = explore.window_of("", lines)
    start, seen = None, []
    while True:
        found = rawrows.raw_rows(lines, *drawn, start)
        assert found.rows.height <= rawrows.PAGE_ROWS
        if start is not None:
            assert rawrows.page_before(lines, drawn[0], start) == seen[-1][0]
        seen.append(found.rows["ts"].to_list())
        if found.later_ms is None:
            break
        start = found.later_ms
    raw = series("m1", "com_ap", *drawn, max_points=20_000, level="raw")

    assert [at for rows in seen for at in rows] == raw.ts.tolist()


def test_raw_rows_are_shown_with_links_to_the_pages_around():
    steps, columns, rows, _ = explore.update_rows("?signals=m1:com_ap,m1:pf")
    (later,) = of_type(steps, dcc.Link)
    earlier_steps, _, second, _ = explore.update_rows(later.href.partition("?")[2])

    assert [one["field"] for one in columns] == ["at", "c0", "c1"]
    assert len(rows) == rawrows.PAGE_ROWS
    assert second[0]["at"] > rows[-1]["at"]
    assert len(of_type(earlier_steps, dcc.Link)) == 2


def test_from_any_zoom_a_link_leads_to_single_readings():
    (link,) = of_type(explore.update_raw("?signals=m1:com_ap&points=100"), dcc.Link)
    search = link.href.partition("?")[2]

    assert {one.level for one in explore.read(search)[0]} == {"raw"}
    assert "single reading" in words(explore.update_raw(search))
