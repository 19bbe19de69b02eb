"""Charge kept out of use and hours of balancing, against the truth of simulated strings, from 10 s to 15 min."""

from __future__ import annotations

import numpy as np
import pytest

from app.analytics.capacity import measure_capacity
from app.analytics.gather import cells_of
from app.analytics.grid import lay_out
from app.analytics.ledger import NO_LEADS, Ledger, keep_ledger
from pipeline.features import extract
from pipeline.simulation.memory import SAID
from tests.pipeline.simulated import Pack, one_pack

DAYS = {10: 14, 60: 24, 300: 24, 900: 24}
"""Span of the strings by logging interval [s, d]."""
BAND = 0.25
"""Largest error that is promised [1]."""


def kept(step_s: int, held_ah: dict[int, float], seed: int = 1) -> tuple[Ledger, Pack]:
    pack = one_pack(step_s, DAYS[step_s], held_ah=held_ah, seed=seed)
    tables = extract(pack.reader, SAID, {}).tables
    cells, _ = cells_of(tables["cell_day"])
    leads = lay_out(tables["cell_day"], "cell", ("lead_ah",))["lead_ah"]
    capacity = measure_capacity(tables["anchors"]).now.value or 280.0
    return keep_ledger(tables["anchors"], cells, capacity, 52 * 3.2, leads), pack


def days_of(ledger: Ledger, pack: Pack) -> np.ndarray:
    told = [row.full.ts for row in ledger.cycles if row.lost_ah is not None]
    return np.searchsorted(pack.midnights_ms, told, side="right") - 1


@pytest.mark.parametrize("held_ah", [{}, {7: -2.8}, {7: -5.6}, {7: 1.7}], ids=str)
@pytest.mark.parametrize("step_s", [10, 60, 300])
def test_what_is_lost_and_the_charge_to_balance_are_within_a_quarter_of_the_truth(step_s, held_ah):
    ledger, pack = kept(step_s, held_ah)
    days = days_of(ledger, pack)
    lost = np.median(pack.top_ah[days].max(axis=1) - pack.bottom_ah[days].min(axis=1))
    apart = np.median(np.ptp(pack.top_ah[days[-7:]], axis=1))

    assert len(days) >= 5
    assert ledger.lost_ah == pytest.approx(lost, rel=BAND)
    assert ledger.lost_kwh == pytest.approx((ledger.lost_ah or 0.0) * 52 * 3.2 / 1000)
    assert ledger.balancing_ah == pytest.approx(apart, rel=BAND)


def test_at_a_quarter_of_an_hour_charge_is_refused_and_the_names_stay():
    ledger, _ = kept(900, {7: -5.6})

    assert (ledger.lost_ah, ledger.balancing_ah) == (None, None)
    assert (ledger.lost_reason, ledger.balancing_reason) == (NO_LEADS, NO_LEADS)
    assert {row.empty.cell for row in ledger.cycles if row.empty} == {7}


def test_a_cell_that_lags_onto_the_plateau_forbids_hours_of_balancing_only():
    ledger, _ = kept(300, {7: -22.0})

    assert ledger.balancing_ah is None
    assert ledger.balancing_reason is not None
    assert ledger.lost_ah is not None
