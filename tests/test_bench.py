"""The bench asks what a visitor would ask, and measures what it says."""

from __future__ import annotations

from typing import Any

import pytest

from app import bench as answers
from app import launch
from pipeline import bench

SOURCES: list[dict[str, Any]] = [
    {
        "name": "B1",
        "kind": "bess",
        "signals": ["bms1_soc"],
        "packs": [{"pack": 2, "cells": [1], "sensors": []}],
        "start": "2024-10-10T00:00:00+02:00",
        "end": "2025-01-10T00:00:00+01:00",
    },
    {
        "name": "m1",
        "kind": "meter",
        "signals": ["com_ap", "pf"],
        "packs": [],
        "start": "2024-10-10T00:00:00+02:00",
        "end": "2024-11-10T00:00:00+01:00",
    },
]


def test_every_question_is_asked_over_three_windows():
    paths = answers.paths_of(SOURCES)

    assert len(paths) == len(set(paths)) == 3 * ((1 + 2 + 2 + 5 + 2) + (2 + 1))
    assert "/api/cell/pack/B1/2/heatmap?metric=soh&start=2025-01-03T00:00:00&end=2025-01-10T00:00:00" in paths
    assert "/api/series?source=m1&signal=pf&start=2024-10-10T00:00:00&end=2024-11-10T00:00:00" in paths


def test_a_file_is_cut_and_what_was_cut_makes_it_whole_again(tmp_path):
    path = tmp_path / "pf.csv"
    path.write_bytes(b"ts,pf\n1,1\n2,2\n3,3\n")
    tail = bench._cut_off(path, 2)

    assert (path.read_bytes(), tail) == (b"ts,pf\n1,1\n", b"2,2\n3,3\n")
    assert (bench._cut_off(path, 5), path.read_bytes()) == (b"1,1\n", b"ts,pf\n")


@pytest.mark.server
def test_a_small_site_is_measured(tmp_path):
    measured = bench.measure_build(tmp_path, days=3, step_s=900, systems=1, say=lambda text: None)
    found = {one.name: one.value for one in measured}

    assert min(found["full build"], found["nothing new"]) > 0  # start-up outweighs either on three days of data
    assert found["merely parsing"] > 0
    assert found["peak memory of the full build"] > 50


@pytest.mark.server
def test_answers_are_measured_over_http(sample_settings, monkeypatch):
    monkeypatch.setattr(answers, "LOAD_S", 2.0)
    monkeypatch.setattr(answers, "WINDOWS_DAYS", (7,))
    settings = sample_settings.model_copy(update={"port": launch.free_port()})
    found = {one.name: one.value for one in answers.measure_answers(settings, lambda text: None)}

    assert found["answers asked for"] > 20
    assert (found["answers that failed"], found["50 users, failed"]) == (0, 0)
    assert found["verdicts, warm, p95"] > 0
