"""A real server on a free port of loopback, and a real Chromium that must ask no other machine for anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import launch
from pipeline.settings import read_settings
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.server import served


def pytest_collection_modifyitems(items):
    """Mark every test of this folder."""
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site_url(sample_settings) -> Iterator[str]:
    """Return the address of a server that shows the sample site."""
    with served(sample_settings.model_copy(update={"port": launch.free_port()})) as url:
        yield url


@pytest.fixture(scope="session")
def empty_url(tmp_path_factory) -> Iterator[str]:
    """Return the address of a server without a store."""
    store = tmp_path_factory.mktemp("empty") / "store"
    with served(read_settings(store=store, meter_roots=(str(store.parent),), port=launch.free_port())) as url:
        yield url


@pytest.fixture(scope="session")
def chromium():
    """Return the one browser of the run; without one the tests are skipped, or fail under CI=true."""
    from playwright.sync_api import expect, sync_playwright

    path = find_chromium()
    if path is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("no Chromium on this machine, and none could be installed")
    expect.set_options(timeout=PATIENT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


PATIENT_MS = 20_000
"""How long is waited for what must come to be: a busy machine is slow, and nothing here measures time [ms]."""


class Visit:
    """A page of the browser that keeps what went wrong on it."""

    def __init__(self, browser, *, width: int, height: int, scheme: str) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        self.context.set_default_timeout(3 * PATIENT_MS)
        self.problems: list[str] = []
        self.context.route("**/*", self._only_this_machine)
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("response", self._response)

    def _only_this_machine(self, route) -> None:
        url = route.request.url
        if url.startswith(("http://127.0.0.1", "data:", "blob:")):
            route.continue_()
        else:
            self.problems.append(f"asked another machine: {url}")
            route.abort()

    def _console(self, message) -> None:
        if message.type == "error" or "WebGL context" in message.text:
            self.problems.append(f"console {message.type}: {message.text}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")


@pytest.fixture
def visit(chromium):
    """Return a function that opens pages of a given width and colour scheme; their problems fail the test."""
    visits: list[Visit] = []

    def open_page(url: str, *, width: int = 1440, scheme: str = "light"):
        visits.append(Visit(chromium, width=width, height=900, scheme=scheme))
        visits[-1].page.goto(url)
        return visits[-1].page

    yield open_page
    problems = [problem for one in visits for problem in one.problems]
    for one in visits:
        one.context.close()
    assert problems == []
