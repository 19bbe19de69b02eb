"""The HTML page that everything else is loaded by.

Every page has a chart: the chart library is asked for at once, and read while the page's own scripts and layout are
still on their way. Dash would ask for it only when it meets the first chart, one round trip after another.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from dash.fingerprint import build_fingerprint

from app import guide, language

ASSETS = Path(__file__).resolve().parents[1] / "assets"
EARLY = "theme.js"
"""Script that runs in the head, before the first paint."""
FAVICON = "favicon.svg"
"""Symbol of the page, written into it: Chromium asks for a file anew each time the address changes."""
CHARTS = "plotly/package_data/plotly.min.js"
"""The chart library; ``assets/30-drawing.js`` hands it out."""
GRAPH = "dash/dcc/async-graph.js"
"""The component around a chart."""
_SUITES = "/_dash-component-suites/"
_GRIDS = re.compile(r'<script src="([^"]*/dash_ag_grid/[^"]*)"></script>')
"""The library of the tables, which ``assets/25-parts.js`` loads once the first chart is drawn."""
_UNUSED = re.compile(r'<script src="[^"]*/dash_table/[^"]*"></script>\s*')
"""Dash's own tables: none is shown here."""
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="FAVICON_DATA">
<script src="/assets/theme.js?m=EARLY_STAMP"></script>
{%css%}
<link rel="preload" as="script" href="GRAPH_FILE">
<link rel="preload" as="script" href="CHARTS_FILE">
<script async src="GRAPH_FILE"></script>
<script async src="CHARTS_FILE" data-charts=""></script>
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""


def index_string() -> str:
    """Write the template of the page; the addresses of its files name their content."""
    stamp = str(int((ASSETS / EARLY).stat().st_mtime))
    said = {"EARLY_STAMP": stamp, "GRAPH_FILE": _fingerprinted(GRAPH), "CHARTS_FILE": _fingerprinted(CHARTS)}
    said["FAVICON_DATA"] = f"data:image/svg+xml,{quote((ASSETS / FAVICON).read_text(encoding='utf-8').strip())}"
    page = _INDEX
    for name, value in said.items():
        page = page.replace(name, value)
    return page


def _fingerprinted(path: str) -> str:
    package, _, rest = path.partition("/")
    found = find_spec(package)
    folder = Path((found.submodule_search_locations or [""])[0]) if found else Path()
    changed = int((folder / rest).stat().st_mtime)
    address: str = build_fingerprint(path, version(package), changed)  # type: ignore[no-untyped-call]
    return f"{_SUITES}{address}"


def finish(page: str) -> str:
    """Say in the page which language it is in, bring the help with it, and leave out what it does not need at once."""
    spoken = page.replace('<html lang="en">', f'<html lang="{language.current()}">', 1)
    later = _GRIDS.sub(r'<link rel="prefetch" as="script" data-grids="" href="\1">', spoken)
    return _UNUSED.sub("", later).replace("<footer>", f"{guide.markup()}<footer>", 1)
