"""How fast the answers come on this machine: one request after another, then many users at once.

Requests go over HTTP to a server as users start it. The first time that a path is asked finds the application's cache
empty (cold), the second time does not (warm).
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from random import Random
from statistics import quantiles
from typing import Any

from app import launch
from pipeline.bench import Measure
from pipeline.errors import PackscopeError
from pipeline.settings import Settings, environment

STARTS_WITHIN_S = 60.0
USERS = 50
EVERY_S = 2.0
"""Each user asks for something this often [s]."""
LOAD_S = 20.0
VERDICTS = ("comparison", "critical", "metric=soh", "metric=degradation")
"""Paths that compute a verdict; all others read and draw."""
WINDOWS_DAYS = (None, 30, 7)
METRICS = ("voltage", "temperature", "deviation", "degradation", "soh")


@contextmanager
def server(settings: Settings) -> Iterator[Settings]:
    """Serve a store as ``packscope serve`` does.

    Raises
    ------
    PackscopeError
        It does not start.
    """
    said = settings.model_dump(include={"meter_roots", "store", "host", "port"})
    with subprocess.Popen(launch.server_command(settings), env=environment(**said)) as process:
        try:
            _wait(settings, process)
            yield settings
        finally:
            process.terminate()


def _wait(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with _connection(settings) as connection:
                fetch(connection, "/api/ready")
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
    raise PackscopeError(f"The server did not answer on {launch.address(settings)} within {STARTS_WITHIN_S:g} s.")


def _connection(settings: Settings) -> closing[HTTPConnection]:
    return closing(HTTPConnection(settings.host, settings.port, timeout=60))


def fetch(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    """Ask for a path; return status and (compressed) body."""
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def measure_answers(settings: Settings, say: Callable[[str], None]) -> list[Measure]:
    """Measure a server of this store.

    Parameters
    ----------
    settings : Settings
        The store, and a free address to serve it on.
    say : callable
        Told what is being done.
    """
    with server(settings), _connection(settings) as connection:
        connection.request("GET", "/api/sources")
        paths = paths_of(json.loads(connection.getresponse().read())["sources"])
        say(f"asking for {len(paths):,} answers, twice")
        cold, warm = ([_timed(connection, path) for path in paths] for _ in range(2))
        say(f"{USERS} users at once for {LOAD_S:g} s")
        return [*_summary(paths, cold, warm), *_load(settings, paths)]


def paths_of(sources: Sequence[dict[str, Any]]) -> list[str]:
    """List what a visitor of every page would ask for, over the whole history, a month and a week."""
    paths = []
    for source in sources:
        for days in WINDOWS_DAYS:
            window = _window(source, days)
            paths += [f"{path}{'&' if '?' in path else '?'}{window}" for path in _questions(source)]
    return paths


def _questions(source: dict[str, Any]) -> Iterator[str]:
    name = source["name"]
    for signal in source["signals"][:: max(len(source["signals"]) // 12, 1)]:
        yield f"/api/series?source={name}&signal={signal}"
    if source["kind"] == "meter":
        yield f"/api/meter/{name}/kpis"
        return
    yield f"/api/bess/{name}/kpis"
    yield f"/api/cell/system/{name}/comparison"
    for pack in source["packs"]:
        base = f"/api/cell/pack/{name}/{pack['pack']}"
        yield from (f"{base}/3d?quantity={quantity}" for quantity in ("voltage", "temperature"))
        yield from (f"{base}/heatmap?metric={metric}" for metric in METRICS)
        yield from (f"{base}/critical", f"{base}/cycles")


def _window(source: dict[str, Any], days: int | None) -> str:
    end = datetime.fromisoformat(source["end"])
    start = datetime.fromisoformat(source["start"]) if days is None else end - timedelta(days=days)
    return f"start={start:%Y-%m-%dT%H:%M:%S}&end={end:%Y-%m-%dT%H:%M:%S}"


def _timed(connection: HTTPConnection, path: str) -> tuple[float, int, int]:
    """Ask once; return milliseconds, status and bytes."""
    begun = time.perf_counter()
    status, body = fetch(connection, path)
    return (time.perf_counter() - begun) * 1e3, status, len(body)


def _summary(
    paths: Sequence[str], cold: Sequence[tuple[float, int, int]], warm: Sequence[tuple[float, int, int]]
) -> Iterator[Measure]:
    yield Measure("answers asked for", len(paths), "answers")
    yield Measure("answers that failed", sum(status >= 400 for _, status, _ in (*cold, *warm)), "answers")
    for kind in ("charts and figures", "verdicts"):
        chosen = [at for at, path in enumerate(paths) if any(word in path for word in VERDICTS) == (kind == "verdicts")]
        for word, times in (("cold", cold), ("warm", warm)):
            yield Measure(f"{kind}, {word}, p95", _p95([times[at][0] for at in chosen]), "ms")
    slowest = max(range(len(paths)), key=lambda at: cold[at][0])
    yield Measure(f"slowest: {paths[slowest]}", cold[slowest][0], "ms")
    yield Measure("largest answer, compressed", max(size for _, _, size in cold) / 1e3, "kB")


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else sum(values)


def _load(settings: Settings, paths: Sequence[str]) -> Iterator[Measure]:
    """Let many users ask at once, each at its own pace."""
    times: list[float] = []
    failed: list[str] = []
    until = time.monotonic() + LOAD_S

    def use(user: int) -> None:
        with _connection(settings) as connection:
            ask(connection, Random(user))

    def ask(connection: HTTPConnection, random: Random) -> None:
        time.sleep(random.uniform(0, EVERY_S))
        while time.monotonic() < until:
            path = random.choice(paths)
            try:
                took, status, _ = _timed(connection, path)
            except (OSError, HTTPException) as exc:
                failed.append(f"{path}: {exc}")
                connection.close()
                continue
            times.append(took)
            if status >= 400:
                failed.append(f"{path}: {status}")
            time.sleep(max(0.0, EVERY_S - took / 1e3))

    before = _cache(settings)
    users = [threading.Thread(target=use, args=(user,)) for user in range(USERS)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    yield Measure(f"{USERS} users, requests", len(times), "requests")
    yield Measure(f"{USERS} users, failed", len(failed), "requests")
    yield Measure(f"{USERS} users, p95", _p95(times), "ms")
    hits, misses = (after - known for after, known in zip(_cache(settings), before, strict=True))
    yield Measure(f"{USERS} users, found in the cache", 100 * hits / max(hits + misses, 1), "%")


def _cache(settings: Settings) -> tuple[float, float]:
    """Ask how often the cache was hit and missed since the server began."""
    with _connection(settings) as connection:
        connection.request("GET", "/api/metrics")
        said = connection.getresponse().read().decode()
    known = dict(line.rsplit(" ", 1) for line in said.splitlines() if line and line[0] != "#")
    return float(known["packscope_cache_hits_total"]), float(known["packscope_cache_misses_total"])
