"""Whole lines of a file, a block at a time: never the whole file, however large it is."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.dialect import Dialect
from pipeline.errors import InputError, InputLost

LINE_BYTES_MAX = 16 * 1024 * 1024
"""A longer line is no row of readings [bytes]."""
BLOCK_BYTES_MAX = 32 * 1024 * 1024
"""A block of a wide file holds fewer rows rather than more bytes."""

_CACHED_BYTES = 64 * 1024
"""Bytes looked through at once: a comparison of a whole block would fill fresh memory with its result."""


class BlockReader:
    """Reads one file from a byte on, up to the size that it had when it was first looked at.

    Text in UTF-16 is handed out as UTF-8; every other encoding as it stands (`encoding` says which).
    """

    def __init__(self, path: Path, dialect: Dialect, offset: int, line: int) -> None:
        self.path = path
        self.offset = offset
        """Byte at which the next block begins."""
        self.line = line
        """Lines before it."""
        self.dialect = dialect
        self._unit = 2 if dialect.encoding.startswith("utf-16") else 1
        self.ends = 0
        """Line ends of the block that was read last."""
        self.encoding = "utf-8" if self._unit == 2 else dialect.encoding
        self._size, self._identity = _look(path)
        self._newline = dialect.newline.encode()
        self._row_bytes = dialect.row_bytes

    @property
    def done(self) -> bool:
        """Whether every line has been handed out."""
        return self.offset >= self._size

    def read(self, rows: int) -> bytes:
        """Read the next lines, at most ``rows`` of them, the last one perhaps without a line end.

        Raises
        ------
        InputError
            The file is gone, was replaced or has shrunk, or a line is too long to be a row of readings.
        """
        rows = max(1, min(rows, int(BLOCK_BYTES_MAX / self.dialect.row_bytes)))
        want = int(rows * self._row_bytes * 1.08) + 4096
        while True:
            data, last = self._pread(want * self._unit)
            cut, count = self._cut(data, rows, last=last)
            if count >= rows or last:
                break
            if count == 0 and len(data) >= LINE_BYTES_MAX:
                mib = LINE_BYTES_MAX // 1024**2
                raise InputError(self.path, self.line + 1, f"no line break within {mib} MiB; the file is damaged here")
            if want >= 2 * max(BLOCK_BYTES_MAX, LINE_BYTES_MAX) and count:
                break
            want *= 2
        block = data if cut == len(data) else data[:cut]
        self.ends = count if block.endswith(self._newline) else max(count - 1, 0)
        self._row_bytes = max(len(block) / max(count, 1), 4.0)
        self._advance(block, count)
        return block

    def rewind(self, block: bytes, lines: int) -> None:
        """Give the end of the last block back: all but its first ``lines`` lines."""
        keep = self.line_offset(block, lines)
        self._advance(block[keep:], self._count(block[keep:]), sign=-1)

    def line_offset(self, block: bytes, lines: int, ends: int | None = None) -> int:
        """Find the byte of a block at which the line after its first ``lines`` begins; ``ends`` are its line ends."""
        if lines == 0:
            return 0
        data = np.frombuffer(block, np.uint8)
        ends = self._line_ends(data) if ends is None else ends
        return self._line_end(data, lines, ends) if lines <= ends else len(block)

    def _line_ends(self, data: NDArray[np.uint8]) -> int:
        """Count the line ends of a piece, by parts that stay in the processor's cache."""
        parts = (data[at : at + _CACHED_BYTES] for at in range(0, len(data), _CACHED_BYTES))
        return sum(int(np.count_nonzero(part == self._newline[0])) for part in parts)

    def file_bytes(self, text: bytes) -> int:
        """Tell how many bytes of the file a piece of a block stands for."""
        return len(text) if self._unit == 1 else len(text.decode("utf-8").encode(self.dialect.encoding))

    def _advance(self, text: bytes, lines: int, sign: int = 1) -> None:
        self.offset += sign * self.file_bytes(text)
        self.line += sign * lines

    def _count(self, block: bytes) -> int:
        return block.count(self._newline) + (not block.endswith(self._newline) and bool(block))

    def _cut(self, data: bytes, rows: int, *, last: bool) -> tuple[int, int]:
        """Find where the first ``rows`` lines end, and how many there are."""
        view = np.frombuffer(data, np.uint8)
        count = self._line_ends(view)
        if count > rows or (count == rows and not (last and not data.endswith(self._newline))):
            return self._line_end(view, rows, count), rows
        if last and count < rows:
            return len(data), count + (not data.endswith(self._newline) and bool(data))
        return data.rfind(self._newline) + 1, count

    def _line_end(self, data: NDArray[np.uint8], lines: int, total: int) -> int:
        """Find where the first ``lines`` of a piece's ``total`` line ends are over, looking from the nearer end."""
        span = len(data) if lines * 2 < total else min(len(data), int((total - lines + 64) * len(data) / total * 1.5))
        while True:
            ends = np.flatnonzero(data[len(data) - span :] == self._newline[0])
            at = len(ends) - 1 - (total - lines)
            if at >= 0:
                return len(data) - span + int(ends[at]) + 1
            span = min(span * 4, len(data))

    def _pread(self, length: int) -> tuple[bytes, bool]:
        """Read at most so many bytes, as UTF-8 where the file is UTF-16; whether they are the last."""
        length = min(length, self._size - self.offset)
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                status = os.fstat(descriptor)
                if (status.st_dev, status.st_ino) != self._identity or status.st_size < self._size:
                    raise InputLost(self.path, self.line + 1, "it was replaced or cut short while it was read")
                data = os.pread(descriptor, length, self.offset)
            finally:
                os.close(descriptor)
        except OSError as exc:
            raise InputLost(self.path, self.line + 1, f"it can no longer be read: {exc.strerror}") from exc
        if len(data) < length:
            raise InputLost(self.path, self.line + 1, "it was cut short while it was read")
        last = self.offset + length >= self._size
        if self._unit == 2:
            data = data[: len(data) // 2 * 2].decode(self.dialect.encoding, "replace").encode()
        return data, last


def _look(path: Path) -> tuple[int, tuple[int, int]]:
    try:
        status = path.stat()
    except OSError as exc:
        raise InputLost(path, None, f"it cannot be read: {exc.strerror}") from exc
    return status.st_size, (status.st_dev, status.st_ino)
