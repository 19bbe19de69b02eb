"""What opens over a page shuts nobody out either; and while a chart is refined, its axis goes one way only."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.drawn import DRAWN_WITHIN_MS, wait_until_drawn
from tests.browser.journeys import TIME_CHART, drag
from tests.browser.test_pages import serious_offences

STOPS = ("/cells?tab=critical", "/cells?tab=heatmaps", "/meter", "/quality")
PHONE_PX = 390
WHOLE_S = 1
"""The address names whole seconds [s]."""
_WATCH = """
(chart) => {
  window.seenRanges = [];
  const look = () => {
    const axis = document.querySelector(chart)?._fullLayout?.xaxis;
    const said = axis ? axis.range.map((end) => Math.round(axis.r2l(end) / 1000)).join(' ') : 'none';
    if (window.seenRanges.at(-1) !== said) window.seenRanges.push(said);
    window.requestAnimationFrame(look);
  };
  look();
}
"""


def test_what_is_open_over_a_page_shuts_nobody_out(visit, site_url):
    page = visit(f"{site_url}/meter", width=PHONE_PX, scheme="dark")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    for opener in (
        "main details.ps-mark:visible summary",
        "main details.ps-term:visible summary",
        ".ps-export > summary",
    ):
        page.locator(opener).first.click()
        assert serious_offences(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("details[open]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_PX


@pytest.mark.parametrize(("language", "forth", "done"), [("en", "Next", "Done"), ("de", "Weiter", "Fertig")])
def test_the_tour_is_taken_by_keys_alone_and_shuts_nobody_out(visit, site_url, language, forth, done):
    page = visit(f"{site_url}/", width=PHONE_PX, scheme="dark")
    wait_until_drawn(page)
    page.get_by_label("Language").select_option(language)
    page.wait_for_function("(wanted) => document.documentElement.lang === wanted", arg=language)
    wait_until_drawn(page)
    page.locator("#tour-take").focus()
    page.keyboard.press("Enter")
    tour = page.get_by_role("complementary", name="Tour")
    expect(tour).to_be_focused()
    assert serious_offences(page) == []
    for path in STOPS:
        tour.get_by_role("button", name=forth).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site_url}{path}")
        expect(tour).to_be_focused()
    tour.get_by_role("button", name=done).focus()
    page.keyboard.press("Enter")
    expect(tour).to_be_hidden()
    expect(page.locator("main")).to_be_focused()


def test_the_tour_is_left_by_escape(visit, site_url):
    page = visit(f"{site_url}/")
    wait_until_drawn(page)
    page.locator("#tour-take").click()
    page.keyboard.press("Escape")

    expect(page.get_by_role("complementary", name="Tour")).to_be_hidden()
    expect(page.locator("main")).to_be_focused()


def test_while_a_chart_is_refined_its_axis_never_jumps(visit, site_url):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    page.locator(TIME_CHART).first.scroll_into_view_if_needed()
    page.evaluate(_WATCH, TIME_CHART)
    for _ in range(2):
        drag(page, 0.4, 0.5)
        page.wait_for_url(re.compile("zoom="))
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
    page.wait_for_function("() => window.seenRanges.length > 1", timeout=DRAWN_WITHIN_MS)
    spans = [[int(end) for end in said.split()] for said in page.evaluate("window.seenRanges")]

    assert spans[-1][1] - spans[-1][0] < 0.02 * (spans[0][1] - spans[0][0])
    assert all(
        later[0] >= earlier[0] - WHOLE_S and later[1] <= earlier[1] + WHOLE_S for earlier, later in pairwise(spans)
    )
