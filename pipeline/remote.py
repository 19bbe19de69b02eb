"""Roots in object storage: their CSVs are copied beside the store, and copied again only when they have changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from pipeline.errors import SettingsError

COPIES = "remote"
"""Folder of the copies, below the store's."""
INDEX = ".objects.json"
"""What the copies are copies of: the version of each object."""
_PIECE_BYTES = 8 * 1024 * 1024
_AT_ONCE = 8
"""Objects fetched at once; most are small and wait for the network [threads]."""
_KEPT = (".csv", ".toml", ".json", ".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")
"""Objects that discovery has something to say about."""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """One object below a prefix."""

    path: str
    """Relative to the prefix."""
    size: int
    modified: datetime
    version: str
    """Changes whenever the content does."""


class ObjectStore(Protocol):
    """What is asked of object storage."""

    def list(self) -> Iterator[RemoteObject]:
        """List every object."""

    def fetch(self, path: str) -> Iterator[bytes]:
        """Read one object, piece by piece."""


def open_store(url: str) -> ObjectStore:
    """Open a prefix such as ``s3://bucket/site``; credentials and region come from the usual ``AWS_`` variables.

    Raises
    ------
    SettingsError
        The extra that reads object storage is not installed, or the address cannot be.
    """
    try:
        return _Obstore(url)
    except ImportError as exc:
        raise SettingsError(
            f"METER_ROOTS: {url} is in object storage, which needs an extra: pip install 'packscope[s3]'."
        ) from exc


class _Obstore:
    """Object storage through obstore."""

    def __init__(self, url: str) -> None:
        import obstore  # noqa: PLC0415  an extra
        from obstore import exceptions, store  # noqa: PLC0415

        self._obstore, self._failure, self._url = obstore, exceptions.BaseError, url
        try:
            self._store = store.from_url(url)
        except (exceptions.BaseError, ValueError) as exc:
            raise SettingsError(f"METER_ROOTS: {url} cannot be opened: {exc}") from exc

    def list(self) -> Iterator[RemoteObject]:
        try:
            for batch in self._obstore.list(self._store):
                for found in batch:
                    version = found["e_tag"] or str(found["last_modified"])
                    yield RemoteObject(found["path"], found["size"], found["last_modified"], version)
        except self._failure as exc:
            raise SettingsError(f"METER_ROOTS: {self._url} cannot be listed: {exc}") from exc

    def fetch(self, path: str) -> Iterator[bytes]:
        try:
            for piece in self._obstore.get(self._store, path).stream(min_chunk_size=_PIECE_BYTES):
                yield bytes(piece)
        except self._failure as exc:
            raise SettingsError(f"METER_ROOTS: {self._url}/{path} cannot be read: {exc}") from exc


def mirror_folder(url: str, below: Path) -> Path:
    """Choose the folder for a prefix's copies; its last part is the prefix's own name."""
    name = PurePosixPath(url.split("://", 1)[1]).name or "site"
    return below / hashlib.blake2b(url.encode(), digest_size=6).hexdigest() / name


def mirror(store: ObjectStore, folder: Path) -> None:
    """Make a folder hold what a prefix holds.

    Parameters
    ----------
    store : ObjectStore
        The prefix.
    folder : Path
        Folder for the copies. Each keeps its object's time of change, so that an object that did not change costs
        nothing in the build.

    Raises
    ------
    SettingsError
        The prefix cannot be listed or an object cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / INDEX
    known: dict[str, str] = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
    wanted = {found.path: found for found in store.list() if _is_wanted(found.path)}
    stale = [
        found for path, found in wanted.items() if known.get(path) != found.version or not (folder / path).exists()
    ]
    for path in known.keys() - wanted.keys():
        (folder / path).unlink(missing_ok=True)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as pool:
        list(pool.map(lambda found: _copy(store, found, folder), stale))
    versions = {path: found.version for path, found in wanted.items()}
    index.write_text(json.dumps(versions), encoding="utf-8")


def _is_wanted(path: str) -> bool:
    return path.lower().endswith(_KEPT) and ".." not in PurePosixPath(path).parts


def _copy(store: ObjectStore, found: RemoteObject, folder: Path) -> None:
    target = folder / found.path
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    with partial.open("wb") as file:
        for piece in store.fetch(found.path):
            file.write(piece)
    stamp = int(found.modified.timestamp() * 1_000_000_000)
    os.utime(partial, ns=(stamp, stamp))
    partial.replace(target)
