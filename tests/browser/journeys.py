"""What the journeys share: where a chart is on the screen, what it holds, and what the address says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlparse

from tests.browser.drawn import DRAWN_WITHIN_MS

TIME_CHART = '.ps-graph[id*="time-chart"] .js-plotly-plot'
DRAGGED_AT_PX = 40
"""How far below the head of a chart the pointer is dragged [px]."""

_RANGE = """
(chart) => document.querySelector(chart)._fullLayout.xaxis.range.map(
  (end) => document.querySelector(chart)._fullLayout.xaxis.r2l(end))
"""
_LINES = """
(chart) => document.querySelector(chart)._fullData.filter((one) => one.visible === true && one.name)
  .map((one) => [one.name, Array.from(one.x || []).length, JSON.stringify(Array.from(one.y || []))])
"""
_LEVEL = """
(chart) => (document.querySelector(chart).layout.annotations || []).map((one) => one.text)
  .find((text) => text.includes('coverage')) || ''
"""
_CELL = """
([id, pack, cell]) => {
  const plot = document.querySelector(`#${id} .js-plotly-plot`);
  const trace = plot._fullData.find((one) => one.type === 'heatmap');
  const row = trace.customdata.findIndex((line) => line.some((one) => one && one[0] === pack && one[1] === cell));
  const column = trace.customdata[row].findIndex((one) => one && one[0] === pack && one[1] === cell);
  const box = plot.getBoundingClientRect();
  const { xaxis, yaxis } = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(trace.x0 + column * trace.dx),
    box.y + yaxis._offset + yaxis.l2p(trace.y0 + row * trace.dy)];
}
"""
_FRAMED = """
(id) => (document.querySelector(`#${id} .js-plotly-plot`).layout.shapes || []).filter((one) => one.name === 'selected')
  .map((one) => [(one.x0 + one.x1) / 2, (one.y0 + one.y1) / 2])
"""
_VALUES = """
(id) => JSON.stringify(Array.from(
  document.querySelector(`#${id} .js-plotly-plot`)._fullData.find((one) => one.type === 'heatmap').z))
"""


def asked(page: Any) -> dict[str, str]:
    """Read the query of the address; of a key that is there twice, the first value."""
    return {key: values[0] for key, values in parse_qs(urlparse(page.url).query).items()}


def range_of(page: Any, chart: str = TIME_CHART) -> list[float]:
    """Read the range of a chart's time axis [epoch ms, site wall time]."""
    return list(page.evaluate(_RANGE, chart))


def lines_of(page: Any, chart: str = TIME_CHART) -> list[list[Any]]:
    """List the lines of a chart: name, points, and the values as text."""
    return list(page.evaluate(_LINES, chart))


def level_of(page: Any, chart: str = TIME_CHART) -> str:
    """Read the quiet line that names the level a chart is drawn from."""
    return str(page.evaluate(_LEVEL, chart))


def wait_for_level(page: Any, level: str, chart: str = TIME_CHART) -> None:
    """Wait until a chart is drawn from a level."""
    page.wait_for_function(f"(chart) => ({_LEVEL})(chart).startsWith('{level}')", arg=chart)


def wait_for_range(page: Any, fits: Callable[[float, float], bool], chart: str = TIME_CHART) -> None:
    """Wait until a chart's time axis shows what is wanted."""
    deadline = time.monotonic() + DRAWN_WITHIN_MS / 1000
    while not (page.locator(chart).count() and fits(*range_of(page, chart))):
        assert time.monotonic() < deadline, f"the axis stays at {range_of(page, chart)}"
        page.wait_for_timeout(100)


def drag(page: Any, left: float, right: float, chart: str = TIME_CHART) -> None:
    """Drag across a chart, from one share of its width to another."""
    page.locator(chart).first.scroll_into_view_if_needed()
    box = page.locator(f"{chart} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + left * box["width"], box["y"] + DRAGGED_AT_PX)
    page.mouse.down()
    page.mouse.move(box["x"] + right * box["width"], box["y"] + DRAGGED_AT_PX + 4, steps=8)
    page.mouse.up()


def click_cell(page: Any, graph: str, pack: int, cell: int) -> None:
    """Click a cell of a heat map."""
    page.locator(f"#{graph}").scroll_into_view_if_needed()
    page.wait_for_function(
        "(id) => document.querySelector(`#${id} .js-plotly-plot`)?._fullData?.some((one) => one.type === 'heatmap')",
        arg=graph,
    )
    page.mouse.click(*page.evaluate(_CELL, [graph, pack, cell]))


def framed(page: Any, graph: str) -> list[list[float]]:
    """List the cells of a heat map that are framed as selected, by their places on its axes."""
    return list(page.evaluate(_FRAMED, graph))


def values_of(page: Any, graph: str) -> str:
    """Read what a heat map shows, as text."""
    return str(page.evaluate(_VALUES, graph))


def fits(page: Any) -> bool:
    """Whether nothing of the page reaches beyond the screen's right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
