"""Windows: cut exactly at any level, and what is drawn holds every extreme and every reading."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from app import edges, lines, query
from app.query import Window
from app.store import Store
from pipeline.contract import RAW_LEVEL, column, parse_level
from tests.app.stores import ALARM_AT, DAYS, FIRST, PEAK_AT, SPIKE_AT, STEP, local_ms

LEVELS = (None, "raw", "5min", "15min", "1h", "1d")
END = FIRST + DAYS * 288 * STEP
instants = st.integers(FIRST - 3_600_000, END + 3_600_000)


@pytest.fixture(scope="module")
def store(tiny):
    return Store.open(tiny[0].store)


def ask(store, signal, start=None, end=None, *, source="m1", points=100, level=None):
    return lines.line(store, Window(source, signal, start, end, points, level))


@given(start=instants, length=st.integers(1, 12 * 86_400_000), level=st.sampled_from(LEVELS))
@how(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_window_at_any_level_holds_exactly_its_readings(store, tiny, start, length, level):
    truth = tiny[1]["m1"].between("com_ap", start, start + length)
    found = ask(store, "com_ap", start, start + length, level=level)

    assert found.rows.sum() == len(truth)
    assert len(found.ts) <= 100
    assert np.array_equal(found.ts, np.unique(found.ts))
    if len(truth):
        assert np.nanmin(found.min) == np.float32(truth.min())
        assert np.nanmax(found.max) == np.float32(truth.max())
        assert found.ts[0] >= start or found.ts[0] > start - STEP
        assert ((found.min <= found.value) & (found.value <= found.max)).all()
    else:
        assert found.reason


@given(start=instants, length=st.integers(1, 12 * 86_400_000), level=st.sampled_from(LEVELS))
@how(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_energy_adds_up_in_any_window_at_any_level(store, tiny, start, length, level):
    truth = tiny[1]["m1"]
    steps = np.diff(truth.values["pos_ae"])
    inside = (truth.ts[:-1] >= start) & (truth.ts[:-1] < start + length)
    found = ask(store, "pos_ae", start, start + length, level=level)

    assert np.nansum(found.value) == pytest.approx(steps[inside].sum(), abs=1e-6)
    assert np.isnan(found.min).all()
    assert np.isnan(found.max).all()
    assert query.energy(store, "m1", ["pos_ae"], start, start + length)["pos_ae"].kwh in (
        None,
        pytest.approx(steps[inside].sum(), abs=1e-6),
    )


@pytest.mark.parametrize("level", LEVELS)
def test_one_sample_is_seen_at_every_level(store, tiny, level):
    ts = tiny[1]["m1"].ts
    for source, signal, at, height in (
        ("m1", "com_ap", PEAK_AT, 99.5),
        ("B1", "fa1_FireLevel", ALARM_AT, 2.0),
        ("B1", "bms1_p1_v2", SPIKE_AT, 3.9),
    ):
        found = ask(store, signal, source=source, level=level)
        highest = int(np.nanargmax(found.max))
        after = found.ts[highest + 1] if highest + 1 < len(found.ts) else END
        assert found.max[highest] == np.float32(height)
        assert found.ts[highest] <= ts[at] < after


def test_days_are_the_sites_and_autumns_has_25_hours(store):
    found = ask(store, "com_ap", local_ms("2024-10-26"), local_ms("2024-10-29"), level="1d")

    assert found.rows.tolist() == [288, 300, 288]
    assert found.ts.tolist() == [local_ms(day) for day in ("2024-10-26", "2024-10-27", "2024-10-28")]


def test_a_gap_splits_the_line_and_is_told(store, tiny):
    found = ask(store, "com_ap", points=2_000)
    missing = tiny[1]["m1"].ts[6 * 288]

    assert found.gaps == ((int(missing) - 86_400_000, int(missing)),)
    assert found.coverage == pytest.approx(1 - 1 / DAYS)


@pytest.mark.parametrize(
    ("points", "level"), [(2_000, "raw"), (600, "15min"), (200, "1h"), (100, "1d"), (5, "1d"), (1, "1d")]
)
def test_the_finest_level_that_holds_four_buckets_a_point_is_taken(store, points, level):
    series = store.series("m1", "com_ap")
    start, end = query.span(series, None, None)

    assert query.choose_level(store, series, start, end, points).name == level


def test_a_level_that_only_repeats_raw_is_read_from_raw(store):
    assert not store.has_level("m1", "analog", "5min")
    found = ask(store, "com_ap", FIRST, FIRST + 10 * STEP, level="5min")

    assert (found.level, len(found.ts)) == ("5min", 10)


def test_a_level_of_few_rows_a_bucket_is_made_when_it_is_read(store, tiny):
    assert not store.has_level("m1", "analog", "15min")
    low, high = FIRST + 4 * STEP, FIRST + 2 * 86_400_000 + STEP
    found = query.buckets(store, "m1", ["com_ap"], ("min", "first", "n"), parse_level("15min"), low, high)

    truth = tiny[1]["m1"]
    begins = np.unique(truth.ts // (3 * STEP) * (3 * STEP))
    begins = begins[(begins >= low) & (begins < high)]
    assert found["ts"].to_physical().to_list() == begins.tolist()
    slots = [truth.between("com_ap", begin, begin + 3 * STEP) for begin in begins]
    assert found[column("com_ap", "min")].to_list() == [np.float32(slot.min()) for slot in slots]
    assert found[column("com_ap", "first")].to_list() == [np.float32(slot[0]) for slot in slots]
    assert found[column("com_ap", "n")].to_list() == [len(slot) for slot in slots]


@given(start=instants, length=st.integers(1, 12 * 86_400_000))
@how(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_summaries_are_those_of_the_readings(store, tiny, start, length):
    names = ["bms1_soc", "bms1_p1_v2", "fa1_FireLevel"]
    found = {
        row["signal"]: row for row in query.summary(store, "B1", names, start, start + length).iter_rows(named=True)
    }

    for name in names:
        truth = tiny[1]["B1"].between(name, start, start + length)
        assert found[name]["n"] == len(truth)
        if len(truth):
            assert found[name]["max"] == pytest.approx(truth.max())
    truth = tiny[1]["B1"].between("bms1_soc", start, start + length)
    if len(truth):
        assert found["bms1_soc"]["mean"] == pytest.approx(truth.mean(), rel=1e-6)
        assert (found["bms1_soc"]["last"], found["bms1_soc"]["min"]) == (truth[-1], truth.min())


def test_buckets_of_levels_agree_with_the_same_made_from_raw(store):
    for name in ("15min", "1h", "1d"):
        level = parse_level(name)
        start, end = FIRST, FIRST + 5 * 86_400_000
        stored = query.buckets(store, "m1", ["com_ap"], ("min", "max", "n"), level, start, end)
        made = edges.from_raw(store, "m1", ["com_ap"], store.series("m1", "com_ap").kind, level, start, end)
        for stat in ("min", "max", "n"):
            assert stored[column("com_ap", stat)].to_list() == made[column("com_ap", stat)].to_list()


def test_raw_buckets_are_readings(store):
    found = query.buckets(store, "m1", ["com_ap"], ("mean", "n"), RAW_LEVEL, FIRST, FIRST + 3 * STEP)

    assert found[column("com_ap", "n")].to_list() == [1, 1, 1]
