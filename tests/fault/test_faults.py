"""Killed builds, full disks, broken files: no wrong number is ever served, and the next build mends it."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from pipeline import parts, publish
from pipeline.build import build
from pipeline.errors import StoreCorrupt, StoreError
from tests.pipeline.sites import content, manifest_of, settings, stamps, write_csv

DAYS = stamps("2024-03-01 00:00:00", 40 * 288)
KILLS_SHORT = 6
KILLS_LONG = 200


def make_site(root: Path, days: int = 20) -> Path:
    """Three packs of four cells and a meter: enough groups for a build to be caught in the middle."""
    rng = np.random.default_rng(3)
    ts = DAYS[: days * 288]
    for pack in (1, 2, 3):
        for cell in (1, 2, 3, 4):
            volts = np.round(rng.normal(3.3, 0.01, len(ts)), 3)
            write_csv(root / f"B1/bms1_p{pack}_v{cell}.csv", zip(ts, volts, strict=True))
    write_csv(root / "m1/com_ap.csv", zip(ts, np.round(rng.normal(5, 1, len(ts)), 2), strict=True))
    write_csv(root / "m1/pos_ae.csv", zip(ts, np.round(np.arange(len(ts)) * 0.4, 1), strict=True))
    return root


def grow(root: Path) -> None:
    """Append ten days to every file."""
    rng = np.random.default_rng(4)
    later = DAYS[20 * 288 : 30 * 288]
    for path in sorted(root.rglob("*.csv")):
        values = np.round(rng.normal(3.3, 0.01, len(later)), 3)
        if path.stem == "pos_ae":
            values = np.round(2304.0 + np.arange(len(later)) * 0.4, 1)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{stamp},{value}\n" for stamp, value in zip(later, values, strict=True))


def run(root, store, **given):
    return build(settings(root, store, **given))


def assert_same(store: Path, expected) -> None:
    found = content(store)
    assert found.keys() == expected.keys()
    for key, frame in expected.items():
        assert_frame_equal(found[key], frame, check_exact=True)


def assert_whole(store: Path) -> str | None:
    """Check that what is published, if anything, is whole; return its build id."""
    manifest = publish.read_manifest(store)
    if manifest is None:
        assert not (store / "manifest.json").exists()
        return None
    for group in manifest.groups:
        for part in group.parts:
            assert f"{zlib.crc32((store / part.path).read_bytes()):08x}" == part.checksum
    return manifest.build_id


def kill_builds(tmp_path: Path, kills: int) -> None:
    """Kill builds of a growing site at random moments; readers see the old store or the new one, never less."""
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    run(root, tmp_path / "before")
    before = content(tmp_path / "before")
    run(root, store)
    old_build = assert_whole(store)
    grow(root)
    began = time.perf_counter()
    run(root, tmp_path / "after")
    duration = 2.0 + 2 * (time.perf_counter() - began)
    after = content(tmp_path / "after")
    command = [sys.executable, "-m", "pipeline", "build", "--roots", str(root), "--store", str(store)]
    clock = random.Random(5)
    for _ in range(kills):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(clock.uniform(0.0, duration))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert_same(store, before if assert_whole(store) == old_build else after)
    run(root, store)
    assert_same(store, after)


def test_a_build_killed_at_any_moment_leaves_the_old_store_or_the_new_one(tmp_path):
    kill_builds(tmp_path, KILLS_SHORT)


@pytest.mark.long
def test_a_build_killed_at_200_moments_leaves_the_old_store_or_the_new_one(tmp_path):
    kill_builds(tmp_path, KILLS_LONG)


def test_a_full_disk_says_so_keeps_the_old_store_and_the_next_build_completes_it(tmp_path):
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    run(root, store)
    before = content(store)
    grow(root)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))  # as a full disk: no file may grow beyond it
    try:
        with pytest.raises(StoreError, match="build again"):
            run(root, store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_same(store, before)
    run(root, store)
    run(root, tmp_path / "fresh")
    assert_same(store, content(tmp_path / "fresh"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_small_disk_that_is_really_full(tmp_path):
    root, mount = make_site(tmp_path / "raw", days=40), tmp_path / "disk"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", mount], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(StoreError, match=r"No space left.*make room.*build again"):
            run(root, mount / "store")
        assert assert_whole(mount / "store") is None
        subprocess.run(["mount", "-o", "remount,size=20m", mount], check=True)
        run(root, mount / "store")
        run(root, tmp_path / "fresh")
        assert_same(mount / "store", content(tmp_path / "fresh"))
    finally:
        subprocess.run(["umount", mount], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_store_on_a_read_only_mount_can_be_read_and_says_why_it_cannot_be_built(tmp_path):
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    run(root, store)
    if subprocess.run(["mount", "--bind", store, store], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", store], check=True)
        assert assert_whole(store) is not None
        grow(root)
        with pytest.raises(StoreError, match=r"Read-only.*make the folder writable.*build again"):
            run(root, store)
    finally:
        subprocess.run(["umount", store], check=True)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_a_flipped_byte_is_never_read_and_the_next_build_mends_it(tmp_path):
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    run(root, store)
    before = content(store)
    for level in ("raw", "1h", "1d", "quality"):
        part = next(part for group in manifest_of(store).groups for part in group.parts if part.level == level)
        flip(store / part.path)
        with pytest.raises(StoreCorrupt, match="--rebuild"):
            parts.read_part(store, part)
        run(root, store)
        assert_same(store, before)


def test_a_flipped_byte_anywhere_in_the_manifest_is_seen(tmp_path):
    root, store = make_site(tmp_path / "raw", days=2), tmp_path / "store"
    run(root, store)
    before, whole = content(store), (store / "manifest.json").read_bytes()
    for at in random.Random(6).sample(range(len(whole)), 50):
        data = bytearray(whole)
        data[at] ^= 1
        (store / "manifest.json").write_bytes(bytes(data))
        assert publish.read_manifest(store) is None
    run(root, store)
    assert_same(store, before)


def test_an_update_mends_damaged_parts(tmp_path):
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    run(root, store)
    for group in manifest_of(store).groups:
        for part in group.parts:
            flip(store / part.path)
    grow(root)
    run(root, store)
    run(root, tmp_path / "fresh")
    assert_same(store, content(tmp_path / "fresh"))


@pytest.mark.parametrize("text", ["", "{", '{"version": 999}', "not json"])
def test_a_manifest_of_another_version_or_broken_is_built_anew(tmp_path, text):
    root, store = make_site(tmp_path / "raw", days=2), tmp_path / "store"
    run(root, store)
    before = content(store)
    (store / "manifest.json").write_text(text)
    run(root, store)
    assert_same(store, before)


def test_a_read_error_in_the_middle_of_a_file_rejects_that_file_alone(tmp_path, monkeypatch):
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    broken = root / "B1/bms1_p2_v3.csv"
    real = os.pread

    def failing(descriptor, length, offset):
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == broken.name and offset > 4096:
            raise OSError(5, "Input/output error", str(broken))
        return real(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", failing)
    report = build(settings(root, store, chunk_size=1_000))
    assert [Path(one.path).name for one in report.rejected] == [broken.name]
    assert "Input/output error" in report.rejected[0].reason
    assert len(manifest_of(store).series) == 13


def test_a_file_that_vanishes_while_it_is_read_is_named(tmp_path, monkeypatch):
    root, store = make_site(tmp_path / "raw"), tmp_path / "store"
    gone = root / "B1/bms1_p1_v1.csv"
    real = publish.read_pending

    def then_remove(path):
        gone.unlink()
        return real(path)

    monkeypatch.setattr(publish, "read_pending", then_remove)
    report = run(root, store)
    assert [Path(one.path).name for one in report.rejected] == [gone.name]
    assert len(manifest_of(store).series) == 13
