"""The packs of a system as a table: three states of health, band, advice, imbalance, and cells that need attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.analytics.soh import BANDS
from app.figures.cells import subject_of
from app.language import mark, t
from app.numbers import NOTHING
from app.shapes.packs import PackReport
from pages.grids import band, figures, words

NO_BMS = mark("the battery logs no state of health of its own")
NO_IMBALANCE = mark("too few readings at rest in this period")


def columns() -> list[dict[str, Any]]:
    """Describe the table."""
    return [
        words("name", t("Pack"), width=84, most=104) | {"pinned": "left", "filter": False},
        figures("measured", t("Measured SOH"), "%", digits=1),
        figures("low", t("95 % low"), "%", digits=1, width=92),
        figures("high", t("95 % high"), "%", digits=1, width=92),
        band("band", t("Band"), width=160),
        words("advice", t("Advice"), width=190, wrap=True),
        figures("model", t("Model SOH"), "%", digits=1, width=100),
        figures("bms", t("BMS SOH"), "%", width=92),
        figures("imbalance", t("Imbalance"), "mV", digits=1, width=104),
        figures("attention", t("Need attention"), width=100),
    ]


def row_of(report: PackReport) -> dict[str, Any]:
    """Flatten a report into a row; ``reasons`` say why a figure of it is unknown."""
    soh = report.soh
    none = report.soh_reason or t("no interval")
    return {
        "name": subject_of(report),
        "measured": soh.measured,
        "low": soh.low,
        "high": soh.high,
        "band": band_name(report),
        "band_key": report.band,
        "advice": advice(report),
        "model": soh.model,
        "bms": soh.bms,
        "imbalance": report.imbalance_mv,
        "attention": report.critical_cells,
        "reasons": {
            "measured": none,
            "low": none,
            "high": none,
            "model": model_reason(report),
            "bms": t(NO_BMS),
            "imbalance": t(NO_IMBALANCE),
        },
    }


def rows(reports: Sequence[PackReport]) -> list[dict[str, Any]]:
    """Flatten reports into rows."""
    return [row_of(one) for one in reports]


def model_reason(report: PackReport) -> str:
    """Say what the model of the state of health lacks."""
    if report.provenance.get("cycles") is None:
        return t("The model needs the full cycles, which need the nominal capacity: say nominal_ah in site.toml.")
    return t("The model needs age, full cycles and imbalance; one of them is unknown.")


def band_name(report: PackReport) -> str:
    """Name the band, or the two that the interval lies between, and say so when it rests on the model."""
    if report.band is None:
        return NOTHING
    return (
        (report.band_span or report.band) if report.soh_basis == "measured" else f"{report.band} ({report.soh_basis})"
    )


def advice(report: PackReport) -> str:
    """Give the band's advice; the reason where there is no band."""
    known_advice = {one.name: one.advice for one in BANDS}
    return known_advice.get(report.band or "", report.soh_reason or "")
