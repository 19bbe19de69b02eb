"""What the bare applications draw is as much as they are told to."""

from __future__ import annotations

import json
import subprocess
import sys

from pipeline.settings import environment
from tests.bench.twin import words

LINES = {"type": "scatter", "mode": "lines", "points": 40, "rows": 0, "panel": 2}
FIELD = {"type": "heatmap", "mode": None, "points": 30, "rows": 24, "panel": 1}
VIEW = [
    {"height": 300, "panels": 2, "traces": [LINES, LINES | {"panel": 1}]},
    {"height": 280, "panels": 1, "traces": [FIELD]},
    {"height": 600, "panels": 0, "traces": [FIELD | {"type": "surface"}]},
]
_DRAW = """
import json, sys
from tests.bench import bare_dash
view = bare_dash.VIEWS["page"]
for shown in [*bare_dash.DAYS, "surface"]:
    drawn = bare_dash.draw(shown, charts=view[:2], field=view[2]["traces"][0])
    print(json.dumps([[(one.type, one.yaxis if one.type == "scatter" else list(one.z.shape)) for one in figure.data]
                      for figure in drawn if hasattr(figure, "data")]))
"""


def test_a_bare_application_draws_the_readings_as_it_is_told(sample_settings):
    said = environment() | {"BARE_STORE": str(sample_settings.store), "BARE_VIEWS": json.dumps({"page": VIEW})}
    told = subprocess.run([sys.executable, "-c", _DRAW], env=said, check=True, capture_output=True, text=True).stdout
    *periods, surface = [json.loads(line) for line in told.splitlines()]

    assert periods == [[[["scatter", "y2"], ["scatter", "y"]], [["heatmap", [24, 30]]]]] * 3
    assert surface == [[["surface", [24, 30]]]]


def test_a_page_is_described_in_words():
    assert words(VIEW) == "3 charts, 4 traces, 1,520 points"
