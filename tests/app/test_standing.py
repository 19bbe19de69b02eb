"""Standing answers are there before anybody asks, and are computed once per build."""

import numpy as np
import pytest
from flask import Flask

from app import loader, standing
from app.answers import battery, kpis
from pipeline.build import build
from tests.pipeline.sites import settings, stamps, write_csv


@pytest.fixture
def server(tmp_path):
    rng = np.random.default_rng(1)
    ts = stamps("2024-06-01 00:00:00", 96 * 3, 15)
    for cell in (1, 2, 3):
        write_csv(
            tmp_path / f"raw/B1/bms1_p1_v{cell}.csv", zip(ts, np.round(rng.normal(3.3, 0.01, len(ts)), 3), strict=True)
        )
    said = settings(tmp_path / "raw", tmp_path / "store", cache_ttl=0)
    build(said)
    server = Flask("standing")
    loader.init_app(server, said)
    return server


def test_the_same_question_is_answered_once_per_build(server):
    with server.app_context():
        standing.answer_all()
        assert battery.comparison("B1") is battery.comparison("B1", None, None)


def test_eight_threads_on_a_cold_question_compute_it_once(server):
    from concurrent.futures import ThreadPoolExecutor
    from time import sleep

    calls = []

    @loader.once_per_build
    def slow(name: str) -> str:
        calls.append(name)
        sleep(0.05)
        return name

    def ask(_):
        with server.app_context():
            return slow("x")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"x"}
    assert calls == ["x"]


def test_a_verdict_that_asks_for_another_is_kept_as_well(server):
    @loader.once_per_build
    def inner(name: str) -> list[str]:
        return [name]

    @loader.once_per_build
    def outer(name: str) -> list[str]:
        return [*inner(name), name]

    with server.app_context():
        assert outer("y") is outer("y")
        assert inner("y") is inner("y")


def test_the_key_figures_of_the_last_week_are_there_before_anybody_asks(server):
    with server.app_context():
        standing.answer_all()
        found = kpis.recent_kpis("B1")
        assert found is kpis.recent_kpis("B1")
        assert found == kpis.bess_kpis("B1", None, None)  # three days of data: the week is all of it
