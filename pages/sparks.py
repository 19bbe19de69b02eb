"""Sparklines of a tile: what a source did over the period, each leading to the signal itself."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from app.answers import series
from app.components import aria
from app.figures.spark import spark
from app.language import t
from app.numbers import quantity
from app.say import say
from app.scope import Scope
from app.shapes.series import SeriesAnswer

SIGNALS = {
    "bess": (("bms1_soc",), ("bms1_cell_v_diff",), ("bms1_cell_max_t",)),
    "meter": (("com_ap", "pos_ae"), ("neg_ae",), ("pv_ae",)),
}
"""What is drawn of each kind of source: of each row the first signal that is logged."""
MOST = {"bess": 3, "meter": 2}
"""Sparklines of a tile at most."""
POINTS = 120
"""Points of a sparkline."""


def sparks(scope: Scope) -> Component:
    """Draw a source's sparklines over the period."""
    chosen = [next((name for name in row if name in scope.signals), None) for row in SIGNALS[scope.kind]]
    names = [name for name in chosen if name][: MOST[scope.kind]]
    period = scope.start_ms, scope.end_ms
    lines = series.many(str(scope.source), names, *period, max_points=POINTS)
    drawn = [one for line in lines if (one := _spark(line, scope)) is not None]
    return html.Div(drawn, className="ps-sparks")


def _spark(line: SeriesAnswer, scope: Scope) -> Component | None:
    picture = spark(line, scope.asked)
    if picture is None:
        return None
    mask = f'url("{picture}")'
    look = {"maskImage": mask, "WebkitMaskImage": mask}
    said = t("{label} over the period: {range}", label=say(line.label), range=_range(line))
    figure = html.Span(className="ps-spark", style=look, role="img", **aria(label=said))
    words = html.Span([line.label, html.Span(_range(line), className="ps-spark-range")], className="ps-spark-words")
    href = scope.view.href("/explore", signals=(f"{line.source}:{line.signal}",))
    return dcc.Link(
        [words, figure], href=href, className="ps-spark-link", title=t("Explore {label}", label=say(line.label))
    )


def _range(line: SeriesAnswer) -> str:
    """Write the lowest and the highest reading; of a counter, how much a point holds at most."""
    finite = line.value[line.value == line.value]
    if line.kind == "counter":
        return t("up to {energy} a point", energy=quantity(float(finite.max()), line.unit))
    low, high = float(line.min[line.min == line.min].min()), float(line.max[line.max == line.max].max())
    return t("{low} to {high}", low=quantity(low, line.unit), high=quantity(high, line.unit))
