"""The store that is current: opened when first asked for, and anew when another build is published."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from pathlib import Path

from app.decoded import Decoded
from app.store import Store
from pipeline import contract
from pipeline.errors import SiteFileError, StoreCorrupt, StoreMissing

BUILD_LOCK = ".build.lock"
"""File of a store that the builder at work holds locked."""
_LOG = logging.getLogger(__name__)
_State = tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]
"""Time, inode and size of the manifest and of the site file; None for one that is not there."""


class Handle:
    """The store that is current: opened when first asked for, opened anew when another build is published."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store: Store | None = None
        self._state: _State | None = None
        self._lock = threading.Lock()
        self._decoded = Decoded()

    def current(self) -> Store:
        """Return the published build; requests in flight keep the one they began with.

        Raises
        ------
        StoreMissing
            There never was one.
        StoreCorrupt, SiteFileError
            The first manifest, or its site file, cannot be read; later on the last good build stays.
        """
        state = self._look()
        if self._store is None or (state[0] is not None and state != self._state):
            with self._lock:
                state = self._look()  # anew: another thread may have opened it meanwhile
                if self._store is None or state != self._state:
                    self._open(state)
        if self._store is None:  # _open has set it, or raised
            raise StoreMissing(f"No store in {self.path} yet. Build it with: make build-pyramids")
        return self._store

    def _look(self) -> _State:
        """Look at the two files that what is served depends on."""
        site_file = self._store.manifest.site_file if self._store is not None else None
        return _stat(contract.manifest_path(self.path)), _stat(Path(site_file)) if site_file else None

    def _open(self, state: _State) -> None:
        try:
            self._store = Store.open(self.path, self._decoded)
        except (StoreMissing, StoreCorrupt, SiteFileError) as exc:
            if self._store is None:
                raise
            _LOG.warning("%s The last good build %s is served on.", exc, self._store.build_id)
            self._state = state
        else:
            # Looked at before it was read: what changes meanwhile is noticed the next time.
            self._state = state[0], self._look()[1]


def is_building(store: Path) -> bool:
    """Whether a builder is at work on a store: it holds a lock that dies with its process."""
    try:
        file = os.open(store / BUILD_LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False  # nothing was ever built here, or it is not for us to read
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
