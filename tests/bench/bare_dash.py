"""Dash applications with nothing but charts: what a browser has to do for the figures of a page in any case.

The measure that `tests.bench.browser` holds Packscope's pages against; no part of the product. Served as Packscope is:
``gunicorn tests.bench.bare_dash:server``, one application for each page at ``/<page>/``. Each shows as many charts as
it is told to, with as many panels, traces and points of the same kinds, filled by one callback from the store's Parquet
as plain Polars reads it, in Plotly's own template.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from dash import Dash, Input, Output, dcc, html, no_update
from flask import Flask
from plotly.subplots import make_subplots

PARTS = Path(os.environ.get("BARE_STORE", "data/store")) / "parts"
VIEWS: dict[str, list[dict[str, Any]]] = json.loads(os.environ.get("BARE_VIEWS", "{}"))
"""What each page draws, as `tests.bench.twin.views` found it."""
DAYS = {"complete": None, "30 days": 30, "7 days": 7}
RAW_FILES = 2
"""Files of raw rows that hold the last 30 days: one is of a calendar month [1]."""
SURFACE = "surface"


def readings(days: int | None) -> pl.DataFrame:
    """Read ``ts`` and a few columns: raw rows of the last days; of all of them their hours, where these are written."""
    folder = sorted(PARTS.glob("*/analog*"))[-1]
    hours, files = (sorted((folder / level).glob("*.parquet")) for level in ("1h", "raw"))
    if days is None and hours:
        frame = pl.read_parquet(hours, columns=["ts", "mean", "min", "max"])
        return frame.unique("ts", keep="first", maintain_order=True)
    frame = pl.concat([pl.read_parquet(file) for file in (files[-RAW_FILES:] if days else files)], how="diagonal")
    return frame.filter(pl.col("ts") >= frame["ts"].max() - timedelta(days=days)) if days else frame


def time_chart(frame: pl.DataFrame, drawn: Mapping[str, Any]) -> go.Figure:
    """Draw a chart's traces over the readings, each in its panel."""
    figure = make_subplots(rows=drawn["panels"], shared_xaxes=True)
    columns = [name for name in frame.columns if name != "ts"]
    for number, trace in enumerate(drawn["traces"]):
        rows = frame[np.linspace(0, frame.height - 1, trace["points"]).astype(int)]
        x = rows["ts"].dt.replace_time_zone(None).to_numpy()
        y = rows[columns[number % len(columns)]].to_numpy()
        figure.add_trace(_trace(trace, x, y), row=trace["panel"], col=1)
    return figure


def _trace(drawn: Mapping[str, Any], x: Any, y: Any) -> Any:
    if drawn["type"] == "heatmap":
        return go.Heatmap(x=x, z=np.resize(y, (drawn["rows"], len(x))))
    if drawn["type"] == "bar":
        return go.Bar(x=x, y=y)
    return go.Scatter(x=x, y=y, mode=drawn["mode"] or "lines")


def surface(frame: pl.DataFrame, drawn: Mapping[str, Any]) -> go.Figure:
    """Draw a surface of as many rows and columns."""
    values = frame[frame.columns[1]].to_numpy()
    return go.Figure(go.Surface(z=np.resize(values, (drawn["rows"], drawn["points"]))))


def draw(shown: str, *, charts: Sequence[Mapping[str, Any]], field: Mapping[str, Any] | None) -> Any:
    """Fill all charts of a page."""
    if shown == SURFACE and field is not None:
        return [surface(readings(None), field), *([no_update] * (len(charts) - 1))]
    frame = readings(DAYS[shown])
    return [time_chart(frame, chart) for chart in charts]


def create(server: Flask, name: str) -> Dash:
    """Make the application of one page."""
    charts = [chart for chart in VIEWS[name] if chart["traces"][0]["type"] != SURFACE]
    field = next((chart["traces"][0] for chart in VIEWS[name] if chart not in charts), None)
    # "assets", the default folder, would be the dashboard's own
    app = Dash(f"bare_{name}", server=server, url_base_pathname=f"/{name}/", use_pages=False, assets_folder="no-assets")
    graphs = [dcc.Graph(id=f"chart-{n}", style={"height": chart["height"]}) for n, chart in enumerate(charts)]
    options = [*DAYS, *([SURFACE] if field else [])]
    app.layout = html.Div([dcc.RadioItems(id="shown", options=options, value="complete"), *graphs])
    filled = [Output(f"chart-{n}", "figure") for n in range(len(charts))]
    app.callback(filled, Input("shown", "value"))(partial(draw, charts=charts, field=field))
    return app


server = Flask("bare")
for _name in VIEWS:
    create(server, _name)
