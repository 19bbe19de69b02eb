"""What a visit costs: bytes beside the static files, WebGL contexts, and memory over many page changes."""

from __future__ import annotations

import pytest

from tests.browser.drawn import wait_until_drawn
from tests.browser.server import metas
from tests.browser.test_pages import TABS, open_tab

MOST_BYTES = 200_000
"""Compressed, beside the static files, for any view [B]."""
MOST_CONTEXTS = 16
"""WebGL contexts that Chromium keeps on one page."""
WARM_UP = 14
"""Page changes until every page has been open twice: what is kept once for each is there by then."""
SETTLED_MS = 500
"""Time in which a page lets go of what the one before it held [ms]."""
MOST_GROWTH = 1.25
"""Memory after all page changes over memory after the first ones [1]."""
PATHS = [meta.path for meta in metas()] + [
    f"/cells?tab={key}" for key in ("comparison", "surface", "heatmaps", "critical")
]
_COUNT_CONTEXTS = """
window.benchContexts = [];
const asked = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const context = asked.call(this, kind, ...rest);
  if (context && String(kind).includes('webgl') && !window.benchContexts.includes(context)) {
    window.benchContexts.push(context);
  }
  return context;
};
"""
_EDGES = """() => [...document.querySelectorAll('[id*="time-chart"] .js-plotly-plot')]
  .filter((plot) => plot.offsetParent && plot._fullLayout && plot._fullLayout.height > 100)
  .flatMap(({ _fullLayout: { margin, _size } }) => ['l', 'r', 't', 'b'].map((edge) => [margin[edge], _size[edge]]))"""
"""Room that time charts have at each edge, and what Plotly takes: where it takes more, it draws them twice [px]."""
_OPACITY = """() => {
  const waiting = document.querySelector('.ps-graph[data-dash-is-loading=true]');
  return waiting && getComputedStyle(waiting).opacity;
}"""
_NOTE_DRAWN = """
window.benchDrawnAt = {};
const sent = window.fetch.bind(window);
window.fetch = function (resource, options) {
  if (options && options.body && String(resource).includes('/_dash-update-component')) {
    const drawn = document.querySelector('.js-plotly-plot .main-svg') !== null;
    window.benchDrawnAt[JSON.parse(options.body).output] = drawn;
  }
  return sent(resource, options);
};
"""
_SLOW = """
const asked = window.fetch.bind(window);
window.fetch = (...said) => new Promise((go) => setTimeout(go, window.benchDelay || 0)).then(() => asked(...said));
"""
_CLICK_AND_LOOK = f"""() => new Promise((resolve) => {{
  const look = () => (({_OPACITY})() ? resolve(({_OPACITY})()) : setTimeout(look, 5));
  [...document.querySelectorAll('#when label')].find((one) => one.textContent.trim() === '7 days').click();
  look();
}})"""


@pytest.mark.parametrize("path", PATHS)
def test_a_view_sends_little_beside_the_static_files(visit, site_url, path):
    page = visit("about:blank")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    paths: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.responseReceived", lambda said: paths.update({said["requestId"]: said["response"]["url"]}))
    wire.on("Network.loadingFinished", lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}))
    page.goto(f"{site_url}{path}")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")

    moving = [one for one, url in paths.items() if "/_dash-component-suites/" not in url and "/assets/" not in url]
    assert 0 < sum(sizes.get(one, 0) for one in moving) <= MOST_BYTES


@pytest.mark.parametrize("path", ["/", "/meter", "/explore", "/compare"])
@pytest.mark.parametrize("when", ["complete", "7d"])
def test_time_charts_are_drawn_once(visit, site_url, path, when):
    page = visit(f"{site_url}{path}?when={when}")
    wait_until_drawn(page)

    assert page.evaluate(_EDGES)
    assert page.evaluate(f"() => ({_EDGES})().filter(([given, needed]) => given !== needed)") == []


def test_webgl_contexts_are_given_back(visit, site_url):
    page = visit("about:blank")
    page.add_init_script(_COUNT_CONTEXTS)
    page.goto(f"{site_url}/cells?tab=surface")
    for _ in range(4):
        wait_until_drawn(page)
        for name in (TABS[0], TABS[2]):
            open_tab(page, name)
        page.get_by_role("navigation").get_by_role("link", name="Meter", exact=True).first.click()
        wait_until_drawn(page)
        page.go_back()

    held = page.evaluate("() => window.benchContexts.filter((one) => !one.isContextLost()).length")
    assert 0 < held <= MOST_CONTEXTS


def test_a_click_fetches_answers_and_no_file_anew(visit, site_url):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_text("7 days", exact=True).first.click()
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")

    assert asked
    assert [url for url in asked if "/_dash-update-component" not in url and "/api/" not in url] == []


def asked_for(page, act) -> list[list[str]]:
    """List which outputs the browser asks for, request by request, from an action until everything is there."""
    asked: list[list[str]] = []

    def note(request) -> None:
        if "/_dash-update-component" in request.url:
            asked.append(request.post_data_json["output"].strip(".").split("..."))

    page.on("request", note)
    act()
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    page.remove_listener("request", note)
    return asked


def test_another_period_does_not_ask_again_for_what_is_said_of_the_whole_history(visit, site_url):
    page = visit("about:blank")
    opened = asked_for(page, lambda: page.goto(f"{site_url}/battery"))
    clicked = asked_for(page, page.get_by_text("7 days", exact=True).first.click)

    whole = {"battery-capacity.figure", "battery-leaks.figure", "battery-heat.figure", "battery-charges.figure"}
    assert whole <= {name for names in opened for name in names}
    assert {"battery-energy.figure", "battery-ledger.figure"} <= {name for names in clicked for name in names}
    assert whole & {name for names in clicked for name in names} == set()


def test_what_lies_below_is_asked_for_after_the_first_chart(visit, site_url):
    page = visit(f"{site_url}/meter")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    order = [names[0] for names in asked_for(page, page.get_by_text("7 days", exact=True).first.click)]

    assert order.index("meter-duration.figure") > next(at for at, name in enumerate(order) if "meter-power" in name)


def test_a_page_opens_with_its_first_chart_and_asks_for_the_rest_then(visit, site_url):
    page = visit("about:blank")
    page.add_init_script(_NOTE_DRAWN)
    page.goto(f"{site_url}/meter")
    wait_until_drawn(page)

    assert page.evaluate("() => window.benchDrawnAt['meter-duration.figure']") is True


def test_only_what_is_late_dims(visit, site_url):
    page = visit("about:blank")
    page.add_init_script(_SLOW)
    page.goto(f"{site_url}/explore")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => (window.benchDelay = 1500)")
    at_once = page.evaluate(_CLICK_AND_LOOK)
    page.wait_for_function("() => document.documentElement.classList.contains('ps-late')")
    late = page.evaluate(f"() => ({_OPACITY})()")
    page.wait_for_function("() => !document.documentElement.classList.contains('ps-late')")

    assert (at_once, late) == ("1", "0.45")


@pytest.mark.parametrize("changes", [28, pytest.param(200, marks=pytest.mark.long)])
def test_memory_stays_flat_over_many_page_changes(visit, site_url, changes):
    page = visit(f"{site_url}/")
    wire = page.context.new_cdp_session(page)
    wire.send("Performance.enable")
    links = [page.locator(f".ps-rail a[href^='{meta.path}']").last for meta in metas()[1:]]
    links.append(page.locator(".ps-rail a").first)
    measured = {}
    for change in range(changes + 1):
        wait_until_drawn(page)
        if change in {WARM_UP, changes // 7 * 7}:  # the same page is open at both
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(SETTLED_MS)
            for _ in range(2):  # what the first pass lets go of holds more
                wire.send("HeapProfiler.collectGarbage")
            told = {row["name"]: row["value"] for row in wire.send("Performance.getMetrics")["metrics"]}
            measured[change] = {name: told[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}
        links[change % len(links)].click()
        page.wait_for_url(f"{site_url}{metas()[(change + 1) % len(links)].path}*")

    first, last = measured.values()
    growth = {name: last[name] / first[name] for name in first}
    assert {name: ratio for name, ratio in growth.items() if ratio > MOST_GROWTH} == {}, measured
