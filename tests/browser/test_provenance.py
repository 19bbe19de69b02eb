"""What a number rests on is one click, or one key, away; and the report is whole."""

from __future__ import annotations

import re

import pytest

from tests.browser.drawn import wait_until_drawn


@pytest.mark.parametrize("path", ["/", "/meter", "/battery", "/cells"])
def test_every_key_figure_says_what_it_rests_on(visit, site_url, path):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    page.locator(".ps-kpi").first.wait_for()
    figures, marks = page.locator(".ps-kpi"), page.locator(".ps-kpi [aria-label^='What this rests on']")

    assert marks.count() == figures.count() > 0
    marks.first.click()
    told = page.locator("details.ps-mark[open] dl")
    for label in ("Build", "Files"):  # what the page knows, and what it asks for
        told.locator("dt", has_text=label).wait_for()
    said = told.inner_text().lower()
    assert all(label in said for label in ("rule", "files", "rows", "left out", "period"))
    box = told.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440


def test_a_charts_mark_names_its_signals_files(visit, site_url):
    page = visit(f"{site_url}/meter?meter=m1")
    wait_until_drawn(page)
    chart = page.locator(".ps-chart[aria-label^='Active power']")
    chart.locator("[aria-label^='What this rests on']").click()
    told = chart.locator("dl")
    told.locator("dt", has_text="Files").wait_for()

    assert "com_ap.csv, pf.csv" in told.inner_text()


def test_a_mark_opens_and_closes_by_the_keyboard(visit, site_url):
    page = visit(f"{site_url}/battery")
    page.locator(".ps-kpi").first.wait_for()
    mark = page.locator(".ps-kpi [aria-label^='What this rests on']").first
    mark.focus()
    page.keyboard.press("Enter")
    page.locator("details.ps-mark[open] > [aria-expanded=true]").wait_for()
    page.keyboard.press("Escape")
    page.locator("details.ps-mark[open]").wait_for(state="detached")


def test_the_report_of_a_system_is_a_click_away(visit, site_url):
    page = visit(f"{site_url}/battery?when=7d")
    link = page.locator("a.ps-report", has_text="Report")
    link.wait_for()
    with page.expect_popup() as popup:
        link.click()
    report = popup.value
    report.wait_for_load_state()

    assert report.locator("h1").inner_text() == re.search(r"/report/(.+)\.html", report.url)[1]
    assert report.locator("h2", has_text="What these numbers rest on").count() == 1
    assert report.locator("svg").count() >= 3
    assert not report.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
