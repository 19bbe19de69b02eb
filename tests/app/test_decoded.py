"""What is held of parts that were read: the same as what is read, no more than it may be, and of no other part."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from app.decoded import Decoded
from app.store import Store
from pipeline.contract import RAW_LEVEL, Part


def part(name: str, checksum: str = "0") -> Part:
    return Part(
        path=name, level="raw", start_ms=0, first_ms=0, last_ms=0, rows=0, bytes=0, checksum=checksum, mtime_ns=0
    )


def test_a_window_that_is_asked_for_again_reads_nothing_and_says_the_same(tiny, monkeypatch):
    store = Store.open(tiny[0].store)
    names = ["bms1_p1_v1", "bms1_p1_v2", "bms1_soc"]
    first = store.read("B1", names, RAW_LEVEL, (), 0, 2**60)
    monkeypatch.setattr(pl, "scan_parquet", lambda *_, **__: 1 / 0)
    half = int(first["ts"].dt.epoch("ms")[first.height // 2])
    assert store.read("B1", names, RAW_LEVEL, (), 0, 2**60).equals(first)
    assert store.read("B1", names[:1], RAW_LEVEL, (), 0, half)["bms1_p1_v1"].equals(
        first.filter(pl.col("ts").dt.epoch("ms") < half)["bms1_p1_v1"]
    )


def test_only_the_columns_that_are_not_held_are_read(tiny):
    whole, bit_by_bit = Store.open(tiny[0].store), Store.open(tiny[0].store)
    bit_by_bit.read("B1", ["bms1_p1_v2"], RAW_LEVEL, (), 0, 2**60)
    both = ["bms1_p1_v1", "bms1_p1_v2"]
    assert bit_by_bit.read("B1", both, RAW_LEVEL, (), 0, 2**60).equals(whole.read("B1", both, RAW_LEVEL, (), 0, 2**60))


def test_a_part_written_anew_under_its_name_is_another():
    held = Decoded()
    held.keep(part("a", "1"), [pl.Series("x", [1.0])])
    assert held.take(part("a", "2"), ["x"]) == {}
    assert held.take(part("b", "1"), ["x"]) == {}
    assert list(held.take(part("a", "1"), ["x", "y"])) == ["x"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(0, 60)), max_size=30))
def test_what_is_held_is_bounded_and_counted(kept):
    held = Decoded(most_bytes=800)
    for name, column, rows in kept:
        held.keep(part(name), [pl.Series(column, [0] * rows, dtype=pl.Int64)])
        found = [one for each in "abc" for one in held.take(part(each), "xyz").values()]
        assert held.bytes == sum(one.estimated_size() for one in found) <= 800


def test_what_was_asked_for_last_stays():
    held = Decoded(most_bytes=800)
    for name in "abc":
        held.keep(part(name), [pl.Series("x", range(40), dtype=pl.Int64)])
        held.take(part("a"), ["x"])
    assert [name for name in "abc" if held.take(part(name), ["x"])] == ["a", "c"]
