"""The audit on a site whose registers were given errors of known size: each is found, and nothing else is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from app.answers import audit as answers
from app.factory import create_app
from app.shapes.audit import AuditRow
from pipeline.build import build
from pipeline.settings import read_settings
from pipeline.simulation.plan import SYSTEM_NAMES

SYSTEM = SYSTEM_NAMES[0]

VOLTS, POWER = 1.012, 0.9
"""Factors on the cluster's voltage, and with it on the battery's energy, and on the converter's power [1]."""
INJECTED: dict[str, tuple[str, Callable[[pl.Expr], pl.Expr], float]] = {
    "soc_at_anchors": ("bms1_soc", lambda soc: (soc - 8).clip(0, 100), -8.0),
    "sum_of_cells": ("bms1_v", lambda volts: (VOLTS * volts).round(1), 1.2),
    "highest_cell": ("bms1_cell_max_v", lambda volts: volts + 0.006, 6.0),
    "lowest_cell": ("bms1_cell_min_v", lambda volts: volts - 0.007, -7.0),
    "current": ("pcs1_dcc", lambda amps: (1.03 * amps + 2.5).round(1), 3.0),
    "current_offset": ("pcs1_dcc", lambda amps: (1.03 * amps + 2.5).round(1), 2.5),
    "auxiliary_counter": ("aux_m_pos_ae", lambda kwh: (1.05 * kwh).round(2), 5.0),
}
"""What each row measures: the register that is changed, how, and by how much it then deviates [the row's unit]."""


def changed(path: Path, how: Callable[[pl.Expr], pl.Expr]) -> None:
    frame = pl.read_csv(path)
    frame.with_columns(how(pl.col(frame.columns[1])).alias(frame.columns[1])).write_csv(path)


@pytest.fixture(scope="module")
def rows(tmp_path_factory, sample_site) -> dict[str, AuditRow]:
    folder = tmp_path_factory.mktemp("audit")
    site = folder / "site"
    shutil.copytree(sample_site, site)
    own = site / "BESS" / SYSTEM
    for signal, how in {signal: how for signal, how, _ in INJECTED.values()}.items():
        changed(own / f"{signal}.csv", how)
    changed(own / "pcs1_ap.csv", lambda kw: (POWER * kw).round(2))
    soh = pl.read_csv(own / "bms1_soh.csv")
    late = pl.int_range(pl.len()) > soh.height // 2
    soh.with_columns(pl.when(late).then(pl.col("bms1_soh") - 3).otherwise("bms1_soh").alias("bms1_soh")).write_csv(
        own / "bms1_soh.csv"
    )
    settings = read_settings(meter_roots=(str(site),), store=folder / "store", max_workers=2)
    build(settings)
    with create_app(settings).server.app_context():
        return {row.name: row for row in answers.audit(SYSTEM).rows}


@pytest.fixture(scope="module")
def sound(sample_settings) -> dict[str, AuditRow]:
    with create_app(sample_settings).server.app_context():
        return {row.name: row for row in answers.audit(SYSTEM).rows}


@pytest.mark.parametrize("name", INJECTED)
def test_an_error_is_found_with_its_size(name, rows, sound):
    size = INJECTED[name][2]

    assert sound[name].verdict == "within"
    assert rows[name].verdict == "outside"
    assert rows[name].measured - sound[name].measured == pytest.approx(size, rel=0.1)
    assert rows[name].beyond > rows[name].stray_share * rows[name].samples


def test_a_converter_that_reads_low_shows_in_both_directions(rows, sound):
    given, taken = (1 - sound[name].measured / 100 for name in ("discharge_loss", "charge_loss"))

    assert {sound[name].verdict for name in ("discharge_loss", "charge_loss")} == {"within"}
    assert {rows[name].verdict for name in ("discharge_loss", "charge_loss")} == {"outside"}
    assert rows["discharge_loss"].measured == pytest.approx(100 * (1 - given * POWER / VOLTS), abs=0.2)
    assert rows["charge_loss"].measured == pytest.approx(100 * (1 - taken * VOLTS / POWER), abs=0.2)


def test_a_health_that_leaps_is_found_with_its_step(rows, sound):
    assert rows["soh_steps"].verdict == "outside"
    assert rows["soh_steps"].worst == pytest.approx(-3.0, abs=1.0)
    assert sound["soh_steps"].verdict == "within"


def test_a_converter_that_reads_low_leaves_its_meter_behind(rows, sound):
    assert (sound["meter"].verdict, rows["meter"].verdict) == ("within", "outside")
    assert rows["meter"].measured == pytest.approx(100 * (1 / POWER - 1), abs=0.2)
    assert "follows all batteries" in str(rows["meter"].reason)


def test_every_row_says_its_limit_and_what_is_refused_says_why(rows, sound):
    for row in (*rows.values(), *sound.values()):
        assert row.limit > 0
        assert row.unit
        assert row.limit_source
        assert (row.verdict == "unknown") == (row.measured is None)
        assert row.measured is not None or row.reason
