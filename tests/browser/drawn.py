"""Whether a figure is really drawn: not that there is a canvas, but that Plotly holds points for it."""

from __future__ import annotations

from typing import Any

DRAWN_WITHIN_MS = 60_000
"""A surface takes seconds in software WebGL [ms]."""

_FIGURES = """
() => [...document.querySelectorAll('.js-plotly-plot')].filter((gd) => gd.offsetParent !== null).map((gd) => ({
  drawn: gd.querySelector('.main-svg, .gl-container canvas') !== null && gd._fullData !== undefined,
  traces: (gd._fullData || []).map((trace) => ({
    type: trace.type,
    points: (trace.z ? [...trace.z].reduce((sum, row) => sum + (row.length ?? 1), 0) : 0)
      || (trace.y || trace.x || trace.values || []).length || trace._length || 0,
  })),
}))
"""

_READY = f"""
() => {{
  const figures = ({_FIGURES})();
  const busy = document.querySelector('[data-dash-is-loading="true"], ._dash-loading-callback, [data-staged]');
  const grids = [...document.querySelectorAll('.ps-table')].filter((one) => one.offsetParent !== null)
    .every((one) => one.querySelector('.ag-header-cell') !== null);
  const waiting = [...document.querySelectorAll('.ps-chart:not([data-drawn]), .ps-chart[data-held]')]
    .some((one) => one.offsetParent !== null);
  return busy === null && grids && !waiting && figures.length > 0
    && figures.every((one) => one.drawn) && figures.some((one) => one.traces.some((trace) => trace.points > 0));
}}
"""


def figures(page: Any) -> list[dict[str, Any]]:
    """List the figures that are on the screen, with the type and number of points of each trace."""
    return list(page.evaluate(_FIGURES))


def wait_until_drawn(page: Any) -> list[dict[str, Any]]:
    """Wait for at least one figure with points, and for none that is still empty; return them."""
    page.wait_for_function(_READY, timeout=DRAWN_WITHIN_MS)
    return figures(page)


def points_of(page: Any, kind: str) -> int:
    """Count the points of all traces of one type on the screen."""
    return sum(trace["points"] for one in figures(page) for trace in one["traces"] if trace["type"] == kind)
