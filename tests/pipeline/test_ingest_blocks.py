"""Reading in blocks, going on where reading ended, and files that do not hold still."""

from __future__ import annotations

import os
import resource
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import strict
from pipeline.contract import FileEnd, ResumePoint, Tally
from pipeline.discover import discover
from pipeline.errors import NotContinued
from pipeline.ingest import Chunk, read_files
from pipeline.site import Site
from tests.pipeline.corpus import Case, cases
from tests.pipeline.reading import BERLIN, read, write


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
    write(tmp_path / "m1", "com_ap.csv", lines[::-1] if backwards else lines)
    rows = sorted(read(tmp_path / "m1", chunk_rows=chunk_rows).rows("com_ap"))
    start = {"autumn": datetime(2024, 10, 26, 20), "spring": datetime(2024, 3, 30, 20)}[kind]  # noqa: DTZ001
    assert rows == [(f"{start + timedelta(minutes=5 * n):%Y-%m-%dT%H:%M:%S}", float(n)) for n in range(200)]


@pytest.mark.parametrize("odd", ["", "2024-06-01 00:05:00,", "2024-06-01 00:05:00,x", "2024-06-01 00:05:00", "soon,3"])
def test_files_parsed_as_one_text_give_what_each_gives_alone(odd, tmp_path, monkeypatch):
    for n in range(5):
        lines = [f"2024-06-01 00:{minute:02}:00,{n + minute / 100}" for minute in range(0, 60, 5)]
        if n == 2 and odd:
            lines[1] = odd
        write(tmp_path / "m1", f"own_{n}.csv", lines, header=f"ts,own_{n}")
    joined = read(tmp_path / "m1")
    monkeypatch.setattr(strict, "JOINED_BYTES", 0)
    alone = read(tmp_path / "m1")
    assert [joined.rows(f"own_{n}") for n in range(5)] == [alone.rows(f"own_{n}") for n in range(5)]
    assert joined.tallies == alone.tallies
    assert len(joined.rows("own_1")) == 12


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


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=LINES, cut=st.floats(0.2, 1.0), before=st.integers(1, 30), after=st.integers(1, 30))
def test_resuming_a_grown_file_gives_what_reading_it_whole_gives(drawn, cut, before, after, tmp_path_factory):
    lines = _lines(drawn)
    folder = tmp_path_factory.mktemp("grown") / "m1"
    part = max(1, int(len(lines) * cut))
    path = write(folder, "com_ap.csv", lines[:part])
    (source,) = discover([str(folder)], Site()).sources or (None,)
    if source is None:
        return
    first = _collect(source.files, before, {})
    write(folder, "com_ap.csv", lines)
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


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=LINES, cuts=st.lists(st.floats(0.1, 1.0), min_size=1, max_size=4), rows=st.sampled_from([3, 10, 100]))
def test_a_file_read_on_where_it_had_ended_gives_what_reading_it_whole_gives(drawn, cuts, rows, tmp_path_factory):
    lines = _lines(drawn)
    folder = tmp_path_factory.mktemp("ended") / "m1"
    parts = sorted({max(1, int(len(lines) * cut)) for cut in [*cuts, 1.0]})
    read_so_far, keys = None, set()
    for part in parts:
        path = write(folder, "com_ap.csv", lines[:part])
        sources = discover([str(folder)], Site()).sources
        if not sources:
            return
        keys.add(sources[0].files[0].dialect.key)
        if read_so_far is None:
            read_so_far = _collect(sources[0].files, rows, {})
        elif (end := read_so_far.ends.get(path)) is None or len(keys) > 1:
            return
        else:
            assert end.offset <= path.stat().st_size
            tally = read_so_far.tallies[path]
            point = ResumePoint(offset=end.offset, line=end.line + 1, ts_ms=end.ts_ms + 1, tally=tally)
            earlier = read_so_far.resume.get(path) or point
            try:
                on = _collect(sources[0].files, rows, {path: point}, {path: earlier})
            except NotContinued:
                return
            on.readings = read_so_far.readings | on.readings
            read_so_far = on
    whole = _collect(sources[0].files, rows, {})
    assert read_so_far.readings == whole.readings
    if rows >= len(lines):
        assert read_so_far.tallies == whole.tallies


def test_a_file_is_read_on_where_it_had_ended_unless_that_is_not_plain(tmp_path):
    day = [f"2024-06-01 {n // 12:02}:{n % 12 * 5:02}:00,{n % 7}" for n in range(288)]
    path = write(tmp_path / "m1", "com_ap.csv", day)
    end = _collect(_found(path.parent), 1000, {}).ends[path]
    assert (end.offset, end.line) == (path.stat().st_size, 289)
    point = ResumePoint(offset=end.offset, line=end.line + 1, ts_ms=end.ts_ms + 1, tally=Tally(rows=288, kept=288))
    for row, is_plain in (("2024-06-02 00:00:00,1\n", True), ("2024-06-01 23:55:00,1\n", False), ("2024-06-02", False)):
        path.write_text("\n".join(["ts,com_ap", *day, row]), encoding="utf-8")
        if is_plain:
            read_on = _collect(_found(path.parent), 1000, {path: point}, {path: point})
            assert (len(read_on.readings), read_on.tallies[path].rows) == (1, 289)
        else:
            with pytest.raises(NotContinued):
                _collect(_found(path.parent), 1000, {path: point}, {path: point})
    night = [f"2024-10-27 02:{minute:02}:00,1" for minute in range(0, 60, 5)]
    assert not _collect(_found(write(tmp_path / "m2", "com_ap.csv", night).parent), 1000, {}).ends


class _collect:  # noqa: N801
    """Read files and merge the blocks as the builder does: a later reading wins."""

    def __init__(self, files, chunk_rows, resume, earlier=None):
        self.readings: dict[int, float] = {}
        self.tallies: dict[Path, Tally] = {}
        self.resume: dict[Path, ResumePoint] = {}
        self.ends: dict[Path, FileEnd] = {}
        for chunk in read_files(
            "m1", files, zone=BERLIN, chunk_rows=chunk_rows, site=Site(), resume=resume, earlier=earlier
        ):
            for frame in chunk.frames:
                known = frame.drop_nulls()
                self.readings |= dict(zip(known["ts"].to_physical().to_list(), known["com_ap"].to_list(), strict=True))
            self.tallies |= chunk.tallies
            self.resume |= chunk.resume
            self.ends |= chunk.ends


def test_a_resume_point_lies_near_the_end(tmp_path):
    lines = [f"{datetime(2024, 1, 1) + timedelta(minutes=5 * n)},{n % 7}" for n in range(5000)]  # noqa: DTZ001
    path = write(tmp_path / "m1", "com_ap.csv", lines)
    point = read(tmp_path / "m1", chunk_rows=1000).resume[path]
    assert point.line == 1 + 5000 - 36
    assert path.read_bytes()[point.offset :].decode().splitlines()[0] == lines[5000 - 37]
    assert point.tally.kept == point.tally.rows == 5000 - 37


# Files that do not hold still -----------------------------------------------------------------------------------------


def _found(folder: Path):
    (source,) = discover([str(folder)], Site()).sources
    return source.files


def _big(folder: Path) -> Path:
    lines = [f"{datetime(2024, 1, 1) + timedelta(minutes=n)},{n % 100}" for n in range(5000)]  # noqa: DTZ001
    return write(folder, "com_ap.csv", lines)


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
    path = write(tmp_path / "m1", "com_ap.csv", ["2024-01-01 00:00:00,1", "2024-01-01 00:01:00,2"])
    os.truncate(path, 20 * 1024**3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    got = read(tmp_path / "m1")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    assert len(got.rows("com_ap")) in (0, 2)
    assert "no line break" in got.rejected[0].reason


@settings(max_examples=15)
@given(bad=st.dictionaries(st.integers(0, 19_999), st.sampled_from(["x", "soon,1", "2024", "", "a,b,c"]), max_size=12))
def test_bad_rows_spoil_nothing_around_them(bad):
    start = datetime(2024, 5, 1, tzinfo=UTC)
    lines = [f"{start + timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ},{n % 997}" for n in range(20_000)]
    truth = {n: float(n % 997) for n in range(20_000) if n not in bad}
    for n, text in bad.items():
        lines[n] = text
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "com_ap.csv", lines)
        got = read(Path(folder), chunk_rows=7_000)
    (tally,) = got.tallies.values()
    found = got.rows("com_ap")
    assert [value for _, value in found] == list(truth.values())
    assert found[0][0] == f"{start + timedelta(minutes=min(truth)):%Y-%m-%dT%H:%M:%S}"
    left_out = sorted(n for n, text in bad.items() if text)
    assert tally.rows == 20_000 - sum(not text for text in bad.values())
    assert tally.kept == len(truth)
    assert tally.first_bad_line == (left_out[0] + 2 if left_out else None)


@pytest.mark.parametrize("ending", [',"', '","', '"2024-01-01 01:02:00","', '1,1,"', '"'])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_file_may_end_in_any_quote(ending, quoted, tmp_path):
    lines = [f"2024-01-01 01:0{n}:00,{n}" for n in range(3)]
    rows = [",".join(f'"{field}"' for field in line.split(",")) if quoted else line for line in lines]
    path = write(tmp_path / "m1", "com_ap.csv", rows)
    with path.open("a", encoding="utf-8") as file:
        file.write(ending)
    got = read(tmp_path / "m1")

    assert [value for _, value in got.rows("com_ap")] == [0, 1, 2]
    assert got.tallies[path].rows == 4
