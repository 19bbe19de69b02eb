"""Frozen records as JSON under a checksum of their own."""

from __future__ import annotations

import zlib
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import StoreCorrupt


class Frozen(BaseModel):
    """Base of the manifest's records."""

    model_config = ConfigDict(frozen=True)


Record = TypeVar("Record", bound=Frozen)

_SEAL = b'{"checksum":"%s","content":'
_SEAL_LENGTH = len(_SEAL % b"00000000")


def seal(record: Frozen) -> bytes:
    """Write a record as JSON that carries its own CRC-32, so that no flipped byte can pass for a number."""
    content = record.model_dump_json().encode()
    return _SEAL % f"{zlib.crc32(content):08x}".encode() + content + b"}"


def unseal(data: bytes, kind: type[Record]) -> Record:
    """Read a sealed record.

    Raises
    ------
    StoreCorrupt
        It is damaged, or of another version.
    """
    content = data[_SEAL_LENGTH:-1]
    if data[:_SEAL_LENGTH] != _SEAL % f"{zlib.crc32(content):08x}".encode() or data[-1:] != b"}":
        raise StoreCorrupt("its checksum differs")
    try:
        return kind.model_validate_json(content)
    except ValidationError as exc:
        raise StoreCorrupt("it was written by another version") from exc
