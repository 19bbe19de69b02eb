"""A check finds what is missing, damaged, out of date, or edited behind our back; and nothing in a sound store."""

from __future__ import annotations

import os

import pytest

from pipeline.build import build
from pipeline.check import check
from pipeline.errors import StoreMissing
from pipeline.settings import read_settings

ROWS = [f"2024-03-01 {hour:02d}:{minute:02d}:00,{hour * 0.5}" for hour in range(24) for minute in range(0, 60, 15)]
ONES = [f"{row.partition(',')[0]},1" for row in ROWS]


def write_csv(path, signal, rows=ROWS):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([f"ts,{signal}", *rows, ""]))


@pytest.fixture
def built(tmp_path):
    """Build a store of one meter with two signals."""
    for signal in ("com_ap", "pf"):
        write_csv(tmp_path / "raw" / "meter" / "m1" / f"{signal}.csv", signal, ROWS if signal == "com_ap" else ONES)
    settings = read_settings(meter_roots=(str(tmp_path / "raw"),), store=tmp_path / "store", max_workers=1)
    build(settings)
    return settings


def faults(settings, *, deep=False):
    return [(fault.where.rpartition("/")[2], fault.what) for fault in check(settings, deep=deep).faults]


def csv_of(settings, name):
    return next(path for path in (settings.store.parent / "raw").rglob(name))


def raw_part(settings):
    return next(path for path in sorted(settings.store.rglob("*.parquet")) if path.parent.name == "raw")


@pytest.mark.parametrize("deep", [False, True])
def test_a_sound_store_has_no_faults(built, deep):
    told = []
    found = check(built, deep=deep, progress=lambda done, total, what: told.append((done, total)))

    assert (found.faults, found.files) == ((), 2)
    assert told[-1] == (found.parts, found.parts)


def test_a_check_without_a_store_says_what_to_do(tmp_path):
    with pytest.raises(StoreMissing, match="build one first"):
        check(read_settings(store=tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_missing_part_is_named(built):
    raw_part(built).unlink()

    assert [what for _, what in faults(built)] == ["is missing; build with --rebuild to mend the store"]


def test_a_part_cut_short_is_named(built):
    part = raw_part(built)
    part.write_bytes(part.read_bytes()[:-1])

    assert "bytes, not" in faults(built)[0][1]


def test_a_flipped_byte_is_found_by_a_deep_check(built):
    part = raw_part(built)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)

    assert faults(built) == []
    assert "checksum differs" in faults(built, deep=True)[0][1]


def test_csvs_that_changed_are_out_of_date(built):
    with csv_of(built, "com_ap.csv").open("a") as file:
        file.write("2024-03-02 00:00:00,1.5\n")
    csv_of(built, "pf.csv").unlink()

    assert faults(built) == [
        ("com_ap.csv", "has grown since the build; build again"),
        ("pf.csv", "cannot be read any more: No such file or directory"),
    ]


def test_an_edit_that_no_fingerprint_sees_is_found_by_a_deep_check(tmp_path):
    rows = [f"2024-03-{1 + at // 1440:02d} {at // 60 % 24:02d}:{at % 60:02d}:00,{at % 7}.5" for at in range(4_000)]
    path = tmp_path / "raw" / "m1" / "com_ap.csv"
    write_csv(path, "com_ap", rows)
    settings = read_settings(meter_roots=(str(tmp_path / "raw"),), store=tmp_path / "store", max_workers=1)
    build(settings)
    status = path.stat()
    rows[2_000] = rows[2_000][:-1] + "9"
    write_csv(path, "com_ap", rows)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert faults(settings) == []
    assert faults(settings, deep=True) == [
        ("m1 com_ap", "differs from its CSV, first in 2024-03; build with --rebuild")
    ]


def test_a_store_that_cannot_be_written_to_is_checked_without_holding_it(built, monkeypatch):
    """On a read-only mount, where not even a lock can be taken."""
    lock = built.store / ".build.lock"
    lock.unlink(missing_ok=True)
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    assert faults(built) == []
    assert not lock.exists()
