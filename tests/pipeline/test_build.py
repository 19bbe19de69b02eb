"""A whole build of tiny sites: what it holds, what it costs to update, what it does with bad input."""

import gzip
import json
import os
import shutil
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from filelock import FileLock
from polars.testing import assert_frame_equal

from pipeline import publish
from pipeline.build import build
from pipeline.errors import SettingsError, StoreBusy
from tests.pipeline.sites import content, level_of, manifest_of, settings, stamps, write_csv

DAY = stamps("2024-06-01 00:00:00", 288)


@pytest.fixture
def site(tmp_path):
    """One meter and one pack of three cells, a day at 5 min, one cell on a clock of its own."""
    rng = np.random.default_rng(7)
    meter, bess = tmp_path / "raw" / "meter" / "m1", tmp_path / "raw" / "BESS" / "B1"
    write_csv(meter / "com_ap.csv", zip(DAY, np.round(rng.normal(10, 3, 288), 2), strict=True))
    write_csv(meter / "pos_ae.csv", zip(DAY, np.round(np.arange(288) * 0.8, 1), strict=True))
    for cell in (1, 2):
        write_csv(bess / f"bms1_p1_v{cell}.csv", zip(DAY, np.round(rng.normal(3.3, 0.01, 288), 3), strict=True))
    late = [stamp.replace(":00:00", ":00:07") for stamp in DAY]
    write_csv(bess / "bms1_p1_v3.csv", zip(late, np.round(rng.normal(3.3, 0.01, 288), 3), strict=True))
    write_csv(bess / "fa1_SmokeFlag.csv", [(stamp, int(at == 100)) for at, stamp in enumerate(DAY)])
    return tmp_path


def run(site, store="store", **given):
    return build(settings(site / "raw", site / store, **given))


def assert_as_fresh(site):
    """Compare the store and what its manifest says of files with those of a build from nothing."""
    run(site, "fresh")
    updated, fresh = content(site / "store"), content(site / "fresh")
    assert updated.keys() == fresh.keys()
    for key, frame in fresh.items():
        assert_frame_equal(updated[key], frame, check_exact=True)
    mine, anew = manifest_of(site / "store"), manifest_of(site / "fresh")
    assert (mine.series, mine.rejected) == (anew.series, anew.rejected)
    assert [(one.path, one.tally) for one in mine.files] == [(one.path, one.tally) for one in anew.files]


def test_every_reading_is_in_the_raw_level(site):
    report = run(site)
    assert (report.published, report.rejected) == (True, ())
    raw = level_of(site / "store", "B1", "p1_v", "raw")
    written = pl.read_csv(site / "raw/BESS/B1/bms1_p1_v3.csv")
    assert raw["bms1_p1_v3"].drop_nulls().cast(pl.Float64).round(3).to_list() == written["bms1_p1_v3"].to_list()
    assert raw.schema["bms1_p1_v3"] == pl.Float32


def test_levels_hold_the_extremes_and_every_count(site):
    run(site)
    written = pl.read_csv(site / "raw/BESS/B1/bms1_p1_v1.csv")["bms1_p1_v1"]
    for level in ("1h", "1d"):
        frame = level_of(site / "store", "B1", "p1_v", level)
        assert frame["bms1_p1_v1|max"].max() == pytest.approx(written.max(), abs=1e-6)
        assert frame["bms1_p1_v1|min"].min() == pytest.approx(written.min(), abs=1e-6)
        assert frame["bms1_p1_v1|n"].sum() == 288
    day = level_of(site / "store", "B1", "p1_v", "1d").row(0, named=True)
    assert day["bms1_p1_v1|p01"] >= day["bms1_p1_v1|min"]


def test_a_level_that_holds_more_numbers_than_raw_is_not_kept(site):
    run(site)
    assert level_of(site / "store", "B1", "p1_v", "15min").is_empty()


def test_naive_stamps_are_the_sites_and_a_day_begins_at_its_midnight(site):
    run(site)
    assert level_of(site / "store", "m1", "analog", "1d")["ts"][0].isoformat() == "2024-05-31T22:00:00+00:00"


def test_energy_is_the_same_at_every_level(site):
    run(site)
    for level in ("raw", "15min", "1h", "1d"):
        assert level_of(site / "store", "m1", "counter", level)["pos_ae|delta"].sum() == pytest.approx(287 * 0.8)


def test_a_one_sample_alarm_is_in_the_day(site):
    run(site)
    day = level_of(site / "store", "B1", "flag", "1d").row(0, named=True)
    assert (day["fa1_SmokeFlag|max"], day["fa1_SmokeFlag|edges"], day["fa1_SmokeFlag|seconds_on"]) == (1, 1, 300)


def test_nothing_new_publishes_nothing(site):
    first = run(site)
    second = run(site)
    assert second.build_id == first.build_id
    assert (second.built, second.kept) == (0, 6)


def append(site, path, rows):
    with (site / "raw" / path).open("a", encoding="utf-8") as file:
        file.writelines(f"{stamp},{value}\n" for stamp, value in rows)


def test_an_appended_day_gives_what_a_build_from_nothing_gives(site):
    run(site)
    rng = np.random.default_rng(8)
    for day in ("2024-06-02", "2024-06-03", "2024-08-01"):
        later = stamps(f"{day} 00:00:00", 288)
        for cell in (1, 2):
            append(
                site, f"BESS/B1/bms1_p1_v{cell}.csv", zip(later, np.round(rng.normal(3.3, 0.01, 288), 3), strict=True)
            )
        append(site, "meter/m1/com_ap.csv", zip(later, np.round(rng.normal(10, 3, 288), 2), strict=True))
        base = 229.6 + 230.4 * (datetime.fromisoformat(day).timetuple().tm_yday - 153)
        append(site, "meter/m1/pos_ae.csv", zip(later, np.round(base + np.arange(288) * 0.8, 1), strict=True))
        append(site, "BESS/B1/fa1_SmokeFlag.csv", [(stamp, int(at == 287)) for at, stamp in enumerate(later)])
        run(site)
        run(site, "fresh")
        updated, fresh = content(site / "store"), content(site / "fresh")
        assert updated.keys() == fresh.keys()
        for key, frame in fresh.items():
            assert_frame_equal(updated[key], frame, check_exact=True)
        for one, other in zip(manifest_of(site / "store").series, manifest_of(site / "fresh").series, strict=True):
            assert one == other
        shutil.rmtree(site / "fresh")


def test_the_first_day_of_a_month_leaves_the_parts_of_the_month_before_alone(tmp_path):
    june, july = stamps("2024-06-29 00:00:00", 2 * 288), stamps("2024-07-01 00:00:00", 288)
    cells = [tmp_path / "raw" / "BESS" / "B1" / f"bms1_p1_v{cell}.csv" for cell in (1, 2)]
    for cell in cells:
        write_csv(cell, [(stamp, 3.2 + 0.001 * (at % 7)) for at, stamp in enumerate(june)])
    run(tmp_path)
    before = {part.path for group in manifest_of(tmp_path / "store").groups for part in group.parts}
    for cell in cells:
        append(tmp_path, cell.relative_to(tmp_path / "raw"), [(stamp, 3.3) for stamp in july])
    run(tmp_path)
    groups = manifest_of(tmp_path / "store").groups
    raw = [part.path for group in groups for part in group.parts if part.level == "raw"]
    assert len(raw) == 2
    assert len(before.intersection(raw)) == 1
    run(tmp_path, "fresh")
    updated, fresh = content(tmp_path / "store"), content(tmp_path / "fresh")
    assert updated.keys() == fresh.keys()
    for key, frame in fresh.items():
        assert_frame_equal(updated[key], frame, check_exact=True)


def test_a_changed_a_new_and_a_removed_file_give_what_a_build_from_nothing_gives(site):
    run(site)
    cell = site / "raw/BESS/B1/bms1_p1_v2.csv"
    cell.write_text(cell.read_text().replace("2024-06-01 12:00:00,3", "2024-06-01 12:00:00,2"))
    shutil.copy(cell, cell.with_name("bms1_p1_v4.csv"))
    (cell.parent / "bms1_p1_v3.csv").unlink()
    report = run(site)
    assert report.removed == 1
    assert_as_fresh(site)


def test_a_removed_system_is_gone_and_the_rest_is_what_a_build_from_nothing_gives(site):
    run(site)
    shutil.rmtree(site / "raw" / "BESS")
    run(site)
    assert [source.name for source in manifest_of(site / "store").sources] == ["m1"]
    assert not list((site / "store" / "parts" / "B1").rglob("*.parquet"))
    assert_as_fresh(site)


@pytest.mark.parametrize(
    "change", ["rename", "touch", "shorten", "to gz", "to nothing", "swap", "system moves", "joined"]
)
def test_whatever_happens_to_files_the_store_is_what_a_build_from_nothing_gives(site, change):
    run(site)
    cell = site / "raw/BESS/B1/bms1_p1_v2.csv"
    other, text = cell.with_name("bms1_p1_v1.csv"), cell.read_text()
    {
        "rename": lambda: cell.rename(cell.with_name("bms1_p1_v9.csv")),
        "touch": lambda: os.utime(cell, ns=(1, 1)),
        "shorten": lambda: cell.write_text(text[: len(text) // 2]),
        "to gz": lambda: cell.write_bytes(gzip.compress(text.encode())),
        "to nothing": lambda: cell.write_text(""),
        "swap": lambda: (cell.write_text(other.read_text()), other.write_text(text)),
        "joined": lambda: cell.write_text(f"{text}ts,bms1_p1_v7\n" + text.split("\n", 1)[1].replace(",3.", ",2.")),
        "system moves": lambda: cell.parent.rename(site / "raw" / "B7"),
    }[change]()
    run(site)
    assert_as_fresh(site)


def test_a_bad_file_is_rejected_with_its_reason_and_stops_nothing(site):
    (site / "raw/meter/m1/pf.csv").write_text("ts,pf\n")
    report = run(site)
    assert report.published
    (rejected,) = report.rejected
    assert rejected.path.endswith("m1/pf.csv")
    assert rejected.reason
    strict = build(settings(site / "raw", site / "other"), strict=True)
    assert not strict.published
    assert publish.read_manifest(site / "other") is None


def test_a_second_builder_leaves_with_a_clear_line(site):
    (site / "store").mkdir()
    with FileLock(site / "store" / ".build.lock"), pytest.raises(StoreBusy, match="at work"):
        run(site)


def test_no_csv_at_all_says_what_to_do(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(SettingsError, match="make sample"):
        run(tmp_path)


def test_parts_in_use_are_kept_until_their_reader_leaves(site):
    import fcntl

    first = run(site)
    lock = site / "store" / "readers" / f"{first.build_id}.lock"
    lock.parent.mkdir(exist_ok=True)
    old = {part.path for group in manifest_of(site / "store").groups for part in group.parts}
    with lock.open("w") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        append(site, "meter/m1/com_ap.csv", [("2024-06-02 00:00:00", 1.0)])
        run(site)
        assert all((site / "store" / path).exists() for path in old)
    append(site, "meter/m1/com_ap.csv", [("2024-06-02 00:05:00", 1.0)])
    run(site)
    assert not all((site / "store" / path).exists() for path in old)


def test_a_finished_group_of_a_killed_build_is_not_built_again(site, monkeypatch):
    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.course.extract_features", die)
        with pytest.raises(KeyboardInterrupt):
            run(site)
    assert publish.read_manifest(site / "store") is None
    finished = len(list((site / "store" / "pending").glob("*.json")))
    report = run(site)
    assert finished >= len({one.group for one in manifest_of(site / "store").series if one.source == "B1"})
    assert (report.built, report.kept) == (6 - report.kept, report.kept)
    assert report.kept >= finished
    assert not list((site / "store" / "pending").glob("*"))


def test_the_manifest_is_json_with_a_tally_for_every_file(site):
    run(site)
    manifest = json.loads((site / "store" / "manifest.json").read_text())["content"]
    assert len(manifest["files"]) == 6
    assert {file["tally"]["rows"] for file in manifest["files"]} == {288}


def test_a_gap_over_the_turn_of_a_month_keeps_its_energy(tmp_path):
    every = stamps("2024-01-20 00:00", 30 * 288)
    rows = [(at, 1000 + n / 2) for n, at in enumerate(every) if not "2024-01-28" <= at < "2024-02-06"]
    path = write_csv(tmp_path / "site" / "m1" / "pos_ae.csv", rows[:2304])
    said = settings(tmp_path / "site", tmp_path / "store")
    build(said)
    write_csv(path, rows)
    build(said)
    build(settings(tmp_path / "site", tmp_path / "again"))
    for store in (tmp_path / "store", tmp_path / "again"):
        for level in ("raw", "1h", "1d"):
            deltas = level_of(store, "m1", "counter", level)["pos_ae|delta"]
            assert deltas.sum() == rows[-1][1] - rows[0][1]


def test_a_sensor_without_a_single_reading_is_still_part_of_the_geometry(site):
    write_csv(site / "raw/BESS/B1/bms1_p1_t1.csv", [(stamp, 25.0) for stamp in DAY])
    write_csv(site / "raw/BESS/B1/bms1_p1_t2.csv", [(stamp, 255) for stamp in DAY])
    report = run(site)
    assert [one.path.rsplit("/", 1)[1] for one in report.rejected] == ["bms1_p1_t2.csv"]
    (pack,) = manifest_of(site / "store").sources[0].packs
    assert (pack.cells, pack.sensors) == ((1, 2, 3), (1, 2))
