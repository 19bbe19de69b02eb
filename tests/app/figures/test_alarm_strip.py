"""One sample of alarm is seen on the drawn strip of 630 days: a mark of its own, at its own stamp, inside the axes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.figures.battery import alarm_strip
from app.shapes.kpis import AlarmEvent

ZONE = "Europe/Berlin"
START = datetime(2023, 10, 9, 22, tzinfo=UTC)
DAYS = 630


def event(after: timedelta, signal: str = "fa3_SmokeFlag", samples: int = 1) -> AlarmEvent:
    begun = START + after
    return AlarmEvent(
        signal=signal,
        label="Smoke alarm",
        start=begun.isoformat(),
        end=(begun + timedelta(minutes=5 * samples)).isoformat(),
        peak=1.0,
        samples=samples,
        ongoing=False,
    )


def drawn(*events: AlarmEvent):
    start_ms = round(START.timestamp() * 1000)
    return alarm_strip(events, start_ms=start_ms, end_ms=start_ms + DAYS * 86_400_000, zone=ZONE, theme="light")


@pytest.mark.parametrize("day", [0.01, 220.4, 629.9])
def test_one_sample_has_a_mark_at_630_days(day):
    figure = drawn(event(timedelta(days=day)))
    ticks = next(trace for trace in figure.data if trace.mode == "markers")
    low, high = figure.layout.xaxis.range

    assert len(ticks.x) == 1
    assert low <= ticks.x[0] <= high
    assert ticks.marker.size >= 8
    assert ticks.marker.line.width >= 1
    assert ticks.marker.color == "rgba(0,0,0,0)" or ticks.marker.line.color
    assert min(figure.layout.yaxis.range) < ticks.y[0] < max(figure.layout.yaxis.range)


def test_one_sample_beside_a_long_alarm_of_another_flag_keeps_its_row():
    figure = drawn(event(timedelta(days=300)), event(timedelta(days=299), "fa5_ErrCode", samples=2_000))
    rows = {trace.name: trace.y[0] for trace in figure.data if trace.mode == "markers"}

    assert len(set(rows.values())) == 2


def test_chatter_is_one_mark_that_counts_its_events():
    figure = drawn(*(event(timedelta(days=100, minutes=10 * step)) for step in range(50)))
    ticks = next(trace for trace in figure.data if trace.mode == "markers")

    assert len(ticks.x) == 1
    assert "50 events" in ticks.text[0]
