"""Peaks of a meter: the highest quarter hour of each day, of import and of export."""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

from app.answers import load
from app.components import section
from app.language import t
from app.scope import Scope
from pages.grids import csv_button, figures, grid, moment, words

GRID = "meter-peaks"


def panel() -> Component:
    """Lay out the row."""
    columns = [
        words("at", t("Quarter hour from"), width=164),
        words("direction", t("Direction"), width=110),
        figures("demand", t("Demand"), "kW", digits=1, width=132) | {"sort": "desc"},
        figures("extreme", t("Furthest reading"), "kW", digits=1, width=150),
        figures("energy", t("Energy"), "kWh", digits=1),
        figures("coverage", t("Covered"), "%", width=120),
    ]
    note = t("The highest quarter hour of each day, import and export. Demand is its mean power, as it is billed.")
    return section(t("Peaks"), grid(GRID, columns), note=note, tools=csv_button(GRID), question="demand")


def rows(found: load.Load | None, scope: Scope) -> list[dict[str, Any]]:
    """Flatten the peaks for the table."""
    if found is None:
        return []
    said = {"import": t("Import"), "export": t("Export")}
    return [
        {
            "at": moment(row["ts"], scope.zone),
            "direction": said[row["direction"]],
            "demand": abs(row["demand_kw"]),
            "extreme": abs(row["extreme_kw"]),
            "energy": abs(row["energy_kwh"]),
            "coverage": round(100 * row["coverage"]),
        }
        for row in found.peaks.iter_rows(named=True)
    ]
