"""What a person does with the sample site: follow a link, zoom to one sample, find the weak cell, compare packs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from app import query
from app.store import Store
from tests.browser.drawn import wait_until_drawn
from tests.browser.journeys import (
    TIME_CHART,
    asked,
    click_cell,
    drag,
    framed,
    level_of,
    lines_of,
    range_of,
    values_of,
    wait_for_level,
    wait_for_range,
)

MOST_CLICKS = 4
"""From the overview to the evidence of a weak cell."""
ONE_STEP_MS = 900_000
"""Between two samples of the sample site [ms]."""
DAY_MS = 86_400_000
NEAR_MS = 1_000
"""What the address rounds [ms]."""


@pytest.fixture(scope="session")
def weak(sample_site):
    """Return the pack and cell of the sample site that lost capacity."""
    faults = json.loads((sample_site / "truth.json").read_text(encoding="utf-8"))["faults"]
    found = next(one for one in faults if one["kind"] == "low_capacity")
    return found["pack"], found["cell"]


def test_a_link_to_a_zoomed_chart_shows_the_same_to_another_reader(visit, site_url):
    page = visit(f"{site_url}/explore?signals=bms1_p1_v3&when=1m")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    drag(page, 0.3, 0.5)
    page.wait_for_url(re.compile("zoom="))
    page.wait_for_load_state("networkidle")

    other = visit(page.url, scheme="dark")
    wait_until_drawn(other)
    other.wait_for_load_state("networkidle")
    assert lines_of(other) == lines_of(page)
    assert level_of(other) == level_of(page)
    assert other.locator("#range-words").inner_text() == page.locator("#range-words").inner_text()
    assert range_of(other) == pytest.approx(range_of(page), abs=NEAR_MS)
    expect(other.get_by_label("30 days", exact=True)).to_be_checked()
    expect(other.get_by_role("button", name=re.compile("Zoomed to"))).to_be_visible()


def test_a_link_to_the_heat_map_shows_the_same_cell_to_another_reader(visit, site_url):
    page = visit(f"{site_url}/cells?tab=heatmaps")
    wait_until_drawn(page)
    page.get_by_text("Robust z", exact=True).locator("visible=true").first.click()
    page.wait_for_url(re.compile("against="))
    wait_until_drawn(page)
    click_cell(page, "cells-heatmap-graph", 3, 20)
    page.wait_for_url(re.compile("cell=20"))
    page.wait_for_load_state("networkidle")

    other = visit(page.url)
    wait_until_drawn(other)
    other.wait_for_load_state("networkidle")
    expect(other.get_by_role("tab", name="Cell heatmaps")).to_have_attribute("aria-selected", "true")
    assert values_of(other, "cells-heatmap-graph") == values_of(page, "cells-heatmap-graph")
    assert framed(other, "cells-heatmap-graph") == framed(page, "cells-heatmap-graph") == [[20, 3]]
    expect(other.locator("#cells-selected")).to_contain_text("pack 3 cell 20")


def test_a_chart_is_refined_down_to_one_sample_and_back(visit, site_url):
    page = visit(f"{site_url}/explore?signals=bms1_p1_v8")
    wait_until_drawn(page)
    whole = range_of(page)
    assert "coverage" in level_of(page)
    page.get_by_text("7 days", exact=True).click()
    wait_for_range(page, lambda start, end: end - start < 8 * DAY_MS)
    page.wait_for_load_state("networkidle")
    week = range_of(page)
    assert week[1] - week[0] < 8 * DAY_MS < whole[1] - whole[0]

    for _ in range(2):
        before = range_of(page)
        drag(page, 0.4, 0.55)
        wait_for_range(page, lambda start, end, most=0.3 * (before[1] - before[0]): end - start < most)
        page.wait_for_load_state("networkidle")
    wait_for_level(page, "raw")
    zoom = [
        datetime.fromisoformat(end).replace(tzinfo=UTC).timestamp() * 1000 for end in asked(page)["zoom"].split("~")
    ]
    assert range_of(page) == pytest.approx(zoom, abs=NEAR_MS)
    stamps = page.evaluate(
        f"() => document.querySelector('{TIME_CHART}')._fullData.at(-1).x.map((one) => +new Date(one))"
    )
    steps = {later - earlier for earlier, later in pairwise(stamps)}
    assert min(steps) == ONE_STEP_MS
    assert "every" not in level_of(page)

    page.go_back()
    page.go_back()
    page.wait_for_url(lambda url: "zoom" not in url)
    wait_for_range(page, lambda start, _: abs(start - week[0]) < NEAR_MS)


def test_what_was_zoomed_is_reset_by_one_button(visit, site_url):
    page = visit(f"{site_url}/explore?when=7d")
    wait_until_drawn(page)
    before = range_of(page)
    drag(page, 0.2, 0.4)
    chip = page.get_by_role("button", name=re.compile("Zoomed to"))
    chip.click()
    page.wait_for_url(lambda url: "zoom" not in url)
    expect(chip).to_be_hidden()
    wait_for_range(page, lambda start, end: abs(start - before[0]) + abs(end - before[1]) < NEAR_MS)


def test_the_weak_cell_is_found_from_the_overview_in_few_clicks(visit, site_url, weak):
    pack, cell = weak
    page = visit(f"{site_url}/")
    wait_until_drawn(page)
    clicks = 0
    page.get_by_role("link", name=f"Pack {pack} cell {cell}", exact=True).first.click()
    clicks += 1
    page.wait_for_url(re.compile(rf"/cells\?.*pack={pack}&cell={cell}.*tab=critical|tab=critical.*cell={cell}"))
    wait_until_drawn(page)
    said = page.locator("#cells-selected")
    expect(said).to_contain_text(f"pack {pack} cell {cell}")
    expect(said).to_contain_text(re.compile("low capacity", re.IGNORECASE))
    assert clicks <= MOST_CLICKS


def test_the_weak_cell_is_found_by_eye_on_the_heat_map(visit, site_url, weak):
    pack, cell = weak
    page = visit(f"{site_url}/")
    wait_until_drawn(page)
    page.get_by_role("navigation").get_by_role("link", name="Cells", exact=True).click()
    page.get_by_role("tab", name="Cell heatmaps").click()
    wait_until_drawn(page)
    click_cell(page, "cells-heatmap-graph", pack, cell)
    page.locator("#cells-selected").get_by_role("link").click()
    expect(page.get_by_role("tab", name="Critical cells")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel").locator("visible=true")).to_contain_text(f"Pack {pack} cell {cell}")


def test_packs_are_compared_as_the_store_has_them(visit, site_url, sample_settings):
    page = visit(f"{site_url}/cells?tab=comparison")
    wait_until_drawn(page)
    rows = page.locator("#cells-comparison-grid .ag-center-cols-container [role=row]")
    rows.nth(4).wait_for()
    means = [float(rows.nth(at).locator("[col-id=mean_v]").inner_text()) for at in range(2)]

    store = Store.open(sample_settings.store)
    source = next(one.name for one in store.manifest.sources if one.kind == "bess")
    for pack, shown in enumerate(means, start=1):
        names = [f"bms1_p{pack}_v{cell}" for cell in range(1, 53)]
        first, last = query.span(store.series(source, names[0]), None, None)
        stored = query.summary(store, source, names, first, last)["mean"].mean()
        assert shown == pytest.approx(stored, abs=1e-3)
