"""The bench of a longer history compares each question with itself."""

from __future__ import annotations

from tests.bench.history import ratios


def test_a_question_is_compared_with_itself_and_short_ones_are_left_out():
    short = {"a| 7 d": 10.0, "b| 7 d": 20.0, "quick| 7 d": 1.0, "only short| 7 d": 9.0}
    long = {"a| 7 d": 15.0, "b| 7 d": 20.0, "quick| 7 d": 2.0}

    assert ratios(short, long) == [(1.5, "a| 7 d"), (1.0, "b| 7 d")]
