"""Take the pictures in docs/screenshots: ``python -m scripts.screenshots``.

Every page and every tab of the cell analyser, of the sample site, at the widths of a desk, a tablet and a phone, light
and dark, from the head of the page down; and docs/screenshots.md, which shows them all.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from app import launch
from pipeline import report
from pipeline.build import build
from pipeline.sample import write_sample
from pipeline.settings import read_settings
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.drawn import wait_until_drawn
from tests.browser.server import metas, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
SCREENS = ((1440, 900), (1024, 768), (390, 844))
SCHEMES = ("light", "dark")
SHEET = FOLDER.with_suffix(".md")
FORMAT = "webp"
"""A third of the size of a PNG, and shown by every browser."""
QUALITY = 80
LARGEST_BYTES = 200_000
MOST_SCREENS = 2
"""Height of a picture, in screens; what is further down is left out [1]."""
SETTLE_MS = 800
"""For what fades in after the figures are drawn [ms]."""


@contextmanager
def sample_server() -> Iterator[str]:
    """Build the sample site in a folder of its own, serve it, and yield the address."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder, "sample")
        write_sample(site)
        settings = read_settings(meter_roots=(str(site),), store=Path(folder, "store"), port=launch.free_port())
        build(settings)
        with served(settings) as url:
            yield url


def slug(name: str) -> str:
    """Make a page's name fit for a file."""
    return name.lower().replace(" ", "-")


def take(page: Page, name: str, height: int) -> None:
    """Take one picture, from the head of the page down, once all that it shows is drawn."""
    wait_until_drawn(page)
    whole = min(page.evaluate("document.documentElement.scrollHeight"), MOST_SCREENS * height)
    for at in range(height, whole, height):
        page.evaluate("at => window.scrollTo({top: at, behavior: 'instant'})", at)
        page.wait_for_timeout(SETTLE_MS)
        wait_until_drawn(page)
    page.evaluate("window.scrollTo({top: 0, behavior: 'instant'})")
    page.wait_for_timeout(SETTLE_MS)
    path = FOLDER / f"{name}.{FORMAT}"
    path.write_bytes(_picture(page, height))
    size = path.stat().st_size
    note = "" if size <= LARGEST_BYTES else f" (more than {LARGEST_BYTES // 1000} kB)"
    report.speaker().print(f"{path.name}: {size // 1000} kB{note}")


def _picture(page: Page, height: int) -> bytes:
    """Ask the browser itself, which writes WebP; a bar at the foot stands where the picture ends."""
    size = page.viewport_size or {"width": SCREENS[0][0], "height": height}
    whole = min(page.evaluate("document.documentElement.scrollHeight"), MOST_SCREENS * height)
    page.set_viewport_size({"width": size["width"], "height": max(whole, height)})
    page.wait_for_timeout(SETTLE_MS)
    wait_until_drawn(page)
    wire = page.context.new_cdp_session(page)
    taken = wire.send("Page.captureScreenshot", {"format": FORMAT, "quality": QUALITY})
    wire.detach()
    page.set_viewport_size(size)
    return base64.b64decode(taken["data"])


def take_all(browser: Browser, url: str, *, width: int, height: int, scheme: str) -> None:
    """Take every page and tab at one size and colour scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.add_init_script("localStorage.setItem('packscope-tour', 'never')")
    for meta in metas():
        page.goto(f"{url}{meta.path}")
        take(page, f"{slug(meta.name)}-{width}-{scheme}", height)
        for tab in page.get_by_role("tab").all()[1:]:  # the first one is on the screen already
            name = tab.inner_text().strip()
            tab.click()
            take(page, f"{slug(meta.name)}-{slug(name)}-{width}-{scheme}", height)
    context.close()


def sheet(names: Sequence[str]) -> str:
    """Write the page that shows all pictures, by page and tab, a column for each width and a row for each theme."""
    views = sorted({name.rsplit("-", 2)[0] for name in names})
    heads = [f"{width} px" for width, _ in SCREENS]
    lines = ["# Screens", "", "Of the sample site, taken by `make screenshots`.", ""]
    for view in views:
        lines += [f"## {view.replace('-', ' ').capitalize()}", "", f"| | {' | '.join(heads)} |", "|---" * 4 + "|"]
        for scheme in SCHEMES:
            taken = [f"{view}-{width}-{scheme}" for width, _ in SCREENS]
            cells = [f'<img src="screenshots/{one}.{FORMAT}" width="280">' if one in names else "" for one in taken]
            lines.append(f"| {scheme} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Take all pictures; ``--url`` takes them from a server that is up."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--url", help="a server that is up, instead of one for the sample site")
    url = parser.parse_args().url
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        if url:
            _all_screens(browser, url)
        else:
            with sample_server() as own:
                _all_screens(browser, own)
        browser.close()
    SHEET.write_text(sheet([path.stem for path in FOLDER.glob(f"*.{FORMAT}")]), encoding="utf-8")


def _all_screens(browser: Browser, url: str) -> None:
    for width, height in SCREENS:
        for scheme in SCHEMES:
            take_all(browser, url, width=width, height=height, scheme=scheme)


if __name__ == "__main__":
    main()
