"""No bytes crash the reader, and what is written is read."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.build import build
from tests.pipeline.corpus import cases
from tests.pipeline.reading import Read, read, write
from tests.pipeline.sites import level_of, manifest_of
from tests.pipeline.sites import settings as settings_of

PIECES = st.sampled_from(
    [
        b"2024-01-01 00:00:00",
        b"2024-10-27 02:30:00",
        b"1704067200",
        b"01.02.2024 03:04",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r",
        b"1.5",
        b"-3,2",
        b'"',
        b"NaN",
        b"ts",
        b"com_ap",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b" ",
        b"#",
        b"1e999",
        b"x",
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join)), st.sampled_from([1, 2, 1000]))
def test_no_bytes_crash_the_reader(data, chunk_rows):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "com_ap.csv").write_bytes(b"ts,com_ap\n" * (chunk_rows == 2) + data)
        got = read(Path(folder), chunk_rows=chunk_rows)
        for tally in [one for chunk in got.chunks for tallies in chunk.by_signal.values() for one in tallies.values()]:
            assert tally.kept + sum(tally.excluded.values()) == tally.rows
        for chunk in got.chunks:
            for frame in chunk.frames:
                assert frame["ts"].is_sorted()
                assert frame["ts"].n_unique() == frame.height


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.floats(-1e5, 1e5).map(lambda v: round(v, 3))), min_size=1, max_size=50
    )
)
def test_what_is_written_is_read(pairs):
    truth = {minute: value for minute, value in pairs}  # noqa: C416
    start = datetime(2024, 5, 1, tzinfo=UTC)
    lines = [f"{start + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ},{value!r}" for minute, value in pairs]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "com_ap.csv", lines)
        rows = read(Path(folder)).rows("com_ap")
    assert rows == [(f"{start + timedelta(minutes=m):%Y-%m-%dT%H:%M:%S}", truth[m]) for m in sorted(truth)]


# The corpus, damaged further ------------------------------------------------------------------------------------------

SMALL = [case.data for case in cases() if len(case.data) < 5_000]
NEIGHBOUR = [f"2024-01-01 00:{minute:02}:00,{minute}.5" for minute in range(0, 60, 5)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Take a file of the corpus; flip, drop, repeat and splice pieces of it, or write it in another encoding."""
    data = bytearray(draw(st.sampled_from(SMALL)))
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, max(len(data) - 1, 0))), draw(st.integers(1, 40))
        what = draw(st.sampled_from(("flip", "drop", "repeat", "insert", "splice", "cut")))
        if what == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif what == "drop":
            del data[at : at + length]
        elif what == "repeat":
            data[at:at] = data[at : at + length]
        elif what == "insert":
            data[at:at] = draw(PIECES)
        elif what == "splice":
            data[at:] = draw(st.sampled_from(SMALL))[at:]
        else:
            del data[at:]
    return bytes(data)


def check(got: Read) -> None:
    for tally in got.tallies.values():
        assert tally.kept >= 0
        assert tally.kept + sum(tally.excluded.values()) >= tally.rows
    for chunk in got.chunks:
        for frame in chunk.frames:
            assert frame["ts"].is_sorted()
            assert frame["ts"].n_unique() == frame.height
            assert not any(frame[name].is_nan().any() or frame[name].is_infinite().any() for name in frame.columns[1:])
    assert all(one.reason for one in got.rejected)


@settings(max_examples=150)
@given(damaged())
def test_a_damaged_file_of_the_corpus_crashes_nothing_and_leaves_its_neighbour_whole(data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "m1"
        write(folder, "neg_ae.csv", NEIGHBOUR, "ts,neg_ae")
        (folder / "com_ap.csv").write_bytes(data)
        got = read(folder)
        check(got)
        assert len(got.rows("neg_ae")) == len(NEIGHBOUR)


@settings(max_examples=80)
@given(damaged(), st.sampled_from((1, 2, 3, 7)))
def test_what_is_read_does_not_depend_on_how_much_is_read_at_once(data, chunk_rows):
    assume(data.count(b'"') % 2 == 0)  # an open quotation mark reaches to the end of what is read at once
    assume(b"-10-27" not in data)  # rows out of order in autumn's repeated hour are told apart by what stands near them
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "com_ap.csv").write_bytes(data)
        whole, pieces = read(Path(name)), read(Path(name), chunk_rows=chunk_rows)
        for signal in {column for chunk in whole.chunks for frame in chunk.frames for column in frame.columns[1:]}:
            assert dict(pieces.rows(signal)) == dict(whole.rows(signal))


@settings(max_examples=20)
@given(damaged())
def test_a_damaged_file_stops_no_build(data):
    with tempfile.TemporaryDirectory() as name:
        write(Path(name) / "raw", "good.csv", NEIGHBOUR, "ts,good").parent.joinpath("m2").mkdir()
        (Path(name) / "raw" / "m2" / "com_ap.csv").write_bytes(data)
        chosen = settings_of(Path(name) / "raw", Path(name) / "store")
        report = build(chosen)
        assert report.published
        named = {one.path for one in report.rejected} | {file.path for file in manifest_of(chosen.store).files}
        assert str(Path(name) / "raw" / "m2" / "com_ap.csv") in named
        assert level_of(chosen.store, "raw", "analog", "raw")["good"].drop_nulls().len() == len(NEIGHBOUR)
