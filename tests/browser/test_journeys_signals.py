"""Signals found by typing, laid over each other, summed up over what is seen, and kept in the address; cells picked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app import query
from app.store import Store
from pipeline.contract import RAW_LEVEL
from tests.browser.drawn import wait_until_drawn
from tests.browser.journeys import asked, drag, framed, lines_of, range_of, wait_for_range
from tests.browser.test_pages import open_tab

DAY_MS = 86_400_000
_AXES = """
() => new Set(document.querySelector('.js-plotly-plot')._fullData.filter((one) => one.visible === true)
  .map((one) => one.yaxis)).size
"""
_PICK_ON_SURFACE = """
(cell) => {
  const plot = document.querySelector('#cells-surface-graph .js-plotly-plot');
  const at = plot._fullData.findIndex((one) => one.type === 'surface');
  const trace = plot._fullData[at];
  plot.emit('plotly_click', { points: [{ curveNumber: at, data: plot.data[at], x: cell, y: trace.y[0], z: 0 }] });
}
"""
"""The chart library's own event of a click: what lies under the pointer differs from one renderer to another."""


def test_signals_are_found_by_typing_and_laid_over_each_other_by_unit_or_apart(visit, site_url):
    page = visit(f"{site_url}/explore?signals=m1:com_ap&when=7d")
    wait_until_drawn(page)
    for words, label in (("m2 active power", "m2\\s*Active power"), ("m1 power factor", "m1\\s*Power factor")):
        page.get_by_label("Find a signal").fill(words)
        found = page.locator(".ps-pill:not(.ps-pill-on)", has_text=re.compile(label)).first
        before = page.url
        found.click()
        page.wait_for_url(lambda url, before=before: url != before)
        wait_until_drawn(page)
    assert len(asked(page)["signals"].split(",")) == 3
    assert page.evaluate(_AXES) == 2
    page.get_by_text("One axis a signal", exact=True).click()
    page.wait_for_url(re.compile("axes=own"))
    page.wait_for_function(f"() => ({_AXES})() === 3")

    page.reload()
    wait_until_drawn(page)
    assert page.evaluate(_AXES) == 3
    assert page.locator(".ps-pill-on").count() == 3
    other = visit(page.url)
    wait_until_drawn(other)
    other.wait_for_load_state("networkidle")
    page.wait_for_load_state("networkidle")
    assert lines_of(other) == lines_of(page)


def test_the_statistics_are_those_of_what_is_seen(visit, site_url, sample_settings):
    page = visit(f"{site_url}/explore?signals=m1:com_ap&when=7d", width=2600)
    wait_until_drawn(page)
    whole = range_of(page)
    cells = page.locator(".ag-center-cols-container [role=row]").first
    before = cells.locator("[col-id=readings]").inner_text()
    drag(page, 0.3, 0.6)
    page.wait_for_url(re.compile("zoom="))
    wait_for_range(page, lambda start, end: end - start < 0.5 * (whole[1] - whole[0]))
    expect(cells.locator("[col-id=readings]")).not_to_have_text(before)
    page.wait_for_load_state("networkidle")

    store = Store.open(sample_settings.store)
    line = page.evaluate("() => document.querySelector('.js-plotly-plot').layout.meta.lines[0]")
    start, end = page.evaluate("([from, to]) => [Date.parse(from), Date.parse(to)]", [line["start"], line["end"]])
    values = store.read("m1", ["com_ap"], RAW_LEVEL, (), int(start), int(end))["com_ap"].drop_nulls()
    said = {
        name: float(cells.locator(f"[col-id={name}]").inner_text().replace("\u202f", "").replace("−", "-"))
        for name in ("mean", "min", "max", "readings")
    }
    assert said["readings"] == len(values)
    assert said["min"] == pytest.approx(values.min(), abs=6e-4)
    assert said["max"] == pytest.approx(values.max(), abs=6e-4)
    assert said["mean"] == pytest.approx(values.mean(), abs=6e-4)
    assert query.span(store.series("m1", "com_ap"), None, None)[0] <= start < end


def test_a_point_of_the_surface_and_a_row_of_the_table_are_the_selection_everywhere(visit, site_url):
    page = visit(f"{site_url}/cells?tab=surface&pack=3")
    wait_until_drawn(page)
    pack, cell = 3, 20
    page.evaluate(_PICK_ON_SURFACE, cell)
    page.wait_for_url(re.compile(rf"cell={cell}\b"))
    expect(page.locator("#cells-selected")).to_contain_text(f"pack {pack} cell {cell}")
    open_tab(page, "Cell heatmaps")
    wait_until_drawn(page)
    page.wait_for_function(
        "() => document.querySelector('#cells-heatmap-graph .js-plotly-plot')?.layout.shapes?.length"
    )
    assert framed(page, "cells-heatmap-graph") == [[cell, pack]]

    open_tab(page, "Critical cells")
    wait_until_drawn(page)
    row = page.locator("#cells-critical-grid .ag-center-cols-container [role=row]").first
    picked = [int(row.locator(f"[col-id={name}]").inner_text()) for name in ("pack", "cell")]
    row.click()
    page.wait_for_url(re.compile(rf"pack={picked[0]}\b.*cell={picked[1]}\b|cell={picked[1]}\b.*pack={picked[0]}\b"))
    open_tab(page, "Cell heatmaps")
    wait_until_drawn(page)
    page.wait_for_function(
        "([cell, pack]) => (document.querySelector('#cells-heatmap-graph .js-plotly-plot')?.layout.shapes || [])"
        ".some((one) => one.name === 'selected' && (one.x0 + one.x1) / 2 === cell && (one.y0 + one.y1) / 2 === pack)",
        arg=[picked[1], picked[0]],
    )
    expect(page.locator("#cells-selected")).to_contain_text(f"pack {picked[0]} cell {picked[1]}")


@pytest.mark.parametrize("path", ["/", "/meter", "/compare", "/explore"])
def test_presets_and_zoom_reach_every_page_and_are_reset(visit, site_url, path):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    chart = '.ps-graph[id*="time-chart"] .js-plotly-plot'
    page.locator(chart).first.wait_for(state="attached")
    page.locator(chart).first.scroll_into_view_if_needed()
    wait_until_drawn(page)
    whole = range_of(page)
    page.get_by_text("7 days", exact=True).click()
    page.wait_for_url(re.compile("when=7d"))
    wait_for_range(page, lambda start, end: end - start < min(8.5 * DAY_MS, whole[1] - whole[0]))
    page.wait_for_load_state("networkidle")
    before = range_of(page)
    drag(page, 0.3, 0.5)
    page.wait_for_url(re.compile("zoom="))
    wait_for_range(page, lambda start, end: end - start < 0.5 * (before[1] - before[0]))
    page.get_by_role("button", name=re.compile("Zoomed to")).click()
    page.wait_for_url(lambda url: "zoom" not in url)
    wait_for_range(page, lambda start, end: abs(end - start - before[1] + before[0]) < 2_000)
