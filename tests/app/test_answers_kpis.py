"""Key figures of a battery and its alarms, against the readings that went in."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from app.answers import kpis
from app.errors import UnknownSource
from tests.app.stores import ALARM_AT, DAYS, FIRST, GAP_DAYS, STEP, answering

DAY_MS = 86_400_000
END = FIRST + DAYS * 288 * STEP
WINDOWS = [(None, None), (FIRST + 90_000, FIRST + 2 * DAY_MS + 1), (FIRST, FIRST + 5 * STEP)]


@pytest.fixture(scope="module")
def truth(tiny):
    with answering(tiny[0]):
        yield tiny[1]["B1"]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(("group", "signal"), [("soc", "bms1_soc"), ("pcs", "pcs1_ap"), ("aux", "aux_m_ap")])
def test_figures_are_exact_in_any_window(truth, window, group, signal):
    readings = truth.between(signal, window[0] or 0, window[1] or END)
    found = getattr(kpis.bess_kpis("B1", *window), group)[signal]

    assert (found.last, found.min, found.max) == (readings[-1], readings.min(), readings.max())
    assert found.mean == pytest.approx(np.mean(readings), rel=1e-5, abs=1e-5)
    assert found.unit == {"soc": "%", "pcs": "kW", "aux": "kW"}[group]


def test_signals_stand_in_the_group_of_their_topic(truth):
    found = kpis.bess_kpis("B1")

    assert {topic: sorted(getattr(found, topic)) for topic in kpis.TOPICS} == {
        "soc": ["bms1_soc"],
        "soh": ["bms1_soh"],
        "temperature": [],
        "pcs": ["pcs1_ap"],
        "aux": ["aux_m_ap"],
        "environment": ["fa1_FireLevel"],
        "battery": [],
    }
    assert found.environment["fa1_FireLevel"].max == 2
    assert found.coverage == pytest.approx(1 - 1 / DAYS, abs=1e-3)


def test_a_one_sample_alarm_is_found_over_the_whole_history_and_ends_at_the_next_sample(truth):
    (alarm,) = kpis.bess_kpis("B1").alarms
    begun = int(truth.ts[ALARM_AT])

    assert (alarm.signal, alarm.peak, alarm.samples, alarm.ongoing) == ("fa1_FireLevel", 2.0, 1, False)
    assert ms(alarm.start) == begun
    assert ms(alarm.end) == begun + STEP
    assert alarm.start.endswith(("+01:00", "+02:00"))


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        (-DAY_MS, 0, False),
        (-DAY_MS, 1, True),
        (0, STEP, True),
        (STEP // 2, DAY_MS, True),  # it began before the window
        (STEP, DAY_MS, False),
    ],
)
def test_an_alarm_counts_where_any_of_it_lies_in_the_window(truth, start, end, seen):
    at = int(truth.ts[ALARM_AT])

    assert bool(kpis.bess_kpis("B1", at + start, at + end).alarms) == seen


def test_a_window_without_readings_says_so(truth):
    start = FIRST + GAP_DAYS[0] * DAY_MS
    found = kpis.bess_kpis("B1", start, start + DAY_MS)

    assert (found.reason, found.coverage, found.alarms) == ("No readings in this window.", 0.0, ())
    assert found.soc["bms1_soc"].last is None


def test_a_meter_is_no_battery(truth):
    with pytest.raises(UnknownSource, match="There is: B1"):
        kpis.bess_kpis("m1")


def ms(text):
    return int(datetime.fromisoformat(text).timestamp() * 1000)
