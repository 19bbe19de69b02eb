"""Telling whether a file is the one that was built, has only grown, or has changed."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.contract import SourceFile

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
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        head, tail = _edges(file.fileno(), status.st_size)
    return Fingerprint(status.st_size, status.st_mtime_ns, head, tail)


def compare(path: Path, built: SourceFile, now: Fingerprint) -> Literal["same", "grown", "changed"]:
    """Compare a file with what was built from it.

    Raises
    ------
    OSError
        It cannot be read.
    """
    if (now.size, now.mtime_ns, now.head, now.tail) == (built.size, built.mtime_ns, built.head, built.tail):
        return "same"
    if now.size < built.size or built.size == 0:
        return "changed"
    with path.open("rb") as file:
        begins_alike = _edges(file.fileno(), built.size) == (built.head, built.tail)
    if not begins_alike:
        return "changed"
    return "grown" if now.size > built.size else "same"


def _edges(descriptor: int, size: int) -> tuple[str, str]:
    length = min(size, _EDGE)
    return _hash(os.pread(descriptor, length, 0)), _hash(os.pread(descriptor, length, size - length))


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
