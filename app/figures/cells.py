"""Figures of packs: the three states of health side by side, and one quantity of every pack on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures import objects as go
from app.figures.theme import colours, message, series_colour, style
from app.language import t
from app.numbers import known, number, quantity
from app.shapes.packs import PackReport

BAND_EDGES = (80.0, 85.0, 90.0, 95.0)
"""SOH edges that are drawn as thin lines [%]."""
_ROW_PX = 34


def subject_of(report: PackReport) -> str:
    """Name what a report is about: ``Pack 2``, or ``System`` for the whole."""
    return t("System") if report.pack is None else t("Pack {report}", report=report.pack)


def soh_triples(reports: Sequence[PackReport], *, theme: str | None) -> go.Figure:
    """Draw measured, model and BMS state of health side by side, one row per pack.

    Parameters
    ----------
    reports : sequence of PackReport
        Packs, and the system as the last.
    theme : str or None
        light or dark.

    Returns
    -------
    go.Figure
        Three marks per row whose shapes differ; the measured one carries its 95 % interval. What is unknown is absent;
        when all is, the reason is written.
    """
    names = [subject_of(report) for report in reports]
    if not _all_soh(reports):
        reasons = [report.soh_reason for report in reports if report.soh_reason]
        return message(reasons[0] if reasons else t("No state of health is known"), theme)
    figure = go.Figure()
    figure.add_trace(_measured(reports, names, theme))
    model = [report.soh.model for report in reports]
    figure.add_trace(
        _soh_marks(model, names, t("model estimate, not measured"), "diamond-open", colours(theme)["ink-3"])
    )
    bms = [report.soh.bms for report in reports]
    figure.add_trace(_soh_marks(bms, names, t("BMS, whole per cent"), "line-ns-open", series_colour(1, theme)))
    for edge in BAND_EDGES:
        figure.add_vline(x=edge, line={"color": colours(theme)["ink-3"], "width": 0.75, "dash": "dot"}, layer="below")
    low = min([75.0, *(value - 2 for value in _all_soh(reports))])
    high = max([101.0, *(value + 1 for value in _all_soh(reports))])
    style(
        figure,
        theme,
        height=96 + _ROW_PX * len(reports),
        margin={"l": 72, "r": 16, "t": 42, "b": 52},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(title_text=t("state of health [%]"), range=[low, high], fixedrange=True)
    figure.update_yaxes(**_rows(names))
    return figure


def _rows(names: Sequence[str]) -> dict[str, object]:
    """Rows from top to bottom in the given order, also where a row has no mark."""
    span = [len(names) - 0.4, -0.7]
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(names),
        "range": span,
        "fixedrange": True,
        "showgrid": False,
    }


def _all_soh(reports: Sequence[PackReport]) -> list[float]:
    triples = [report.soh for report in reports]
    values = [value for soh in triples for value in (soh.measured, soh.low, soh.high, soh.model, soh.bms)]
    return [value for value in values if value is not None and known(value)]


def _measured(reports: Sequence[PackReport], names: Sequence[str], theme: str | None) -> go.Scatter:
    rows = [(name, r.soh) for name, r in zip(names, reports, strict=True) if known(r.soh.measured)]
    above = [_reach(soh.high, soh.measured) for _, soh in rows]
    below = [_reach(soh.measured, soh.low) for _, soh in rows]
    return go.Scatter(
        x=[soh.measured for _, soh in rows],
        y=[name for name, _ in rows],
        mode="markers",
        name=t("measured, 95 % interval"),
        marker={"size": 10, "color": series_colour(0, theme), "symbol": "circle"},
        error_x={"type": "data", "array": above, "arrayminus": below, "thickness": 1.5, "width": 5},
        hovertemplate=[
            t(
                "{name}: measured {value} ({low} to {high})",
                name=name,
                value=quantity(soh.measured, "%"),
                low=number(soh.low, 1),
                high=number(soh.high, 1),
            )
            + "<extra></extra>"
            for name, soh in rows
        ],
    )


def _reach(upper: float | None, lower: float | None) -> float:
    return max(upper - lower, 0.0) if upper is not None and lower is not None else 0.0


def _soh_marks(values: Sequence[float | None], names: Sequence[str], label: str, symbol: str, color: str) -> go.Scatter:
    rows = [(name, value) for name, value in zip(names, values, strict=True) if known(value)]
    return go.Scatter(
        x=[value for _, value in rows],
        y=[name for name, _ in rows],
        mode="markers",
        name=label,
        marker={"size": 11, "color": color, "symbol": symbol, "line": {"width": 2, "color": color}},
        hovertemplate=[f"{name}: {label} {quantity(value, '%')}<extra></extra>" for name, value in rows],
    )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One row of a small multiple: a value, its interval or range, and a second value where there is one."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    second: float | None = None
    note: str = ""
    """What hover adds, such as why a value is unknown."""


def pack_dots(
    readings: Sequence[Reading],
    *,
    title: str,
    unit: str,
    theme: str | None,
    limit: float | None = None,
    second_name: str | None = None,
    digits: int | None = None,
) -> go.Figure:
    """Draw one quantity of every pack on one scale, the building block of the small multiples.

    Parameters
    ----------
    readings : sequence of Reading
        One per pack.
    title, unit : str
        What is drawn; both stand above the axis.
    theme : str or None
        light or dark.
    limit : float, optional
        A limit, drawn as a thin labelled line [unit].
    second_name : str, optional
        Name of `Reading.second`, such as ``highest`` beside the mean.
    digits : int, optional
        Decimals of the labels; what the unit deserves when it is not given.
    """
    figure = go.Figure()
    shown = [row for row in readings if known(row.value)]
    figure.add_trace(_dots(shown, unit, digits, theme))
    if second_name:
        figure.add_trace(_second(shown, second_name, unit, digits, theme))
    figure.add_trace(_unknown(readings, theme))
    if limit is not None:
        _mark_limit(figure, limit, theme)
    style(
        figure,
        theme,
        height=84 + _ROW_PX * len(readings),
        margin={"l": 60, "r": 16, "t": 48, "b": 34},
        showlegend=False,
    )
    _name_above(figure, f"{title} [{unit}]" if unit else title, theme)
    figure.update_xaxes(fixedrange=True, nticks=5, range=_padded(readings, limit))
    if not unit:
        figure.update_xaxes(tickformat="d", dtick=1 if _padded(readings, None)[1] < 6 else None)
    order = [row.name for row in readings]
    figure.update_yaxes(**_rows(order))
    return figure


def _dots(shown: Sequence[Reading], unit: str, digits: int | None, theme: str | None) -> go.Scatter:
    return go.Scatter(
        x=[row.value for row in shown],
        y=[row.name for row in shown],
        mode="markers+text",
        text=[number(row.value, _decimals(unit, digits)) for row in shown],
        textposition="top center",
        textfont={"size": 11},
        marker={"size": 9, "color": series_colour(0, theme)},
        error_x=_interval(shown),
        hovertemplate=[_dot_hover(row, unit, digits) for row in shown],
        cliponaxis=False,
    )


def _mark_limit(figure: go.Figure, limit: float, theme: str | None) -> None:
    figure.add_vline(x=limit, line={"color": colours(theme)["limit"], "width": 1, "dash": "dash"})
    note = {"text": t("limit {limit}", limit=number(limit, 1)), "showarrow": False, "font": {"size": 11}}
    figure.add_annotation(x=limit, yref="paper", y=1, yanchor="bottom", **note)


def _name_above(figure: go.Figure, words: str, theme: str | None) -> None:
    named = {"text": words, "font": {"size": 14, "color": colours(theme)["ink"]}}
    at_left = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 22}
    figure.add_annotation(**named, **at_left, showarrow=False)


def _decimals(unit: str, digits: int | None) -> int:
    return digits if digits is not None else {"V": 3, "": 0, "%/month": 2}.get(unit, 1)


def _interval(rows: Sequence[Reading]) -> dict[str, object]:
    above = [_reach(row.high, row.value) for row in rows]
    below = [_reach(row.value, row.low) for row in rows]
    return {"type": "data", "array": above, "arrayminus": below, "visible": any(above + below), "thickness": 1.5}


def _dot_hover(row: Reading, unit: str, digits: int | None) -> str:
    text = f"{row.name}: {quantity(row.value, unit, _decimals(unit, digits))}"
    if row.low is not None and row.high is not None:
        text += f"<br>{t('95 % interval {low} to {high}', low=number(row.low, 2), high=number(row.high, 2))}"
    return f"{text}{f'<br>{row.note}' if row.note else ''}<extra></extra>"


def _second(rows: Sequence[Reading], name: str, unit: str, digits: int | None, theme: str | None) -> go.Scatter:
    kept = [row for row in rows if known(row.second)]
    return go.Scatter(
        x=[row.second for row in kept],
        y=[row.name for row in kept],
        mode="markers+text",
        text=[f"{number(row.second, _decimals(unit, digits))} {name}" for row in kept],
        textposition="top center",
        textfont={"size": 11},
        marker={"size": 9, "color": series_colour(0, theme), "symbol": "triangle-up-open"},
        hovertemplate=[
            f"{row.name}: {name} {quantity(row.second, unit, _decimals(unit, digits))}<extra></extra>" for row in kept
        ],
        cliponaxis=False,
    )


def _unknown(readings: Sequence[Reading], theme: str | None) -> go.Scatter:
    """Say in the middle of the row that a value is unknown, and why on hover."""
    rows = [row for row in readings if not known(row.value)]
    span = _padded(readings, None)
    return go.Scatter(
        x=[(span[0] + span[1]) / 2 for _ in rows],
        y=[row.name for row in rows],
        mode="text",
        text=[t("unknown") for _ in rows],
        textfont={"color": colours(theme)["unknown"], "size": 12},
        hovertemplate=[
            f"{row.name}: {t('unknown')}{f', {row.note}' if row.note else ''}<extra></extra>" for row in rows
        ],
    )


def _padded(readings: Sequence[Reading], limit: float | None) -> list[float]:
    values = [v for row in readings for v in (row.value, row.low, row.high, row.second) if v is not None and known(v)]
    values += [] if limit is None or not values else [limit]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    pad = 0.16 * (high - low) or abs(high) * 0.02 or 1.0
    return [low - pad, high + pad]
