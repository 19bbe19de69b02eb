"""The Cell Analyzer as a person uses it: a heat map that plays, a cell picked once and selected everywhere."""

from __future__ import annotations

import pytest

from tests.browser.drawn import wait_until_drawn
from tests.browser.journeys import asked, click_cell, framed, values_of

MOVES_WITHIN_MS = 20_000


def wait_for_player(page) -> None:
    wait_until_drawn(page)
    page.get_by_role("button", name="Play", exact=True).wait_for()


def test_the_heat_map_plays_pauses_and_steps_without_asking_the_server(visit, site_url):
    page = visit(f"{site_url}/cells?tab=heatmaps")
    wait_for_player(page)
    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url) if "_dash-update" in request.url else None)
    slider = page.get_by_role("slider", name="Frame")
    newest, first_words = slider.input_value(), page.locator("#cells-frame-time").inner_text()

    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => Number(document.getElementById('cells-frame').value) >= 2", timeout=MOVES_WITHIN_MS)
    page.get_by_role("button", name="Pause", exact=True).click()
    stopped = int(slider.input_value())
    page.wait_for_timeout(1_500)

    assert int(slider.input_value()) == stopped
    assert page.locator("#cells-frame-time").inner_text() != first_words
    before = values_of(page, "cells-frames-graph")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == stopped + 1
    assert values_of(page, "cells-frames-graph") != before
    page.keyboard.press("End")
    assert slider.input_value() == newest
    assert calls == []


@pytest.mark.parametrize("rows", ["packs", "one"])
def test_a_cell_is_picked_by_a_click_and_selected_everywhere(visit, site_url, rows):
    page = visit(f"{site_url}/cells?tab=heatmaps&rows={rows}")
    wait_for_player(page)

    click_cell(page, "cells-heatmap-graph", 3, 20)
    page.wait_for_function("() => location.search.includes('cell=20')")

    assert (asked(page)["pack"], asked(page)["cell"]) == ("3", "20")
    page.wait_for_function(
        "() => document.querySelector('#cells-frames-graph .js-plotly-plot').layout.shapes.length > 0"
    )
    spot = [20, 3] if rows == "packs" else [2 * 53 + 20, 1]
    assert framed(page, "cells-heatmap-graph") == [spot]
    assert framed(page, "cells-frames-graph") == [spot]
    assert framed(page, "cells-pairs-graph") == [[20, 3]] * 3
    page.get_by_role("tab", name="Critical cells").click()
    page.get_by_text("Pack 3 cell 20").first.wait_for()
