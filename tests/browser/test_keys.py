"""Keys alone: every stop is seen, follows the order of reading and lets go; samples are reached by them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.drawn import figures, wait_until_drawn
from tests.browser.journeys import level_of, wait_for_level
from tests.browser.server import metas

PATHS = [meta.path for meta in metas()]
MOST_STOPS = 400
"""More than any page has: a walk that is longer is caught in a trap [1]."""
_STOP = """
() => {
  const own = document.activeElement;
  if (!own || own === document.body || own.id === 'seen-last') return null;
  const look = (one) => {
    const style = getComputedStyle(one);
    const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return [outline ? style.outlineStyle + style.outlineWidth + style.outlineColor : '', style.boxShadow,
      style.borderColor + style.borderWidth].join('|');
  };
  const shown = own.matches('.btn-check') ? document.querySelector(`label[for="${CSS.escape(own.id)}"]`) : own;
  const box = shown.getBoundingClientRect();
  const focused = look(shown);
  const name = [own.tagName, own.id, own.getAttribute('aria-label') || own.textContent.trim().slice(0, 40)].join(' ');
  const before = window.stopBefore;
  const follows = !before || !before.isConnected || own.closest('.ag-root') !== null
    || Boolean(before.compareDocumentPosition(own) & Node.DOCUMENT_POSITION_FOLLOWING);
  window.stopBefore = own;
  own.blur();
  const bare = look(shown);
  own.focus();
  return { name, seen: focused !== bare && box.width > 0 && box.height > 0, follows, trapped: own === before };
}
"""


def stops_of(page) -> list[dict]:
    """Walk a page by Tab from its beginning to its end."""
    found = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None:
            break
        found.append(stop)
    return found


@pytest.mark.parametrize("path", [*PATHS, "/cells?tab=critical"])
def test_every_stop_is_seen_in_the_order_of_reading_and_none_is_a_trap(visit, site_url, path):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    stops = stops_of(page)

    assert len(stops) > len(PATHS)
    assert len(stops) < MOST_STOPS
    assert [one["name"] for one in stops if not one["seen"]] == []
    assert [one["name"] for one in stops if not one["follows"]] == []
    assert [one["name"] for one in stops if one["trapped"]] == []


def test_raw_samples_are_reached_from_the_overview_by_keys_alone(visit, site_url):
    page = visit(f"{site_url}/")
    wait_until_drawn(page)
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.closest('.ag-header-cell') !== null"):
            break
    page.keyboard.press("ArrowDown")
    for _ in range(4):
        if page.evaluate("() => document.activeElement.querySelector('a') !== null"):
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cells\?.*cell=\d+"))
    wait_until_drawn(page)
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url(re.compile("/explore"))
    wait_until_drawn(page)
    for _ in range(12):
        if level_of(page).startswith("raw"):
            break
        page.keyboard.press("+")
        page.wait_for_load_state("networkidle")
    wait_for_level(page, "raw")

    assert sum(trace["points"] for one in figures(page) for trace in one["traces"]) > 1


@pytest.mark.parametrize("keys", [("?",), ()])
def test_the_help_gives_the_focus_back(visit, site_url, keys):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    opener = page.get_by_role("button", name="Help and keys")
    opener.focus()
    page.keyboard.press("?" if keys else "Enter")
    dialog = page.get_by_role("dialog", name="Help and keys")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.activeElement === document.body || document.activeElement.closest('dialog[open]') !== null"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_mark_gives_the_focus_back(visit, site_url):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    mark = page.locator("main details.ps-mark:visible summary").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details.ps-mark[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("details.ps-mark[open]")).to_have_count(0)
    expect(mark).to_be_focused()
