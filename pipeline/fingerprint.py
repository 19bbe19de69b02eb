"""Telling whether a file is the one that was built, has only grown, or has changed."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.contract import SourceFile

State = Literal["same", "grown", "changed"]

_EDGE = 4096
"""Bytes hashed at either end."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Size, modification time and hashes of the first and last 4 KiB of a file."""

    size: int
    mtime_ns: int
    head: str
    tail: str


UNKNOWN = Fingerprint(size=0, mtime_ns=0, head="", tail="")
"""Of a file that could not be read to its end: whatever it is the next time, it has changed."""


def fingerprint(path: Path) -> Fingerprint:
    """Take a file's fingerprint.

    Raises
    ------
    OSError
        It cannot be read.
    """
    return look(path, None)[0]


def look(path: Path, before: Fingerprint | None) -> tuple[Fingerprint, State | None]:
    """Take a file's fingerprint, and tell what has become of the file since one from before.

    Raises
    ------
    OSError
        It cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(descriptor)
        head, tail = _edges(descriptor, status.st_size)
        now = Fingerprint(status.st_size, status.st_mtime_ns, head, tail)
        return now, None if before is None else _state(descriptor, before, now)
    finally:
        os.close(descriptor)


def _state(descriptor: int, before: Fingerprint | SourceFile, now: Fingerprint) -> State:
    if (now.size, now.mtime_ns, now.head, now.tail) == (before.size, before.mtime_ns, before.head, before.tail):
        return "same"
    if now.size < before.size or before.size == 0:
        return "changed"
    length = min(before.size, _EDGE)
    head = now.head if length == _EDGE else _hash(os.pread(descriptor, length, 0))
    if head != before.head or _hash(os.pread(descriptor, length, before.size - length)) != before.tail:
        return "changed"
    return "grown" if now.size > before.size else "same"


def compare(path: Path, built: SourceFile, now: Fingerprint) -> State:
    """Compare a file with what was built from it.

    Raises
    ------
    OSError
        It cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return _state(descriptor, built, now)
    finally:
        os.close(descriptor)


def _edges(descriptor: int, size: int) -> tuple[str, str]:
    length = min(size, _EDGE)
    return _hash(os.pread(descriptor, length, 0)), _hash(os.pread(descriptor, length, size - length))


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
