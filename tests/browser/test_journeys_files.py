"""What a person takes away: charts as files that hold the store's numbers, and a report that needs no network."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from playwright.sync_api import expect

from app import query
from app.store import Store
from pipeline.contract import RAW_LEVEL
from tests.browser.drawn import wait_until_drawn

CHART = ".ps-chart[aria-label^='Active power']"
SIGNAL, LABEL = "com_ap", "Active power"
MOST_POINTS = 1_000_000


@pytest.fixture(scope="session")
def stored(sample_settings):
    """Return the readings of a meter's power as the store has them: stamp [epoch ms] to value."""
    store = Store.open(sample_settings.store)
    start, end = query.span(store.series("m1", SIGNAL), None, None)
    frame = store.read("m1", [SIGNAL], RAW_LEVEL, (), start, end).drop_nulls(SIGNAL)
    values = frame[SIGNAL].cast(pl.String).cast(pl.Float64)
    return dict(zip(frame["ts"].dt.epoch("ms").to_list(), values.to_list(), strict=True))


def exported(page, kind: str) -> Path:
    """Export the chart of a meter's power through its menu."""
    page.locator(f"{CHART} .ps-export > summary").click()
    page.locator(f"{CHART} [data-export={kind}]").wait_for()
    with page.expect_download() as download:
        page.locator(f"{CHART} [data-export={kind}]").click()
    return Path(download.value.path())


def test_what_a_chart_shows_is_exported_with_the_numbers_of_the_store(visit, site_url, stored):
    page = visit(f"{site_url}/meter?meter=m1&when=1d")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    with exported(page, "csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    parquet = pl.read_parquet(exported(page, "parquet"))
    raw = pl.read_parquet(exported(page, "raw-parquet")).filter(pl.col("signal") == SIGNAL)
    picture = exported(page, "png").read_bytes()

    zone = ZoneInfo("Europe/Berlin")
    own = [(datetime.fromisoformat(x).replace(tzinfo=zone), float(y)) for name, x, y, *_ in rows if name == LABEL and y]
    assert header[0] == "series"
    assert len(own) > 90
    assert {stored[int(at.timestamp() * 1000)] for at, _ in own} >= {value for _, value in own}
    assert parquet.filter(pl.col("series") == LABEL).height >= len(own)
    assert dict(zip(raw["ts"].dt.epoch("ms").to_list(), raw["value"].to_list(), strict=True)).items() <= stored.items()
    assert raw.height >= len(own)
    assert picture.startswith(b"\x89PNG")


def test_the_report_is_whole_without_a_network(visit, site_url, chromium, tmp_path):
    page = visit(f"{site_url}/battery")
    link = page.locator("a.ps-report", has_text="Report")
    link.wait_for()
    saved = tmp_path / "report.html"
    saved.write_bytes(page.request.get(f"{site_url}{link.get_attribute('href')}").body())
    with urlopen(f"{site_url}/api/health") as answer:
        build = json.load(answer)["build_id"]
    context = chromium.new_context(offline=True)
    report, asked = context.new_page(), []
    report.on("request", lambda request: asked.append(request.url))
    report.goto(saved.as_uri(), wait_until="load")

    expect(report.locator("h2", has_text="What these numbers rest on")).to_be_visible()
    assert report.locator("svg").count() >= 3
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    assert build in report.content()
    context.close()


def test_the_report_is_had_as_pdf_where_a_chromium_is(visit, site_url):
    page = visit(f"{site_url}/battery")
    link = page.locator("a.ps-report", has_text="PDF")
    link.wait_for()
    answer = page.request.get(f"{site_url}{link.get_attribute('href')}", timeout=60_000)

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
    assert re.search(rb"/Type\s*/Page\b", answer.body()) or len(answer.body()) > 20_000
