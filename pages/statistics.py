"""The table of statistics that Compare and Explore show: one row per signal and window, exact from every reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.answers.statistics import LineStatistics
from app.language import t
from app.view import View
from pages.grids import figures, moment, words


def columns(*, compared: bool = False) -> list[dict[str, Any]]:
    """Describe the columns; ``compared`` adds the period and the differences."""
    head = [
        words("source", t("Source"), width=190, href="href"),
        words("signal", t("Signal"), width=190),
    ]
    head += [words("period", t("Period from"), width=176)] if compared else []
    spread = [
        figures("difference", t("Difference"), digits=3, trim=True, width=124),
        figures("difference_pct", t("Difference"), "%", digits=1, width=134),
    ]
    return [
        *head,
        words("unit", t("Unit"), width=84, most=90),
        figures("mean", t("Mean"), digits=3, trim=True, width=104),
        figures("energy", t("Energy"), "kWh", digits=1, width=124),
        *(spread if compared else []),
        figures("min", t("Lowest"), digits=3, trim=True, width=110),
        words("min_at", t("Lowest at"), width=176, href="min_href"),
        figures("max", t("Highest"), digits=3, trim=True, width=110),
        words("max_at", t("Highest at"), width=176, href="max_href"),
        figures("p01", t("1st percentile"), digits=3, trim=True, width=130),
        figures("p99", t("99th percentile"), digits=3, trim=True, width=134),
        figures("last", t("Last"), digits=3, trim=True, width=100),
        figures("readings", t("Readings"), width=118),
        figures("coverage", t("Coverage"), "%", digits=1, width=124),
    ]


def row(found: LineStatistics, zone: str, view: View, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Flatten one signal's figures; its source links to its page."""
    page, key = ("/meter", "meter") if kinds.get(found.source) == "meter" else ("/battery", "system")
    return {
        "source": found.source,
        "href": view.href(page, **{key: found.source}),
        "signal": found.label,
        "unit": found.unit or "1",
        "mean": found.mean,
        "energy": found.energy_kwh,
        "min": found.min,
        "min_at": moment(found.min_ms, zone),
        "max": found.max,
        "max_at": moment(found.max_ms, zone),
        "p01": found.p01,
        "p99": found.p99,
        "last": found.last,
        "readings": found.readings,
        "coverage": None if found.coverage is None else 100 * found.coverage,
    }


def level_of(found: LineStatistics) -> float | None:
    """Take what two rows are compared by: a counter's energy, any other signal's mean."""
    return found.energy_kwh if found.kind == "counter" else found.mean


def compared_row(
    found: LineStatistics, reference: LineStatistics | None, start_ms: int, plain: dict[str, Any], zone: str
) -> dict[str, Any]:
    """Add to a row what it differs by from another, of one unit and kind."""
    alike = reference is not None and (reference.unit, reference.kind) == (found.unit, found.kind)
    mine, other = level_of(found), level_of(reference) if reference is not None and alike else None
    apart = None if mine is None or other is None else mine - other
    share = None if apart is None or not other else 100 * apart / abs(other)
    return plain | {"period": moment(start_ms, zone), "difference": apart, "difference_pct": share}
