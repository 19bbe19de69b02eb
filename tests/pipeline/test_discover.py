"""Sources and signals follow from what files contain, never from words in their path."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.discover import SAMPLE_MARK, Discovery, discover
from pipeline.errors import SettingsError
from pipeline.site import Site
from tests.pipeline.sites import manifest_of

ROWS = ("2024-01-01 00:00:00,1", "2024-01-01 00:05:00,2", "2024-01-01 00:10:00,3")
LATER = ("2024-02-01 00:00:00,1", "2024-02-01 00:05:00,2")


def put(path: Path, header: str | None = None, rows: tuple[str, ...] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ([] if header == "" else [header or f"ts,{path.stem}"]) + list(rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def find(*roots: Path, site: Site | None = None) -> Discovery:
    return discover([str(root) for root in roots], site or Site())


def layout(found: Discovery) -> dict[str, list[str]]:
    return {source.name: [signal for file in source.files for signal in file.signals] for source in found.sources}


def test_a_folder_of_files_of_one_signal_each_is_a_source(tmp_path):
    for name in ("bms1_p1_v1", "bms1_p1_v2", "pcs1_ap"):
        put(tmp_path / "BESS" / "ZH07" / f"{name}.csv")
    for name in ("com_ap", "pos_ae"):
        put(tmp_path / "meter" / "m1" / f"{name}.csv")
    found = find(tmp_path / "BESS", tmp_path / "meter")
    assert layout(found) == {"ZH07": ["bms1_p1_v1", "bms1_p1_v2", "pcs1_ap"], "m1": ["com_ap", "pos_ae"]}
    assert {source.name: source.kind for source in found.sources} == {"ZH07": "bess", "m1": "meter"}
    assert found.rejected == ()
    assert found.warnings == ()


def test_words_in_the_path_decide_nothing(tmp_path):
    put(tmp_path / "bess" / "battery" / "com_ap.csv")
    put(tmp_path / "meters" / "x" / "bms1_soc.csv")
    assert {source.name: source.kind for source in find(tmp_path).sources} == {"battery": "meter", "x": "bess"}


@pytest.mark.parametrize(
    ("header", "signal"),
    [
        ("ts,com_ap", "com_ap"),
        ("ts,power", "power"),
        ("ts,value", "power"),
        ("ts", "power"),
        ("", "power"),
        ("Zeit,Wert", "power"),
    ],
)
def test_the_header_names_the_signal_where_it_means_something(header, signal, tmp_path):
    put(tmp_path / "m1" / "power.csv", header)
    assert layout(find(tmp_path)) == {"m1": [signal]}


def test_a_wide_file_holds_many_signals(tmp_path):
    rows = ("2024-01-01 00:00:00,1,2,ok", "2024-01-01 00:05:00,1,2,ok")
    put(tmp_path / "m1" / "log.csv", "timestamp,com_ap,pf,state", rows)
    found = find(tmp_path)
    assert layout(found) == {"m1": ["com_ap", "pf"]}
    assert found.sources[0].files[0].columns == (1, 2)
    assert "1 columns without readings are ignored: state" in found.warnings[0]


def test_wide_files_that_cover_the_same_time_are_sources_of_their_own(tmp_path):
    for name in ("north", "south"):
        put(tmp_path / "park" / f"{name}.csv", "ts,com_ap,pf", tuple(f"{row},0.9" for row in ROWS))
    assert layout(find(tmp_path)) == {"north": ["com_ap", "pf"], "south": ["com_ap", "pf"]}


def test_wide_files_that_follow_each_other_are_one_series(tmp_path):
    put(tmp_path / "park" / "january.csv", "ts,com_ap,pf", tuple(f"{row},0.9" for row in ROWS))
    put(tmp_path / "park" / "february.csv", "ts,com_ap,pf", tuple(f"{row},0.9" for row in LATER))
    found = find(tmp_path)
    assert [source.name for source in found.sources] == ["park"]
    assert [file.path.name for file in found.sources[0].files] == ["february.csv", "january.csv"]


def test_a_flat_folder_of_meters_is_a_source_per_file(tmp_path):
    for name in ("m1", "m2"):
        put(tmp_path / "meters" / f"{name}.csv", "ts,com_ap")
    assert layout(find(tmp_path)) == {"m1": ["com_ap"], "m2": ["com_ap"]}


def test_a_copy_does_not_take_its_originals_name(tmp_path):
    put(tmp_path / "m1" / "com_ap.csv")
    put(tmp_path / "m1" / "com_ap (1).csv", "ts,com_ap")
    found = find(tmp_path)
    assert layout(found) == {"m1": ["com_ap (1)", "com_ap"]}
    assert "com_ap is in another file too" in found.warnings[0]


def test_names_that_collide_get_their_parents_before_them(tmp_path):
    put(tmp_path / "a" / "m1" / "com_ap.csv")
    put(tmp_path / "b" / "m1" / "com_ap.csv")
    found = find(tmp_path)
    assert [source.name for source in found.sources] == ["a-m1", "b-m1"]
    assert len(found.warnings) == 2


def test_the_site_file_may_rename_a_source(tmp_path):
    put(tmp_path / "m1" / "com_ap.csv")
    assert list(layout(find(tmp_path, site=Site.model_validate({"sources": {"m1": {"name": "Grid"}}})))) == ["Grid"]


@pytest.mark.parametrize("place", ["site", "site/m1", "."])
def test_a_marked_site_is_a_sample(place, tmp_path):
    put(tmp_path / "site" / "m1" / "com_ap.csv")
    assert not find(tmp_path / "site").sources[0].sample
    (tmp_path / place / SAMPLE_MARK).write_text("{}")
    assert find(tmp_path / "site").sources[0].sample


def test_overlapping_roots_and_links_are_read_once(tmp_path):
    put(tmp_path / "site" / "m1" / "com_ap.csv")
    (tmp_path / "site" / "again").symlink_to(tmp_path / "site")
    (tmp_path / "site" / "m1" / "loop").symlink_to(tmp_path / "site" / "m1")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "site" / "m1")
    assert len(find(tmp_path / "site", tmp_path / "site" / "m1", tmp_path / "elsewhere").sources) == 1


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path):
    put(tmp_path / "store" / "m1" / "com_ap.csv")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "grid").symlink_to(tmp_path / "store" / "m1")
    assert [len(source.files) for source in find(tmp_path / "root").sources] == [1]


def test_what_is_wrong_with_a_file_is_said(tmp_path):
    folder = tmp_path / "m1"
    put(folder / "com_ap.csv")
    (folder / "folder.csv").mkdir()
    (folder / "gone.csv").symlink_to(tmp_path / "nowhere")
    (folder / "old.csv.gz").write_bytes(b"\x1f\x8b")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "header.csv").write_text("ts,header\n")
    os.mkfifo(folder / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.csv"))
        found = find(tmp_path)
    reasons = {Path(one.path).name: one.reason for one in found.rejected}
    assert layout(found) == {"m1": ["com_ap"]}
    assert reasons["folder.csv"] == "it is a folder with the name of a CSV"
    assert reasons["gone.csv"].startswith("it cannot be read: No such file")
    assert reasons["old.csv.gz"].startswith("it is compressed")
    assert reasons["empty.csv"] == "it is empty"
    assert reasons["header.csv"] == "it has a header and no row"
    assert reasons["pipe.csv"].startswith("it is no regular file")
    assert "socket.csv" in reasons


def test_a_name_that_is_no_text_is_rejected_and_can_be_written_down(tmp_path):
    put(tmp_path / "m1" / "com_ap.csv")
    Path(os.fsdecode(os.fsencode(tmp_path / "m1") + b"/Z\xe4hler.csv")).write_text("ts,x\n2024-01-01 00:00:00,1\n")
    found = find(tmp_path)
    (rejected,) = found.rejected
    assert "not UTF-8" in rejected.reason
    assert "hler.csv" in rejected.model_dump_json()
    assert layout(found) == {"m1": ["com_ap"]}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_rejected(tmp_path):
    put(tmp_path / "m1" / "com_ap.csv").chmod(0)
    assert "cannot be read" in find(tmp_path).rejected[0].reason


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root has rights to give up")
def test_a_file_without_rights_is_named_and_stops_nothing(tmp_path):
    put(tmp_path / "raw" / "m1" / "com_ap.csv")
    put(tmp_path / "raw" / "m1" / "pf.csv").chmod(0)
    (tmp_path / "raw" / "m1" / "memory.csv").symlink_to("/proc/self/mem")
    powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "build",
        "--json",
        "--roots",
        tmp_path / "raw",
        "--store",
        tmp_path / "s",
    ]
    subprocess.run([*powerless, *command], check=False, capture_output=True, timeout=120)
    manifest = manifest_of(tmp_path / "s")

    assert {Path(one.path).name: one.reason.split(".")[0] for one in manifest.rejected} == {
        "pf.csv": "it cannot be read: Permission denied",
        "memory.csv": "it cannot be read: Input/output error",
    }
    assert [one.signal for one in manifest.series] == ["com_ap"]


def test_other_files_are_nobodys_business(tmp_path):
    put(tmp_path / "m1" / "com_ap.csv")
    (tmp_path / "m1" / "notes.txt").write_text("hello")
    (tmp_path / "m1" / ".hidden.csv").write_text("hello")
    (tmp_path / ".git").mkdir()
    put(tmp_path / ".git" / "com_ap.csv")
    found = find(tmp_path)
    assert layout(found) == {"m1": ["com_ap"]}
    assert found.rejected == ()


@pytest.mark.parametrize("root", ["nowhere", "m1/com_ap.csv", "ftp://x/y"])
def test_a_root_that_cannot_be_is_a_setting_to_correct(root, tmp_path):
    put(tmp_path / "m1" / "com_ap.csv")
    with pytest.raises(SettingsError, match="METER_ROOTS"):
        discover([root if "://" in root else str(tmp_path / root)], Site())


def test_a_root_with_nothing_in_it_is_no_error(tmp_path):
    assert find(tmp_path).sources == ()


def test_a_column_that_is_called_like_the_stamp_or_a_statistic_gets_a_name_of_its_own(tmp_path):
    (tmp_path / "m1").mkdir()
    (tmp_path / "m1" / "odd.csv").write_text("ts,ts,com_ap|max\n2024-01-01 00:00:00,1,2\n2024-01-01 00:05:00,3,4\n")

    found = discover([str(tmp_path)], Site())

    assert [name for file in found.sources[0].files for name in file.signals] == ["ts_1", "com_ap/max"]
