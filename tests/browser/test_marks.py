"""No number without what it rests on: every page is walked, and every shown number finds its mark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.drawn import wait_until_drawn
from tests.browser.server import metas
from tests.browser.test_pages import TABS, open_tab

PATHS = [meta.path for meta in metas()]
_NUMBERS = """
() => {
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const notSaid = 'svg, .js-plotly-plot, .ps-mark, .ps-term, button, select, label, code, input, [role=tab],'
    + ' .ps-export, .ps-note, .ps-pill, .ps-found, .ps-selected, h1, h2, .ag-header, .ps-state';
  const container = '.ps-kpi, .ps-answer, tr, article, section, .ps-partial';
  const found = [];
  for (let node; (node = walker.nextNode()); ) {
    const own = node.parentElement;
    if (!/\\d/.test(node.textContent) || !own.offsetParent || own.closest(notSaid)) continue;
    let held = own.closest(container);
    while (held && !held.querySelector('.ps-mark')) held = held.parentElement.closest(container);
    found.push([node.textContent.trim().slice(0, 80), held !== null]);
  }
  return found;
}
"""


def unmarked(page) -> list[str]:
    """List the numbers on the screen that no mark stands by; see that there are numbers at all."""
    page.wait_for_load_state("networkidle")
    found = page.evaluate(_NUMBERS)
    assert found
    return [words for words, marked in found if not marked]


@pytest.mark.parametrize("path", PATHS)
def test_every_number_of_a_page_has_a_mark(visit, site_url, path):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    assert unmarked(page) == []


def test_every_number_of_the_cell_analyser_has_a_mark(visit, site_url):
    page = visit(f"{site_url}/cells")
    wait_until_drawn(page)
    for name in TABS:
        open_tab(page, name)
        wait_until_drawn(page)
        assert unmarked(page) == []


@pytest.mark.parametrize("path", [*PATHS, "/cells?tab=critical"])
def test_every_kind_of_mark_answers_when_it_is_opened(visit, site_url, path):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    kinds = {}
    for mark in page.locator("main details.ps-mark:visible").all():
        kinds.setdefault((mark.get_attribute("data-question"), mark.get_attribute("data-source")), mark)
    assert kinds
    for mark in kinds.values():
        mark.locator("summary").click()
        expect(mark.locator("dt", has_text="Files").first).to_be_visible()
        expect(mark.locator("dt", has_text="Rule").first).to_be_visible()
        page.keyboard.press("Escape")
