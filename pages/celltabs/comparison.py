"""Second tab: packs side by side, in numbers and as small multiples on one scale each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, State, html
from dash.development.base_component import Component

from app.answers import cells
from app.components import csv_file, export_button, graph, section, table
from app.figures.cells import Reading, pack_dots, subject_of
from app.figures.spread import EDGES_PX, ROW_PX, cell_spread
from app.figures.theme import message
from app.language import mark, t
from app.scope import Scope
from app.shapes.packs import PackReport
from pages.celltabs import verdicts
from pages.celltabs.overview import compared
from pages.grids import figures

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "comparison", "keys": ""}
GRID, EXPORT = "cells-comparison-grid", "cells-comparison-export"
SPREAD = "cells-spread-graph"


@dataclass(frozen=True, kw_only=True)
class Multiple:
    """One small multiple: what is drawn of each pack."""

    key: str
    question: str
    """What its mark is looked up by."""
    title: str
    unit: str
    reading: Callable[[PackReport], Reading]
    second: str | None = None
    limit: float | None = None
    digits: int | None = None

    @property
    def graph_id(self) -> str:
        """Id of its chart."""
        return f"cells-multiple-{self.key}"


def _plain(value: Callable[[PackReport], float | None]) -> Callable[[PackReport], Reading]:
    return lambda report: Reading(name=subject_of(report), value=value(report))


def _temperature(report: PackReport) -> Reading:
    return Reading(name=subject_of(report), value=report.mean_t, second=report.max_t)


def _health(report: PackReport) -> Reading:
    soh = report.soh
    note = report.soh_reason or ""
    return Reading(name=subject_of(report), value=soh.measured, low=soh.low, high=soh.high, note=note)


def _rate(report: PackReport) -> Reading:
    rate = report.degradation_pct_per_month
    return Reading(name=subject_of(report), value=rate.value, low=rate.low, high=rate.high, note=rate.reason or "")


MULTIPLES = (
    Multiple(key="soh", question="soh_measured", title=mark("Measured state of health"), unit="%", reading=_health),
    Multiple(
        key="imbalance",
        question="imbalance",
        title=mark("Imbalance"),
        unit="mV",
        reading=_plain(lambda report: report.imbalance_mv),
    ),
    Multiple(key="rate", question="degradation", title=mark("Degradation"), unit="%/month", reading=_rate),
    Multiple(
        key="voltage",
        question="mean_voltage",
        title=mark("Mean cell voltage"),
        unit="V",
        reading=_plain(lambda report: report.mean_v),
        digits=4,
    ),
    Multiple(
        key="temperature",
        question="hottest",
        title=mark("Temperature"),
        unit="°C",
        reading=_temperature,
        second=mark("max"),
    ),
    Multiple(
        key="flagged",
        question="flagged",
        title=mark("Cells that need attention"),
        unit="",
        reading=_plain(lambda r: r.critical_cells),
    ),
)


def _numeric(field: str, title: str, digits: int, width: int = 104) -> dict[str, Any]:
    wrapped = {"wrapHeaderText": True, "autoHeaderHeight": True}
    return figures(field, title, digits=digits, width=min(width, 104)) | wrapped


def columns() -> tuple[dict[str, Any], ...]:
    """Describe the table, in the language of the request."""
    return (
        {
            "field": "name",
            "headerName": mark("Pack"),
            "pinned": "left",
            "minWidth": 84,
            "maxWidth": 96,
            "filter": False,
        },
        _numeric("cells", mark("Cells"), 0, 80),
        _numeric("mean_v", mark("Mean voltage [V]"), 4, 130),
        _numeric("imbalance_mv", mark("Imbalance [mV]"), 1, 120),
        _numeric("mean_t", mark("Mean [°C]"), 1, 100),
        _numeric("max_t", mark("Max [°C]"), 1, 96),
        _numeric("measured", mark("Measured SOH [%]"), 1, 136),
        _numeric("low", mark("95 % low"), 1, 92),
        _numeric("high", mark("95 % high"), 1, 96),
        {"field": "band", "headerName": mark("Band"), "minWidth": 120},
        _numeric("model", mark("Model SOH [%]"), 1, 116),
        _numeric("bms", mark("BMS SOH [%]"), 0, 108),
        _numeric("rate", mark("Degradation [%/month]"), 2, 160),
        _numeric("rate_low", mark("95 % low"), 2, 92),
        _numeric("rate_high", mark("95 % high"), 2, 96),
        _numeric("critical_cells", mark("Need attention"), 0, 118),
        _numeric("best_cell", mark("Best cell"), 0, 92),
        _numeric("worst_cell", mark("Worst cell"), 0, 98),
        _numeric("coverage_pct", mark("Coverage [%]"), 1, 108),
    )


def row_of(report: PackReport) -> dict[str, Any]:
    """Flatten a report into one row of the table."""
    soh, rate = report.soh, report.degradation_pct_per_month
    plain = ("cells", "mean_v", "imbalance_mv", "mean_t", "max_t", "critical_cells", "best_cell", "worst_cell")
    return {
        "name": subject_of(report),
        **{name: getattr(report, name) for name in plain},
        **{name: getattr(soh, name) for name in ("measured", "low", "high", "model", "bms")},
        "band": report.band if report.soh_basis in {None, "measured"} else f"{report.band} ({report.soh_basis})",
        "rate": rate.value,
        "rate_low": rate.low,
        "rate_high": rate.high,
        "coverage_pct": None if report.coverage is None else 100 * report.coverage,
    }


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    height = 84 + 34 * max(len(scope.packs), 1)
    charts = [
        graph(one.graph_id, label=t("{title} of each pack", title=t(one.title)), height=height, question=one.question)
        for one in MULTIPLES
    ]
    tall = EDGES_PX + ROW_PX * max(len(scope.packs), 2)
    label = t("How far each cell of each pack lies from the string's median")
    return [
        section(
            t("Every cell of every pack"),
            graph(SPREAD, label=label, height=tall, question="spread"),
            question=None,
            note=t("One point for each cell; the best and the worst of each pack are named. Click one to select it."),
        ),
        section(
            t("Side by side"),
            html.Div(charts, className="ps-multiples"),
            question=None,
            note=t("One scale per quantity. Bars are 95 % intervals; what cannot be known says so."),
        ),
        section(t("In numbers"), table(GRID, columns()), tools=export_button(EXPORT), question="comparison"),
    ]


def multiples(reports: Sequence[PackReport], theme: str) -> list[go.Figure]:
    """Draw every quantity of every pack."""
    return [
        pack_dots(
            [one.reading(report) for report in reports],
            title=t(one.title),
            unit=one.unit,
            theme=theme,
            limit=one.limit,
            second_name=t(one.second) if one.second else None,
            digits=one.digits,
        )
        for one in MULTIPLES
    ]


def spread(scope: Scope, reports: Sequence[PackReport], theme: str) -> go.Figure:
    """Draw every cell of every pack; say why when none is known."""
    answers = cells.heatmaps(str(scope.source), scope.start_ms, scope.end_ms, metric="deviation")
    if not any(value is not None for answer in answers.values() for value in answer.values):
        reasons = [answer.reason for answer in answers.values() if answer.reason]
        return message(t(reasons[0] if reasons else "No readings in this period."), theme, height=240)
    flagged = verdicts.severities(verdicts.flagged_cells(verdicts.criticals(scope)))
    by_pack = {report.pack: report for report in reports if report.pack is not None}
    return cell_spread(answers, by_pack, flagged=flagged, theme=theme)


def update(asked: Mapping[str, str]) -> tuple[list[dict[str, Any]], *tuple[go.Figure, ...]]:
    """Fill the tab."""
    scope = verdicts.asked_scope(asked)
    packs = compared(scope)
    rows = [row_of(one) for one in [*packs.packs, packs.system]]
    figure = spread(scope, packs.packs, asked["theme"])
    return rows, figure, *multiples(packs.packs, asked["theme"])


def export(clicks: int, asked: Mapping[str, str]) -> dict[str, Any]:
    """Write the table as CSV, unrounded."""
    del clicks
    packs = compared(verdicts.asked_scope(asked))
    rows = [row_of(one) for one in [*packs.packs, packs.system]]
    return csv_file("packs.csv", list(rows[0]), [list(row.values()) for row in rows])


def register(app: Dash) -> None:
    """Wire the tab."""
    app.callback(
        Output(GRID, "rowData"),
        Output(SPREAD, "figure"),
        *[Output(one.graph_id, "figure") for one in MULTIPLES],
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "pickMark"), Input(SPREAD, "clickData"))
    app.callback(
        Output(f"{EXPORT}-file", "data"), Input(EXPORT, "n_clicks"), State(GATE, "data"), prevent_initial_call=True
    )(export)
