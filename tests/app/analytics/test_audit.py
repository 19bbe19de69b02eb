"""The audit's verdicts on registers of known error."""

from __future__ import annotations

import numpy as np
import pytest

from app.analytics.audit import OUTSIDE, RULES, UNKNOWN, WITHIN, check, correlation, gain_pct, health_steps

DAYS = np.arange(200, dtype=np.int64) * 86_400_000


def test_a_register_that_agrees_is_within():
    found = check("sum_of_cells", DAYS, np.full(200, 0.1))

    assert (found.verdict, found.samples, found.beyond) == (WITHIN, 200, 0)
    assert found.measured == pytest.approx(0.1)


def test_one_stray_sample_is_named_and_condemns_nothing():
    deviation = np.zeros(200)
    deviation[40] = -9.0
    found = check("highest_cell", DAYS, deviation)

    assert (found.verdict, found.beyond) == (WITHIN, 1)
    assert (found.worst, found.worst_ms) == (-9.0, DAYS[40])


def test_more_than_one_in_a_hundred_is_outside():
    deviation = np.zeros(200)
    deviation[:3] = 9.0

    assert check("highest_cell", DAYS, deviation).verdict == OUTSIDE


@pytest.mark.parametrize("rule", RULES)
def test_an_offset_beyond_the_limit_is_outside(rule):
    assert check(rule, DAYS, np.full(200, 1.1 * RULES[rule].limit)).verdict == OUTSIDE


def test_nothing_gives_more_than_it_takes():
    assert check("charge_loss", DAYS, np.full(200, -1.0), least=0.0).verdict == OUTSIDE
    assert check("charge_loss", DAYS, np.full(200, 3.0), least=0.0).verdict == WITHIN


def test_too_few_samples_are_no_verdict_with_the_reason():
    found = check("current", DAYS[:2], np.zeros(2))

    assert found.verdict == UNKNOWN
    assert "2 samples" in str(found.reason)


def test_a_health_that_falls_by_single_per_cents_is_within():
    found = health_steps(DAYS, np.repeat([97.0, 96.0, 95.0, 94.0], 50))

    assert (found.verdict, found.samples, found.measured) == (WITHIN, 3, -1.0)


@pytest.mark.parametrize("levels", [[97.0, 98.0], [97.0, 94.0]])
def test_a_health_that_rises_or_leaps_is_outside(levels):
    found = health_steps(DAYS, np.repeat(levels, 100))

    assert found.verdict == OUTSIDE
    assert (found.worst, found.worst_ms) == (levels[1] - levels[0], DAYS[100])


@pytest.mark.parametrize("gain", [0.9, 1.0, 1.013])
def test_a_gain_is_found_beside_any_offset(gain):
    x = np.random.default_rng(1).normal(0, 60, 500)

    assert gain_pct(x, gain * x + 0.4) == pytest.approx(100 * (gain - 1), abs=1e-6)


def test_what_does_not_move_has_neither_gain_nor_correlation():
    assert gain_pct(np.zeros(10), np.arange(10.0)) is None
    assert correlation(np.zeros(10), np.arange(10.0)) == 0.0
