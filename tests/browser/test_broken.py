"""What is broken says so on every page, with what mends it: the store, its files, the server, the folder, the build."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import expect

from app import launch
from pipeline import contract
from pipeline.build import build
from pipeline.contract import Manifest
from pipeline.errors import PackscopeError
from pipeline.settings import environment, read_settings
from tests.browser.drawn import figures, wait_until_drawn
from tests.browser.journeys import asked, fits
from tests.browser.server import ROOT, metas, served, wait_for
from tests.browser.test_pages import serious_offences

PATHS = [meta.path for meta in metas()]
SOON_MS = 30_000
"""What is noticed by asking every 20 s is there by then [ms]."""


def settings_for(store: Path, roots: str):
    """Return settings of a server of its own."""
    return read_settings(store=store, meter_roots=(roots,), max_workers=1, port=launch.free_port())


@pytest.fixture
def own_store(sample_settings, tmp_path) -> Path:
    """Return a copy of the sample site's store, to be spoilt."""
    return Path(shutil.copytree(sample_settings.store, tmp_path / "store"))


@pytest.fixture(scope="module")
def other_version_url(sample_settings, tmp_path_factory) -> Iterator[str]:
    """Return the address of a server over a store that another version wrote."""
    store = Path(shutil.copytree(sample_settings.store, tmp_path_factory.mktemp("other") / "store"))
    place = contract.manifest_path(store)
    manifest = contract.unseal(place.read_bytes(), Manifest)
    place.write_bytes(contract.seal(manifest.model_copy(update={"version": manifest.version + 1})))
    with served(settings_for(store, str(store.parent))) as url:
        yield url


@pytest.fixture(scope="module")
def flipped_url(sample_settings, tmp_path_factory) -> Iterator[str]:
    """Return the address of a server over a store of which every part has one flipped byte."""
    store = Path(shutil.copytree(sample_settings.store, tmp_path_factory.mktemp("flipped") / "store"))
    for part in (store / "parts").rglob("*.parquet"):
        data = bytearray(part.read_bytes())
        data[len(data) // 2] ^= 1
        part.write_bytes(bytes(data))
    with served(settings_for(store, str(store.parent))) as url:
        yield url


@pytest.mark.parametrize("path", PATHS)
def test_a_store_of_another_version_says_how_to_renew_it(visit, other_version_url, path):
    page = visit(f"{other_version_url}{path}")
    main = page.get_by_role("main")

    expect(main).to_contain_text("The store cannot be read")
    expect(main).to_contain_text(re.compile(r"is of version \d+\. Renew the store with: packscope build"))
    assert figures(page) == []
    assert fits(page)
    assert serious_offences(page) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_flipped_byte_is_told_and_no_number_of_it_is_shown(visit, flipped_url, path):
    page = visit(f"{flipped_url}{path}")
    told = page.locator(".ps-toast, .ps-state").first
    told.wait_for()
    page.wait_for_load_state("networkidle")

    assert re.search(r"is damaged \(its checksum differs\).*packscope build --rebuild", page.inner_text("body"))
    assert fits(page)
    page.wait_for_function("() => !document.querySelector('main .ps-skeleton:not(.ps-hidden *)')")
    assert "This could not be read" in page.locator("main").inner_text()
    said = [one.inner_text() for one in page.locator(".ps-toast:visible").all()]
    assert len(said) == len(set(said))


@pytest.fixture(scope="module")
def unwritable_url(sample_settings, tmp_path_factory) -> Iterator[str]:
    """Return the address of a server over a store on a read-only mount."""
    store = Path(shutil.copytree(sample_settings.store, tmp_path_factory.mktemp("unwritable") / "store"))
    if os.geteuid() or subprocess.run(["mount", "--bind", store, store], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", store], check=True)
        with served(settings_for(store, str(store.parent))) as url:
            yield url
    finally:
        subprocess.run(["umount", store], check=True)


@pytest.mark.parametrize("path", PATHS)
def test_a_store_that_cannot_be_written_is_shown_as_any_other(visit, unwritable_url, path):
    page = visit(f"{unwritable_url}{path}")
    assert sum(len(one["traces"]) for one in wait_until_drawn(page)) > 0
    assert page.locator(".ps-toast:visible").count() == 0


def test_an_empty_folder_says_what_to_do_on_every_page(visit, tmp_path):
    (tmp_path / "site").mkdir()
    settings = settings_for(tmp_path / "store", str(tmp_path / "site"))
    with pytest.raises(PackscopeError, match=r"no CSV|No CSV|nothing|Nothing"):
        build(settings)
    with served(settings) as url:
        for path in PATHS:
            page = visit(f"{url}{path}")
            expect(page.get_by_role("main")).to_contain_text("No store yet")
            expect(page.get_by_role("main").locator("code").first).to_contain_text("make build-pyramids")
            assert page.locator(".ps-toast:visible").count() == 0


@contextmanager
def held(settings) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve, and give the server's process out, so that it can be stopped."""
    said = settings.model_dump(include={"meter_roots", "store", "host", "port"})
    url = launch.address(settings)
    server = subprocess.Popen(
        launch.server_command(settings), cwd=ROOT, env=environment(**said), start_new_session=True
    )
    try:
        wait_for(f"{url}/api/health", server)
        yield url, server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)


def says_that_nobody_answers(page) -> None:
    """Ask for another period, and see that the page tells of it and keeps what it shows."""
    page.get_by_text("7 days", exact=True).click()
    away = page.locator("#away")
    expect(away).to_be_visible(timeout=SOON_MS)
    expect(away).to_contain_text("does not answer")
    expect(away).to_contain_text("packscope serve")
    expect(page.get_by_role("main").locator("h1")).to_be_visible()


def is_back_as_it_was(page) -> None:
    """See that a page asks again what it asked in vain."""
    expect(page.locator("#away")).to_be_hidden(timeout=SOON_MS)
    wait_until_drawn(page)
    assert asked(page)["when"] == "7d"
    expect(page.get_by_label("7 days", exact=True)).to_be_checked()


def test_a_server_that_ends_is_told_and_asked_again_when_it_is_back(chromium, sample_settings):
    settings = settings_for(sample_settings.store, str(sample_settings.store.parent))
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    with held(settings) as (url, server):
        page.goto(f"{url}/meter")
        wait_until_drawn(page)
        page.wait_for_load_state("networkidle")
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=20)
    says_that_nobody_answers(page)
    with held(settings):
        is_back_as_it_was(page)
    context.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_server_out_of_reach_is_told_on_every_page(chromium, site_url, path):
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site_url}{path}")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    says_that_nobody_answers(page)
    context.set_offline(False)
    is_back_as_it_was(page)
    context.close()


def test_a_build_at_work_is_said_and_the_new_one_offered_on_every_page(visit, sample_site, own_store):
    settings = settings_for(own_store, str(sample_site))
    query = "?when=7d&pack=3&cell=20"
    with served(settings) as url:
        pages = {path: visit(f"{url}{path}{query}") for path in PATHS}
        for page in pages.values():
            wait_until_drawn(page)
        with FileLock(own_store / ".build.lock"):
            for page in pages.values():
                expect(page.locator("#building")).to_be_visible(timeout=SOON_MS)
        manifest = contract.unseal(contract.manifest_path(own_store).read_bytes(), Manifest)
        build(settings, rebuild=True)
        assert contract.unseal(contract.manifest_path(own_store).read_bytes(), Manifest).build_id != manifest.build_id
        for path, page in pages.items():
            expect(page.locator("#banner")).to_be_visible(timeout=SOON_MS)
            expect(page.locator("#building")).to_be_hidden(timeout=SOON_MS)
            with page.expect_event("load"):
                page.get_by_role("button", name="Show it").click()
            wait_until_drawn(page)
            expect(page.locator("#banner")).to_be_hidden()
            assert page.url == f"{url}{path}{query}"
