"""Energy counters with known faults give their energy back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contract import STEP_CLASSES
from pipeline.counters import (
    HOUR_MS,
    LOOK_BACK_MS,
    MARGIN,
    NEAR_LIMIT,
    NO_STEP,
    REGISTER_COUNTS,
    RETURN_MS,
    Steps,
    classify_steps,
    p_max_kw,
)

STEP_MS = 5 * 60_000
P_MAX_KW = 100.0
DIGIT_KWH = 0.1


def clock(rows: int) -> np.ndarray:
    return np.arange(rows, dtype=np.int64) * STEP_MS + 1_700_000_000_000


def load(rows: int, seed: int = 1, start: float = 53_700.0) -> np.ndarray:
    """Count the energy of a wandering load, rounded to the counter's digit [kWh]."""
    power = 40 + 35 * np.sin(np.arange(rows) / 40) + np.random.default_rng(seed).uniform(-5, 25, rows)
    return np.round(start + np.concatenate(([0.0], np.cumsum(power[:-1] * STEP_MS / HOUR_MS))), 1)


def classify(ts, reading, **given) -> Steps:
    return classify_steps(ts, reading, **({"p_max_kw": P_MAX_KW, "digit_kwh": DIGIT_KWH} | given))


def named(steps: Steps) -> dict[str, int]:
    codes, counts = np.unique(steps.classes[steps.classes != NO_STEP], return_counts=True)
    return {STEP_CLASSES[code]: int(count) for code, count in zip(codes, counts, strict=True)}


def energy(steps: Steps) -> float:
    return float(np.nansum(steps.delta))


def test_a_sound_counter_is_energy_alone():
    ts, reading = clock(2000), load(2000)
    steps = classify(ts, reading)
    assert named(steps) == {"energy": 1999}
    assert energy(steps) == pytest.approx(reading[-1] - reading[0])
    assert steps.classes[-1] == NO_STEP
    assert np.isnan(steps.delta[-1])


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_to_step_between(rows):
    steps = classify(clock(rows), load(rows) if rows else np.zeros(0))
    assert list(steps.classes) == [NO_STEP] * rows


@pytest.mark.parametrize("odd", [0.0, 1e6, 53_000.0])
@pytest.mark.parametrize("width", [1, 3, 200])
def test_a_glitch_costs_no_energy(odd, width):
    ts, reading = clock(3000), load(3000)
    truth = reading[-1] - reading[0]
    reading[1000 : 1000 + width] = odd
    steps = classify(ts, reading)
    assert named(steps) == {"energy": 2999 - width, "glitch": width} or named(steps).get("gap") == 1
    assert energy(steps) == pytest.approx(truth, rel=1e-3)
    assert steps.delta[999] == pytest.approx(reading[1000 + width] - reading[999])
    assert np.isnan(steps.delta[1000 : 1000 + width]).all()


def test_a_glitch_over_many_steps_leaves_a_gap():
    ts, reading = clock(1000), load(1000)
    reading[500:510] = 0.0
    assert STEP_CLASSES[classify(ts, reading).classes[499]] == "gap"


@pytest.mark.parametrize("limit", [100_000.0, 65_536.0, 6_553.6])
def test_a_rollover_keeps_its_energy(limit):
    ts = clock(2000)
    true = load(2000, start=limit - 1000)
    steps = classify(ts, np.round(true % limit, 1))
    turns = int(true[-1] // limit)
    assert named(steps) == {"energy": 1999 - turns, "rollover": turns}
    assert energy(steps) == pytest.approx(true[-1] - true[0], rel=1e-3)


def test_a_reset_loses_only_its_own_step():
    ts, true = clock(2000), load(2000)
    reading = true.copy()
    reading[1200:] -= true[1200]
    steps = classify(ts, np.round(reading, 1))
    assert named(steps) == {"energy": 1998, "reset": 1}
    assert STEP_CLASSES[steps.classes[1199]] == "reset"
    assert np.isnan(steps.delta[1199])
    assert energy(steps) == pytest.approx(true[-1] - true[0], rel=1e-3)


def test_a_young_counter_that_starts_again_is_a_reset_though_it_comes_back_within_a_day():
    ts = clock(600)
    true = load(600, start=0.0)
    reading = true.copy()
    reading[12:] -= true[12]
    assert named(classify(ts, np.round(reading, 1))) == {"energy": 598, "reset": 1}


@pytest.mark.parametrize("size", [500.0, 20_000.0])
def test_a_jump_is_set_aside(size):
    ts, true = clock(2000), load(2000)
    reading = true.copy()
    reading[700:] += size
    steps = classify(ts, reading)
    assert named(steps) == {"energy": 1998, "jump": 1}
    assert energy(steps) == pytest.approx(true[-1] - true[0], rel=1e-3)


def test_a_gap_is_kept_whole():
    ts, reading = clock(2000), load(2000)
    keep = np.r_[0:500, 1500:2000]
    steps = classify(ts[keep], reading[keep])
    assert named(steps) == {"energy": 998, "gap": 1}
    assert energy(steps) == pytest.approx(reading[-1] - reading[0])


def test_a_drop_at_the_end_is_undecided_until_more_arrives():
    ts, true = clock(2000), load(2000)
    reading = true.copy()
    reading[1990:] -= true[1990]
    short = classify(ts, reading)
    assert named(short) == {"energy": 1989, "pending": 10}
    assert np.isnan(short.delta[1989:]).all()
    longer, more = clock(2400), load(2400)
    more[1990:] -= more[1990]
    assert named(classify(longer, np.round(more, 1))) == {"energy": 2398, "reset": 1}


def test_every_fault_at_once_gives_the_energy_back():
    ts = clock(23_000)
    true = load(23_000, seed=5, start=96_000.0)
    reading = true % 100_000
    reading[5_000:5_004] = 0.0
    reading[9_000] = 900_000.0
    reading[15_000:] += 3_000.0
    reading[21_000:] -= reading[21_000]
    keep = np.r_[0:12_000, 12_500:23_000]
    steps = classify(ts[keep], np.round(reading[keep], 1))
    found = named(steps)
    assert {name: found.get(name, 0) for name in ("glitch", "rollover", "reset", "jump")} == {
        "glitch": 5,
        "rollover": 1,
        "reset": 1,
        "jump": 1,
    }
    assert energy(steps) == pytest.approx(true[-1] - true[0], rel=1e-3)


def test_an_odd_first_reading_does_not_set_the_level():
    ts, reading = clock(1000), load(1000)
    truth = reading[-1] - reading[1]
    reading[::100] = 0.0
    steps = classify(ts, reading)
    assert energy(steps) == pytest.approx(truth, rel=5e-3)


# Starting anywhere ----------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(
    seed=st.integers(0, 1000),
    faults=st.lists(st.tuples(st.integers(10, 2900), st.sampled_from(["zero", "spike", "reset", "jump"])), max_size=6),
    start=st.integers(700, 2990),
)
def test_classification_may_start_anywhere(seed, faults, start):
    ts, reading = clock(3000), load(3000, seed)
    for row, kind in faults:
        if kind == "zero":
            reading[row : row + 2] = 0.0
        elif kind == "spike":
            reading[row] += 1e5
        elif kind == "reset":
            reading[row:] -= reading[row]
        else:
            reading[row:] += 777.0
    reading = np.round(reading, 1)
    whole = classify(ts, reading)
    first = int(np.searchsorted(ts, ts[start] - LOOK_BACK_MS))
    part = classify(ts[first:], reading[first:], interval_ms=float(STEP_MS))
    assert np.array_equal(part.classes[start - first :], whole.classes[start:])
    assert np.array_equal(part.delta[start - first :], whole.delta[start:], equal_nan=True)


# The slow twin --------------------------------------------------------------------------------------------------------


class Slow:
    """Classifies row by row, as the definitions are written (for a counter that starts soundly)."""

    def __init__(self, ts, reading, interval_ms):
        self.ts, self.reading, self.interval_ms = ts, reading, interval_ms
        self.delta, self.classes = [np.nan] * len(ts), [""] * len(ts)
        at = 0
        while at < len(ts) - 1:
            at = self.step(at)

    def cap(self, a, b):
        return P_MAX_KW * (self.ts[b] - self.ts[a]) / HOUR_MS * MARGIN + DIGIT_KWH

    def in_line(self, a, b):
        return 0 <= self.reading[b] - self.reading[a] <= self.cap(a, b)

    def step(self, at):
        after = at + 1
        back = after if self.in_line(at, after) else self.back(at, after)
        if back is not None:
            self.delta[at] = self.reading[back] - self.reading[at]
            self.classes[at] = "gap" if self.ts[back] - self.ts[at] > 3 * self.interval_ms else "energy"
            self.classes[after:back] = ["glitch"] * (back - after)
            return back
        self.classes[at] = "jump" if self.reading[after] > self.reading[at] else self.drop(at, after)
        if self.classes[at] == "pending":
            self.classes[at:] = ["pending"] * (len(self.ts) - at)
            return len(self.ts)
        return after

    def back(self, at, after):
        rises = self.reading[after] > self.reading[at]
        for later in range(at + 2, len(self.ts)):
            if self.ts[later] > self.ts[after] + RETURN_MS:
                return None
            if self.in_line(at, later) and not (rises and self.reading[later] >= self.reading[after]):
                young = not rises and self.reading[after] < self.reading[at] / 2
                return None if young and all(self.in_line(n, n + 1) for n in range(after, later)) else later
        return None

    def drop(self, at, after):
        before, now = self.reading[at], self.reading[after]
        for limit in [10.0**n for n in range(2, 13)] + [count * DIGIT_KWH for count in REGISTER_COUNTS]:
            near = NEAR_LIMIT * limit <= before <= limit and 0 <= now <= (1 - NEAR_LIMIT) * limit
            if near and limit - before + now <= self.cap(at, after):
                self.delta[at] = limit - before + now
                return "rollover"
        return "pending" if self.ts[-1] < self.ts[after] + RETURN_MS else "reset"


@settings(max_examples=80)
@given(
    seed=st.integers(0, 1000),
    faults=st.lists(
        st.tuples(st.integers(400, 780), st.sampled_from([0.0, 1e6, 52_000.0, 10.0]), st.integers(1, 40)), max_size=5
    ),
    dropped=st.lists(st.integers(20, 780), max_size=40),
)
def test_the_fast_way_agrees_with_the_slow_one(seed, faults, dropped):
    ts, reading = clock(800), load(800, seed)
    for row, value, width in faults:
        reading[row : row + width] = value
    keep = np.setdiff1d(np.arange(800), dropped)
    ts, reading = ts[keep], reading[keep]
    steps = classify(ts, reading, interval_ms=float(STEP_MS))
    twin = Slow(ts, reading, STEP_MS)
    assert [STEP_CLASSES[code] for code in steps.classes[:-1]] == twin.classes[:-1]
    assert steps.delta == pytest.approx(np.array(twin.delta), nan_ok=True)


# Power ----------------------------------------------------------------------------------------------------------------


def test_the_sites_word_comes_first_then_the_power_beside_the_counter():
    ts, reading = clock(100), load(100)
    assert p_max_kw(ts, reading, power_extreme_kw=80.0, site_p_max_kw=120.0) == (120.0, "site.toml")
    assert p_max_kw(ts, reading, power_extreme_kw=80.0, site_p_max_kw=None)[0] == 80.0


def test_a_counter_alone_is_bounded_by_a_multiple_of_its_own_rates():
    ts, reading = clock(5000), load(5000)
    reading[[100, 2000]] = [0.0, 5e7]
    limit, source = p_max_kw(ts, reading, power_extreme_kw=None, site_p_max_kw=None)
    assert P_MAX_KW < limit < 10.5 * P_MAX_KW
    assert "its own rates" in source


def test_a_counter_that_never_rises_is_said_to_be_so():
    assert p_max_kw(clock(3), np.full(3, 7.0), power_extreme_kw=None, site_p_max_kw=None)[0] == 0.0
