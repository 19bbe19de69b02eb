"""What our own pages draw, so that a bare application draws as much of the same kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.browser.drawn import wait_until_drawn

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHARTS = """
() => [...document.querySelectorAll('.js-plotly-plot')].filter((one) => one.offsetParent !== null && one._fullData)
  .map((one) => ({
    height: one.clientHeight,
    seen: one.getBoundingClientRect().top < window.innerHeight,
    panels: Object.keys(one._fullLayout).filter((key) => /^yaxis[0-9]*$/.test(key)).length || 1,
    traces: one._fullData.filter((trace) => trace.type !== 'scatter3d').map((trace) => ({
      type: trace.type,
      mode: trace.mode || null,
      points: trace.z ? trace.z[0].length : (trace.y || trace.x || []).length,
      rows: trace.z ? trace.z.length : 0,
      panel: Number((trace.yaxis || 'y').slice(1) || 1),
    })).filter((trace) => trace.points > 0),
  })).filter((chart) => chart.traces.length)
"""
View = list[dict[str, Any]]


def views(browser: Browser, url: str, pages: dict[str, str], *, whole: bool) -> dict[str, View]:
    """Describe the charts of each page: those on the first screen, else the first one; or all of the page."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    found = {}
    for name, path in pages.items():
        page.goto(url + path)
        wait_until_drawn(page)
        every = list(page.evaluate(CHARTS))
        found[name] = every if whole else [one for one in every if one["seen"]] or every[:1]
    context.close()
    return found


def words(view: View) -> str:
    """Say how much a page draws, such as ``2 charts, 8 traces, 5,064 points``."""
    traces = [trace for chart in view for trace in chart["traces"]]
    points = sum(trace["points"] * max(1, trace["rows"]) for trace in traces)
    counted = ((len(view), "chart"), (len(traces), "trace"), (points, "point"))
    return ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counted)
