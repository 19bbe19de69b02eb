"""Charts run on the site's wall clock, and say where it changes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from app.figures.clock import clock_changes, to_wall, to_wall_ms

HOUR = 3_600_000


def ms(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("utc", "wall"),
    [((2024, 7, 1, 12), "2024-07-01T14:00"), ((2024, 1, 1, 12), "2024-01-01T13:00")],
)
def test_wall_time_follows_the_season(utc, wall):
    assert to_wall([ms(*utc)], "Europe/Berlin")[0] == np.datetime64(wall)


def test_autumn_runs_twice_through_an_hour_and_spring_skips_one():
    autumn = [ms(2024, 10, 27, 0) + at * HOUR for at in range(3)]
    spring = [ms(2024, 3, 31, 0) + at * HOUR for at in range(2)]

    assert [int(step) for step in np.diff(to_wall_ms(autumn, "Europe/Berlin"))] == [0, HOUR]
    assert [int(step) for step in np.diff(to_wall_ms(spring, "Europe/Berlin"))] == [2 * HOUR]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", [(ms(2024, 3, 31, 1), HOUR), (ms(2024, 10, 27, 1), -HOUR)]),
        ("Australia/Lord_Howe", [(ms(2024, 4, 6, 15), -HOUR // 2), (ms(2024, 10, 5, 15, 30), HOUR // 2)]),
        ("UTC", []),
        ("Asia/Kolkata", []),
    ],
)
def test_every_change_of_the_clock_in_a_year_is_found(zone, expected):
    assert clock_changes(ms(2024, 1, 1), ms(2025, 1, 1), zone) == expected


def test_a_change_outside_the_window_is_not_marked():
    assert clock_changes(ms(2024, 3, 31, 1), ms(2024, 10, 27, 1), "Europe/Berlin") == []
