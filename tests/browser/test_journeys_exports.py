"""One chart of every page as a file, its numbers held against the store; what takes a while says that it goes on."""

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

from app.store import Store
from pipeline.contract import RAW_LEVEL
from tests.browser.drawn import wait_until_drawn

ZONE = ZoneInfo("Europe/Berlin")
LINES = [
    ("/?when=7d", "Cell voltage spread", "Cell voltage spread", "bms1_cell_v_diff"),
    ("/compare?when=7d", "The chosen signal", "m1", "com_ap"),
    ("/battery?when=7d", "Charge and health", "State of charge", "bms1_soc"),
    ("/explore?when=7d&signals=m1:com_ap", "The chosen signals", "Active power", "com_ap"),
]
"""Page, how its chart's name begins, what the line is called there, and the signal of the store."""
LONG_MS = 3_000
"""Time that an export is made to take [ms]."""


@pytest.fixture(scope="module")
def store(sample_settings) -> Store:
    """Return the store that is shown."""
    return Store.open(sample_settings.store)


def exported(page, chart: str, kind: str) -> Path:
    """Export a chart through its menu."""
    place = page.locator(f'.ps-chart[aria-label^="{chart}"]').first
    place.scroll_into_view_if_needed()
    place.locator(".ps-export > summary").click()
    with page.expect_download() as download:
        place.locator(f"[data-export={kind}]").click()
    return Path(download.value.path())


def readings(store: Store, source: str, signal: str) -> dict[int, float]:
    """Read a signal's every reading: stamp [epoch ms] to value, as the decimals that were logged."""
    known = store.series(source, signal)
    frame = store.read(source, [signal], RAW_LEVEL, (), known.first_ms, known.last_ms + 1).drop_nulls(signal)
    values = frame[signal].cast(pl.String).cast(pl.Float64)
    return dict(zip(frame["ts"].dt.epoch("ms").to_list(), values.to_list(), strict=True))


@pytest.mark.parametrize(("path", "chart", "line", "signal"), LINES)
def test_a_chart_of_each_page_holds_the_numbers_of_the_store(visit, site_url, store, path, chart, line, signal):
    page = visit(f"{site_url}{path}")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    source = "m1" if signal == "com_ap" else next(one.name for one in store.manifest.sources if one.kind == "bess")
    stored = readings(store, source, signal)
    with exported(page, chart, "csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    own = [(datetime.fromisoformat(x).replace(tzinfo=ZONE), float(y)) for name, x, y, *_ in rows if name == line and y]
    shown = pl.read_parquet(exported(page, chart, "parquet"))
    raw = pl.read_parquet(exported(page, chart, "raw-parquet"))
    mine = raw.filter((pl.col("signal") == signal) & (pl.col("source") == source))

    assert len(own) > 90
    assert [stored[int(at.timestamp() * 1000)] for at, _ in own] == pytest.approx([value for _, value in own], abs=1e-6)
    assert shown.filter(pl.col("series") == line).height >= len(own)
    assert mine.height >= len(own)
    assert (
        dict(zip(mine["ts"].dt.epoch("ms").to_list(), mine["value"].to_list(), strict=True)).items() <= stored.items()
    )
    assert exported(page, chart, "png").read_bytes().startswith(b"\x89PNG")


def test_the_heat_map_of_cells_is_written_as_the_store_has_it(visit, site_url, store):
    page = visit(f"{site_url}/cells?tab=heatmaps&metric=voltage")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    grid = pl.read_parquet(exported(page, "Every cell of every pack", "parquet")).drop_nulls()
    system = next(one.name for one in store.manifest.sources if one.kind == "bess")
    with urlopen(f"{site_url}/api/cell/pack/{system}/3/heatmap?metric=voltage") as answer:
        found = json.load(answer)
    values = sorted(round(float(one), 4) for one in grid[grid.columns[-1]].to_list() if isinstance(one, float))
    asked = [round(one, 4) for one in found["values"] if one is not None]

    assert len(asked) == 52
    assert set(asked) <= set(values)


def test_the_coverage_calendar_is_written_as_the_store_has_it(visit, site_url):
    page = visit(f"{site_url}/quality")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    with exported(page, "Coverage of series", "csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    shares = sorted(round(float(row[3]), 3) for row in rows if row[3] and float(row[3]) > 0)
    source = page.locator("#what").input_value()
    with urlopen(f"{site_url}/api/quality/calendar?source={source}") as answer:
        stored = sorted(round(one, 3) for one in json.load(answer)["share"] if one)

    assert len(header) == 4
    assert len(shares) > 40
    assert shares == stored


def test_an_export_that_takes_long_says_so_and_one_that_fails_says_why(chromium, site_url):
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site_url}/meter?meter=m1&when=1d")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    busy = page.locator("#busy")
    assert not busy.is_visible()

    def late(route) -> None:
        page.wait_for_timeout(LONG_MS)
        route.continue_()

    page.route(re.compile("/api/export"), late)
    place = page.locator(".ps-chart[aria-label^='Active power']")
    place.locator(".ps-export > summary").click()
    with page.expect_download():
        place.locator("[data-export=raw-csv]").click()
        expect(busy).to_be_visible()
    expect(busy).to_be_hidden()

    page.unroute(re.compile("/api/export"))
    page.route(re.compile("/api/export"), lambda route: route.fulfill(status=500, json={"detail": "the disk is gone"}))
    place.locator(".ps-export > summary").click()
    place.locator("[data-export=raw-csv]").click()
    expect(page.locator("#toasts")).to_contain_text("The file was not written: the disk is gone")
    context.close()
