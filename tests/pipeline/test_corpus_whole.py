"""The whole corpus as one site: what report, manifest and API say of each file; and files of uncommon size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from app.factory import create_app
from app.language import speaking
from app.say import say
from pages import quality
from pipeline.build import build
from tests.app.stores import serve
from tests.bench import measure
from tests.pipeline.corpus import Case, cases
from tests.pipeline.sites import content, level_of, manifest_of, settings, stamps, write_csv

SPARSE_BYTES = 20 * 2**30
PEAK_MB = 700.0
"""Memory that a build of a few odd files takes at most, most of it the program itself [MB]."""
PROCESSOR_S = 30.0
"""Processor time in which it has to be over, on a slow machine too [s]."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Build a site with a folder for each case, and a few places that are no files at all."""
    folder = tmp_path_factory.mktemp("corpus")
    for case in cases():
        own = folder / "raw" / _source(case)
        own.mkdir(parents=True)
        (own / case.file_name).write_bytes(case.data)
    (folder / "raw" / "a folder.csv").mkdir()
    (folder / "raw" / "round").symlink_to(folder / "raw")
    (folder / "raw" / _source(cases()[0]) / "gone.csv").symlink_to(folder / "nowhere.csv")
    chosen = settings(folder / "raw", folder / "store")
    return chosen, build(chosen)


def _source(case: Case) -> str:
    return case.name.replace("/", "-").replace('"', "q")


def _path(chosen, case: Case) -> str:
    return str(Path(chosen.meter_roots[0]) / _source(case) / case.file_name)


def test_every_bad_file_is_named_with_its_reason_in_report_manifest_and_api(corpus):
    chosen, report = corpus
    said = serve(chosen).test_client().get("/api/quality").json["rejected_files"]
    bad = {_path(chosen, case): case for case in cases() if case.rejected is not None}
    bad_places = {"a folder.csv", "gone.csv"}

    for listed in (
        {one.path: (one.line, one.reason) for one in report.rejected},
        {one.path: (one.line, one.reason) for one in manifest_of(chosen.store).rejected},
        {one["file"]: (one["line"], one["reason"]) for one in said},
    ):
        assert {Path(path).name for path in listed.keys() - bad.keys()} == bad_places
        assert bad.keys() <= listed.keys()
        for path, case in bad.items():
            line, reason = listed[path]
            assert case.rejected is not None
            assert case.rejected in reason
            assert reason
            assert case.line is None or line == case.line


def test_every_reason_is_said_in_german(corpus):
    _, report = corpus
    reasons = {one.reason for one in report.rejected}

    assert len(reasons) > 10
    with speaking("de"):
        assert {reason for reason in reasons if say(reason) == reason} == set()
        assert say("none of its 5 rows can be used: 2 bad_stamp, 3 missing") == (
            "keine der 5 Zeilen ist brauchbar: 2 mit unbrauchbarem Zeitstempel, 3 ohne Messwert"
        )


def test_every_bad_file_is_named_on_data_quality(corpus):
    chosen, report = corpus
    with create_app(chosen).server.app_context():
        rejected = quality.update("")[5]

    assert {(one["file"], one["line"], one["reason"]) for one in rejected} == {
        (one.path, one.line, one.reason) for one in report.rejected
    }


def test_every_good_row_of_the_corpus_is_in_the_store_and_every_other_one_counted(corpus):
    chosen, _ = corpus
    manifest = manifest_of(chosen.store)
    tallies = {file.path: file.tally for file in manifest.files}
    series = {one.source: one for one in manifest.series}
    for case in cases():
        if case.rejected is not None:
            assert _source(case) not in series
            continue
        one, tally = series[_source(case)], tallies[_path(chosen, case)]
        raw = level_of(chosen.store, one.source, one.group, "raw").select("ts", one.signal).drop_nulls()
        rows = [(f"{ts:%Y-%m-%dT%H:%M:%S}", value) for ts, value in raw.iter_rows()]
        assert [stamp for stamp, _ in rows] == sorted(stamp for stamp, _ in case.rows)
        assert [value for _, value in rows] == [pytest.approx(value, rel=1e-6) for _, value in sorted(case.rows)]
        assert (tally.excluded, tally.noted) == (case.excluded, case.noted)
        assert case.line is None or tally.first_bad_line == case.line


def test_the_second_build_of_the_corpus_finds_nothing_new(corpus):
    chosen, report = corpus
    again = build(chosen)

    assert (again.build_id, again.built, again.rejected) == (report.build_id, 0, report.rejected)


@pytest.mark.parametrize(
    ("encoding", "newline"), [("utf-16", "\n"), ("utf-16-be", "\r\n"), ("utf-8", "\r"), ("cp1252", "\r\n")]
)
def test_a_file_in_another_notation_grows(tmp_path, encoding, newline):
    days = [stamps(f"2024-06-0{day} 00:00:00", 288) for day in (1, 2, 3)]
    path = tmp_path / "raw/m1/com_ap.csv"
    path.parent.mkdir(parents=True)
    lines = ["ts,com_ap", *(f"{at},{number}.5" for number, at in enumerate(days[0]))]
    path.write_bytes(newline.join([*lines, ""]).encode(encoding))
    build(settings(tmp_path / "raw", tmp_path / "store"))
    for day in days[1:]:
        grown = newline.join([*(f"{at},{number}.25" for number, at in enumerate(day)), ""])
        with path.open("ab") as file:
            file.write(grown.encode(encoding if encoding != "utf-16" else "utf-16-le"))
        build(settings(tmp_path / "raw", tmp_path / "store"))
        build(settings(tmp_path / "raw", tmp_path / f"fresh {day[0][:10]}"))
        mine, fresh = content(tmp_path / "store"), content(tmp_path / f"fresh {day[0][:10]}")
        assert mine.keys() == fresh.keys()
        for key, frame in fresh.items():
            assert_frame_equal(mine[key], frame, check_exact=True)
    assert level_of(tmp_path / "store", "m1", "analog", "raw").height == 3 * 288


# Uncommon size --------------------------------------------------------------------------------------------------------


def taken(root: Path, store: Path) -> measure.Taken:
    return measure.run(("pipeline", "build", "--json", "--roots", str(root), "--store", str(store)))


def test_sparse_files_of_20_gb_are_not_read_into_memory_and_their_good_rows_are_kept(tmp_path):
    day = [(at, 1.5) for at in stamps("2024-06-01 00:00:00", 288)]
    rows = write_csv(tmp_path / "raw/m1/com_ap.csv", day)
    header = write_csv(tmp_path / "raw/m2/com_ap.csv", [])
    nothing = write_csv(tmp_path / "raw/m3/com_ap.csv", [])
    write_csv(tmp_path / "raw/m4/com_ap.csv", day)
    os.truncate(nothing, 0)
    for path in (rows, header, nothing):
        os.truncate(path, SPARSE_BYTES)
    took = taken(tmp_path / "raw", tmp_path / "store")

    assert took.peak_mb < PEAK_MB
    assert took.processor_s < PROCESSOR_S
    manifest = manifest_of(tmp_path / "store")
    assert {(Path(one.path).parent.name, one.line) for one in manifest.rejected} == {("m1", 290), ("m2", 2), ("m3", 1)}
    assert all("no line break" in one.reason for one in manifest.rejected)
    assert {one.source: one.kept for one in manifest.series} == {"m1": 288, "m4": 288}


@pytest.mark.parametrize(
    ("files", "folders"), [(500, 5), pytest.param(10_000, 100, marks=pytest.mark.long)], ids=["500", "10,000"]
)
def test_many_tiny_files(tmp_path, files, folders):
    for number in range(files):
        cell = number // folders + 1
        path = tmp_path / f"raw/BESS/S{number % folders}/bms1_p1_v{cell}.csv"
        write_csv(path, [("2024-01-01 00:00:00", 3.3), ("2024-01-01 00:05:00", 3.301)])
    took = taken(tmp_path / "raw", tmp_path / "store")

    assert took.peak_mb < PEAK_MB
    assert took.processor_s < PROCESSOR_S + files * 0.01
    manifest = manifest_of(tmp_path / "store")
    assert len(manifest.series) == files
    assert sum(one.kept for one in manifest.series) == 2 * files
