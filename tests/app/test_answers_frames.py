"""Frames of a heat map: few, of even length, and no single reading lost in them."""

from __future__ import annotations

import numpy as np
import pytest

from app.answers import cells
from app.answers.frames import FRAMES_MAX, WIDTHS_MS, frames, width_of
from app.errors import UnknownSource
from tests.app.stores import CELLS, DAYS, FIRST, PACKS, SENSORS, SPIKE_AT, STEP, answering

DAY_MS = 86_400_000
END = FIRST + DAYS * 288 * STEP
WINDOWS = [(None, None), (FIRST + 3 * DAY_MS + 1, FIRST + 5 * DAY_MS + 400_000), (FIRST, FIRST + 36 * STEP)]


@pytest.fixture(scope="module")
def truth(tiny):
    with answering(tiny[0]):
        yield tiny[1]["B1"]


def string(truth, quantity):
    letter, count = ("v", CELLS) if quantity == "voltage" else ("t", SENSORS)
    names = [f"bms1_p{pack}_{letter}{number}" for pack in range(1, PACKS + 1) for number in range(1, count + 1)]
    return np.column_stack([truth.values[name] for name in names])


@pytest.mark.parametrize("mode", cells.MODES)
@pytest.mark.parametrize("quantity", cells.QUANTITIES)
@pytest.mark.parametrize("window", WINDOWS)
def test_frames_are_few_and_of_even_length(truth, window, quantity, mode):
    found = frames("B1", *window, quantity=quantity, mode=mode)

    assert 1 <= len(found.ts) <= FRAMES_MAX
    assert found.width_ms in WIDTHS_MS
    assert (np.diff(found.ts[1:]) % found.width_ms == 0).all()
    assert (np.diff(found.ts) > 0).all()
    assert found.z.shape == (len(found.ts), len(found.places))
    assert found.places == tuple(
        (pack, cell) for pack in (1, 2) for cell in range(1, 1 + (CELLS if quantity == "voltage" else SENSORS))
    )
    assert (found.limit is None) == (mode == "absolute")


@pytest.mark.parametrize("window", WINDOWS)
def test_a_frame_holds_the_mean_or_the_highest_of_its_readings(truth, window):
    volts, warm = (frames("B1", *window, quantity=one, mode="absolute") for one in cells.QUANTITIES)
    values, heat = string(truth, "voltage"), string(truth, "temperature")
    for at, start in enumerate(volts.ts):
        end = int(volts.ts[at + 1]) if at + 1 < len(volts.ts) else (window[1] or END)
        inside = (truth.ts >= start) & (truth.ts < end)
        expected = values[inside].mean(axis=0)
        if inside[SPIKE_AT]:
            expected[1] = values[SPIKE_AT, 1]
        assert volts.z[at] == pytest.approx(expected, abs=2e-3)
        assert warm.z[at] == pytest.approx(heat[inside].max(axis=0), abs=0.02)


def test_one_reading_that_stands_out_is_seen_in_its_frame(truth):
    found = frames("B1", mode="deviation")
    values = string(truth, "voltage")
    expected = 1000 * (values - np.median(values, axis=1)[:, None])[SPIKE_AT, 1]
    frame, column = np.unravel_index(np.nanargmax(np.abs(found.z)), found.z.shape)

    assert found.places[column] == (1, 2)
    assert found.ts[frame] <= truth.ts[SPIKE_AT] < found.ts[frame] + found.width_ms
    assert found.z[frame, column] == pytest.approx(expected, rel=0.15)


def test_an_empty_window_says_why(truth):
    found = frames("B1", END + DAY_MS, END + 2 * DAY_MS)

    assert len(found.ts) == 0
    assert found.reason
    with pytest.raises(UnknownSource):
        frames("B9")


@pytest.mark.parametrize("span_days", [0.01, 0.5, 1, 7, 30, 179, 200, 630, 4_000, 40_000])
@pytest.mark.parametrize("interval_ms", [1_000, 300_000])
def test_a_frame_is_never_shorter_than_readings_are_apart(span_days, interval_ms):
    span = round(span_days * DAY_MS)
    width = width_of(span, 60, interval_ms)

    assert width >= interval_ms
    assert -(-span // width) <= 60
