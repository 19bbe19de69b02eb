"""Publishing a store: one builder at a time, one manifest swap, and no part removed that somebody reads.

Beside ``manifest.json`` and ``parts/`` the store's folder holds::

    .build.lock            held by the builder that is at work; the lock dies with its process
    pending/*.json         groups that an unfinished build has finished, so that the next one resumes
    builds/<id>.json       manifests that readers may still have open
    readers/<id>.lock      held (shared) by each process that reads that build
    looks.json             what was seen of each file, so that one which has only grown need not be looked at again
    remote/                copies of what roots in object storage hold
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Self

from filelock import FileLock, Timeout

from pipeline import contract
from pipeline.contract import GroupRecord, Manifest
from pipeline.errors import StoreBusy, StoreCorrupt, StoreError
from pipeline.looks import NOTES
from pipeline.parts import folder_name

PENDING = "pending"
BUILDS = "builds"
READERS = "readers"
WORTH_RESUMING_S = 2.0
"""A build that is killed sooner is not resumed but begun anew: an update may be over before notes would pay [s]."""
LOOKED_AT_S = 0.2
"""A server that looks whether a builder is at work holds the lock for less than this [s]."""


@contextmanager
def building(store: Path) -> Iterator[None]:
    """Hold a store for one build.

    Raises
    ------
    StoreBusy
        Another build holds it.
    StoreError
        The folder cannot be written.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store / ".build.lock")
        with lock.acquire(timeout=LOOKED_AT_S):
            yield
    except Timeout as exc:
        raise StoreBusy(f"Another build is at work in {store}; wait for it, or choose another STORE.") from exc
    except OSError as exc:
        raise StoreError(_os_message(store, exc)) from exc


def _os_message(store: Path, exc: OSError) -> str:
    reason = exc.strerror or str(exc)
    where = exc.filename or store
    return (
        f"{where}: {reason}. What was published before is untouched; "
        "make room (or make the folder writable) and build again: finished groups are kept."
    )


def read_manifest(store: Path) -> Manifest | None:
    """Read what is published; None when nothing is, or when it was written by another version."""
    try:
        manifest = contract.unseal(contract.manifest_path(store).read_bytes(), Manifest)
    except (FileNotFoundError, StoreCorrupt):
        return None
    return manifest if manifest.version == contract.STORE_VERSION else None


def save_pending(store: Path, record: GroupRecord) -> None:
    """Note that a group is finished."""
    name = f"{folder_name(record.group.source)}.{record.group.name}.json"
    # No waiting for the disk: a note that a power failure spoils is sealed, hence left out, and its group built again.
    _replace(store / PENDING / name, contract.seal(record), lasting=False)


class Notes:
    """Notes which groups a build has finished; the first ones are held until it is seen that it takes its time.

    A context: what is still held is written where the build ends before its time.

    Parameters
    ----------
    store : Path
        The store's folder.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._held: list[GroupRecord] = []
        self._begun = perf_counter()
        self._guard = Lock()

    def add(self, record: GroupRecord) -> None:
        """Note a finished group."""
        with self._guard:
            self._held.append(record)
            if perf_counter() - self._begun >= WORTH_RESUMING_S:
                self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            with self._guard, suppress(OSError):
                self._write()

    def _write(self) -> None:
        while self._held:
            save_pending(self._store, self._held.pop())


def read_pending(store: Path) -> list[GroupRecord]:
    """Read what an unfinished build has finished; unreadable notes are left out (their groups are built again)."""
    records = []
    for path in sorted((store / PENDING).glob("*.json")):
        try:
            records.append(contract.unseal(path.read_bytes(), GroupRecord))
        except StoreCorrupt:
            continue
    return records


def save_looks(store: Path, notes: bytes) -> None:
    """Keep what was seen of the files, for the next build; notes that a power failure spoils are left out by it."""
    _replace(store / NOTES, notes, lasting=False)


def publish(store: Path, manifest: Manifest) -> None:
    """Swap the manifest: the one moment at which readers change over."""
    data = contract.seal(manifest)
    # Only a process that still reads this build asks for the copy, and none outlives a power failure.
    _replace(store / BUILDS / f"{manifest.build_id}.json", data, lasting=False)
    _replace(contract.manifest_path(store), data)
    for path in (store / PENDING).glob("*.json"):
        path.unlink()


def collect_garbage(store: Path, manifest: Manifest) -> int:
    """Remove the parts that neither the published build nor a build with readers needs.

    Where it cannot be read what a build with readers needs, nothing is removed until they have left.

    Returns
    -------
    int
        Files removed.
    """
    needed = {part.path for group in manifest.groups for part in group.parts}
    for path in (store / BUILDS).glob("*.json"):
        build_id = path.stem
        if build_id == manifest.build_id:
            continue
        if _has_readers(store, build_id):
            try:
                older = contract.unseal(path.read_bytes(), Manifest)
            except StoreCorrupt:
                return 0
            needed |= {part.path for group in older.groups for part in group.parts}
        else:
            path.unlink()
            (store / READERS / f"{build_id}.lock").unlink(missing_ok=True)
    removed = 0
    for folder, _, names in os.walk(store / contract.PARTS):
        below = Path(folder).relative_to(store).as_posix()
        for name in names:
            if name.endswith(".parquet") and f"{below}/{name}" not in needed:
                Path(folder, name).unlink()
                removed += 1
    return removed


def _has_readers(store: Path, build_id: str) -> bool:
    path = store / READERS / f"{build_id}.lock"
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _replace(path: Path, data: bytes, *, lasting: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
    if not lasting:
        return
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
