"""Readings are stored narrow where a sensor's resolution allows it, and come back as the decimals they were."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from app.store import Store
from pipeline.build import build
from pipeline.contract import RAW_LEVEL
from pipeline.frames import stored, widen
from tests.app.stores import serve
from tests.pipeline.sites import level_of, settings, stamps, write_csv

SMALLEST = 1e-8
"""What a reading may lie beside a decimal of six digits, in units of its last digit, and still be that decimal."""

SMALLER = 6.0
"""How many times smaller than the CSVs the store has to be at least, raw level, features and manifest included [1]."""


def frame_of(**columns: list[float | None]) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    ts = pl.Series("ts", range(rows), dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame([ts, *(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items())])


@given(
    places=st.integers(0, 6),
    digits=st.lists(st.one_of(st.none(), st.integers(-999_999, 999_999)), min_size=1, max_size=60),
)
def test_decimals_of_six_digits_are_stored_narrow_and_come_back_exactly(places, digits):
    readings = [None if one is None else float(f"{one}e-{places}") for one in digits]
    kept = stored(frame_of(v=readings))

    assert kept.schema["v"] == pl.Float32
    assert widen(kept)["v"].to_list() == readings


@given(
    mixed=st.lists(
        st.one_of(
            st.none(), st.just(-0.0), st.builds(float, st.from_regex(r"-?[0-9]{1,3}([.][0-9]{1,3})?", fullmatch=True))
        ),
        max_size=40,
    )
)
def test_a_column_comes_back_as_each_of_its_readings_does_alone(mixed):
    kept = pl.Series("v", mixed, dtype=pl.Float32)
    stamped = frame_of(v=[0.0] * len(mixed)).with_columns(kept)

    def alone(value: float | None) -> float | None:
        if value is None:
            return None
        narrow = np.float32(value)
        return next(found for digits in range(1, 7) if np.float32(found := float(f"{narrow:.{digits}g}")) == narrow)

    back = widen(stamped)["v"].to_list()
    assert back == [alone(value) for value in mixed]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
@how(max_examples=300)
def test_nothing_that_a_narrow_number_cannot_hold_is_narrowed(readings):
    kept = stored(frame_of(v=readings))
    if kept.schema["v"] == pl.Float64:
        assert kept["v"].to_list() == readings
        return
    back = widen(kept)["v"].to_numpy()
    assert np.all(np.abs(back - np.asarray(readings)) <= SMALLEST)


@pytest.mark.parametrize("reading", [1_234_567.0, 16_777_217.0, 3.1234567, 123_456.75, 1.0000001, -1_000_000.5])
def test_more_digits_than_six_stay_wide(reading):
    kept = stored(frame_of(a=[1.5, reading], b=[1.5, 2.5]))

    assert kept.schema == {"ts": pl.Datetime("ms", "UTC"), "a": pl.Float64, "b": pl.Float32}
    assert kept["a"].to_list() == [1.5, reading]


def test_the_store_holds_each_sensor_as_narrow_as_it_can_and_gives_its_decimals_back(tmp_path):
    rng = np.random.default_rng(4)
    day = stamps("2024-06-01 00:00:00", 288)
    written = {
        "B1/bms1_p1_v1": np.round(rng.uniform(2.5, 3.65, 288), 3),
        "B1/bms1_p1_t1": np.round(rng.uniform(-20, 60, 288), 1),
        "m1/com_ap": np.round(rng.uniform(-500, 500, 288), 3),
        "m1/pos_ae": np.round(1_234_567 + np.arange(288) * 0.37, 2),
        "m1/pf": rng.uniform(0.9, 1, 288),
    }
    for name, values in written.items():
        write_csv(tmp_path / f"raw/{name}.csv", zip(day, values.tolist(), strict=True))
    chosen = settings(tmp_path / "raw", tmp_path / "store")
    build(chosen)
    dtypes = {
        name: level_of(tmp_path / "store", source, group, "raw").schema[name]
        for source, group, name in (
            ("B1", "p1_v", "bms1_p1_v1"),
            ("B1", "p1_t", "bms1_p1_t1"),
            ("m1", "analog", "com_ap"),
            ("m1", "counter", "pos_ae"),
            ("m1", "analog", "pf"),
        )
    }
    assert dtypes == {
        "bms1_p1_v1": pl.Float32,
        "bms1_p1_t1": pl.Float32,
        "com_ap": pl.Float32,
        "pos_ae": pl.Float64,
        "pf": pl.Float64,
    }
    store, client = Store.open(tmp_path / "store"), serve(chosen).test_client()
    for name, values in written.items():
        source, signal = name.split("/")
        raw = store.read(source, [signal], RAW_LEVEL, (), 0, 2**60)
        assert widen(raw.select("ts", signal))[signal].to_list() == values.tolist()
        if signal != "pos_ae":
            said = client.get(f"/api/series?source={source}&signal={signal}&level=raw&max_points=20000").json["value"]
            assert np.array_equal(np.asarray(said), values) or dtypes[signal] == pl.Float32
            assert np.allclose(said, values, rtol=6e-8)


def test_a_store_takes_a_sixth_of_its_files_at_most(sample_settings, sample_site):
    parts = sum(path.stat().st_size for path in sample_settings.store.rglob("*") if path.is_file())
    files = sum(path.stat().st_size for path in sample_site.rglob("*.csv"))

    assert files / parts > SMALLER
