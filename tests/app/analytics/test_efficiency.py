"""Round trips of known energies, at any boundary, and with meterings that are off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.efficiency import AC, Flow, close_trip, direction, flow_of, turned

HOUR = 3_600_000


def flow(powers: list[float], step_ms: int = HOUR) -> Flow:
    return flow_of(np.arange(len(powers), dtype=np.int64) * step_ms, np.array(powers, np.float64), 3.0 * step_ms)


def test_energies_given_and_taken_are_apart():
    assert flow([10.0, 10.0, -20.0, 5.0, 0.0]).between(0, 4 * HOUR) == (25.0, 20.0, 1.0)


def test_a_window_within_readings_takes_its_share():
    given_kwh, taken_kwh, covered = flow([10.0, -4.0, 0.0]).between(HOUR // 2, HOUR + HOUR // 4)

    assert (given_kwh, taken_kwh, covered) == pytest.approx((5.0, 1.0, 1.0))


def test_over_a_gap_nothing_is_counted():
    ts = np.array([0, HOUR, 100 * HOUR, 101 * HOUR], np.int64)
    given_kwh, _, covered = flow_of(ts, np.full(4, 10.0), 3.0 * HOUR).between(0, 101 * HOUR)

    assert given_kwh == pytest.approx(50.0)
    assert covered == pytest.approx(5 / 101)


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=50), st.integers(1, 100))
def test_two_halves_are_the_whole(powers, percent):
    whole = flow(powers)
    end = (len(powers) - 1) * HOUR
    cut = max(1, min(end - 1, end * percent // 100))
    parts = np.array(whole.between(0, cut)[:2]) + np.array(whole.between(cut, end)[:2])

    assert parts == pytest.approx(np.array(whole.between(0, end)[:2]), abs=1e-6)


def test_a_round_trip_is_energy_out_over_energy_in():
    assert close_trip(AC, 88.0, 100.0).pct == pytest.approx(88.0)
    assert close_trip(AC, 88.0, 110.0, stored_kwh=10.0).pct == pytest.approx(88.0)


def test_over_unity_is_the_metering_and_said():
    trip = close_trip(AC, 101.0, 100.0)

    assert trip.pct == pytest.approx(101.0)
    assert "metering" in str(trip.reason)


def test_nothing_through_is_no_round_trip():
    assert close_trip(AC, 0.0, 0.0).pct is None
    assert close_trip(AC, 5.0, 1.0, stored_kwh=2.0).reason is not None


@pytest.mark.parametrize("sign", [1, -1])
def test_the_direction_is_found_from_known_half_cycles(sign):
    found = flow([sign * 10.0, sign * 10.0, sign * -12.0, 0.0])
    discharge, charge = np.array([[0, 2 * HOUR]]), np.array([[2 * HOUR, 3 * HOUR]])

    assert direction(found, discharge, charge) == sign
    own = found if sign > 0 else turned(found)
    assert own.between(0, 3 * HOUR)[:2] == pytest.approx((20.0, 12.0))


def test_a_power_that_never_moves_has_no_direction():
    assert direction(flow([0.0, 0.0, 0.0]), np.array([[0, HOUR]]), np.array([[HOUR, 2 * HOUR]])) is None


@given(
    st.lists(st.floats(-100, 100), min_size=0, max_size=30),
    st.lists(st.tuples(st.integers(-2 * HOUR, 40 * HOUR), st.integers(-HOUR, 20 * HOUR)), max_size=8),
)
def test_many_spans_at_once_are_each_span_alone(powers, drawn):
    whole = flow(powers)
    spans = np.array([(start, start + length) for start, length in drawn], np.int64).reshape(-1, 2)

    assert np.column_stack(whole.over(spans)).tolist() == [list(whole.between(*span)) for span in spans.tolist()]
    assert all(covered <= 1 + 1e-9 for covered in whole.over(spans)[2])
