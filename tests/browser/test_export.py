"""What a chart shows can be had as a file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.browser.drawn import wait_until_drawn

POINTS = """
() => {
  const chart = [...document.querySelectorAll('.ps-chart')].find((one) => one.offsetParent !== null);
  const plot = chart.querySelector('.js-plotly-plot');
  return plot._fullData.filter((trace) => trace.visible === true).map((trace) =>
    trace.z ? [...trace.z].reduce((sum, row) => sum + row.length, 0) : (trace.y || trace.x).length);
}
"""


@pytest.mark.parametrize("path", ["/meter", "/cells?tab=heatmaps"])
def test_a_chart_is_written_with_every_point_it_draws(visit, site_url, path):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    drawn = page.evaluate(POINTS)
    page.locator(".ps-export:visible > summary").first.click()
    with page.expect_download() as download:
        page.locator("[data-export=csv]:visible").click()
    assert download.value.suggested_filename.endswith(".csv")
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[0] == "series"
    assert len(rows) == sum(drawn) > 0
    assert {len(row) for row in rows} == {len(header)}
