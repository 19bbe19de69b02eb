"""Charts: `graph` and `time_graph` are the only way one gets onto a page, so that none offers to send data anywhere."""

from __future__ import annotations

from typing import Any, cast

from dash import dcc, html

from app.components.kinds import Identity, aria
from app.components.marks import provenance
from app.figures.theme import CHART_MIN_PX
from app.language import current, mark, t

GRAPH_CONFIG: Any = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
    "doubleClick": "autosize",
    "locale": "en",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}
"""What every chart is allowed to do. Nothing is uploaded anywhere; the picture is made in the browser."""
_GERMAN_DATES: dict[str, Any] = {
    "days": ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
    "shortDays": ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"],
    "months": [
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ],
    "shortMonths": ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
    "date": "%d.%m.%Y",
}
_LOCALES = {"de": {"dictionary": {}, "format": _GERMAN_DATES}}
"""What the chart library has to know of a language: it brings only English along."""
_CLEAR, _OFF = "rgba(0,0,0,0)", {"visible": False}
_WAITING: dict[str, Any] = {
    "data": [],
    # The empty title tells `assets/30-drawing.js` that there is nothing to draw yet.
    "layout": {"paper_bgcolor": _CLEAR, "plot_bgcolor": _CLEAR, "xaxis": _OFF, "yaxis": _OFF, "title": {"text": " "}},
}
EXPORTS = {
    "csv": mark("What is shown, as CSV"),
    "parquet": mark("What is shown, as Parquet"),
    "png": mark("Picture, as PNG"),
    "raw-csv": mark("Raw rows of this range, as CSV"),
    "raw-parquet": mark("Raw rows of this range, as Parquet"),
}
"""What a chart can be had as; raw rows where its lines are signals."""


def graph_config() -> dict[str, object]:
    """Return what every chart is allowed to do, with dates in the reader's language."""
    own = _LOCALES.get(current())
    spoken = {"locale": current(), "locales": {current(): own}} if own else {}
    return {**GRAPH_CONFIG, **spoken}


def graph(identity: Identity, *, label: str, question: str, height: int = 320) -> html.Div:
    """Put a chart on a page.

    Parameters
    ----------
    identity : str or dict
        Id of the `dcc.Graph`; its ``figure`` is for a callback to fill.
    label : str
        What the chart shows, in a sentence, for those who do not see it.
    question : str
        What its provenance is looked up by (`app.answers.bases.BASES`), for the lines of a time chart where it has any.
    height : int
        Height [px], at least `CHART_MIN_PX`.
    """
    inner = dcc.Graph(
        id=identity,
        figure=_WAITING,
        config=cast(Any, graph_config()),
        style={"height": f"{max(height, CHART_MIN_PX)}px"},
        className="ps-graph",
    )
    tools = html.Div([provenance({}, subject=label, question=question), export_menu(label)], className="ps-chart-tools")
    return html.Div([tools, inner], className="ps-chart", role="group", **aria(label=label))


def export_menu(label: str) -> html.Details:
    """Offer what a chart shows as files."""
    kinds: dict[str, dict[str, Any]] = {kind: {"data-export": kind} for kind in EXPORTS}
    buttons = [
        html.Button(t(words), className="ps-chart-export", type="button", hidden=kind.startswith("raw"), **kinds[kind])
        for kind, words in EXPORTS.items()
    ]
    said = t("Export: {chart}", chart=label)
    summary = html.Summary(t("Export…"), title=t("Write a file"), role="button", **aria(label=said))
    return html.Details([summary, html.Div(buttons)], className="ps-export")


def time_id(name: str) -> dict[str, str]:
    """Name a time chart; dragging across any of these zooms the whole view, a double click shows it all again."""
    return {"type": "time-chart", "name": name}


def time_graph(name: str, *, label: str, height: int = 320, question: str = "series") -> html.Div:
    """Put a time chart on a page; its id is ``time_id(name)``, its zoom lives in the address (`Scope.window`)."""
    return graph(time_id(name), label=label, height=height, question=question)
