"""Builders and readers at once: the old store whole or the new one, one builder at a time, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from http.client import HTTPConnection

import numpy as np
import pytest

from app import bench, launch
from app.store import Store
from pipeline.build import build
from pipeline.contract import RAW_LEVEL
from tests.app.stores import build_site
from tests.pipeline.sites import manifest_of, settings, stamps, write_csv

NOTICED_WITHIN_S = 10.0
"""A running app serves a new build within this time, on a busy machine too [s]."""
SWAPS = (900, 1_200, 1_500, 1_800)
"""Rows of every file at each build."""
QUESTIONS = (
    "/api/series?source=m1&signal=com_ap&level=raw&max_points=20000",
    "/api/series?source=B1&signal=bms1_p1_v2&level=1h",
    "/api/series?source=m1&signal=pos_ae",
    "/api/cell/pack/B1/1/3d",
    "/api/cell/system/B1/comparison",
    "/api/bess/B1/kpis",
    "/api/quality",
    "/battery",
)


class Visitors:
    """Ask without a pause, and keep what was answered."""

    def __init__(self, chosen, count=3):
        self._chosen = chosen
        self._over = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.rows: dict[str, set[int]] = {}
        self._threads = [threading.Thread(target=self._visit, args=(n,)) for n in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, turn):
        with closing(HTTPConnection(self._chosen.host, self._chosen.port, timeout=60)) as connection:
            while not self._over.is_set():
                path = QUESTIONS[turn % len(QUESTIONS)]
                turn += 1
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
                self.statuses[answer.status] += 1
                if path.startswith("/api/series") and answer.status == 200:
                    said = json.loads(body)
                    self.rows.setdefault(said["build_id"], set()).add(sum(said["rows"]))


def served(chosen):
    with closing(HTTPConnection(chosen.host, chosen.port, timeout=60)) as connection:
        connection.request("GET", "/api/health")
        return json.loads(connection.getresponse().read())["build_id"]


@pytest.mark.server
def test_no_request_fails_while_builds_swap_and_each_answer_is_of_one_build(tmp_path):
    chosen, _ = build_site(tmp_path, rows=600)
    chosen = chosen.model_copy(update={"port": launch.free_port()})
    rows = {manifest_of(chosen.store).build_id: 600}
    with bench.server(chosen), Visitors(chosen) as visitors:
        for count in SWAPS:
            build_site(tmp_path, rows=count)
            published, build_id = time.monotonic(), manifest_of(chosen.store).build_id
            rows[build_id] = count
            while served(chosen) != build_id:
                assert time.monotonic() < published + NOTICED_WITHIN_S
                time.sleep(0.02)
            time.sleep(1)
    assert set(visitors.statuses) == {200}
    assert sum(visitors.statuses.values()) > 50
    assert visitors.rows.keys() <= rows.keys()
    assert {build_id: {rows[build_id]} for build_id in visitors.rows} == visitors.rows
    assert len(visitors.rows) > 1
    kept = {path.stem for path in (chosen.store / "builds").glob("*.json")}
    assert len(kept) <= 2  # the published build, and the one whose readers may just have left
    assert manifest_of(chosen.store).build_id in kept
    build_site(tmp_path, rows=2_000)
    parts = {part.path for group in manifest_of(chosen.store).groups for part in group.parts}
    assert {path.relative_to(chosen.store).as_posix() for path in chosen.store.rglob("*.parquet")} == parts


def test_a_reader_sees_the_old_store_whole_all_through_a_build(tmp_path):
    chosen, truth = build_site(tmp_path, rows=600)
    old, seen = Store.open(chosen.store), []
    days = old.table("B1", "cell_day")
    over = threading.Event()

    def read():
        while not over.is_set():
            for source, name in (("m1", "com_ap"), ("B1", "bms1_p1_v2"), ("B1", "fa1_FireLevel")):
                kept = old.read(source, [name], RAW_LEVEL, (), 0, 2**60)[name].drop_nulls().to_numpy()
                seen.append(np.allclose(kept, truth[source].values[name], rtol=1e-6))
            seen.append(old.table("B1", "cell_day").equals(days))

    reader = threading.Thread(target=read)
    reader.start()
    for count in SWAPS[:2]:
        build_site(tmp_path, rows=count)
    over.set()
    reader.join()
    assert all(seen)
    assert len(seen) > 3


def held_builder(tmp_path, seconds=60):
    """Start a build that stops before it publishes."""
    write_csv(tmp_path / "raw/m1/com_ap.csv", [(at, 1.5) for at in stamps("2024-06-01 00:00:00", 288)])
    code = (
        "import time, pipeline.publish as p, pipeline.commands as c\n"
        "def wait(*_):\n"
        f"    print('held', flush=True); time.sleep({seconds})\n"
        "p.publish = wait\n"
        "c.run(c.commands, 'test')\n"
    )
    command = [sys.executable, "-c", code, *words(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    while "held" not in process.stdout.readline():
        assert process.poll() is None
    return process


def words(tmp_path):
    return ["build", "--roots", str(tmp_path / "raw"), "--store", str(tmp_path / "store")]


def test_a_second_build_leaves_with_one_clear_line_and_the_lock_dies_with_its_holder(tmp_path):
    with held_builder(tmp_path) as first:
        second = subprocess.run(
            [sys.executable, "-m", "pipeline", *words(tmp_path)], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert "Another build is at work in" in second.stderr
        assert "wait for it" in second.stderr
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    report = build(settings(tmp_path / "raw", tmp_path / "store"))
    assert report.published
    assert len(manifest_of(tmp_path / "store").series) == 1


def test_builds_started_together_end_in_one_whole_store(tmp_path):
    write_csv(tmp_path / "raw/m1/com_ap.csv", [(at, 1.5) for at in stamps("2024-06-01 00:00:00", 288)])
    command = [sys.executable, "-m", "pipeline", *words(tmp_path)]
    started = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    said = [(process.communicate()[1], process.returncode) for process in started]
    assert [status for _, status in said].count(0) >= 1
    assert all(status == 0 or "Another build is at work" in text for text, status in said)
    assert Store.open(tmp_path / "store").read("m1", ["com_ap"], RAW_LEVEL, (), 0, 2**60).height == 288
