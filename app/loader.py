"""The current store, and answers remembered for as long as its build is.

Everything that is remembered is keyed by the build, the version of the code, the site file and the plain arguments of
the question. Within the process a cold key is computed once, however many ask for it at the same time.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.metadata import version
from importlib.util import find_spec
from inspect import signature
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlparse

import polars as pl
from flask import Flask, current_app, g, has_request_context, request
from flask_caching import Cache

from app.handle import Handle
from app.remembering import ANSWERS_WITHIN_S, Remembering
from app.store import Store
from pipeline.errors import SettingsError
from pipeline.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

EXTENSION = "packscope"
_TELLS = "_packscope_minute"
"""Where a request notes that what it says tells of the present."""
_PINNED = "packscope.store"
"""Where a request keeps the store that it began with."""
VERSION = version("packscope")
MOST_ANSWERS = 2_000
"""Answers remembered in the process at most."""

MOST_VERDICTS = 1_000
"""Verdicts remembered of one build at most."""

cache = Cache()


class _State:
    """What one server holds: its store, its settings, and the count of its cache's hits and misses."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.handle = Handle(settings.store)
        self.kept = Remembering(cache)
        self.tables: dict[tuple[str, str, str], pl.DataFrame] = {}
        self.verdicts: dict[str, dict[str, Any]] = {}
        self.hits = 0
        self.misses = 0
        self.guard = threading.Lock()
        self.flights: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)


def init_app(server: Flask, settings: Settings) -> None:
    """Give a server its store and its cache."""
    server.extensions[EXTENSION] = _State(settings)
    cache.init_app(server, _cache_config(settings))


@contextmanager
def standalone(settings: Settings) -> Iterator[None]:
    """Let answers be asked for within the block, without a server."""
    server = Flask("packscope")
    init_app(server, settings)
    with server.app_context():
        yield


def _cache_config(settings: Settings) -> dict[str, Any]:
    base: dict[str, Any] = {"CACHE_DEFAULT_TIMEOUT": settings.cache_ttl, "CACHE_THRESHOLD": MOST_ANSWERS}
    if settings.cache_ttl == 0:
        return base | {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True}
    if settings.cache_url is None:
        return base | {"CACHE_TYPE": "SimpleCache"}
    url = urlparse(settings.cache_url)
    if url.scheme in ("redis", "rediss"):
        if find_spec("redis") is None:
            raise SettingsError(
                "CACHE_URL: a redis:// cache needs an extra, the Python package redis: pip install 'packscope[redis]'."
            )
        within = {"socket_timeout": ANSWERS_WITHIN_S, "socket_connect_timeout": ANSWERS_WITHIN_S}
        return base | {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.cache_url, "CACHE_OPTIONS": within}
    if url.scheme == "file":
        return base | {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": url.path}
    raise SettingsError(f"CACHE_URL: {settings.cache_url!r} is neither redis://host:port/0 nor file:///folder.")


def _state() -> _State:
    state: _State = current_app.extensions[EXTENSION]
    return state


def settings() -> Settings:
    """Return the settings of the server that is answering."""
    return _state().settings


def current() -> Store:
    """Return the store of the server that is answering; one request sees one build from beginning to end.

    Raises
    ------
    StoreMissing, StoreCorrupt
        There is none, or it cannot be read.
    """
    if not has_request_context():
        return _state().handle.current()
    found: Store | None = request.environ.get(_PINNED)
    if found is None:
        found = request.environ[_PINNED] = _state().handle.current()
    return found


def stats() -> tuple[int, int]:
    """Count the cache's hits and misses since the server began."""
    state = _state()
    return state.hits, state.misses


def is_cache_reached() -> bool:
    """Whether the cache answered when it was last asked."""
    return _state().kept.is_reached


def recall(key: str) -> Any | None:  # noqa: ANN401
    """Look up what was remembered under a key that says all it depends on; None where nothing is."""
    return _look_up(_state(), key)


def remember(key: str, value: object) -> None:
    """Remember a value under a key that says all it depends on."""
    _state().kept.set(key, value)


def now_ms() -> int:
    """Return the present [epoch ms UTC]; what is said of it in reply to a request is remembered for the minute."""
    if has_request_context():
        setattr(g, _TELLS, True)
    return int(time.time() * 1000)


def minute_told() -> int | None:
    """Name the minute that the reply being made is of; None where it tells nothing of the present."""
    return minute() if g.get(_TELLS) else None


def minute() -> int:
    """Name the present minute [min since the epoch]."""
    return int(time.time() // 60)


def key_of(store: Store) -> str:
    """Name what every remembered answer depends on: build, code and site file."""
    return f"{store.build_id}-{VERSION}-{store.site_hash}"


def table(source: str, name: str) -> pl.DataFrame:
    """Read a table of features, once per build.

    Raises
    ------
    StoreMissing, StoreCorrupt
        The store cannot be read.
    """
    state, store = _state(), current()
    key = (store.build_id, source, name)
    found = state.tables.get(key)
    if found is None:
        with _flight(state, key):
            found = state.tables.get(key)
            if found is None:
                found = store.table(source, name)
                for old in [old for old in state.tables if old[0] != store.build_id]:
                    state.tables.pop(old, None)
                state.tables[key] = found
    return found


def memoised(function: Callable[P, R]) -> Callable[P, R]:
    """Remember a function's answers; its arguments must be plain values, whose ``repr`` says all of them."""
    asked = _spelling(function)

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        state = _state()
        key = f"{key_of(current())}|{asked(*args, **kwargs)}"
        found = _look_up(state, key)
        if found is None:
            with _flight(state, key):
                found = state.kept.get(key)
                if found is None:
                    found = (function(*args, **kwargs),)
                    state.kept.set(key, found)
        answer: R = found[0]
        return answer

    return remembered


def once_per_build(function: Callable[P, R]) -> Callable[P, R]:
    """Remember a verdict in the process for as long as its build is current: what resampling takes is paid once."""
    asked = _spelling(function)

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        state, build, key = _state(), key_of(current()), asked(*args, **kwargs)
        known = state.verdicts.get(build, {})
        if key not in known:
            with _flight(state, (build, key)):
                known = state.verdicts.get(build, {})
                if key not in known:
                    answer = function(*args, **kwargs)  # which may remember verdicts of its own
                    known = state.verdicts.get(build, {})
                    if len(known) >= MOST_VERDICTS or build not in state.verdicts:
                        known = {}
                        state.verdicts = {build: known}
                    known[key] = answer
        found: R = known[key]
        return found

    return remembered


def _spelling(function: Callable[P, R]) -> Callable[P, str]:
    """Spell a question in one way, however its arguments were given: by place, by name, or left to their defaults."""
    name, parameters = f"{function.__module__}.{function.__qualname__}", signature(function)

    def spelled(*args: P.args, **kwargs: P.kwargs) -> str:
        bound = parameters.bind(*args, **kwargs)
        bound.apply_defaults()
        return f"{name}|{tuple(bound.arguments.values())!r}"

    return spelled


def _look_up(state: _State, key: str) -> Any | None:  # noqa: ANN401
    found = state.kept.get(key)
    with state.guard:
        if found is None:
            state.misses += 1
        else:
            state.hits += 1
    return found


class _flight:  # noqa: N801
    """Let one thread compute a key while the others wait for it."""

    def __init__(self, state: _State, key: Hashable) -> None:
        self._state = state
        self._key = key
        with state.guard:
            self._lock = state.flights[key]

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        with self._state.guard:
            self._state.flights.pop(self._key, None)
