"""Keyboard, phone, tablet; a cell picked anywhere; two tabs; another language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.drawn import wait_until_drawn
from tests.browser.journeys import asked, drag, fits, framed, lines_of, values_of
from tests.browser.server import metas
from tests.browser.test_pages import TABS, open_tab, serious_offences

LEAST_CHART_PX = 240
"""Height below which a chart on a phone is no use [px]."""
PATHS = [meta.path for meta in metas()]
TABBED = [f"/cells?tab={key}" for key in ("comparison", "surface", "heatmaps", "critical")]

_SMALL = f"""
() => [...document.querySelectorAll('.ps-graph[id*="time-chart"]:not([id*="alarms"])')]
  .filter((one) => one.offsetParent !== null)
  .map((one) => one.getBoundingClientRect().height).filter((height) => height < {LEAST_CHART_PX})
"""
_BEYOND = """
() => [...document.querySelectorAll('main h1, main h2, main button, main .ps-kpi, main .ps-chart, .ps-top button')]
  .filter((one) => one.offsetParent !== null && !one.closest('.ps-wide, .ps-table, .ps-segments, [role=tablist],'
    + ' [role=radiogroup], .btn-group, #when'))
  .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1 || one.getBoundingClientRect().left < -1)
  .map((one) => one.outerHTML.slice(0, 120))
"""
_POINT = """
([pack, cell]) => {
  const plot = document.querySelector('#cells-spread-graph .js-plotly-plot');
  for (const trace of plot._fullData) {
    const at = (trace.customdata || []).findIndex((one) => one && one[0] === pack && one[1] === cell);
    if (at >= 0) {
      const box = plot.getBoundingClientRect(), { xaxis, yaxis } = plot._fullLayout;
      return [box.x + xaxis._offset + xaxis.d2p(trace.x[at]), box.y + yaxis._offset + yaxis.d2p(trace.y[at])];
    }
  }
  return null;
}
"""


@pytest.mark.parametrize("path", PATHS + TABBED)
def test_a_phone_shows_everything_essential(visit, site_url, path):
    page = visit(f"{site_url}{path}", width=390)
    wait_until_drawn(page)

    assert fits(page)
    assert page.evaluate(_SMALL) == []
    assert page.evaluate(_BEYOND) == []
    bar = page.get_by_role("navigation").first
    box = bar.bounding_box()
    assert box["y"] + box["height"] == pytest.approx(900, abs=1)
    assert bar.get_by_role("link").count() == len(PATHS)


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("path", PATHS + TABBED)
def test_every_view_fits_every_screen_and_shuts_nobody_out(visit, site_url, path, width, scheme):
    page = visit(f"{site_url}{path}", width=width, scheme=scheme)
    wait_until_drawn(page)

    assert fits(page)
    assert page.evaluate(_BEYOND) == []
    assert serious_offences(page) == []


def test_the_dashboard_is_used_by_keys_alone(visit, site_url):
    page = visit(f"{site_url}/cells?tab=comparison")
    wait_until_drawn(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('nav') !== null")

    tab = page.get_by_role("tab", name=TABS[1], exact=True)
    tab.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name=TABS[-1], exact=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(tab).to_have_attribute("aria-selected", "true")
    wait_until_drawn(page)

    menu = page.locator(".ps-export:visible > summary").first
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-export=csv]:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("[data-export=csv]:visible")).to_have_count(0)
    expect(menu).to_be_focused()

    head = page.locator("#cells-comparison-grid .ag-header-cell[col-id=mean_v]")
    head.scroll_into_view_if_needed()
    head.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.ag-row, .ag-row-pinned, [role=row]') !== null")


def test_a_critical_cell_is_picked_by_keys_alone(visit, site_url):
    page = visit(f"{site_url}/cells?tab=critical")
    wait_until_drawn(page)
    head = page.locator("#cells-critical-grid .ag-header-cell").first
    head.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#cells-critical-grid .ag-cell-focus")).to_be_focused()
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("cell="))
    picked = asked(page)

    expect(page.locator("#cells-selected")).to_contain_text(f"pack {picked['pack']} cell {picked['cell']}")


def test_a_cell_picked_on_any_view_is_selected_on_all(visit, site_url):
    page = visit(f"{site_url}/cells?tab=comparison")
    wait_until_drawn(page)
    page.locator("#cells-spread-graph").scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(_POINT, [3, 20]))
    page.wait_for_url(re.compile("cell=20"))
    said = page.locator("#cells-selected")
    expect(said).to_contain_text("pack 3 cell 20")

    for name in TABS[2:]:
        open_tab(page, name)
        wait_until_drawn(page)
        expect(said).to_contain_text("pack 3 cell 20")
        assert (asked(page)["pack"], asked(page)["cell"]) == ("3", "20")
        if name == "Cell heatmaps":
            page.wait_for_function(
                "() => document.querySelector('#cells-heatmap-graph .js-plotly-plot')?.layout.shapes"
            )
            assert framed(page, "cells-heatmap-graph") == [[20, 3]]

    row = page.locator("#cells-critical-grid .ag-center-cols-container [role=row], .ps-table [role=row][row-index='0']")
    row.filter(visible=True).first.click()
    page.wait_for_function("() => !location.search.includes('cell=20')")
    expect(said).not_to_contain_text("pack 3 cell 20")


def test_two_tabs_do_not_disturb_each_other(visit, site_url):
    one = visit(f"{site_url}/meter?meter=m1&when=7d")
    wait_until_drawn(one)
    other = one.context.new_page()
    other.goto(f"{site_url}/meter?meter=m3&when=1d")
    wait_until_drawn(other)
    one.wait_for_load_state("networkidle")
    kept, address = lines_of(one), one.url
    drag(other, 0.3, 0.6)
    other.wait_for_url(re.compile("zoom="))
    other.get_by_role("button", name="Switch between light and dark").click()
    other.wait_for_load_state("networkidle")

    assert one.url == address
    assert lines_of(one) == kept
    expect(one.get_by_label("7 days", exact=True)).to_be_checked()
    assert lines_of(other) != kept


def test_german_keeps_the_view(visit, site_url):
    page = visit(f"{site_url}/cells?tab=heatmaps&metric=voltage&pack=2&cell=17&when=1m")
    wait_until_drawn(page)
    address, values = page.url, values_of(page, "cells-heatmap-graph")
    page.get_by_label("Language").select_option("de")
    page.wait_for_function("() => document.documentElement.lang === 'de'")
    wait_until_drawn(page)

    assert page.url == address
    expect(page.locator("#cells-selected")).to_contain_text(re.compile("Zelle 17"))
    expect(page.get_by_role("navigation").first).to_contain_text("Datenqualität")
    page.wait_for_load_state("networkidle")
    assert values_of(page, "cells-heatmap-graph") == values
    assert page.locator("#when").get_by_text("30 Tage", exact=True).count() == 1


def test_who_wants_no_motion_gets_none_and_the_map_still_plays(visit, site_url):
    page = visit(f"{site_url}/cells?tab=heatmaps")
    wait_until_drawn(page)
    page.get_by_role("button", name="Play", exact=True).wait_for()
    moving = page.evaluate(
        "() => [...document.querySelectorAll('main *')].filter((one) => {"
        " const style = getComputedStyle(one);"
        " return parseFloat(style.animationDuration) > 0.1 && style.animationName !== 'none' && one.offsetParent; })"
        ".map((one) => one.className)"
    )
    assert moving == []
    slider = page.get_by_role("slider", name="Frame")
    slider.focus()
    page.keyboard.press("Home")
    assert slider.input_value() == "0"
    before = values_of(page, "cells-frames-graph")
    page.keyboard.press("ArrowRight")
    assert values_of(page, "cells-frames-graph") != before
