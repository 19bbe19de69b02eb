"""The bench of answers asks every route and every callback, and every one of them answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import plotly.graph_objects as go
import pytest

from pipeline.build import build
from pipeline.settings import Settings
from tests.bench import answers
from tests.bench.answers import Probe, Taken
from tests.pipeline.sites import settings, stamps, write_csv

ROWS = 2 * 288


@pytest.fixture(scope="module")
def probe(tmp_path_factory) -> Probe:
    folder = tmp_path_factory.mktemp("asked")
    at = stamps("2024-03-01 00:00", ROWS)
    for name, value in (("bms1_p1_v1", 3.2), ("bms1_p1_v2", 3.3), ("bms1_c", 10.0), ("bms1_soc", 50.0)):
        write_csv(folder / "B" / f"{name}.csv", [(stamp, value + row % 3 / 100) for row, stamp in enumerate(at)])
    for name in ("com_ap", "pos_ae"):
        write_csv(folder / "m1" / f"{name}.csv", [(stamp, 100 + row) for row, stamp in enumerate(at)])
    chosen: Settings = settings(folder, folder / "store")
    build(chosen)
    return Probe(chosen.store)


@pytest.mark.parametrize("days", [None, 1])
def test_everything_that_is_asked_is_answered(probe, days, monkeypatch):
    monkeypatch.setattr(answers, "SPANS_DAYS", (days,))
    monkeypatch.setattr(answers, "PER_SPAN", 1)
    asked = [*probe.answers(Random(1)), *probe.callbacks(Random(1))]

    known = {one.name.split("|")[0] for one in asked}
    assert {"/series", "/bess/{system}/health", "callback battery-soc", "callback quality-calendar"} <= known
    failed = {one.name: found.status for one in asked if (found := probe.take(one)).status not in (200, 204)}
    assert failed == {}


def figures_in(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict) and {"data", "layout"} <= part.keys():
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from figures_in(inner)


def test_plotly_knows_everything_that_is_drawn(probe, monkeypatch):
    monkeypatch.setattr(answers, "SPANS_DAYS", (1,))
    monkeypatch.setattr(answers, "PER_SPAN", 1)
    bodies = [body for one in probe.callbacks(Random(1)) if (body := probe._ask(one)[1])]
    drawn = [figure for body in bodies for figure in figures_in(json.loads(body))]

    assert len(drawn) > 30
    for figure in drawn:
        go.Figure(figure)


def test_a_callback_that_fails_counts_as_failed(probe, monkeypatch):
    asked = next(one for one in probe.callbacks(Random(1)) if "overview-attention" in one.name)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    assert probe.take(asked).status == 200
    monkeypatch.setattr("pages.overview.scopes", fail)
    assert probe.take(asked).status == 500


def test_the_table_names_the_longest_first():
    taken = {
        "/slow| all": [Taken(80.0, 90.0, 1.0, 2_000, 200), Taken(60.0, 70.0, 2.0, 1_000, 200)],
        "/fast| all": [Taken(3.0, 3.0, 0.5, 500, 200)] * 3,
    }
    lines = list(answers.table(taken, least=20.0))

    assert len(lines) == 2
    assert lines[0].split()[:2] == ["80.0", "70.0"]
    assert "2 of 5 over 50 ms" in lines[1]
    assert "largest 2.0 kB" in lines[1]
