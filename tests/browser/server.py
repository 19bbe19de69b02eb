"""A server as users start it, on a free port of loopback."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from app import launch
from app.factory import PAGES
from pipeline.settings import Settings, environment

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 60.0


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """Serve a store as ``packscope serve`` does, and yield the address."""
    said = settings.model_dump(include={"meter_roots", "store", "host", "port"})
    server = subprocess.Popen(launch.server_command(settings), cwd=ROOT, env=environment(**said))
    try:
        wait_for(f"{launch.address(settings)}/api/health", server)
        yield launch.address(settings)
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until an address answers; fail when the server has ended or takes too long."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with status {server.returncode}"
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url} within {STARTS_WITHIN_S} s")


def metas() -> list[Any]:
    """List what each page says of itself, in the order of the rail."""
    return [import_module(f"pages.{name}").META for name in PAGES]
