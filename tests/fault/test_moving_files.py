"""Files that change under the reader, disks that fail for a while: named at once, and mended by the next build."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from pipeline import ingest, publish
from pipeline.build import build
from pipeline.errors import StoreError
from pipeline.sniff import HEAD_BYTES
from tests.fault.test_faults import assert_same, assert_whole, grow, make_site
from tests.pipeline.sites import content, manifest_of, settings


@pytest.fixture
def site(tmp_path):
    return make_site(tmp_path / "raw", days=10)


def run(root, store):
    return build(settings(root, store, chunk_size=1_000))


def assert_mended(root: Path, store: Path) -> None:
    """Check that the next build makes of the store what a build from nothing makes."""
    report = run(root, store)
    assert report.rejected == ()
    fresh = store.with_name("fresh")
    run(root, fresh)
    mine, theirs = content(store), content(fresh)
    assert mine.keys() == theirs.keys()
    for key, frame in theirs.items():
        assert_frame_equal(mine[key], frame, check_exact=True)
    assert manifest_of(store).series == manifest_of(fresh).series
    assert manifest_of(store).rejected == ()


@pytest.mark.parametrize("first_build", [True, False], ids=["first build", "update"])
@pytest.mark.parametrize("after", [0, 4096])
def test_a_read_error_is_named_and_the_next_build_mends_it(site, tmp_path, monkeypatch, after, first_build):
    store, broken = tmp_path / "store", site / "B1/bms1_p2_v3.csv"
    if not first_build:
        run(site, store)
        grow(site)
    real = os.pread

    def failing(descriptor, length, offset):
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == broken.name and length > 4096 and offset >= after:
            raise OSError(5, "Input/output error", str(broken))
        return real(descriptor, length, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", failing)
        report = run(site, store)
    assert [Path(one.path).name for one in report.rejected] == [broken.name]
    assert "Input/output error" in report.rejected[0].reason
    assert_whole(store)
    assert_mended(site, store)


def while_read(monkeypatch, change):
    """Change something once files have been fingerprinted and the first blocks are about to be read."""
    real, done = ingest.read_files, []

    def then(*args, **given):
        if not done:
            done.append(True)
            change()
        return real(*args, **given)

    monkeypatch.setattr(ingest, "read_files", then)


def during_blocks(monkeypatch, path, change):
    """Change a file once its first block has been read."""
    real, done = os.pread, []

    def then(descriptor, length, offset):
        data = real(descriptor, length, offset)
        if (
            not done
            and length > HEAD_BYTES
            and offset < 4096
            and Path(f"/proc/self/fd/{descriptor}").readlink() == path
        ):
            done.append(True)
            change()
        return data

    monkeypatch.setattr(os, "pread", then)


def append(path):
    with path.open("a", encoding="utf-8") as file:
        file.write("2024-03-31 12:00:00,3.31\n2024-03-31 12:05:00,3.32\n")


@pytest.mark.parametrize("when", ["before", "between blocks"])
def test_a_file_that_grows_while_it_is_read(site, tmp_path, monkeypatch, when):
    store, path = tmp_path / "store", site / "B1/bms1_p1_v2.csv"
    with monkeypatch.context() as patch:
        if when == "before":
            while_read(patch, lambda: append(path))
        else:
            during_blocks(patch, path, lambda: append(path))
        report = run(site, store)
    assert report.rejected == ()
    assert_whole(store)
    assert_mended(site, store)


@pytest.mark.parametrize("change", ["vanish", "shrink", "replace"])
@pytest.mark.parametrize("when", ["before", "between blocks"])
def test_a_file_that_vanishes_shrinks_or_is_replaced_while_it_is_read(site, tmp_path, monkeypatch, change, when):
    store, path = tmp_path / "store", site / "B1/bms1_p1_v2.csv"
    whole = path.read_bytes()

    def act():
        if change == "shrink":
            os.truncate(path, 6_000)
        else:
            path.unlink()
        if change == "replace":
            path.write_bytes(whole.replace(b"3.3", b"3.2"))

    with monkeypatch.context() as patch:
        if when == "before":
            while_read(patch, act)
        else:
            during_blocks(patch, path, act)
        report = run(site, store)
    named = {Path(one.path).name for one in report.rejected}
    assert named <= {path.name}
    assert named or when == "before"
    assert_whole(store)
    if not path.exists():
        path.write_bytes(whole)
    assert_mended(site, store)


@pytest.mark.parametrize("step", ["pipeline.course.extract_features", "pipeline.publish.publish"])
@pytest.mark.parametrize("grows_again", [False, True])
def test_an_update_killed_after_its_groups_is_finished_by_the_next_build(
    site, tmp_path, monkeypatch, step, grows_again
):
    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    store = tmp_path / "store"
    run(site, store)
    grow(site)
    with monkeypatch.context() as patch:
        patch.setattr(step, die)
        with pytest.raises(KeyboardInterrupt):
            run(site, store)
    if grows_again:
        append(site / "B1/bms1_p1_v2.csv")
    assert_mended(site, store)
    assert publish.read_pending(store) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_disk_that_fills_up_keeps_the_old_store_and_room_is_all_it_needs(tmp_path):
    root, mount = make_site(tmp_path / "raw", days=20), tmp_path / "disk"
    mount.mkdir()
    run(root, tmp_path / "probe")
    size_kb = sum(path.stat().st_size for path in (tmp_path / "probe").rglob("*") if path.is_file()) // 1024
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kb * 2}k", "tmpfs", mount], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        run(root, mount / "store")
        before = content(mount / "store")
        grow(root)
        subprocess.run(["mount", "-o", f"remount,size={size_kb * 3 // 2}k", mount], check=True)
        with pytest.raises(StoreError, match=r"No space left.*build again"):
            run(root, mount / "store")
        assert_same(mount / "store", before)
        subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
        run(root, mount / "store")
        run(root, tmp_path / "fresh")
        assert_same(mount / "store", content(tmp_path / "fresh"))
        assert publish.read_pending(mount / "store") == []
    finally:
        subprocess.run(["umount", mount], check=True)
