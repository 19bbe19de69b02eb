"""The address is the view: every control writes to it, and going back brings the view back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.drawn import wait_until_drawn

CHART = ".js-plotly-plot .nsewdrag"


def drag_across(page, left, right):
    box = page.locator(CHART).first.bounding_box()
    page.mouse.move(box["x"] + left * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + right * box["width"], box["y"] + 44, steps=8)
    page.mouse.up()


def test_a_period_is_chosen_and_going_back_undoes_it(visit, site_url):
    page = visit(f"{site_url}/explore")
    wait_until_drawn(page)
    page.get_by_text("7 days", exact=True).click()
    page.wait_for_url(re.compile(r"when=7d"))
    expect(page.get_by_label("7 days", exact=True)).to_be_checked()
    page.get_by_role("link", name="Meter", exact=True).click()
    page.wait_for_url(re.compile(r"/meter\?when=7d"))
    wait_until_drawn(page)
    page.go_back()
    page.go_back()

    page.wait_for_url(re.compile(r"/explore$"))
    expect(page.get_by_label("Complete", exact=True)).to_be_checked()


def test_dragging_across_a_chart_zooms_the_view_and_a_double_click_shows_all_again(visit, site_url):
    page = visit(f"{site_url}/explore")
    wait_until_drawn(page)
    drag_across(page, 0.4, 0.5)
    page.wait_for_url(re.compile(r"zoom=\d{4}-\d\d-\d\dT"))
    expect(page.get_by_role("button", name=re.compile("Zoomed to"))).to_be_visible()
    wait_until_drawn(page)
    shown = page.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range")
    assert shown[0][:10] in page.url

    page.locator(CHART).first.dblclick()
    page.wait_for_url(lambda url: "zoom" not in url)


def test_an_exact_range_begins_where_the_view_is(visit, site_url):
    page = visit(f"{site_url}/meter?when=7d")
    wait_until_drawn(page)
    page.get_by_text("Exact", exact=True).click()
    page.wait_for_url(re.compile(r"when=custom&start="))
    begin = page.get_by_label("From", exact=True)
    expect(begin).to_be_visible()

    begin.fill("2024-10-20T00:00")
    begin.press("Enter")
    page.wait_for_url(re.compile(r"start=2024-10-20T00:00"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_it_is_switched_and_then_stays(visit, site_url, scheme):
    other = {"light": "dark", "dark": "light"}[scheme]
    page = visit(f"{site_url}/explore", scheme=scheme)
    wait_until_drawn(page)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)

    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", other)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", other)


def test_a_signal_is_found_added_and_taken_away(visit, site_url):
    page = visit(f"{site_url}/explore")
    wait_until_drawn(page)
    page.get_by_label("Find a signal").fill("pack 1 cell 3 voltage")
    page.get_by_role("link", name=re.compile("Pack 1 cell 3 voltage")).first.click()
    page.wait_for_url(re.compile(r"signals=[^&]*bms1_p1_v3"))
    page.get_by_role("link", name=re.compile("Pack 1 cell 3 voltage.*Remove")).click()

    page.wait_for_url(lambda url: "signals" not in url)


def test_what_a_number_rests_on_is_one_click_away(visit, site_url):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    page.get_by_label("What this rests on: Import").first.click()
    expect(page.get_by_text("Sum of the import counter's steps at raw resolution").first).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_text("Sum of the import counter's steps at raw resolution").first).to_be_hidden()
