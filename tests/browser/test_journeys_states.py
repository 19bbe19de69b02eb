"""Nothing there yet, only bad files, another build while one looks, and a real site of another shape."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from playwright.sync_api import expect

from app import launch
from pipeline.build import build
from pipeline.settings import read_settings
from tests.browser.drawn import figures, wait_until_drawn
from tests.browser.journeys import click_cell, fits, lines_of
from tests.browser.server import metas, served

PATHS = [meta.path for meta in metas()]
START = datetime(2024, 3, 1)  # noqa: DTZ001 - stamps of loggers bear no zone
CELLS, WEAK, DAYS, STEP_S = 12, 7, 6, 300
"""A car-like site: one pack, few cells, one of them low [1, 1, days, s]."""


def write_series(folder: Path, signal: str, values: np.ndarray, step_s: int = STEP_S) -> None:
    """Write one CSV as a logger does."""
    folder.mkdir(parents=True, exist_ok=True)
    stamps = (START + timedelta(seconds=step_s * at) for at in range(len(values)))
    rows = "".join(f"{ts:%Y-%m-%d %H:%M:%S},{value:.3f}\n" for ts, value in zip(stamps, values, strict=True))
    (folder / f"{signal}.csv").write_text(f"ts,{signal}\n{rows}", encoding="utf-8")


def write_car(root: Path, days: int = DAYS) -> None:
    """Write a site that is no cabinet: other names, another chemistry's voltages, sentinels, a counter alone."""
    at = np.arange(days * 86_400 // STEP_S)
    swing = 0.5 + 0.45 * np.sin(2 * np.pi * at * STEP_S / 86_400)
    car = root / "BESS" / "CAR1"
    for cell in range(1, CELLS + 1):
        low = 0.06 * (1 - swing) if cell == WEAK else 0.0
        write_series(car, f"bms1_p1_v{cell}", 3.4 + 0.7 * swing - low + 0.001 * (cell % 3))
    write_series(car, "bms1_p1_t1", np.where(at % 97 == 0, 255.0, 21.0 + 4 * swing))
    write_series(car, "bms1_soc", np.round(100 * swing))
    write_series(car, "bms1_c", 40 * np.cos(2 * np.pi * at * STEP_S / 86_400))
    write_series(root / "meter" / "home", "pos_ae", np.cumsum(0.05 + 0.05 * swing))


@pytest.fixture(scope="module")
def car(tmp_path_factory):
    """Return the settings of a built site of another shape, and the address of its server."""
    root = tmp_path_factory.mktemp("car")
    write_car(root / "site")
    settings = read_settings(
        meter_roots=(str(root / "site"),), store=root / "store", max_workers=1, port=launch.free_port()
    )
    build(settings)
    with served(settings) as url:
        yield settings, url


@pytest.fixture(scope="module")
def spoilt_url(tmp_path_factory):
    """Return the address of a server over a build of which one file could be used and the others could not."""
    root = tmp_path_factory.mktemp("spoilt")
    write_series(root / "site" / "meter" / "m1", "com_ap", np.ones(300))
    bad = root / "site" / "BESS" / "S1"
    bad.mkdir(parents=True)
    (bad / "bms1_p1_v1.csv").write_text("ts,bms1_p1_v1\nnever,a\n", encoding="utf-8")
    (bad / "bms1_p1_v2.csv").write_bytes(b"\x00\x01\x02" * 200)
    (bad / "bms1_soc.csv").write_text("", encoding="utf-8")
    settings = read_settings(
        meter_roots=(str(root / "site"),), store=root / "store", max_workers=1, port=launch.free_port()
    )
    build(settings)
    with served(settings) as url:
        yield url


@pytest.mark.parametrize("path", PATHS)
def test_a_site_of_another_shape_is_shown_on_every_page(visit, car, path):
    page = visit(f"{car[1]}{path}")
    if path == "/cells":  # no capacity can be measured here, so its first chart is a sentence
        expect(page.locator("#cells-soh-graph")).to_contain_text("never seen both full and empty")
    else:
        wait_until_drawn(page)
    page.wait_for_load_state("networkidle")

    assert fits(page)
    assert page.locator(".ps-toast").count() == 0
    expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"sample site|\bnan\b|None\b|undefined"))


def test_the_low_cell_of_another_site_is_found_and_picked(visit, car):
    page = visit(f"{car[1]}/cells?tab=heatmaps")
    wait_until_drawn(page)
    click_cell(page, "cells-heatmap-graph", 1, WEAK)
    expect(page.locator("#cells-selected")).to_contain_text(f"cell {WEAK}")
    with urlopen(f"{car[1]}/api/health") as answer:
        assert json.load(answer)["status"] == "ok"


@pytest.mark.parametrize("path", PATHS)
def test_a_site_of_bad_files_says_which_and_why(visit, spoilt_url, path):
    page = visit(f"{spoilt_url}{path}")
    page.get_by_role("main").locator("h1, h2").first.wait_for()
    page.wait_for_load_state("networkidle")

    assert fits(page)
    assert page.locator(".ps-toast").count() == 0
    expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"\bnan\b|\bNone\b|Traceback"))
    if path == "/quality":
        for name in ("bms1_p1_v1.csv", "bms1_p1_v2.csv", "bms1_soc.csv"):
            expect(page.get_by_role("main")).to_contain_text(name)


def test_a_first_build_opens_the_page_that_waited_for_it(visit, tmp_path):
    write_car(tmp_path / "site", days=2)
    settings = read_settings(
        meter_roots=(str(tmp_path / "site"),), store=tmp_path / "store", max_workers=1, port=launch.free_port()
    )
    with served(settings) as url:
        page = visit(f"{url}/meter")
        expect(page.get_by_role("main")).to_contain_text("No store yet")
        assert figures(page) == []
        build(settings)
        wait_until_drawn(page)


def test_a_new_build_is_announced_and_nothing_fails(visit, tmp_path):
    write_car(tmp_path / "site", days=3)
    settings = read_settings(
        meter_roots=(str(tmp_path / "site"),), store=tmp_path / "store", max_workers=1, port=launch.free_port()
    )
    build(settings)
    with served(settings) as url:
        page = visit(f"{url}/explore?signals=CAR1:bms1_p1_v1")
        wait_until_drawn(page)
        points = lines_of(page)[-1][1]
        write_car(tmp_path / "site", days=5)
        build(settings)
        expect(page.locator("#banner")).to_be_visible(timeout=60_000)
        page.get_by_text("7 days", exact=True).click()
        page.wait_for_load_state("networkidle")
        with page.expect_event("load"):
            page.get_by_role("button", name="Show it").click()
        page.wait_for_load_state("networkidle")
        wait_until_drawn(page)
        expect(page.locator("#banner")).to_be_hidden()
        assert points
        assert lines_of(page)[-1][1] > 0
