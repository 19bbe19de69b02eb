"""Bringing the dashboard up: what to show when nothing was said, and the server's command line."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.settings import Settings, environment, read_settings

THREADS = 8
"""Requests answered at once. One process: its caches are shared, and Polars brings its own threads."""
KEEP_ALIVE_S = 75
GRACE_S = 5


def holds_csv(root: str) -> bool:
    """Whether there is a CSV below a folder, links followed; of other places the build says what is wrong."""
    if "://" in root:
        return True
    visited: set[str] = set()
    for folder, below, names in os.walk(Path(root).expanduser(), followlinks=True):
        if (real := os.path.realpath(folder)) in visited:
            below.clear()
            continue
        visited.add(real)
        if any(".csv" in name.lower() for name in names):
            return True
    return False


def choose_roots(settings: Settings, sample: Path, write_sample: Callable[[Path], None]) -> Settings:
    """Point the settings at the sample site, written when it is not there, if there is no data of the user's own.

    Roots that were set are never replaced: a folder without a CSV is then a failure that the build explains.
    """
    if "meter_roots" in settings.model_fields_set or any(holds_csv(root) for root in settings.meter_roots):
        return settings
    if not holds_csv(str(sample)):
        write_sample(sample)
    return settings.model_copy(update={"meter_roots": (str(sample),)})


def server_command(settings: Settings, threads: int = THREADS) -> list[str]:
    """Write the command line of gunicorn: one worker with threads, that forks before Polars has run."""
    return [
        *(sys.executable, "-m", "gunicorn", "app.wsgi:server"),
        *("--bind", f"{_in_url(settings.host)}:{settings.port}"),
        *("--workers", "1", "--worker-class", "gthread", "--threads", str(threads)),
        *("--keep-alive", str(KEEP_ALIVE_S), "--graceful-timeout", str(GRACE_S)),
        *("--no-control-socket", "--log-level", "warning"),
    ]


def address(settings: Settings) -> str:
    """Write the address to open in a browser."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"http://{_in_url(host)}:{settings.port}"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def require_free_port(settings: Settings) -> None:
    """See that the address can be listened on.

    Raises
    ------
    SettingsError
        It is taken, or is not an address of this machine.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise SettingsError(
            f"Cannot listen on {settings.host} port {settings.port}: {reason}. Choose another with HOST and PORT."
        ) from exc


def free_port() -> int:
    """Find a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def serve(settings: Settings, threads: int = THREADS) -> None:
    """Become the server: this process is replaced by gunicorn, so signals reach it, and no thread is lost in a fork.

    Raises
    ------
    SettingsError
        The address cannot be listened on.
    """
    require_free_port(settings)
    said = settings.model_dump(include={"meter_roots", "store", "site", "site_tz", "source_tz", "host", "port"})
    command = server_command(settings, threads)
    os.execve(command[0], command, environment(**said))


def settings_for_serving(**overrides: object) -> Settings:
    """Read the settings, and see that the address is free before any long work is begun."""
    settings = read_settings(**overrides)
    require_free_port(settings)
    return settings
