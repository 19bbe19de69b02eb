"""The audit's verdicts on registers of known error."""

from __future__ import annotations

import numpy as np
import pytest

from app.analytics.audit import OUTSIDE, RULES, TOO_FEW, UNKNOWN, WITHIN, check, correlation, health_steps, line

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


@pytest.mark.parametrize("rule", RULES)
def test_more_than_the_stray_share_is_outside(rule):
    allowed = round(200 * RULES[rule].stray)
    deviation = np.zeros(200)
    deviation[:allowed] = 9.0 + RULES[rule].limit
    assert check(rule, DAYS, deviation).verdict == WITHIN
    deviation[allowed] = 9.0 + RULES[rule].limit

    assert check(rule, DAYS, deviation).verdict == OUTSIDE


def test_the_text_names_the_shares_that_the_rules_allow():
    said = " ".join(str(check.__doc__).split())

    assert {rule.stray for rule in RULES.values()} == {0.01, 0.1}
    assert {name for name, rule in RULES.items() if rule.stray == 0.1} == {
        "soc_at_anchors",
        "discharge_loss",
        "charge_loss",
    }
    assert "1 %, and 10 % of half cycles (losses) and anchors" in said


@pytest.mark.parametrize("rule", RULES)
def test_an_offset_beyond_the_limit_is_outside(rule):
    assert check(rule, DAYS, np.full(200, 1.1 * RULES[rule].limit)).verdict == OUTSIDE


def test_nothing_gives_more_than_it_takes():
    assert check("charge_loss", DAYS, np.full(200, -1.0), least=0.0).verdict == OUTSIDE
    assert check("charge_loss", DAYS, np.full(200, 3.0), least=0.0).verdict == WITHIN


def test_too_few_samples_are_no_verdict_with_the_reason():
    found = check("current", DAYS[:2], np.zeros(2))

    assert found.verdict == UNKNOWN
    assert found.reason == TOO_FEW


def test_a_health_that_falls_by_single_per_cents_is_within():
    found = health_steps(DAYS, np.repeat([97.0, 96.0, 95.0, 94.0], 50))

    assert (found.verdict, found.samples, found.measured) == (WITHIN, 3, -1.0)


@pytest.mark.parametrize("levels", [[97.0, 98.0], [97.0, 94.0]])
def test_a_health_that_rises_or_leaps_is_outside(levels):
    found = health_steps(DAYS, np.repeat(levels, 100))

    assert found.verdict == OUTSIDE
    assert (found.worst, found.worst_ms) == (levels[1] - levels[0], DAYS[100])


@pytest.mark.parametrize("gain", [0.9, 1.0, 1.013])
def test_a_gain_and_an_offset_are_told_apart(gain):
    x = np.random.default_rng(1).normal(0, 60, 500)

    assert line(x, gain * x + 0.4) == pytest.approx((100 * (gain - 1), 0.4), abs=1e-6)


def test_what_does_not_move_has_neither_line_nor_correlation():
    assert line(np.zeros(10), np.arange(10.0)) is None
    assert correlation(np.zeros(10), np.arange(10.0)) == 0.0
