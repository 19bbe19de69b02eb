"""What a person finds on a real site: a car of 87 cells that are not LFP, and a household with counters alone.

The data are no part of the repository: put them into ``data/real-site``, or name their folder in ``REAL_SITE``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from app import launch
from pipeline.build import build
from pipeline.settings import read_settings
from tests.browser.drawn import wait_until_drawn
from tests.browser.journeys import asked, fits
from tests.browser.server import ROOT, metas, served

FOLDER = Path(os.environ.get("REAL_SITE", ROOT / "data/real-site"))
PATHS = [meta.path for meta in metas()]
WEAKEST = (81, 2)
"""The cells that every method ranks first, in this order."""
IMPORT_KWH = 6321.393 - 0.077
"""Last and first reading of the household's import counter [kWh]."""


@pytest.fixture(scope="module")
def real_url(tmp_path_factory):
    """Return the address of a server that shows the real site."""
    if not FOLDER.is_dir():
        pytest.skip(f"no real site in {FOLDER}")
    store = tmp_path_factory.mktemp("real") / "store"
    settings = read_settings(meter_roots=(str(FOLDER),), store=store, port=launch.free_port())
    build(settings)
    with served(settings) as url:
        yield url


@pytest.mark.parametrize("path", PATHS)
def test_every_page_shows_the_real_site(visit, real_url, path):
    page = visit(f"{real_url}{path}")
    page.get_by_role("main").locator("h1").first.wait_for()
    page.wait_for_load_state("networkidle")

    assert fits(page)
    assert page.locator(".ps-toast").count() == 0
    expect(page.get_by_role("main")).not_to_contain_text(re.compile(r"sample site|\bnan\b|undefined"))


def test_the_weakest_cells_are_found_from_the_overview_and_the_chemistry_is_named(visit, real_url):
    page = visit(f"{real_url}/")
    page.get_by_role("navigation").first.get_by_role("link", name="Cells").click()
    page.wait_for_url(re.compile("/cells"))
    expect(page.get_by_role("main")).to_contain_text("not LFP")
    page.get_by_role("tab", name="Critical cells").click()
    wait_until_drawn(page)
    rows = page.locator("#cells-critical-grid .ag-center-cols-container [role=row]")
    for place, cell in enumerate(WEAKEST):
        expect(rows.nth(place).locator("[col-id=cell]")).to_have_text(str(cell))
    rows.first.click()
    page.wait_for_url(re.compile("cell="))

    assert (asked(page)["pack"], asked(page)["cell"]) == ("1", str(WEAKEST[0]))


def test_the_household_closes_and_no_page_pretends_a_power(visit, real_url):
    with urlopen(f"{real_url}/api/meter/m1/kpis") as answer:
        found = json.load(answer)
    page = visit(f"{real_url}/meter?meter=m1")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")

    assert found["import_kwh"] == pytest.approx(IMPORT_KWH, abs=0.01)
    assert found["net_kwh"] == pytest.approx(found["energy_kwh"]["pos_ae"] - found["energy_kwh"]["neg_ae"])
    assert found["peak_kw"] is found["mean_pf"] is None
    expect(page.get_by_role("main")).to_contain_text("does not log active power")
