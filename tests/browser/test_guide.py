"""Help in place: terms explained, keys answered, the tour taken, all without a mouse."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.drawn import wait_until_drawn
from tests.browser.test_pages import serious_offences


def test_a_dashboard_is_walked_by_keys_alone(visit, site_url):
    page = visit(f"{site_url}/")
    wait_until_drawn(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url(re.compile("/cells"))
    wait_until_drawn(page)
    page.get_by_role("tab", name="Overview", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("tab=comparison"))
    expect(page.get_by_role("tab", name="Pack comparison")).to_be_focused()
    expect(page.get_by_role("tab", name="Pack comparison")).to_have_attribute("aria-selected", "true")


def test_help_lists_keys_and_the_pages_terms_and_closes_by_escape(visit, site_url):
    page = visit(f"{site_url}/battery")
    wait_until_drawn(page)
    page.locator("details.ps-term").first.wait_for()
    page.locator("main").focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Help and keys")
    expect(dialog).to_be_visible()
    assert page.locator("#help-terms dt").count() > 2
    assert serious_offences(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_term_is_explained_where_it_stands(visit, site_url):
    page = visit(f"{site_url}/battery")
    wait_until_drawn(page)
    mark = page.locator("details.ps-term").first
    mark.locator("summary").click()
    expect(mark.locator("p")).to_be_visible()
    page.keyboard.press("Escape")
    expect(mark.locator("p")).to_be_hidden()


def test_the_tour_is_offered_once_and_leads_over_the_pages(visit, site_url):
    page = visit(f"{site_url}/")
    wait_until_drawn(page)
    page.locator("#tour-offer").get_by_role("button", name="Take the tour").click()
    tour = page.get_by_role("complementary", name="Tour")
    for path in ("/cells?tab=critical", "/cells?tab=heatmaps", "/meter", "/quality"):
        tour.get_by_role("button", name="Next").click()
        page.wait_for_url(f"{site_url}{path}")
    tour.get_by_role("button", name="Done").click()
    expect(tour).to_be_hidden()

    page.reload()
    wait_until_drawn(page)
    page.wait_for_timeout(2_500)
    expect(page.locator("#tour-offer")).to_be_hidden()
