"""``python -m tests.bench.browser``: each page of Packscope beside a bare Dash application, in one browser, in turns.

What is compared: a page from the first request until its first chart is drawn (nothing cached, and again with the
static files cached); a click on another period until the chart that answers it is drawn; a click on the surface until
it is drawn. All from the browser's own clock. Ratios within one run count, seconds depend on the machine. The bare
application of a page (`tests.bench.bare_dash`) draws the charts that the page has on its first screen, and no others,
unless ``--whole`` is said.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Annotated, Any

import typer
from playwright.sync_api import sync_playwright

from app import launch
from pipeline import report
from pipeline.settings import environment, read_settings
from tests.bench.table import PAGE
from tests.bench.twin import View, views, words
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.server import ROOT, served, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BEGIN, END = "<!-- written by make bench-browser -->", "<!-- end of what make bench-browser writes -->"
BAR = 1.5
"""How often the bare application's time ours may take at most [x]."""
PAGES = {"overview": "/", "meter": "/meter", "battery": "/battery", "cells": "/cells", "explore": "/explore"}
CLICKED = ("meter", "battery", "explore")
"""Pages whose period is clicked on: those that have a time chart."""
PERIODS = ("7 days", "30 days") * 3
TIMEOUT_MS = 120_000
_DRAWN = """
(kind) => {
  const shown = [...document.querySelectorAll('.js-plotly-plot')].filter((one) => one.offsetParent !== null);
  return shown.some((one) => one._fullData && one._fullLayout && one.querySelector('.main-svg')
    && one._fullData.some((trace) => (!kind || trace.type === kind) && (trace.z || trace.y || []).length > 1));
}
"""
WATCH = f"""
window.benchDrawn = {_DRAWN};
window.benchFirst = new Promise((resolve) => {{
  const look = () => (window.benchDrawn(null) ? resolve(performance.now()) : requestAnimationFrame(look));
  requestAnimationFrame(look);
}});
window.benchClick = (element, kind) => new Promise((resolve) => {{
  const before = new Map([...document.querySelectorAll('.js-plotly-plot')].map((one) => [one, one.data]));
  const start = performance.now();
  const isFresh = (one) => one.offsetParent !== null && one._fullData && one.data !== before.get(one)
    && one._fullData.some((trace) => (trace.z || trace.y || []).length > 1 && (!kind || trace.type === kind));
  const fresh = () => [...document.querySelectorAll('.js-plotly-plot')].some(isFresh);
  const look = () => (fresh() && (!kind || document.querySelector('.gl-container canvas'))
    ? requestAnimationFrame(() => resolve(performance.now() - start)) : requestAnimationFrame(look));
  element.click();
  requestAnimationFrame(look);
}});
"""


@dataclass
class Times:
    """What was measured of one application, by what was done [ms]."""

    first: dict[str, list[float]] = field(default_factory=dict)
    again: dict[str, list[float]] = field(default_factory=dict)
    click: dict[str, list[float]] = field(default_factory=dict)
    surface: list[float] = field(default_factory=list)


def _open(browser: Browser, url: str, path: str, times: Times, name: str) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.add_init_script(WATCH)
    page.goto(url + path)
    times.first.setdefault(name, []).append(page.evaluate("() => window.benchFirst"))
    _rest(page)
    page.reload()
    times.again.setdefault(name, []).append(page.evaluate("() => window.benchFirst"))
    _rest(page)
    return page


def _rest(page: Page) -> None:
    """Wait until nothing is on its way."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => !document.querySelector('[data-dash-is-loading=true], ._dash-loading-callback')")


def _click(page: Page, words: str, kind: str | None = None) -> float:
    taken = page.get_by_text(words, exact=True).first.evaluate(
        "(element, kind) => window.benchClick(element, kind)", kind
    )
    _rest(page)
    return float(taken)


def visit(browser: Browser, url: str, name: str, path: str, times: Times) -> None:
    """Measure one page once."""
    page = _open(browser, url, path, times, name)
    for said in PERIODS if name in CLICKED else ():
        times.click.setdefault(name, []).append(_click(page, said))
    if name == "cells":
        times.surface.append(_click(page, "surface" if path.startswith("/cells/") else "3D pack view", "surface"))
    page.context.close()


def drawn(browser: Browser, url: str, *, whole: bool) -> dict[str, View]:
    """Say what each page draws; the surface with the cells."""
    found = views(browser, url, PAGES | {"surface": "/cells?tab=surface"}, whole=whole)
    surface = found.pop("surface")
    found["cells"] += [one for one in surface if one["traces"][0]["type"] == "surface"]
    return found


@contextmanager
def bare_server(store: Path, shown: Mapping[str, View]) -> Iterator[str]:
    """Serve the bare applications as Packscope is served."""
    said = {"BARE_STORE": str(store), "BARE_VIEWS": json.dumps(shown)}
    settings = read_settings(port=launch.free_port())
    command = [part.replace("app.wsgi", "tests.bench.bare_dash") for part in launch.server_command(settings)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment() | said)
    try:
        wait_for(f"{launch.address(settings)}/{next(iter(shown))}/", server)
        yield launch.address(settings)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def written(found: Times, floor: Times, shown: Mapping[str, View], rounds: int) -> str:
    """Write what was measured as Markdown."""
    lines = [
        f"Headless Chromium without a GPU, {rounds} rounds in turns, on {os.cpu_count()} cores with load "
        f"{os.getloadavg()[0]:.1f} at the end. The bare application of each page draws as much: "
        f"{'; '.join(f'{name} {words(view)}' for name, view in shown.items())}. The bar is {BAR} x.",
        "",
        "| what | ours | bare Dash | ratio |",
        "|---|---|---|---|",
    ]
    kinds: Sequence[tuple[str, dict[str, list[float]], dict[str, list[float]], Callable[[list[float]], Any]]] = (
        ("first chart, {}, nothing cached", found.first, floor.first, median),
        ("first chart, {}, files cached", found.again, floor.again, median),
        ("click to drawn, {}, median", found.click, floor.click, median),
        ("click to drawn, {}, p95", found.click, floor.click, _p95),
    )
    lines += [_row(what.format(name), mine[name], least[name], of) for what, mine, least, of in kinds for name in mine]
    lines.append(_row("3D surface", found.surface, floor.surface, median))
    return "\n".join(lines) + "\n"


def _row(what: str, took: list[float], least: list[float], of: Callable[[list[float]], Any]) -> str:
    mine, theirs = float(of(took)), float(of(least))
    return f"| {what} | {mine / 1000:.2f} s | {theirs / 1000:.2f} s | {mine / theirs:.2f} x |"


def put(text: str, page: Path = PAGE) -> None:
    """Put the table into its place in the docs."""
    place = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    old = page.read_text(encoding="utf-8")
    page.write_text(place.sub(lambda _: f"{BEGIN}\n\n{text}\n{END}", old), encoding="utf-8")


def main(
    store: Annotated[Path, typer.Option(help="The store that is shown.")] = Path("data/store"),
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 3,
    whole: Annotated[bool, typer.Option("--whole", help="Let the bare application draw all charts of a page.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Put the table into docs/performance.md.")] = False,
) -> None:
    """Measure the dashboard beside a bare Dash application."""
    path = find_chromium()
    if path is None:
        sys.exit("There is no Chromium on this machine.")
    found, floor = Times(), Times()
    with sync_playwright() as playwright, served(read_settings(store=store, port=launch.free_port())) as url:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        shown = drawn(browser, url, whole=whole)
        with bare_server(store.resolve(), shown) as floor_url:
            for _ in range(rounds):
                for name, address in PAGES.items():
                    visit(browser, url, name, address, found)
                    visit(browser, floor_url, name, f"/{name}/", floor)
        browser.close()
    text = written(found, floor, shown, rounds)
    report.speaker().print(text)
    if write:
        put(text)


if __name__ == "__main__":
    typer.run(main)
