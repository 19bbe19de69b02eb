"""What is remembered: once per build and question, computed once however many ask."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app import loader
from app.query import Window
from pipeline.errors import SettingsError, StoreMissing
from tests.app.stores import answering, build_site

calls: list[object] = []


@pytest.fixture(autouse=True)
def _none_called():
    calls.clear()


@loader.memoised
def twice(number: int | None, *, slow_s: float = 0.0) -> int | None:
    """Stand in for a question."""
    calls.append(number)
    time.sleep(slow_s)
    return None if number is None else 2 * number


@loader.memoised
def broken(number: int) -> int:
    """Stand in for a question that fails."""
    calls.append(number)
    raise ZeroDivisionError


@loader.memoised
def of_window(window: Window) -> int:
    """Stand in for a question with a record of plain values."""
    calls.append(window)
    return len(calls)


def test_an_answer_is_computed_once(tiny):
    with answering(tiny[0]):
        assert [twice(3), twice(3), twice(4)] == [6, 6, 8]
        assert loader.stats() == (1, 2)
    assert calls == [3, 4]


def test_a_question_is_the_same_however_its_arguments_are_given(tiny):
    with answering(tiny[0]):
        assert [twice(3), twice(number=3), twice(3, slow_s=0.0)] == [6, 6, 6]
        assert loader.stats() == (2, 1)
    assert calls == [3]


def test_none_is_an_answer_too(tiny):
    with answering(tiny[0]):
        assert (twice(None), twice(None)) == (None, None)
    assert calls == [None]


def test_failures_are_not_remembered(tiny):
    with answering(tiny[0]):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                broken(1)
    assert calls == [1, 1]


def test_a_window_that_differs_by_a_millisecond_is_another(tiny):
    with answering(tiny[0]):
        first = of_window(Window("m1", "com_ap", 0, 1, 100))
        assert of_window(Window("m1", "com_ap", 0, 1, 100)) == first
        assert of_window(Window("m1", "com_ap", 0, 2, 100)) != first


def test_eight_who_ask_at_once_cause_one_computation(tiny):
    gate = threading.Barrier(8)
    with answering(tiny[0]) as server:

        def ask(_: int) -> int | None:
            with server.app_context():
                gate.wait()
                return twice(5, slow_s=0.1)

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(8))) == {10}
    assert calls == [5]


def test_two_servers_do_not_share_answers(tiny):
    for _ in range(2):
        with answering(tiny[0]):
            twice(3)
    assert calls == [3, 3]


def test_servers_share_a_folder_of_answers(tiny, tmp_path):
    shared = tiny[0].model_copy(update={"cache_url": (tmp_path / "answers").as_uri()})
    for _ in range(2):
        with answering(shared):
            assert twice(3) == 6
    assert calls == [3]


def test_nothing_is_remembered_when_that_is_set(tiny):
    with answering(tiny[0].model_copy(update={"cache_ttl": 0})):
        assert (twice(3), twice(3)) == (6, 6)
    assert calls == [3, 3]


def test_a_new_build_forgets(tmp_path):
    settings, _ = build_site(tmp_path, rows=300)
    with answering(settings) as server:
        twice(3)
        build_site(tmp_path, rows=400)
        with server.app_context():
            twice(3)
    assert calls == [3, 3]


def test_a_request_sees_one_build_from_beginning_to_end(tmp_path):
    settings, _ = build_site(tmp_path, rows=300)
    with answering(settings) as server, server.test_request_context():
        before = loader.current()
        build_site(tmp_path, rows=400)
        assert loader.current() is before
        with server.test_request_context():
            assert loader.current() is not before


def test_tables_are_read_once_per_build(tiny):
    with answering(tiny[0]):
        assert loader.table("B1", "cell_day") is loader.table("B1", "cell_day")
        assert loader.table("B1", "no_such").width == 0


def test_without_a_store_nothing_can_be_asked(tiny, tmp_path):
    with answering(tiny[0].model_copy(update={"store": tmp_path})), pytest.raises(StoreMissing):
        twice(3)


@pytest.mark.parametrize(
    ("url", "kind"),
    [(None, "SimpleCache"), ("redis://cache:6379/0", "RedisCache"), ("file:///answers", "FileSystemCache")],
)
def test_the_kind_of_cache_follows_from_its_address(tiny, url, kind, monkeypatch):
    monkeypatch.setattr(loader, "find_spec", lambda name: name)
    assert loader._cache_config(tiny[0].model_copy(update={"cache_url": url}))["CACHE_TYPE"] == kind


def test_a_shared_cache_that_cannot_be_reached_for_want_of_a_package_says_so(tiny, monkeypatch):
    monkeypatch.setattr(loader, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="package redis"):
        loader.init_app(Flask("test"), tiny[0].model_copy(update={"cache_url": "redis://cache/0"}))


def test_an_address_that_is_no_cache_is_refused(tiny):
    with pytest.raises(SettingsError, match="CACHE_URL"):
        loader.init_app(Flask("test"), tiny[0].model_copy(update={"cache_url": "memcached://x"}))
