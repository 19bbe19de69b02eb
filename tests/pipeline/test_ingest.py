"""Reading CSVs: every good row exactly, every other one counted with its reason."""

from __future__ import annotations

import os
import resource
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.contract import Rejected, ResumePoint, Tally
from pipeline.discover import discover
from pipeline.ingest import Chunk, read_files
from pipeline.localtime import localise, repeated_window
from pipeline.site import Site
from tests.pipeline.corpus import Case, cases

BERLIN = "Europe/Berlin"


def read(folder: Path, *, chunk_rows: int = 100_000, zone: str = BERLIN, site: Site | None = None) -> Read:
    return Read(folder, chunk_rows=chunk_rows, zone=zone, site=site or Site())


class Read:
    """Everything that is read from one folder."""

    def __init__(self, folder: Path, *, chunk_rows: int, zone: str, site: Site) -> None:
        found = discover([str(folder)], site)
        self.rejected: list[Rejected] = list(found.rejected)
        self.chunks: list[Chunk] = []
        for source in found.sources:
            self.chunks += read_files(source.name, source.files, zone=zone, chunk_rows=chunk_rows, site=site)
        self.rejected += [one for chunk in self.chunks for one in chunk.rejected]
        self.tallies: dict[Path, Tally] = {}
        self.resume: dict[Path, ResumePoint] = {}
        for chunk in self.chunks:
            self.tallies |= chunk.tallies
            self.resume |= chunk.resume

    def rows(self, signal: str) -> list[tuple[str, float]]:
        frames = [frame for chunk in self.chunks for frame in chunk.frames if signal in frame.columns]
        return [row for frame in frames for row in _rows(frame, signal)]


def _rows(frame: pl.DataFrame, signal: str) -> list[tuple[str, float]]:
    known = frame.select("ts", signal).drop_nulls()
    return [(f"{ts:%Y-%m-%dT%H:%M:%S}", value) for ts, value in known.iter_rows()]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_corpus(case: Case, tmp_path):
    folder = tmp_path / "m1"
    folder.mkdir()
    (folder / case.file_name).write_bytes(case.data)
    got = read(folder)
    signals = {signal for chunk in got.chunks for frame in chunk.frames for signal in frame.columns[1:]}
    if case.rejected is not None:
        assert not signals
        assert len(got.rejected) == 1
        assert case.rejected in got.rejected[0].reason
        assert case.line is None or got.rejected[0].line == case.line
        return
    assert got.rejected == []
    (signal,) = signals
    assert got.rows(signal) == list(case.rows)
    (tally,) = got.tallies.values()
    assert tally.excluded == case.excluded
    assert tally.noted == case.noted
    assert tally.kept == len(case.rows)
    assert tally.kept + sum(tally.excluded.values()) == tally.rows
    assert case.line is None or tally.first_bad_line == case.line


def test_corpus_is_large():
    names = [case.name for case in cases()]
    assert len(names) == len(set(names)) >= 100


# Blocks and resuming --------------------------------------------------------------------------------------------------


def _write(folder: Path, name: str, lines: list[str], header: str = "ts,com_ap") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("case", [case for case in cases() if case.rejected is None], ids=lambda case: case.name)
def test_small_blocks_give_the_same_rows(case: Case, tmp_path):
    folder = tmp_path / "m1"
    folder.mkdir()
    (folder / case.file_name).write_bytes(case.data)
    merged = dict(
        read(folder, chunk_rows=2).rows(case.signal if case.file_name == f"{case.signal}.csv" else _only(folder))
    )
    assert {stamp: merged[stamp] for stamp, _ in case.rows} == dict(case.rows) or "conflicts" in case.excluded
    assert len(merged) == len(case.rows)


def _only(folder: Path) -> str:
    (source,) = discover([str(folder)], Site()).sources
    return source.files[0].signals[0]


def _night(kind: str) -> list[str]:
    """Write a night at 5 min in Berlin's own clock, around a change of it."""
    start = {"autumn": datetime(2024, 10, 26, 20, tzinfo=UTC), "spring": datetime(2024, 3, 30, 20, tzinfo=UTC)}[kind]
    zone = ZoneInfo(BERLIN)
    instants = [start + timedelta(minutes=5 * n) for n in range(200)]
    return [f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S},{n}" for n, at in enumerate(instants)]


@pytest.mark.parametrize("kind", ["autumn", "spring"])
@pytest.mark.parametrize("chunk_rows", [1, 3, 7, 50, 60, 70, 199, 200, 1000])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_change_of_clock_may_lie_anywhere_in_a_block(kind, chunk_rows, backwards, tmp_path):
    lines = _night(kind)
    _write(tmp_path / "m1", "com_ap.csv", lines[::-1] if backwards else lines)
    rows = sorted(read(tmp_path / "m1", chunk_rows=chunk_rows).rows("com_ap"))
    start = {"autumn": datetime(2024, 10, 26, 20), "spring": datetime(2024, 3, 30, 20)}[kind]  # noqa: DTZ001
    assert rows == [(f"{start + timedelta(minutes=5 * n):%Y-%m-%dT%H:%M:%S}", float(n)) for n in range(200)]


LINES = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 400), st.integers(-3, 3)).map(lambda one: ("row", *one)),
        st.sampled_from([("bad", "2024-10-27 02:10:00,x"), ("bad", "soon,1"), ("bad", "2024-10-27 02:1"), ("bad", "")]),
    ),
    min_size=5,
    max_size=60,
)


def _lines(drawn: list[Any]) -> list[str]:
    """Write rows whose stamps mostly rise, through the night of 27 October 2024."""
    lines, minute = [], 0
    for one in drawn:
        if one[0] == "bad":
            lines.append(one[1])
            continue
        minute += one[1] // 8 + one[2]
        local = datetime(2024, 10, 26, 22, tzinfo=UTC) + timedelta(minutes=minute)
        lines.append(f"{local.astimezone(ZoneInfo(BERLIN)):%Y-%m-%d %H:%M:%S},{one[1]}")
    return lines


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=LINES, cut=st.floats(0.2, 1.0), before=st.integers(1, 30), after=st.integers(1, 30))
def test_resuming_a_grown_file_gives_what_reading_it_whole_gives(drawn, cut, before, after, tmp_path_factory):
    lines = _lines(drawn)
    folder = tmp_path_factory.mktemp("grown") / "m1"
    part = max(1, int(len(lines) * cut))
    path = _write(folder, "com_ap.csv", lines[:part])
    (source,) = discover([str(folder)], Site()).sources or (None,)
    if source is None:
        return
    first = _collect(source.files, before, {})
    _write(folder, "com_ap.csv", lines)
    (source,) = discover([str(folder)], Site()).sources
    point = first.resume.get(path)
    if point is None or point.dialect != source.files[0].dialect.key:
        return
    whole = _collect(source.files, after, {})
    resumed = _collect(source.files, after, {path: point})
    old = {ts: value for ts, value in first.readings.items() if ts < point.ts_ms}
    assert old | resumed.readings == whole.readings
    assert min(resumed.readings, default=point.ts_ms) >= point.ts_ms or any(ts < point.ts_ms for ts in resumed.readings)
    if before >= len(lines) and after >= len(lines):
        assert resumed.tallies == whole.tallies


class _collect:  # noqa: N801
    """Read files and merge the blocks as the builder does: a later reading wins."""

    def __init__(self, files, chunk_rows, resume):
        self.readings: dict[int, float] = {}
        self.tallies: dict[Path, Tally] = {}
        self.resume: dict[Path, ResumePoint] = {}
        for chunk in read_files("m1", files, zone=BERLIN, chunk_rows=chunk_rows, site=Site(), resume=resume):
            for frame in chunk.frames:
                known = frame.drop_nulls()
                self.readings |= dict(zip(known["ts"].to_physical().to_list(), known["com_ap"].to_list(), strict=True))
            self.tallies |= chunk.tallies
            self.resume |= chunk.resume


def test_a_resume_point_lies_near_the_end(tmp_path):
    lines = [f"{datetime(2024, 1, 1) + timedelta(minutes=5 * n)},{n % 7}" for n in range(5000)]  # noqa: DTZ001
    path = _write(tmp_path / "m1", "com_ap.csv", lines)
    point = read(tmp_path / "m1", chunk_rows=1000).resume[path]
    assert point.line == 1 + 5000 - 36
    assert path.read_bytes()[point.offset :].decode().splitlines()[0] == lines[5000 - 37]
    assert point.tally.kept == point.tally.rows == 5000 - 37


# Clocks ---------------------------------------------------------------------------------------------------------------


def test_files_with_one_clock_share_a_frame_and_others_do_not(tmp_path):
    five = [f"2024-01-01 00:{5 * n:02}:00,{n}" for n in range(12)]
    _write(tmp_path / "m1", "com_ap.csv", five)
    _write(tmp_path / "m1", "pf.csv", [line.rsplit(",", 1)[0] + ",0.5" for line in five], "ts,pf")
    _write(tmp_path / "m1", "pos_ae.csv", [f"2024-01-01 00:{10 * n:02}:00,{n}" for n in range(6)], "ts,pos_ae")
    got = read(tmp_path / "m1")
    assert [frame.columns for frame in got.chunks[0].frames] == [["ts", "com_ap", "pf"], ["ts", "pos_ae"]]


def test_a_bad_value_in_one_file_leaves_its_neighbours_on_their_shared_clock(tmp_path):
    five = [f"2024-01-01 00:{5 * n:02}:00,{n}" for n in range(12)]
    for name in ("com_ap", "pf1", "pf2"):
        _write(tmp_path / "m1", f"{name}.csv", five, f"ts,{name}")
    _write(tmp_path / "m1", "bad.csv", [*five[:3], "2024-01-01 00:15:00,ERR", *five[4:]], "ts,bad")
    got = read(tmp_path / "m1")
    assert sorted(got.chunks[0].frames[1].columns) == ["com_ap", "pf1", "pf2", "ts"] or len(got.chunks[0].frames) == 1
    assert len(got.rows("bad")) == 11
    assert len(got.rows("pf2")) == 12


@given(
    zone=st.sampled_from(
        [BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/St_Johns"]
    ),
    start=st.integers(0, 366 * 24 * 60),
    minutes=st.sampled_from([1, 5, 15, 30]),
)
@settings(max_examples=60, deadline=None)
def test_localise_inverts_the_wall_clock(zone, start, minutes):
    instants = (np.arange(600) * minutes + start) * 60_000 + 1_704_067_200_000
    tz = ZoneInfo(zone)
    wall = np.array([_wall_ms(int(ms), tz) for ms in instants])
    back = localise(wall, zone)
    inside = np.ones(len(wall), bool)  # a repeated hour that the data begin or end in may lack one pass
    for edge in (wall[0], wall[-1]):
        window = repeated_window(int(edge), zone)
        if window:
            inside &= ~((wall >= window[0]) & (wall < window[1]))
    assert np.array_equal(back.ms[inside], instants[inside])
    assert "dst_skipped" not in back.noted


def _wall_ms(ms: int, tz: ZoneInfo) -> int:
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(tz)
    return int(local.replace(tzinfo=UTC).timestamp() * 1000)


# Values ---------------------------------------------------------------------------------------------------------------


def test_the_sites_scale_is_applied_before_the_range_and_after_the_sentinels(tmp_path):
    said = {"scale": 0.001, "offset": 0.0, "sentinels": [65535], "plausible": [2.0, 4.0]}
    site = Site.model_validate({"sources": {"BAT": {"signals": {"bms1_p1_v*": said}}}})
    _write(
        tmp_path / "BAT",
        "bms1_p1_v1.csv",
        [f"2024-01-01 00:0{n}:00,{v}" for n, v in enumerate([3200, 65535, 4100])],
        "ts,bms1_p1_v1",
    )
    got = read(tmp_path / "BAT", site=site)
    assert [value for _, value in got.rows("bms1_p1_v1")] == [3.2]
    (tally,) = got.tallies.values()
    assert tally.excluded == {"out_of_range": 1, "sentinel": 1}


def test_a_wide_file_counts_each_signal(tmp_path):
    lines = [
        "2024-01-01 00:00:00,1,,ok",
        "2024-01-01 00:01:00,2,0.5,ok",
        "2024-01-01 00:02:00,x,0.6,ok",
        "2024-01-01 00:03:00,4,7,bad",
    ]
    _write(tmp_path / "m1", "log.csv", lines, "ts,com_ap,pf,state")
    got = read(tmp_path / "m1")
    by_signal = got.chunks[-1].by_signal[tmp_path / "m1" / "log.csv"]
    assert by_signal["com_ap"].excluded == {"unreadable": 1}
    assert by_signal["pf"].excluded == {"missing": 1, "out_of_range": 1}
    assert (by_signal["com_ap"].kept, by_signal["pf"].kept) == (3, 2)
    (tally,) = got.tallies.values()
    assert (tally.rows, tally.kept) == (4, 5)


def test_a_thousand_columns(tmp_path):
    names = [f"bms1_p{1 + n // 200}_v{1 + n % 200}" for n in range(1000)]
    lines = [f"2024-01-01 00:{n:02}:00," + ",".join(["3.3"] * 999 + [""]) for n in range(60)]
    _write(tmp_path / "wide", "all.csv", lines, "ts," + ",".join(names))
    got = read(tmp_path / "wide")
    (frame,) = got.chunks[0].frames
    assert frame.shape == (60, 1001)
    assert frame[names[-1]].null_count() == 60


def test_files_that_continue_a_series_are_read_in_order_of_time(tmp_path):
    later = [f"2024-02-01 00:0{n}:00,{n}" for n in range(5)]
    earlier = [f"2024-01-01 00:0{n}:00,{n}" for n in range(5)]
    _write(tmp_path / "m1", "a.csv", later, "ts,com_ap,pf")
    _write(tmp_path / "m1", "b.csv", earlier, "ts,com_ap,pf")
    got = read(tmp_path / "m1", chunk_rows=3)
    stamps = [stamp for stamp, _ in got.rows("com_ap")]
    assert stamps == sorted(stamps)
    assert len(stamps) == 10


# Files that do not hold still -----------------------------------------------------------------------------------------


def _found(folder: Path):
    (source,) = discover([str(folder)], Site()).sources
    return source.files


def _big(folder: Path) -> Path:
    lines = [f"{datetime(2024, 1, 1) + timedelta(minutes=n)},{n % 100}" for n in range(5000)]  # noqa: DTZ001
    return _write(folder, "com_ap.csv", lines)


def _after_first(files, change) -> list[Chunk]:
    chunks = read_files("m1", files, zone=BERLIN, chunk_rows=1000, site=Site())
    first = next(chunks)
    change()
    return [first, *chunks]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), "can no longer be read"),
        (lambda path: os.truncate(path, 40_000), "cut short"),
        (lambda path: (path.unlink(), path.write_text("ts,com_ap\n")), "replaced or cut short"),
    ],
    ids=["vanishes", "shrinks", "is_replaced"],
)
def test_a_file_that_breaks_off_keeps_what_was_read(change, reason, tmp_path):
    path = _big(tmp_path / "m1")
    chunks = _after_first(_found(tmp_path / "m1"), lambda: change(path))
    (rejected,) = [one for chunk in chunks for one in chunk.rejected]
    assert reason in rejected.reason
    assert sum(frame.height for chunk in chunks for frame in chunk.frames) == 1000


def test_a_file_that_grows_is_read_to_where_it_ended(tmp_path):
    path = _big(tmp_path / "m1")

    def grow() -> None:
        with path.open("a") as file:
            file.write("2025-01-01 00:00:00,1\n")

    chunks = _after_first(_found(tmp_path / "m1"), grow)
    assert sum(frame.height for chunk in chunks for frame in chunk.frames) == 5000


def test_a_file_that_is_gone_is_rejected(tmp_path):
    path = _big(tmp_path / "m1")
    files = _found(tmp_path / "m1")
    path.unlink()
    (chunk,) = read_files("m1", files, zone=BERLIN, chunk_rows=1000, site=Site())
    assert chunk.rejected[0].path == str(path)


def test_a_huge_sparse_file_is_not_read_whole(tmp_path):
    path = _write(tmp_path / "m1", "com_ap.csv", ["2024-01-01 00:00:00,1", "2024-01-01 00:01:00,2"])
    os.truncate(path, 20 * 1024**3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    got = read(tmp_path / "m1")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    assert len(got.rows("com_ap")) in (0, 2)
    assert "no line break" in got.rejected[0].reason


# Fuzz -----------------------------------------------------------------------------------------------------------------


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
        _write(Path(folder), "com_ap.csv", lines)
        rows = read(Path(folder)).rows("com_ap")
    assert rows == [(f"{start + timedelta(minutes=m):%Y-%m-%dT%H:%M:%S}", truth[m]) for m in sorted(truth)]
