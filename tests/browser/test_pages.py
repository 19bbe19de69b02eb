"""Every page and tab in a real browser: its figure drawn, nothing wrong on the console, no other machine asked."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.drawn import figures, points_of, wait_until_drawn
from tests.browser.server import metas

TABS = ("Overview", "Pack comparison", "3D pack view", "Cell heatmaps", "Critical cells")
PATHS = {meta.name: meta.path for meta in metas()}
SERIOUS = ("serious", "critical")
SETTLE_TRIES, SETTLE_MS = 3, 2_000
"""A table lays out its head a moment after it has its rows; it is looked at again before it counts [1, ms]."""
SCREENS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]


def open_tab(page, name):
    tab = page.get_by_role("tab", name=name, exact=True)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def serious_offences(page):
    """List what axe finds that keeps somebody from using the page, once all of it was looked at and came to rest."""
    for at in range(0, page.evaluate("document.documentElement.scrollHeight"), 600):
        page.evaluate("at => window.scrollTo(0, at)", at)
        page.wait_for_timeout(150)
    offences = _serious(page)
    for _ in range(SETTLE_TRIES):
        if not offences:
            break
        page.wait_for_timeout(SETTLE_MS)
        offences = _serious(page)
    return offences


def _serious(page):
    return [
        f"{offence['id']}: {node['html'][:120]}"
        for offence in Axe().run(page).response["violations"]
        if offence["impact"] in SERIOUS
        for node in offence["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("name", PATHS)
def test_every_page_draws_its_figures_fits_the_screen_and_shuts_nobody_out(visit, site_url, name, width, scheme):
    page = visit(f"{site_url}{PATHS[name]}", width=width, scheme=scheme)

    drawn = wait_until_drawn(page)

    assert sum(trace["points"] for one in drawn for trace in one["traces"]) > 10
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_text(re.compile("sample site", re.IGNORECASE)).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_offences(page) == []


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_tab_of_the_cell_analyser_draws_its_figures(visit, site_url, width, scheme):
    page = visit(f"{site_url}{PATHS['Cells']}", width=width, scheme=scheme)
    wait_until_drawn(page)

    assert [tab.inner_text().strip() for tab in page.get_by_role("tab").all()][: len(TABS)] == list(TABS)
    for name in TABS:
        open_tab(page, name)
        wait_until_drawn(page)
        if name == "3D pack view":
            expect(page.locator(".gl-container canvas").first).to_be_visible()
            assert points_of(page, "surface") > 52 * 10
        assert serious_offences(page) == []


def test_pages_are_reached_by_the_rail_and_keep_what_is_shown(visit, site_url):
    page = visit(f"{site_url}/")
    wait_until_drawn(page)

    for name, path in PATHS.items():
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_url(re.compile(f"{re.escape(path)}([?].*)?$"))
        wait_until_drawn(page)


@pytest.mark.parametrize("name", PATHS)
def test_without_a_store_every_page_says_what_to_do(visit, empty_url, name):
    page = visit(f"{empty_url}{PATHS[name]}")

    expect(page.get_by_role("main")).to_contain_text(re.compile("build", re.IGNORECASE))
    assert figures(page) == []
