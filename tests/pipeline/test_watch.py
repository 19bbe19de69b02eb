"""Watching: what is appended is soon in the store, doing nothing costs next to nothing, and it ends when told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
from filelock import FileLock

from pipeline import watch
from pipeline.publish import read_manifest
from tests.pipeline.sites import level_of, settings, stamps, write_csv

DAY = stamps("2024-06-01 00:00:00", 288)
SOON_S = 30.0
"""Long enough for a busy machine [s]."""
IDLE_S = 12.0
IDLE_SHARE = 0.01
"""Idle cost at most, of one core (0 to 1)."""


@pytest.fixture
def site(tmp_path):
    write_csv(tmp_path / "raw/m1/com_ap.csv", [(at, 1.5) for at in DAY])
    return tmp_path


def append(site, stamp, value):
    with (site / "raw/m1/com_ap.csv").open("a", encoding="utf-8") as file:
        file.write(f"{stamp},{value}\n")


def until(is_so, within_s=SOON_S):
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def watching(root, store, *options):
    command = [sys.executable, "-m", "pipeline", "build", "--watch", "--every", "0.2", *options]
    command += ["--roots", str(root), "--store", str(store)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield process, lines
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stdout:
            process.stdout.close()


def builds(store):
    manifest = read_manifest(store)
    return manifest.build_id if manifest else None


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_what_is_appended_is_soon_in_the_store_and_it_ends_when_told_to(site, kind):
    store = site / "store"
    with watching(site / "raw", store) as (process, lines):
        until(lambda: any("Watching" in line for line in lines))
        first = builds(store)
        append(site, "2024-06-02 00:00:00", 7.25)
        until(lambda: builds(store) != first)
        assert level_of(store, "m1", "analog", "raw")["com_ap"].max() == 7.25
        until(lambda: any("1 series built" in line for line in lines))
        process.send_signal(kind)
        assert process.wait(SOON_S) == 0
    told = lines[next(n for n, line in enumerate(lines) if "Watching" in line) + 1 :]
    assert len(told) == 2
    assert "published build" in told[0]
    assert told[1] == "Ended; what was published stays.\n"


def test_a_build_that_fails_does_not_end_the_watch(site):
    store = site / "store"
    with watching(site / "raw", store) as (process, lines):
        until(lambda: any("Watching" in line for line in lines))
        first = builds(store)
        with FileLock(store / ".build.lock"):
            append(site, "2024-06-02 00:00:00", 7.25)
            until(lambda: any("Another build is at work" in line for line in lines))
        append(site, "2024-06-02 00:05:00", 8.5)
        until(lambda: builds(store) != first)
        assert process.poll() is None


def test_watching_a_site_that_rests_takes_less_than_a_hundredth_of_a_core(sample_settings, sample_site, tmp_path):
    with watching(sample_site, tmp_path / "store", "--every", str(watch.LOOK_EVERY_S)) as (process, lines):
        until(lambda: any("Watching" in line for line in lines), 120)
        before = psutil.Process(process.pid).cpu_times()
        time.sleep(IDLE_S)
        after = psutil.Process(process.pid).cpu_times()
    taken = after.user + after.system - before.user - before.system
    assert taken / IDLE_S < IDLE_SHARE


# One step at a time ---------------------------------------------------------------------------------------------------


class Builds:
    """Stands in for the build."""

    def __init__(self):
        self.firsts = []
        self.works = True

    def __call__(self, first):
        self.firsts.append(first)
        return self.works


@contextmanager
def watcher(site, build, **given):
    one = watch.Watcher(settings(site / "raw", site / "store", **given), build, 0.02)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        yield
    finally:
        one.stop()
        thread.join()


def test_files_that_are_still_being_written_are_built_once(site, monkeypatch):
    monkeypatch.setattr(watch, "SETTLED_S", 0.3)
    build = Builds()
    with watcher(site, build):
        until(lambda: build.firsts == [True])
        for minute in range(10):
            append(site, f"2024-06-02 00:{minute:02}:00", 2.0)
            time.sleep(0.02)
        until(lambda: len(build.firsts) > 1)
        time.sleep(0.6)
    assert build.firsts == [True, False]


def test_a_failed_build_is_tried_again_though_nothing_has_changed(site, monkeypatch):
    monkeypatch.setattr(watch, "RETRY_S", 0.1)
    monkeypatch.setattr(watch, "SETTLED_S", 0.01)
    build = Builds()
    build.works = False
    with watcher(site, build):
        until(lambda: len(build.firsts) > 2)
        build.works = True
    assert build.firsts[0] is True


@pytest.mark.parametrize("change", ["append", "touch", "new", "remove", "new folder", "site file", "rename"])
def test_every_change_is_seen(site, change):
    path = site / "raw/m1/com_ap.csv"
    before = watch.look(settings(site / "raw", site / "store"))
    {
        "append": lambda: append(site, "2024-06-02 00:00:00", 2),
        "touch": lambda: os.utime(path, ns=(1, 1)),
        "new": lambda: write_csv(path.with_name("pf.csv"), [(DAY[0], 1)]),
        "remove": path.unlink,
        "new folder": lambda: write_csv(site / "raw/m2/pf.csv", [(DAY[0], 1)]),
        "site file": lambda: (site / "raw/site.toml").write_text(""),
        "rename": lambda: path.rename(path.with_name("pf.csv")),
    }[change]()
    assert watch.look(settings(site / "raw", site / "store")) != before


def test_what_is_no_csv_is_not_looked_at_and_links_in_a_circle_end(site):
    before = watch.look(settings(site / "raw", site / "store"))
    (site / "raw/m1/notes.txt").write_text("hello")
    (site / "raw/m1/.hidden.csv").write_text("hello")
    (site / "raw/m1/round").symlink_to(site / "raw")
    (site / "raw/m1/gone.csv").symlink_to(site / "nowhere.csv")

    assert watch.look(settings(site / "raw", site / "store")) == before


def test_object_storage_is_asked_from_time_to_time(site, monkeypatch):
    chosen = settings(site / "raw", site / "store", meter_roots=("s3://bucket/site",))
    monkeypatch.setattr(watch, "monotonic", lambda: 1.0)
    before = watch.look(chosen)
    assert watch.look(chosen) == before
    monkeypatch.setattr(watch, "monotonic", lambda: watch.REMOTE_EVERY_S + 1.0)
    assert watch.look(chosen) != before


def test_the_slower_a_look_the_longer_the_rest(site, monkeypatch):
    one = watch.Watcher(settings(site / "raw", site / "store"), Builds(), 0.02)
    clock = iter((0.0, 4.0))
    monkeypatch.setattr(watch, "monotonic", lambda: next(clock))
    one._look()
    assert one._rest_s == pytest.approx(4.0 / watch.SHARE_OF_TIME)
