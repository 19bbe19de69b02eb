"""Forecasts reach 80 % when they should, and are refused with the reason when they should not be made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.degradation import MONTH_DAYS, YEAR_DAYS
from app.analytics.forecast import Duty, forecast, model_loss
from app.shapes.answer import Interval

DUTY = Duty(0.9)


def around(value, half, reason=None):
    return Interval(value=value, low=value - half, high=value + half, reason=reason)


def test_the_model_loses_some_five_per_cent_in_630_days():
    lost = 100 * model_loss(np.array([630.0]), DUTY)[0]
    assert 4.0 < lost < 5.5


def test_the_model_loses_faster_warm_and_full():
    year = np.array([YEAR_DAYS])
    assert model_loss(year, Duty(0.9, celsius=40.0)) > model_loss(year, DUTY)
    assert model_loss(year, Duty(0.9, soc=0.9)) > model_loss(year, DUTY)
    assert model_loss(year, Duty(1.8)) > model_loss(year, DUTY)


def test_dates_lie_around_the_straight_line_and_beyond():
    found = forecast(around(95.0, 0.8), around(-0.25, 0.03), span_days=600.0, age_days=600.0, duty=DUTY)
    early, middle, late = found.days
    straight = (95.0 - 80.0) / (0.25 * 0.95) * MONTH_DAYS
    assert early < middle < late
    assert 0.9 * straight < middle < 2.5 * straight  # a decelerating model takes longer than a line
    assert found.reason is None
    assert (np.diff(found.fan, axis=0) >= 0).all()
    assert found.fan[1, 0] == pytest.approx(95.0, abs=0.1)


@given(rate=st.floats(-0.6, -0.1))
@settings(max_examples=15)
def test_who_ages_faster_ends_earlier(rate):
    slow, fast = (
        forecast(around(96.0, 0.8), around(one, 0.02), span_days=600.0, age_days=700.0, duty=DUTY).days[1]
        for one in (rate, 1.5 * rate)
    )
    assert slow is None or fast < slow


@pytest.mark.parametrize(
    ("soh", "trend", "span", "words"),
    [
        (Interval(value=None, reason="Never full."), around(-0.2, 0.1), 600.0, "not measured. Never full."),
        (around(79.0, 1.0), around(-0.2, 0.1), 600.0, "below 80 % already"),
        (around(96.0, 1.0), around(-0.2, 0.1), 300.0, "needs a year"),
        (around(96.0, 1.0), around(-0.1, 0.2), 600.0, "includes 0"),
        (around(96.0, 1.0), Interval(value=None, reason="Too short."), 600.0, "Too short."),
    ],
)
def test_without_ground_there_is_a_reason_and_no_date(soh, trend, span, words):
    found = forecast(soh, trend, span_days=span, age_days=span, duty=DUTY)
    assert found.days == (None, None, None)
    assert len(found.ahead) == 0
    assert words in found.reason


def test_a_slow_loss_has_no_date_within_forty_years():
    found = forecast(around(99.0, 0.5), around(-0.005, 0.001), span_days=600.0, age_days=600.0, duty=DUTY)
    assert found.days[2] is None
