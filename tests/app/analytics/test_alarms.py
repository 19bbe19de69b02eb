"""Triage: safety first, then what is on, rare before frequent, high before low; nothing is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.alarms import BATTERY, FAULT, FREQUENT, SAFETY, frequent, kind_of, lasted_s, triage
from app.shapes.kpis import AlarmEvent

BEGIN = datetime(2024, 6, 1, tzinfo=UTC)


def event(signal, hour=0, peak=1.0, ongoing=False, minutes=5):
    start = BEGIN + timedelta(hours=hour)
    return AlarmEvent(
        signal=signal,
        label=signal,
        start=start.isoformat(),
        end=(start + timedelta(minutes=minutes)).isoformat(),
        peak=peak,
        samples=1,
        ongoing=ongoing,
    )


@pytest.mark.parametrize(
    ("signal", "kind"),
    [
        ("fa3_SmokeFlag", SAFETY),
        ("fa1_FireLevel", SAFETY),
        ("fa5_ErrCode", FAULT),
        ("bms1_alarm", BATTERY),
        ("bms1_fault", FAULT),
        ("pcs1_state", FAULT),
    ],
)
def test_a_flag_warns_of_what_its_name_says(signal, kind):
    assert kind_of(signal) == kind


def test_one_past_sample_of_smoke_stands_before_an_ongoing_battery_alarm():
    events = [event("bms1_alarm", 5, peak=3, ongoing=True), event("fa3_SmokeFlag", 1), event("fa5_ErrCode", 9, peak=9)]
    assert [one.signal for one in triage(events)] == ["fa3_SmokeFlag", "bms1_alarm", "fa5_ErrCode"]


def test_frequent_flags_come_later_and_are_all_there():
    chatter = [event("bms1_alarm", hour, peak=2) for hour in range(FREQUENT + 1)]
    found = triage([*chatter, event("fa5_ErrCode", 1)])
    assert frequent(found) == {"bms1_alarm"}
    assert found[0].signal == "fa5_ErrCode"
    assert len(found) == FREQUENT + 2


def test_a_length_is_from_first_to_last():
    assert lasted_s(event("fa5_ErrCode", minutes=7)) == 420.0


@given(st.lists(st.tuples(st.sampled_from(["fa1_SmokeFlag", "bms1_alarm", "x"]), st.integers(0, 99)), max_size=60))
def test_triage_loses_nothing_and_keeps_safety_on_top(drawn):
    events = [event(signal, hour) for signal, hour in drawn]
    found = triage(events)
    assert sorted(map(id, found)) == sorted(map(id, events))
    kinds = [kind_of(one.signal) == SAFETY for one in found]
    assert kinds == sorted(kinds, reverse=True)
