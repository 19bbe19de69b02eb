"""What a chart shows can be had as a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import polars as pl
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


def exported(page, kind: str, chart: str):
    """Export a chart through its menu."""
    page.locator(f"{chart} .ps-export > summary").click()
    page.locator(f"{chart} [data-export={kind}]").wait_for()
    with page.expect_download() as download:
        page.locator(f"{chart} [data-export={kind}]").click()
    return download.value


def test_raw_rows_and_points_hold_the_numbers_of_the_store(visit, site_url):
    page = visit(f"{site_url}/meter?meter=m1&when=7d")
    wait_until_drawn(page)
    chart = ".ps-chart[aria-label^='Active power']"
    raw = pl.read_parquet(exported(page, "raw-parquet", chart).path())
    shown = pl.read_parquet(exported(page, "parquet", chart).path())
    lines = page.evaluate(f'() => document.querySelector("{chart} .js-plotly-plot").layout.meta.lines')
    line = next(one for one in lines if one["signal"] == "com_ap")
    query = urlencode({"source": "m1", "signal": "com_ap", "start": line["start"], "end": line["end"], "level": "raw"})
    with urlopen(f"{site_url}/api/series?{query}&max_points=20000") as answer:
        stored = json.load(answer)

    own = raw.filter(pl.col("signal") == "com_ap")
    assert own["value"].to_list() == stored["value"]
    assert own["ts"].dt.epoch("ms").to_list() == stored["ts"]
    assert shown.height > 0
    assert set(shown["series"].unique()) >= {"Active power"}


def test_a_picture_of_a_chart_is_twice_its_size(visit, site_url):
    page = visit(f"{site_url}/meter?meter=m1&when=7d")
    wait_until_drawn(page)
    chart = ".ps-chart[aria-label^='Active power']"
    picture = Path(exported(page, "png", chart).path()).read_bytes()
    width = page.evaluate(f'() => document.querySelector("{chart} .js-plotly-plot").clientWidth')

    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 2 * width


def test_raw_rows_are_not_on_offer_where_a_chart_shows_no_signal(visit, site_url):
    page = visit(f"{site_url}/cells?tab=heatmaps")
    wait_until_drawn(page)
    page.locator(".ps-export:visible > summary").first.click()

    assert page.locator("[data-export=parquet]:visible").count() == 1
    assert page.locator("[data-export^=raw]:visible").count() == 0
    page.keyboard.press("Escape")
    assert page.locator("[data-export=parquet]:visible").count() == 0
