"""The strict way to read blocks of lines: many files at once, by Polars, which refuses what it cannot read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import polars as pl

from pipeline.dialect import Dialect
from pipeline.openfile import OpenFile, Parsed
from pipeline.rows import Rows, read_rows
from pipeline.stamps import parse
from pipeline.tallies import Counts

PIECE_BYTES = 65_536
"""A block that the strict parse refuses is tried again in pieces of this size, and only those with something wrong in
them are read field by field [bytes]."""
JOINED_BYTES = 65_536
"""Blocks of at most this size are parsed as one text: what a scan costs before its first row is as much as 10,000 rows
[bytes]."""

REFUSED = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What Polars ends a scan with: text that it cannot read, and text that it fails over, such as a last field that breaks
off behind its opening quote."""
OTHER_HEADER = "from here on its columns have other names; split it into files of one header each"


def parse_strictly(files: Sequence[OpenFile]) -> Iterator[Parsed]:
    """Parse the block of every file; with care where the strict parse finds anything odd."""
    strict = [file for file in files if file.dialect.stamp is not None]
    frames = dict(zip(strict, _collect_joined(strict) or _collect_each(strict), strict=True))
    for file in files:
        frame = frames.pop(file, None)
        yield parse_carefully(file) if frame is None or _is_odd(file, file.block, frame) else _typed(file, frame)


def parse_carefully(file: OpenFile, lines: int | None = None) -> Parsed:
    """Parse a file's block, or its first lines, so that no bad row spoils more than the piece that it stands in."""
    block = file.block if lines is None else file.first_lines(lines)
    pieces = _pieces(block, file.dialect.newline.encode())
    first_lines = [0, *accumulate(piece.count(file.dialect.newline.encode()) for piece in pieces)]
    frames: list[pl.DataFrame | None] = [None] * len(pieces)
    if len(pieces) > 1 and file.dialect.stamp is not None:
        frames = [_collect_one(_scan(file, piece)) for piece in pieces]
    parts = [
        _strict_rows(file, piece, frame, line) or _careful_rows(file, piece, line, is_last=at == len(pieces) - 1)
        for at, (piece, frame, line) in enumerate(zip(pieces, frames, first_lines[:-1], strict=True))
    ]
    other = next((part.other_header for part in parts if part.other_header is not None), None)
    if other is not None:
        file.end_before(other, OTHER_HEADER)
        return parse_carefully(file)
    counts = Counts(file.found.signals)
    for part in parts:
        counts.add(part.counts)
    return Parsed(
        file,
        pl.concat([part.values for part in parts]),
        counts,
        ms=np.concatenate([part.ms for part in parts]),
        instant=np.concatenate([part.instant for part in parts]),
        lines=np.concatenate([part.lines for part in parts]),
        nulls_counted=True,
    )


def _pieces(block: bytes, newline: bytes) -> list[bytes]:
    """Cut a block into pieces of whole lines."""
    pieces: list[bytes] = []
    start = 0
    while start < len(block):
        end = block.find(newline, start + PIECE_BYTES) + 1 or len(block)
        pieces.append(block[start:end])
        start = end
    return pieces or [block]


def _strict_rows(file: OpenFile, piece: bytes, frame: pl.DataFrame | None, first_line: int) -> Rows | None:
    """Type the rows of a piece that nothing is wrong with."""
    stamp = file.dialect.stamp
    if frame is None or stamp is None or _is_odd(file, piece, frame):
        return None
    ms = parse(frame.to_series(0), stamp)
    if ms.null_count():
        return None
    values = _values(file, frame)
    counts = Counts(file.found.signals)
    counts.rows = frame.height
    for name in values.columns:
        counts.excluded[name]["missing"] = values[name].null_count()
    lines = np.arange(frame.height, dtype=np.int64) + first_line
    return Rows(ms.to_numpy(), np.full(frame.height, stamp.kind != "local"), lines, values, counts)


def _careful_rows(file: OpenFile, piece: bytes, first_line: int, *, is_last: bool) -> Rows:
    columns = list(zip(file.found.signals, file.found.columns, strict=True))
    text = piece.decode(file.encoding, errors="replace")
    line = file.block_line + first_line
    rows = read_rows(text, file.dialect, columns, first_line=line, is_end=file.is_end and is_last)
    other = None if rows.other_header is None else rows.other_header + first_line
    return replace(rows, lines=rows.lines + first_line, other_header=other)


def _scan(file: OpenFile, block: bytes) -> pl.LazyFrame:
    dialect = file.dialect
    wanted = {str(column) for column in file.found.columns}
    schema = {str(n): pl.Float64 if str(n) in wanted else pl.String for n in range(dialect.width)}
    scan = pl.scan_csv(
        block,
        has_header=False,
        schema=schema,
        separator=dialect.separator,
        quote_char='"' if dialect.quotes else None,
        eol_char=dialect.newline,
        decimal_comma=dialect.decimal_comma,
    )
    stamp = pl.col(str(dialect.stamp_column))
    if dialect.time_column is not None:
        stamp = pl.concat_str(stamp, pl.col(str(dialect.time_column)), separator=" ")
    return scan.select(stamp, *(str(column) for column in file.found.columns))


def _collect_joined(files: Sequence[OpenFile]) -> list[pl.DataFrame | None]:
    """Collect short blocks of one form as one text; nothing where they are none, or a line of it is no row."""
    if len(files) < 2 or len({_form(file) for file in files}) > 1 or not all(map(_can_join, files)):
        return []
    lines = [file.block.count(file.dialect.newline.encode()) for file in files]
    whole = _collect_one(_scan(files[0], b"".join(file.block for file in files)))
    if whole is None or whole.height != sum(lines):
        return []
    return [whole[end - own : end] for own, end in zip(lines, accumulate(lines), strict=True)]


def _form(file: OpenFile) -> tuple[object, ...]:
    """Return all that the parse of a block depends on."""
    one = file.dialect
    notation = one.separator, one.newline, one.decimal_comma, one.width, one.stamp
    return *notation, one.stamp_column, one.time_column, file.found.columns


def _can_join(file: OpenFile) -> bool:
    newline = file.dialect.newline.encode()
    return not file.dialect.quotes and len(file.block) <= JOINED_BYTES and file.block.endswith(newline)


def _collect_each(files: Sequence[OpenFile]) -> list[pl.DataFrame | None]:
    """Collect all blocks together; one by one where one of them is refused."""
    scans = [_scan(file, file.block) for file in files]
    if not scans:
        return []
    try:
        return list(pl.collect_all(scans, engine="in-memory"))
    except REFUSED:
        return [_collect_one(scan) for scan in scans]


def _collect_one(scan: pl.LazyFrame) -> pl.DataFrame | None:
    try:
        return scan.collect(engine="in-memory")
    except REFUSED:
        return None


def _is_odd(file: OpenFile, block: bytes, frame: pl.DataFrame) -> bool:
    """Whether the strict parse may have understood something that is not there."""
    dialect = file.dialect
    if frame.height == 0 or frame.to_series(0).null_count():
        return True
    if dialect.quotes and not _is_evenly_quoted(file.dialect, block, frame.height):
        return True
    if any(column.null_count() for column in frame.get_columns()[1:]):
        separators = block.count(dialect.separator.encode())
        if separators != frame.height * (dialect.width - 1):
            return True  # a row breaks off: what it lacks is not a reading that was left empty
    if not dialect.decimal_comma:
        return False
    dots = dialect.stamp.dots if dialect.stamp is not None else None
    return dots is None or block.count(b".") != dots * frame.height  # 1.234 may be a thousand and more


def _is_evenly_quoted(dialect: Dialect, block: bytes, rows: int) -> bool:
    """Whether every line is one row and the quotes are as many as in the first rows."""
    newline = dialect.newline.encode()
    lines = block.count(newline) + (not block.endswith(newline))
    return lines == rows and block.count(b'"') == rows * dialect.quotes


def _values(file: OpenFile, frame: pl.DataFrame) -> pl.DataFrame:
    if len(file.found.signals) == 1:
        return frame.to_series(1).alias(file.found.signals[0]).to_frame()
    values = frame[:, 1:]
    values.columns = list(file.found.signals)
    return values


def _typed(file: OpenFile, frame: pl.DataFrame) -> Parsed:
    counts = Counts(file.found.signals)
    counts.rows = frame.height
    return Parsed(file, _values(file, frame), counts, texts=frame.to_series(0))
