"""Hot spots, resistance by month and steps of packs, on grids of known truth."""

import numpy as np
import pytest

from app.analytics.grid import Grid
from app.analytics.hotspots import fast_days, hotspots, rate_reason, rise_at
from app.analytics.limits import limits
from app.analytics.ohms import monthly_resistance
from app.analytics.packsteps import against_others, differential_steps

DAY = 86_400_000
FIRST = 1_717_192_800_000
CELLS, DAYS = 24, 180
LIMITS = limits({})
ZONE = "Europe/Berlin"


def grid_of(columns, days=DAYS, places=CELLS):
    at = FIRST + DAY * np.arange(days, dtype=np.int64)
    numbers = np.arange(1, places + 1)
    return Grid(at, np.ones(places, np.int64), numbers, columns)


def sensors(hot=None, since=100, size=5.0, rate=None):
    rng = np.random.default_rng(1)
    level = 25 + rng.normal(0, 0.8, CELLS) + rng.normal(0, 0.1, (DAYS, CELLS))
    if hot is not None:
        level[since:, hot] += size
    zeros = np.zeros((DAYS, CELLS))
    rates = np.full((DAYS, CELLS), np.nan) if rate is None else rate
    return grid_of({"all_k": level, "t_mean": level, "heat_sxx": zeros, "heat_sxy": zeros, "rate_k_per_min": rates})


def test_a_hot_spot_lasts_from_its_first_day_and_no_other_sensor_does():
    found = hotspots(sensors(hot=7), np.full(DAYS, np.nan), LIMITS)
    assert np.flatnonzero(found.persistent).tolist() == [7]
    assert found.since[7] == 100
    assert found.now[7] == pytest.approx(5.0, abs=0.3)
    assert found.hot_days[7] == DAYS - 100
    assert found.order[0] == 7
    assert (found.low < 0.5).all()
    assert (found.high[:100] < 0.5).all()


def test_sound_sensors_have_no_hot_day():
    found = hotspots(sensors(), np.full(DAYS, np.nan), LIMITS)
    assert found.hot_days.sum() == 0
    assert not found.persistent.any()


def test_a_rise_is_told_with_its_stamp_or_refused_with_the_reason():
    rate = np.zeros((DAYS, CELLS))
    rate[42, 3] = 2.5
    assert fast_days(rate).tolist() == [42]
    assert rate_reason(rate, 10_000) is None
    assert "900 s are too slow" in rate_reason(np.full((3, 3), np.nan), 900_000)
    ts = FIRST + 30_000 * np.arange(20, dtype=np.int64)
    values = np.full(20, 25.0)
    values[11:] = 26.0
    values[12:] = 28.0
    assert rise_at(ts, values) == ts[12]
    assert rise_at(ts, np.full(20, 25.0)) is None
    assert rise_at(ts[:2], values[:2]) is None


def cells(ohm, factors, warmth=0.0, celsius=None):
    """Make steps that fit R = ohm·factor·exp(warmth·(T − 25)) exactly, with little noise."""
    rng = np.random.default_rng(2)
    sxx = np.full((DAYS, CELLS), 5_000.0)
    warm = np.ones(DAYS) if celsius is None else np.exp(warmth * (celsius - 25))
    r = ohm * np.asarray(factors) * warm[:, None] * (1 + rng.normal(0, 0.005, (DAYS, CELLS)))
    k = 1e-3 * rng.normal(0, 0.01, (DAYS, CELLS)) + ohm * (np.asarray(factors) - 1)
    return grid_of({"step_sxx": sxx, "step_sxy": r * sxx, "k_sxx": sxx, "k_sxy": -k * sxx})


def test_relative_resistance_by_month_is_recovered():
    factors = np.ones(CELLS)
    factors[5] = 1.5
    found = monthly_resistance(cells(4e-4, factors), 10_000, np.full(DAYS, 25.0), ZONE)
    assert found.relative is not None
    assert found.relative[:, 5] == pytest.approx(np.full(len(found.months), 1.5), rel=0.01)
    assert np.delete(found.relative, 5, axis=1) == pytest.approx(1.0, abs=0.01)
    assert int(np.nanargmax(np.abs(found.z))) == 5
    assert len(found.months) == 6
    assert found.warmth.value is None
    assert "5 K" in found.warmth.reason


def test_the_effect_of_temperature_is_learned_and_taken_out():
    celsius = 20 + 10 * np.sin(np.arange(DAYS) / 29)
    found = monthly_resistance(cells(4e-4, np.ones(CELLS), -0.02, celsius), 10_000, celsius, ZONE)
    assert found.warmth.value == pytest.approx(-2.0, abs=0.02)
    assert found.warmth.low < found.warmth.value < found.warmth.high < 0
    assert np.ptp(np.nanmedian(found.ohms, axis=1)) > 5e-5
    corrected = found.at_25(np.nanmedian(found.ohms, axis=1), found.temperature)
    assert corrected == pytest.approx(4e-4, rel=0.01)


def test_a_slow_logger_is_refused_ohms_and_keeps_its_slope():
    factors = np.ones(CELLS)
    factors[5] = 2.0
    found = monthly_resistance(cells(4e-4, factors), 900_000, np.full(DAYS, 25.0), ZONE)
    assert found.ohms is found.relative is None
    assert "too slow for ohms" in found.reason
    assert found.slopes[:, 5] == pytest.approx(0.4, rel=0.05)
    assert int(np.nanargmax(np.abs(found.z))) == 5


def test_a_step_of_one_pack_is_found_to_the_day_and_what_is_common_cancels():
    rng = np.random.default_rng(3)
    days = np.arange(300.0)
    common = 10 * np.sin(days / 60)[:, None]
    daily = common + rng.normal(0, 0.3, (300, 5))
    daily[140:, 2] += 6.0
    (step,) = differential_steps(days, against_others(daily), 1.0)
    assert step.column == 2
    assert abs(step.row - 140) <= 1
    assert step.size == pytest.approx(6.0, abs=0.3)
    assert step.z > 50
    assert step.explained > 0.95


@pytest.mark.parametrize("moved", ["season", "duty", "drift", "spell"])
def test_what_comes_back_or_creeps_is_no_step(moved):
    days = np.arange(630.0)
    own = {
        "season": 4 * np.sin(2 * np.pi * days / 365.25),
        "duty": 6.0 * ((days % 365) < 180),
        "drift": np.round(0.02 * days),
        "spell": 6.0 * ((days > 300) & (days < 360)),
    }[moved]
    daily = np.random.default_rng(4).normal(0, 0.3, (630, 5))
    daily[:, 2] += own
    assert differential_steps(days, against_others(daily), 1.0) == []


@pytest.mark.parametrize("at", [60, 250, 560])
def test_a_step_that_lasts_is_found_beside_a_season(at):
    days = np.arange(630.0)
    daily = np.random.default_rng(5).normal(0, 0.3, (630, 5))
    daily[:, 1] += 1.5 * np.sin(2 * np.pi * days / 365.25) + 12.0 * (days >= at)
    found = differential_steps(days, against_others(daily), 1.0)
    assert [(one.column, abs(one.row - at) <= 1) for one in found] == [(1, True)]


def test_noise_and_gaps_make_no_step():
    rng = np.random.default_rng(4)
    daily = rng.normal(0, 1.0, (300, 5))
    daily[50:80] = np.nan
    assert differential_steps(np.arange(300.0), against_others(daily), 0.0) == []
    assert differential_steps(np.arange(10.0), daily[:10], 0.0) == []
