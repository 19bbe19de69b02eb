"""Zoom is the interface: wheel and keys refine every time chart of a page together, down to single samples."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.drawn import DRAWN_WITHIN_MS, wait_until_drawn

CHARTS = '.ps-graph[id*="time-chart"] .js-plotly-plot'
_RANGES = f"""
() => [...document.querySelectorAll('{CHARTS}')].filter((one) => one.offsetParent !== null && one._fullLayout
  && one._fullLayout.xaxis.type === 'date').map((one) => one._fullLayout.xaxis.range.map((end) => Math.round(
  one._fullLayout.xaxis.r2l(end) / 1000)).join(' '))
"""
_LINES = """
() => [...document.querySelectorAll('.ps-crosshair')].filter((one) => one.style.display === 'block')
  .map((one) => one.style.transform)
"""
_SEVERAL = f"""
() => [...document.querySelectorAll('{CHARTS}')].filter((one) => (one._fullData || []).length).length > 3
"""
_CAPTION = """
() => document.querySelector('.js-plotly-plot').layout.annotations.map((one) => one.text)
  .find((text) => text.includes('coverage'))
"""


def point_at(page, chart):
    """Move the pointer into a chart as a hand does, and return where it is."""
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = chart.bounding_box()
    spot = box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"]
    page.mouse.move(spot[0] - 20, spot[1])
    page.mouse.move(*spot)
    page.wait_for_timeout(200)
    return spot


def test_the_wheel_zooms_all_time_charts_of_a_page_and_going_back_undoes_it(visit, site_url):
    page = visit(f"{site_url}/battery")
    wait_until_drawn(page)
    page.wait_for_function(_SEVERAL, timeout=DRAWN_WITHIN_MS)
    chart = page.locator(CHARTS).nth(2)
    point_at(page, chart)
    lines = page.evaluate(_LINES)
    assert len(lines) > 1
    before = page.evaluate(_RANGES)
    page.mouse.wheel(0, -400)
    page.wait_for_url(re.compile("zoom="))

    ranges = page.evaluate(_RANGES)
    assert len(set(ranges)) == 1
    assert set(ranges) != set(before)
    page.go_back()
    page.wait_for_url(lambda url: "zoom" not in url)


def test_turning_the_wheel_back_where_nothing_is_zoomed_scrolls_the_page(visit, site_url):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    point_at(page, page.locator(CHARTS).first)
    before = page.evaluate("window.scrollY")
    page.mouse.wheel(0, 300)
    page.wait_for_function("(before) => window.scrollY > before", arg=before)

    assert "zoom" not in page.url


def test_keys_zoom_to_single_samples_and_back(visit, site_url):
    page = visit(f"{site_url}/explore")
    wait_until_drawn(page)
    page.locator("main").focus()
    for _ in range(9):
        page.keyboard.press("+")
    page.wait_for_url(re.compile("zoom="))
    page.wait_for_function(f"() => ({_CAPTION})().startsWith('raw')")
    expect(page.get_by_role("button", name=re.compile("Zoomed to"))).to_be_visible()

    page.locator("main").focus()
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "zoom" not in url)
