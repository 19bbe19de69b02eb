"""Health answers: numbers from a string of known truth, reasons from one that cannot tell; page and chart agree."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from app import loader
from app.answers import battery, evidence, health
from app.errors import UnknownSource
from app.figures.health import capacity_chart
from pages.batteryparts import healthwords
from tests.app.analytics.test_capacity import anchors
from tests.app.stores import answering
from tests.pages.words import words

BATTERY = "B1"


@pytest.fixture
def asked(tiny):
    with answering(tiny[0]):
        yield


@pytest.fixture
def counted(tiny, monkeypatch):
    """Serve the tiny site with two years of anchors, at a capacity that fades by 2.6 % a year."""
    table = anchors(days=720, capacity=270.0, fade=0.02)
    real = loader.table

    def given(source: str, name: str) -> pl.DataFrame:
        return table if name == "anchors" else real(source, name)

    monkeypatch.setattr(loader, "table", given)
    _forget()
    with answering(tiny[0]):
        yield
    _forget()


def _forget():
    """Forget what was laid out of the store's own tables, or of the given ones."""
    evidence._evidence_of.cache_clear()
    evidence._judged.cache_clear()


def test_what_cannot_be_told_has_its_reason(asked):
    found = health.health(BATTERY)
    assert found.soh.value is None
    assert found.soh.reason
    assert found.forecast.p50 is None
    assert "No forecast" in found.forecast.reason
    assert found.band == "unknown"
    assert found.months == ()
    figure = capacity_chart(found, zone="Europe/Berlin", theme="light")
    assert len(figure.data) == 0
    assert figure.layout.annotations[0].text
    assert "No rate of change" in words(healthwords.said(found))


def test_an_unknown_system_is_said(asked):
    with pytest.raises(UnknownSource):
        health.health("nobody")


def test_the_capacity_comes_back_with_its_budget_and_months(counted):
    found = health.health(BATTERY)
    assert found.capacity_ah.low < 270 - 0.02 * 720 < found.capacity_ah.high
    assert found.of_baseline.value == pytest.approx(100 * (270 - 14.4) / (270 - 0.3), abs=0.3)
    assert set(found.budget) == {"counts", "anchors", "gain", "offset", "edges"}
    assert len(found.months) > 20
    assert found.ts[0] < found.ts[-1]


def test_the_page_says_what_the_answer_says(counted):
    found = health.health(BATTERY)
    told = words(healthwords.facts(found))
    assert healthwords.interval(found.capacity_ah, "Ah").replace("\N{NO-BREAK SPACE}", " ") in told
    assert "Recoverable by balancing" in told
    figure = capacity_chart(found, zone="Europe/Berlin", theme="dark")
    assert {trace.name for trace in figure.data} >= {"One count between full and empty", "Median of a month"}
    assert len(figure.data[0].x) == len(found.ts)


def test_no_period_changes_health(counted):
    whole = health.health(BATTERY)
    source = loader.current().source(BATTERY)
    day = 86_400_000
    windows = [(None, None), (source.first_ms, source.first_ms + 5 * day), (source.last_ms - day, source.last_ms)]
    reports = [battery.comparison(BATTERY, *window).system for window in windows]
    assert len({report.provenance["age_years"] for report in reports}) == 1
    assert len({report.provenance["cycles"] for report in reports}) == 1
    assert len({report.soh.model for report in reports}) == 1
    assert health.health(BATTERY) is whole


def test_a_step_is_one_only_if_it_explains_the_shift():
    from app.shapes.answer import Interval
    from app.shapes.health import ShiftedCell, Step

    def cell(*steps: Step) -> ShiftedCell:
        shift = Interval(value=-10.0, low=-11.0, high=-9.0)
        return ShiftedCell(
            pack=1, cell=2, now_mv=shift, baseline_mv=0.0, shift_mv=shift, drift_mv_per_month=shift, steps=steps
        )

    assert "step of" in healthwords.since(cell(Step(at="2024-12-21T00:00:00+01:00", size=-9.5, z=-40.0)))
    assert "21 Dec 2024" in healthwords.since(cell(Step(at="2024-12-21T00:00:00+01:00", size=-9.5, z=-40.0)))
    assert "gradually" in healthwords.since(cell(Step(at="2024-12-21T00:00:00+01:00", size=-3.0, z=-40.0)))
    assert "gradually" in healthwords.since(cell())


def test_dates_are_words_or_a_reason(counted):
    dates = health.health(BATTERY).forecast
    told = healthwords.forecast_words(dates)
    assert told == dates.reason or "80 % is reached by" in told
    assert np.all(dates.low <= dates.high)
