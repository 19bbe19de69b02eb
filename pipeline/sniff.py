"""Finding out how one CSV is written: from its first bytes, never from its path.

A *data line* is one of whose fields is a stamp. Encoding, separator, header, stamp column, decimal mark and the
notation of stamps all follow from where the first data lines stand and what they look like.
"""

from __future__ import annotations

import codecs
import csv
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from pipeline.blocks import LINE_BYTES_MAX
from pipeline.columns import stamp_columns, tokens_of, value_columns
from pipeline.dialect import Dialect, Sniffed
from pipeline.errors import InputError
from pipeline.notation import STAMP_NAMES, has_decimal_comma, is_number
from pipeline.stamps import EPOCH, recognise

HEAD_BYTES = 16_384
"""Bytes that a file's form is judged by."""
_SAMPLE_LINES = 16
"""Data lines looked at [lines]."""
_SEARCH_LINES = 400
"""Lines searched for the first data line."""

COLUMNS_MAX = 20_000
"""A wider file holds no readings [columns]."""
_SPOTS = 64
_SPOT_BYTES = 256
"""Where days cannot be told from months at the head, so many pieces of so many bytes are looked at."""
_PROBE_BYTES = 1024
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r\x1a\x1b")
"""Characters that no text holds."""
_ZEROS = re.compile(rb"\0{16,}")
"""What a file system leaves where the power failed before the text was written."""

_MAGIC = (
    (b"\x1f\x8b", "it is gzip-compressed; unpack it first"),
    (b"PK\x03\x04", "it is a zip archive (or a spreadsheet); unpack it, or save it as CSV"),
    (b"BZh", "it is bzip2-compressed; unpack it first"),
    (b"\xfd7zXZ", "it is xz-compressed; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is zstd-compressed; unpack it first"),
    (b"PAR1", "it is a Parquet file, not a CSV"),
    (b"SQLite format 3", "it is a database, not a CSV"),
    (b"%PDF", "it is a PDF, not a CSV"),
    (b"\xd0\xcf\x11\xe0", "it is a spreadsheet; save it as CSV"),
)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def sniff(path: Path) -> Sniffed:
    """Find out how a CSV is written.

    Raises
    ------
    InputError
        No row of it can be used, with the reason.
    """
    head, complete = _read_head(path)
    return _Sniffer(path, head, complete=complete).run()


def _read_head(path: Path) -> tuple[bytes, bool]:
    """Read the first bytes, at least to the first line end; whether that is the whole file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            status = os.fstat(descriptor)
            _require_file(path, status.st_mode)
            head = os.pread(descriptor, HEAD_BYTES, 0)
            while len(head) < min(status.st_size, LINE_BYTES_MAX) and not re.search(rb"[\r\n][^\r\n]*[\r\n]", head):
                more = os.pread(descriptor, max(len(head), HEAD_BYTES), len(head))
                if not more:
                    break
                head += more
            return head, len(head) >= status.st_size
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise InputError(
            path, None, f"it cannot be read: {exc.strerror}. Check that it exists and its rights."
        ) from exc


def _require_file(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise InputError(path, None, "it is a folder with the name of a CSV")
    if not stat.S_ISREG(mode):
        raise InputError(path, None, "it is no regular file but a pipe, socket or device")


class _Sniffer:
    """Looks at the head of one file."""

    def __init__(self, path: Path, head: bytes, *, complete: bool) -> None:
        self._path = path
        self._head = head
        self._complete = complete

    def run(self) -> Sniffed:
        bom = next((bom for bom, _ in _BOMS if self._head.startswith(bom)), b"")
        if self._complete and not self._head.removeprefix(bom).strip(b"\0 \t\r\n"):
            raise InputError(self._path, None, "it is empty")
        for magic, reason in _MAGIC:
            if self._head.startswith(magic):
                raise InputError(self._path, None, reason)
        self._encoding, self._bom = self._find_encoding()
        lines = self._lines()
        separator, first, stamp_column = self._find_rows(lines)
        header_at = self._find_header(lines, separator, first)
        header = tuple(name.strip() for name in _fields(lines[header_at], separator)) if header_at is not None else ()
        rows_at = header_at + 1 if header_at is not None else first or 0
        if first is None:
            if header_at is None:
                raise InputError(self._path, 1, "no line of it holds a time stamp and a reading")
            stamp_column = next(n for n, name in enumerate(header) if name.lower() in STAMP_NAMES)
            if self._complete and not any(line.strip() for line in lines[rows_at:]):
                raise InputError(self._path, rows_at, "it has a header and no row")
        return self._conclude(lines, rows_at, separator, stamp_column, header)

    def _find_encoding(self) -> tuple[str, bytes]:
        for bom, encoding in _BOMS:
            if self._head.startswith(bom):
                return encoding, bom
        probe = self._head[:_PROBE_BYTES]
        for encoding, zeros in (("utf-16-le", probe[1::2]), ("utf-16-be", probe[0::2])):
            if len(probe) > 8 and zeros.count(0) > 0.9 * len(zeros) and probe.count(0) < 0.6 * len(probe):
                return encoding, b""
        probe = _ZEROS.sub(b"", self._head)[:_PROBE_BYTES] if b"\0" in probe else probe
        if len(probe) - len(probe.translate(None, _CONTROLS)) > 0.1 * len(probe):
            raise InputError(self._path, None, "it is binary, not text")
        return ("utf-8" if _is_utf8(self._head) else "cp1252"), b""

    def _lines(self) -> list[str]:
        body = self._head[len(self._bom) :]
        if not self._complete and self._encoding.startswith("utf-16"):
            body = body[: len(body) // 2 * 2]
        text = body.decode(self._encoding, errors="replace")
        self._newline = "\r" if "\n" not in text and "\r" in text else "\n"
        lines = text.split(self._newline, _SEARCH_LINES)
        if len(lines) > 1 and (not self._complete or len(lines) > _SEARCH_LINES or lines[-1] == ""):
            lines.pop()
        if len(lines) == 1 and not self._complete and self._newline not in text:
            mib = LINE_BYTES_MAX // 1024**2
            raise InputError(self._path, 1, f"it has no line break in its first {mib} MiB; rows end with one")
        return lines

    def _find_rows(self, lines: Sequence[str]) -> tuple[str, int | None, int]:
        """Find separator, first data line and stamp column."""
        declared = next((line[4] for line in lines[:1] if re.match(r"(?i)sep=.", line)), None)
        best: tuple[int, str, int | None, int] = (0, declared or _header_separator(lines), None, 0)
        for separator in (declared,) if declared else (",", ";", "\t", "|"):
            found = _data_lines(lines, separator)
            columns = [column for _, column in found]
            if len(found) > best[0]:
                best = (len(found), separator, found[0][0], max(set(columns), key=columns.count))
            if len(found) == _SAMPLE_LINES:
                break
        return best[1:]

    def _find_header(self, lines: Sequence[str], separator: str, first: int | None) -> int | None:
        before = [(n, _fields(line, separator)) for n, line in enumerate(lines[:first])]
        named = [n for n, fields in before if any(name.strip().lower() in STAMP_NAMES for name in fields)]
        if named or first is None:
            return named[-1] if named else None
        width = len(_fields(lines[first], separator))
        likely = [(n, fields) for n, fields in before if len(fields) == width and not lines[n].startswith("#")]
        return next((n for n, fields in reversed(likely) if not any(map(_is_reading, fields))), None)

    def _conclude(
        self,
        lines: Sequence[str],
        rows_at: int,
        separator: str,
        stamp_column: int,
        header: tuple[str, ...],
    ) -> Sniffed:
        sample = [line for line in lines[rows_at : rows_at + _SAMPLE_LINES] if line.strip()]
        named = [i for i, name in enumerate(header) if name.lower() in STAMP_NAMES]
        if named and stamp_column not in named:
            stamp_column = named[0]
        rows = [row for line in sample if len(row := _fields(line, separator)) > stamp_column]
        widths = [len(row) for row in rows]
        width = max(len(header), max(set(widths), key=widths.count, default=2), 2)
        if width > COLUMNS_MAX:
            raise InputError(self._path, max(rows_at, 1), f"it has {width} columns; more than {COLUMNS_MAX} are no log")
        stamps = stamp_columns(rows, stamp_column, self._elsewhere)
        values, ignored = value_columns(rows, header, width, (stamps.column, stamps.time_column))
        if not values:
            raise InputError(self._path, rows_at + 1, "it has time stamps and no column of readings beside them")
        quotes = {line.count('"') for line in sample}
        lengths = [len(line) + 1 for line in lines[rows_at : rows_at + 200]]
        dialect = Dialect(
            encoding=self._encoding,
            newline=self._newline,
            separator=separator,
            decimal_comma=separator != "," and has_decimal_comma(tokens_of(rows, values)),
            has_header=bool(header),
            header=header,
            width=width,
            skip_lines=rows_at,
            data_offset=self._offset(lines, rows_at),
            stamp_column=stamps.column,
            time_column=stamps.time_column,
            stamp=stamps.style if len(quotes) == 1 else None,
            day_first=stamps.day_first,
            quotes=quotes.pop() if len(quotes) == 1 else 0,
            row_bytes=max(sum(lengths) / max(len(lengths), 1), 4.0),
        )
        return Sniffed(dialect, tuple(values), tuple(ignored))

    def _offset(self, lines: Sequence[str], count: int) -> int:
        """Find the byte at which the line after the first few begins."""
        if self._encoding.startswith("utf-16"):
            return len(self._bom) + 2 * sum(len(line) + 1 for line in lines[:count])
        return len(self._bom) + _nth_line_end(self._head[len(self._bom) :], self._newline.encode(), count)

    def _elsewhere(self) -> bytes:
        """Read pieces from all over the file."""
        if self._complete:
            return self._head
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                spots = (size * n // _SPOTS for n in range(_SPOTS))
                return b"\n".join(os.pread(file.fileno(), _SPOT_BYTES, spot) for spot in spots)
        except OSError:
            return self._head


def _is_utf8(head: bytes) -> bool:
    if head.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _nth_line_end(data: bytes, newline: bytes, count: int) -> int:
    position = 0
    for _ in range(count):
        at = data.find(newline, position)
        position = len(data) if at < 0 else at + 1
    return position


def _fields(line: str, separator: str) -> list[str]:
    """Split a line at its separators, honouring quotes; a line whose quotes do not match is split as it is."""
    line = line.rstrip("\r")
    if '"' in line:
        try:
            return next(csv.reader((line,), delimiter=separator, strict=True), [])
        except csv.Error:
            pass
    return line.split(separator)


def _stamp_at(line: str, separator: str) -> int | None:
    """Find the column of a data line's stamp: written-out stamps first, then counts since 1970."""
    if line.startswith("#"):
        return None
    fields = [field.strip() for field in _fields(line, separator)]
    if len(fields) < 2:
        return None
    count: int | None = None
    for n, field in enumerate(fields[:64]):
        style = recognise(field)
        if style is not None and style != EPOCH:
            return n
        if style is not None and count is None:
            count = n
    return count


def _data_lines(lines: Sequence[str], separator: str) -> list[tuple[int, int]]:
    """List the first data lines and the columns of their stamps."""
    found: list[tuple[int, int]] = []
    for n, line in enumerate(lines):
        if separator in line and (column := _stamp_at(line, separator)) is not None:
            found.append((n, column))
            if len(found) == _SAMPLE_LINES:
                break
    return found


def _header_separator(lines: Sequence[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    return max((",", ";", "\t", "|"), key=first.count)


def _is_reading(field: str) -> bool:
    text = field.strip()
    return is_number(text) or recognise(text) is not None
