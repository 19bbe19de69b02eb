"""A Dash application with nothing but a time chart and a surface: what a browser has to do for these in any case.

The measure that `tests.bench.browser` holds Packscope's pages against; no part of the product. Served as Packscope is:
``gunicorn tests.bench.bare_dash:server``.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html

LINES = int(os.environ.get("BARE_LINES", "3"))
"""Traces of the time chart."""
POINTS = int(os.environ.get("BARE_POINTS", "2000"))
"""Points of each trace."""
ROWS, COLUMNS = int(os.environ.get("BARE_ROWS", "52")), int(os.environ.get("BARE_COLUMNS", "120"))
"""Size of the surface."""
STEP_MS = 3_600_000
PERIODS = {"complete": 1.0, "30 days": 0.2, "7 days": 0.05}


def time_chart(share: float) -> go.Figure:
    """Draw as many lines as asked for over a share of the time."""
    rng = np.random.default_rng(0)
    x = (np.arange(POINTS) * STEP_MS * share + 1.7e12).astype("datetime64[ms]")
    drawn = [go.Scatter(x=x, y=rng.normal(size=POINTS).cumsum().round(3), mode="lines") for _ in range(LINES)]
    return go.Figure(drawn)


def surface() -> go.Figure:
    """Draw a surface."""
    rng = np.random.default_rng(0)
    return go.Figure(go.Surface(z=rng.normal(3.3, 0.01, size=(ROWS, COLUMNS)).round(4)))


def draw(shown: str) -> Any:
    """Fill the chart."""
    return surface() if shown == "surface" else time_chart(PERIODS[shown])


def create() -> Dash:
    """Make the application."""
    app = Dash("bare", use_pages=False, assets_folder="no-assets")  # "assets", the default, would be the dashboard's
    app.layout = html.Div(
        [
            dcc.RadioItems(id="shown", options=[*PERIODS, "surface"], value="complete"),
            dcc.Graph(id="chart"),
        ]
    )
    app.callback(Output("chart", "figure"), Input("shown", "value"))(draw)
    return app


server = create().server
