"""Energy of a meter by hour, day, week or month, as a table beside its bars: each counter, and import less export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from app.language import t
from pages.grids import figures, words
from pages.meterparts.figures import counter_word

GRID = "meter-energy-table"
SUFFIX = "_kwh"
IMPORT, EXPORT = "pos_ae", "neg_ae"
_WRITTEN = {"hour": "%Y-%m-%d %H:%M", "month": "%Y-%m"}
"""How the start of a period is written, so that it sorts; days and weeks by their date."""


def counters_of(frame: pl.DataFrame) -> list[str]:
    """List the counters whose energy a frame of periods holds."""
    return [name.removesuffix(SUFFIX) for name in frame.columns if name.endswith(SUFFIX)]


def columns(counters: list[str]) -> list[dict[str, Any]]:
    """Describe the table: when a period begins, the energy of each counter, and import less export."""
    described = [words("start", t("Begins"), width=150) | {"sort": "desc"}]
    described += [figures(name, counter_word(name), "kWh", digits=2, width=130) for name in counters]
    both = {IMPORT, EXPORT} <= set(counters)
    return [*described, *([figures("net", t("Import less export"), "kWh", digits=2, width=160)] if both else [])]


def rows(frame: pl.DataFrame, unit: str) -> list[dict[str, Any]]:
    """Flatten the periods for the table; a sum that is not known stays empty.

    Parameters
    ----------
    frame : DataFrame
        As `app.answers.meter.energy_by` gives it: ``ts`` in site wall time, energies in kWh.
    unit : str
        ``hour``, ``day``, ``week`` or ``month``.
    """
    counters, form = counters_of(frame), _WRITTEN.get(unit, "%Y-%m-%d")
    return [
        {"start": row["ts"].strftime(form), **{name: row[f"{name}{SUFFIX}"] for name in counters}, "net": _net(row)}
        for row in frame.iter_rows(named=True)
    ]


def _net(row: Mapping[str, Any]) -> float | None:
    """Import less export of a period [kWh]; None where either is not known."""
    had, given = row.get(f"{IMPORT}{SUFFIX}"), row.get(f"{EXPORT}{SUFFIX}")
    return None if had is None or given is None else had - given
