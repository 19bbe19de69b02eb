"""Replays: a day played again is found with its stamps; what merely stands still, or is coarse, is none."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline import features
from pipeline.feature_replays import REPLAY_SAMPLES
from pipeline.site import SourceSettings
from tests.pipeline.strings import BEGIN_MS, DAY_MS, NOMINAL_AH, MemoryReader, string

SAID = SourceSettings(chemistry="LFP", nominal_ah=NOMINAL_AH)
PER_DAY = 96


def replays(reader, since_ms=None):
    return features.extract(reader, SAID, {}, since_ms)


def lively(days=40, seed=3, **more):
    """Make a string whose readings all wander, so that no day equals another."""
    rng = np.random.default_rng(seed)
    rows = days * PER_DAY
    power = np.round(np.cumsum(rng.normal(0, 0.5, rows)), 1)
    reader, _ = string(days=days, noise_mv=3.0, extra={"pcs1_ap": power, **more})
    (frame,) = reader.frames
    sensors = [name for name in frame.columns if "_t" in name]
    wander = {name: np.round(frame[name].to_numpy() + np.cumsum(rng.normal(0, 0.3, rows)), 1) for name in sensors}
    extra = {"bms1_c": np.round(frame["bms1_c"].to_numpy() + rng.normal(0, 0.3, rows), 2)}
    extra["bms1_v"] = np.round(frame["bms1_v"].to_numpy() + rng.normal(0, 0.02, rows), 3)
    return frame.with_columns(pl.Series(name, values) for name, values in {**wander, **extra}.items())


def replayed(frame, names, first, count):
    """Play ``count`` readings of the day before again, from row ``first`` on."""
    made = frame
    for name in names:
        values = frame[name].to_numpy().copy()
        values[first : first + count] = values[first - PER_DAY : first - PER_DAY + count]
        made = made.with_columns(pl.Series(name, values))
    return MemoryReader([made])


def test_sound_series_give_none():
    night = np.where(np.arange(40 * PER_DAY) % PER_DAY < 60, 0.0, 1.0) * np.arange(40 * PER_DAY)
    slow = np.round(20 + 3 * np.sin(np.arange(40 * PER_DAY) / 900.0), 1)
    timer = np.where(np.arange(40 * PER_DAY) % 2, 2.5, 0.3)
    flag = np.zeros(40 * PER_DAY)
    frame = lively(aux_m_ap=night, ac1_outside_t=slow, dh1_temp=timer, fa1_SmokeFlag=flag)
    assert replays(MemoryReader([frame])).tables["replays"].height == 0


@pytest.mark.parametrize("name", ["bms1_p1_v4", "bms1_p1_t7", "pcs1_ap", "bms1_c"])
def test_one_day_played_again_is_found_with_its_stamps(name):
    first = 20 * PER_DAY + 30
    found = replays(replayed(lively(), [name], first, PER_DAY)).tables["replays"]
    assert set(found["signal"]) == {name}
    stamp = BEGIN_MS + first * 900_000
    assert found["first"].min().timestamp() * 1000 == stamp
    assert found["last"].max().timestamp() * 1000 == stamp + (PER_DAY - 1) * 900_000
    assert found["samples"].sum() == PER_DAY


def test_sixty_samples_are_not_enough_and_more_are():
    frame, first = lively(), 15 * PER_DAY + 10
    counts = {n: replays(replayed(frame, ["pcs1_ap"], first, n)).tables["replays"] for n in (50, REPLAY_SAMPLES + 1)}
    assert counts[50].height == 0
    assert counts[REPLAY_SAMPLES + 1]["samples"].sum() == REPLAY_SAMPLES + 1


@pytest.mark.parametrize("cut_days", [36.2, 37.0, 38.9])
def test_an_appended_day_gives_what_a_build_from_nothing_gives(cut_days):
    reader = replayed(lively(), ["bms1_p1_v4", "pcs1_ap"], 37 * PER_DAY - 20, PER_DAY)
    cut = BEGIN_MS + int(cut_days * DAY_MS) // 900_000 * 900_000
    before, after = replays(reader.until(cut)), replays(reader, cut)
    start = after.from_ms["replays"]
    kept = before.tables["replays"].filter(pl.col("ts").to_physical() < start)
    whole = replays(reader).tables["replays"]
    assert whole["signal"].to_list() == ["bms1_p1_v4", "pcs1_ap"]
    assert whole["first"][0].timestamp() * 1000 == BEGIN_MS + (37 * PER_DAY - 20) * 900_000
    assert_frame_equal(pl.concat([kept, after.tables["replays"]]), whole, check_exact=True)
