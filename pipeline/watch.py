"""Keeping a store current: look at the folders every few seconds, build when they have changed and come to rest.

A look is one pass of ``scandir`` that compares every CSV's size and time with what they were. Notices from the kernel
(inotify) would be cheaper still, but network folders do not send them for what other machines write, and that is where
loggers put their files; looking works everywhere alike. It is kept cheap by resting after each look in proportion to
what it took, so that a slow folder is looked at less often rather than more of the time.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, process_time
from types import FrameType

from pipeline.errors import SiteFileError
from pipeline.settings import Settings
from pipeline.site import find_site_file

LOOK_EVERY_S = 2.0
"""How often to look by default [s]."""
SETTLED_S = 0.5
"""Files are at rest once nothing has changed for this long [s]."""
SETTLES_WITHIN_S = 5.0
"""Files that never rest are built all the same after this long [s]."""
SHARE = 0.005
"""Looking takes at most this share of one core (0 to 1)."""
SHARE_OF_TIME = 0.05
"""Looking takes at most this share of the time, most of it spent waiting for a slow folder (0 to 1)."""
REMOTE_EVERY_S = 60.0
"""Object storage is asked for what is new this often: listing it costs money [s]."""
RETRY_S = 60.0
"""A build that failed is tried again after this long, or when files change [s]."""

Snapshot = dict[str, tuple[int, int]]
"""Size and modification time [bytes, ns] of every file that a build depends on, by path."""


class Stopped(Exception):
    """The watcher was asked to end while it was building."""


def look(settings: Settings) -> Snapshot:
    """Take size and time of every CSV below the roots, links followed, and of the site file."""
    seen: Snapshot = {}
    visited: set[str] = set()
    for root in settings.meter_roots:
        if "://" in root:
            seen[root] = int(monotonic() // REMOTE_EVERY_S), 0
        else:
            _look_below(str(Path(root).expanduser()), seen, visited)
    try:
        site_file = find_site_file(settings.site, settings.meter_roots)
    except SiteFileError:
        site_file = None
    if site_file is not None and site_file.is_file():
        status = site_file.stat()
        seen[str(site_file)] = status.st_size, status.st_mtime_ns
    return seen


def _look_below(folder: str, seen: Snapshot, visited: set[str]) -> None:
    """Look at one folder and those below it; what cannot be read is as if it were not there, until it can be."""
    real = os.path.realpath(folder)
    if real in visited:
        return
    visited.add(real)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if ".csv" in entry.name.lower() and entry.is_file():
                    status = entry.stat()
                    seen[entry.path] = status.st_size, status.st_mtime_ns
                elif entry.is_dir():
                    _look_below(entry.path, seen, visited)
    except OSError:
        return


class Watcher:
    """Builds whenever the files below the roots have changed.

    Parameters
    ----------
    settings : Settings
        Roots and store.
    build : callable
        Builds once; told whether it is the first time. True where it went well.
    every_s : float
        How often to look [s].
    """

    def __init__(self, settings: Settings, build: Callable[[bool], bool], every_s: float = LOOK_EVERY_S) -> None:
        self._settings = settings
        self._build = build
        self._every_s = self._rest_s = every_s
        self._stop = threading.Event()
        self._building = False

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()

    def run(self) -> None:
        """Build at once, then whenever files have changed, until stopped."""
        with self._signals():
            built = self._look()
            went_well, tried_at = self._try(first=True), monotonic()
            while not self._stop.wait(self._rest_s):
                now = self._look()
                is_due = not went_well and monotonic() - tried_at > RETRY_S
                if now != built or is_due:
                    built = self._settle(now)
                    went_well, tried_at = self._try(first=False), monotonic()

    def _look(self) -> Snapshot:
        """Look, and see how long to rest after what that took."""
        begun, processor = monotonic(), process_time()
        seen = look(self._settings)
        took_s = max(process_time() - processor, (monotonic() - begun) * SHARE / SHARE_OF_TIME)
        self._rest_s = max(self._every_s, took_s / SHARE)
        return seen

    def _settle(self, seen: Snapshot) -> Snapshot:
        """Wait until files are at rest, though not for ever."""
        deadline = monotonic() + SETTLES_WITHIN_S
        while monotonic() < deadline and not self._stop.wait(SETTLED_S):
            before, seen = seen, look(self._settings)
            if seen == before:
                break
        return seen

    def _try(self, *, first: bool) -> bool:
        if self._stop.is_set():
            return True
        self._building = True
        try:
            return self._build(first)
        except Stopped:
            return True
        finally:
            self._building = False

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """End on Ctrl-C and on a request to terminate; the second time at once, as the system does it."""
        kinds: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def end(number: int, _: FrameType | None) -> None:
            signal.signal(number, signal.SIG_DFL)
            self._stop.set()
            if self._building:
                raise Stopped

        before = [signal.signal(kind, end) for kind in kinds]
        try:
            yield
        finally:
            for kind, handler in zip(kinds, before, strict=True):
                signal.signal(kind, handler)
