"""Charge at charge ends in a cell's detail: on the string's own curve, and only where that is unknown on the book's."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from app.analytics.grid import Grid
from app.answers import detail, ledger
from app.shapes.answer import Interval

DAYS, CELLS = 20, 6
CAPACITY_AH = 280.0


@pytest.fixture
def evidence():
    days = 1_717_192_800_000 + 86_400_000 * np.arange(DAYS, dtype=np.int64)
    curve = np.zeros((DAYS, CELLS))
    curve[:, 2] = -5.0
    cells = Grid(days, np.ones(CELLS, np.int64), np.arange(1, CELLS + 1), {"top_pct": curve})
    capacity = SimpleNamespace(now=Interval(value=CAPACITY_AH, low=279.0, high=281.0))
    return SimpleNamespace(cells=cells, capacity=capacity)


def leads_of(monkeypatch, evidence, leads):
    monkeypatch.setattr(ledger, "_leads", lambda system: leads)
    monkeypatch.setattr(ledger, "evidence_of", lambda system: evidence)


def test_leads_are_shown_as_a_share_of_the_capacity_and_the_books_curve_is_not(monkeypatch, evidence):
    leads = np.zeros((DAYS, CELLS))
    leads[:, 2] = -5.6
    leads_of(monkeypatch, evidence, leads)
    _, _, values = detail._charge_end("B1", evidence, on_own_curve=True)
    assert values[:, 2] == pytest.approx(np.full(DAYS, -2.0))
    assert detail._charge_end("B1", evidence, on_own_curve=False) is None


@pytest.mark.parametrize("leads", [None, np.full((DAYS, CELLS), np.nan)])
def test_without_leads_only_the_chemistrys_curve_is_shown_under_a_name_of_its_own(monkeypatch, evidence, leads):
    leads_of(monkeypatch, evidence, leads)
    assert detail._charge_end("B1", evidence, on_own_curve=True) is None
    _, _, values = detail._charge_end("B1", evidence, on_own_curve=False)
    assert values[0, 2] == -5.0


def test_leads_of_a_window_are_its_days(monkeypatch, evidence):
    leads = np.arange(DAYS)[:, None] * np.ones(CELLS)
    leads_of(monkeypatch, evidence, leads)
    found = ledger.leads_pct("B1", evidence.cells.days[5:8], CAPACITY_AH)
    assert found[:, 0] == pytest.approx(100 * np.arange(5, 8) / CAPACITY_AH)
    assert ledger.leads_pct("B1", evidence.cells.days, None) is None
