"""A cache that cannot be reached costs time, never an answer, and is said once."""

from __future__ import annotations

import importlib.machinery
import logging
import socket
import sys
import types

import pytest

from app import loader, remembering
from app.remembering import Remembering
from tests.app.stores import answering

calls: list[int] = []


@loader.memoised
def twice(number: int) -> int:
    """Stand in for a question."""
    calls.append(number)
    return 2 * number


class Elsewhere:
    """A cache behind a port, as the client of Redis is: whatever goes wrong is an error of its own kind."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = 0
        self.held: dict[str, object] = {}

    def get(self, key: str) -> object:
        self._reach()
        return self.held.get(key)

    def set(self, key: str, value: object) -> None:
        self._reach()
        self.held[key] = value

    def _reach(self) -> None:
        self.asked += 1
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()


@pytest.fixture
def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def redis(monkeypatch):
    """Stand in for the package, whose errors are none of the system's."""
    package, errors = types.ModuleType("redis"), types.ModuleType("redis.exceptions")

    class RedisError(Exception):
        """As the package's."""

    class Client:
        def __init__(self, url: str, **options: float) -> None:
            self.url, self.options = url, options

        def __getattr__(self, name: str):
            def asked(*_: object, **__: object) -> None:
                raise RedisError(f"Error 111 connecting to {self.url}. Connection refused.")

            return asked

    vars(errors)["RedisError"] = RedisError
    vars(package)["exceptions"] = errors
    vars(package)["from_url"] = Client
    package.__spec__ = importlib.machinery.ModuleSpec("redis", None)
    monkeypatch.setitem(sys.modules, "redis", package)
    monkeypatch.setitem(sys.modules, "redis.exceptions", errors)


def test_answers_go_on_while_redis_cannot_be_reached(tiny, free_port, redis, caplog):
    calls.clear()
    with answering(tiny[0].model_copy(update={"cache_url": f"redis://127.0.0.1:{free_port}/0"})) as server:
        assert [twice(3), twice(3), twice(4)] == [6, 6, 8]
        client = server.test_client()
        assert client.get("/api/series?source=m1&signal=com_ap").status_code == 200
        assert client.get("/api/health").json["cache"] == "unreachable"
        assert "packscope_cache_reached 0.0" in client.get("/api/metrics").text
    assert calls == [3, 3, 4]
    said = [one for one in caplog.records if one.name == "app.remembering"]
    assert len(said) == 1
    assert "Every answer is computed" in said[0].getMessage()


def test_a_cache_that_is_there_is_said_to_be(tiny):
    with answering(tiny[0]) as server:
        client = server.test_client()
        assert client.get("/api/health").json["cache"] == "ok"
        assert "packscope_cache_reached 1.0" in client.get("/api/metrics").text


def test_a_cache_that_is_gone_is_not_asked_by_every_request_and_used_again_when_back(free_port, monkeypatch, caplog):
    caplog.set_level(logging.WARNING)
    now = [0.0]
    monkeypatch.setattr("app.remembering.time.monotonic", lambda: now[0])
    elsewhere = Elsewhere(free_port)
    kept = Remembering(elsewhere)

    assert [kept.get("a") for _ in range(5)] == [None] * 5
    assert elsewhere.asked == 1

    now[0] = remembering.AGAIN_AFTER_S + 1
    kept.get("a")
    assert elsewhere.asked == 2
    with socket.create_server(("127.0.0.1", free_port)):
        now[0] *= 3
        kept.set("a", 1)
        assert kept.get("a") == 1
        assert kept.is_reached
    assert [one.getMessage().split(" (")[0] for one in caplog.records] == [
        "The cache cannot be reached",
        "The cache is back.",
    ]


def test_an_error_of_the_program_is_not_mistaken_for_a_cache_that_is_gone():
    class Broken:
        def get(self, key: str) -> object:
            raise KeyError(key)

    with pytest.raises(KeyError):
        Remembering(Broken()).get("a")
