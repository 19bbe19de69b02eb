"""Reading CSVs: every good row exactly, every other one counted with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.localtime import localise, repeated_window
from pipeline.site import Site
from tests.pipeline.corpus import Case, cases
from tests.pipeline.reading import BERLIN, read, write


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


# Clocks ---------------------------------------------------------------------------------------------------------------


def test_files_with_one_clock_share_a_frame_and_others_do_not(tmp_path):
    five = [f"2024-01-01 00:{5 * n:02}:00,{n}" for n in range(12)]
    write(tmp_path / "m1", "com_ap.csv", five)
    write(tmp_path / "m1", "pf.csv", [line.rsplit(",", 1)[0] + ",0.5" for line in five], "ts,pf")
    write(tmp_path / "m1", "pos_ae.csv", [f"2024-01-01 00:{10 * n:02}:00,{n}" for n in range(6)], "ts,pos_ae")
    got = read(tmp_path / "m1")
    assert [frame.columns for frame in got.chunks[0].frames] == [["ts", "com_ap", "pf"], ["ts", "pos_ae"]]


def test_a_bad_value_in_one_file_leaves_its_neighbours_on_their_shared_clock(tmp_path):
    five = [f"2024-01-01 00:{5 * n:02}:00,{n}" for n in range(12)]
    for name in ("com_ap", "pf1", "pf2"):
        write(tmp_path / "m1", f"{name}.csv", five, f"ts,{name}")
    write(tmp_path / "m1", "bad.csv", [*five[:3], "2024-01-01 00:15:00,ERR", *five[4:]], "ts,bad")
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
@settings(max_examples=60)
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
    write(
        tmp_path / "BAT",
        "bms1_p1_v1.csv",
        [f"2024-01-01 00:0{n}:00,{v}" for n, v in enumerate([3200, 65535, 4100])],
        "ts,bms1_p1_v1",
    )
    got = read(tmp_path / "BAT", site=site)
    assert [value for _, value in got.rows("bms1_p1_v1")] == [3.2]
    (tally,) = got.tallies.values()
    assert tally.excluded == {"out_of_range": 1, "sentinel": 1}


@pytest.mark.parametrize("signal", ["com_ap", "pcs1_ap"])
def test_the_ends_of_a_16_bit_register_are_no_power(tmp_path, signal):
    lines = [f"2024-01-01 00:0{n}:00,{v}" for n, v in enumerate([12.5, 65535, 32767, -32768, 32766, -7])]
    write(tmp_path / "m1", f"{signal}.csv", lines, f"ts,{signal}")
    got = read(tmp_path / "m1")

    assert [value for _, value in got.rows(signal)] == [12.5, 32766.0, -7.0]
    (tally,) = got.tallies.values()
    assert tally.excluded == {"sentinel": 3}


def test_a_wide_file_counts_each_signal(tmp_path):
    lines = [
        "2024-01-01 00:00:00,1,,ok",
        "2024-01-01 00:01:00,2,0.5,ok",
        "2024-01-01 00:02:00,x,0.6,ok",
        "2024-01-01 00:03:00,4,7,bad",
    ]
    write(tmp_path / "m1", "log.csv", lines, "ts,com_ap,pf,state")
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
    write(tmp_path / "wide", "all.csv", lines, "ts," + ",".join(names))
    got = read(tmp_path / "wide")
    (frame,) = got.chunks[0].frames
    assert frame.shape == (60, 1001)
    assert frame[names[-1]].null_count() == 60


def test_files_that_continue_a_series_are_read_in_order_of_time(tmp_path):
    later = [f"2024-02-01 00:0{n}:00,{n}" for n in range(5)]
    earlier = [f"2024-01-01 00:0{n}:00,{n}" for n in range(5)]
    write(tmp_path / "m1", "a.csv", later, "ts,com_ap,pf")
    write(tmp_path / "m1", "b.csv", earlier, "ts,com_ap,pf")
    got = read(tmp_path / "m1", chunk_rows=3)
    stamps = [stamp for stamp, _ in got.rows("com_ap")]
    assert stamps == sorted(stamps)
    assert len(stamps) == 10


@pytest.mark.parametrize("chunk_rows", [3, 7, 100_000])
@pytest.mark.parametrize(
    ("header", "value"), [("ts,pf,com_ap", "0.5,9"), ("ts,pf", "0.5"), ("Time; pf ;x".replace(";", ","), "0.5,1")]
)
def test_a_file_is_read_to_where_another_header_gives_its_columns_other_names(header, value, chunk_rows, tmp_path):
    clock = [f"2024-01-01 01:{n:02}:00" for n in range(20)]
    own = [f"{at},{n},0.9" for n, at in enumerate(clock[:10])]
    lines = [*own[:5], "TS, Com_ap ,pf", *own[5:], header, *(f"{at},{value}" for at in clock[10:])]
    write(tmp_path / "m1", "log.csv", lines, "ts,com_ap,pf")
    got = read(tmp_path / "m1", chunk_rows=chunk_rows)

    (rejected,) = got.rejected
    assert (rejected.line, "other names" in rejected.reason) == (13, True)
    assert [value for _, value in got.rows("com_ap")] == list(range(10))
    assert [value for _, value in got.rows("pf")] == [0.9] * 10
    (tally,) = got.tallies.values()
    assert (tally.rows, tally.excluded) == (11, {"repeated_header": 2})
