"""No bytes crash the reader, and what is written is read."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.reading import read, write

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


@settings(max_examples=400, deadline=None)
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


@settings(max_examples=100, deadline=None)
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
