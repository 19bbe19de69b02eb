"""The strict way to read blocks of lines: many files at once, by Polars, which refuses what it cannot read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipeline.openfile import OpenFile, Parsed
from pipeline.rows import read_rows
from pipeline.tallies import Counts


def parse_strictly(files: Sequence[OpenFile]) -> Iterator[Parsed]:
    """Parse the block of every file; with care where the strict parse finds anything odd."""
    strict = [file for file in files if file.dialect.stamp is not None]
    frames = dict(zip(strict, _collect([_scan(file) for file in strict]), strict=True))
    for file in files:
        frame = frames.pop(file, None)
        yield parse_carefully(file) if frame is None or _is_odd(file, frame) else _typed(file, frame)


def parse_carefully(file: OpenFile, lines: int | None = None) -> Parsed:
    """Parse a file's block, or its first lines, field by field."""
    columns = list(zip(file.found.signals, file.found.columns, strict=True))
    block = file.block if lines is None else file.first_lines(lines)
    is_end = file.is_end and lines is None
    text = block.decode(file.encoding, errors="replace")
    rows = read_rows(text, file.dialect, columns, first_line=file.block_line, is_end=is_end)
    return Parsed(
        file, rows.values, rows.counts, ms=rows.ms, instant=rows.instant, lines=rows.lines, nulls_counted=True
    )


def _scan(file: OpenFile) -> pl.LazyFrame:
    dialect = file.dialect
    wanted = {str(column) for column in file.found.columns}
    schema = {str(n): pl.Float64 if str(n) in wanted else pl.String for n in range(dialect.width)}
    scan = pl.scan_csv(
        file.block,
        has_header=False,
        schema=schema,
        separator=dialect.separator,
        quote_char=None,
        eol_char=dialect.newline,
        decimal_comma=dialect.decimal_comma,
    )
    return scan.select(str(dialect.stamp_column), *(str(column) for column in file.found.columns))


def _collect(scans: Sequence[pl.LazyFrame]) -> list[pl.DataFrame | None]:
    """Collect all scans together; one by one where one of them is refused."""
    if not scans:
        return []
    try:
        return list(pl.collect_all(scans, engine="in-memory"))
    except pl.exceptions.PolarsError:
        return [_collect_one(scan) for scan in scans]


def _collect_one(scan: pl.LazyFrame) -> pl.DataFrame | None:
    try:
        return scan.collect(engine="in-memory")
    except pl.exceptions.PolarsError:
        return None


def _is_odd(file: OpenFile, frame: pl.DataFrame) -> bool:
    """Whether the strict parse may have understood something that is not there."""
    dialect = file.dialect
    if frame.height == 0 or frame.to_series(0).null_count():
        return True
    if any(column.null_count() for column in frame.get_columns()[1:]):
        separators = file.block.count(dialect.separator.encode())
        if separators != frame.height * (dialect.width - 1):
            return True  # a row breaks off: what it lacks is not a reading that was left empty
    if not dialect.decimal_comma:
        return False
    dots = dialect.stamp.dots if dialect.stamp is not None else None
    return dots is None or file.block.count(b".") != dots * frame.height  # 1.234 may be a thousand and more


def _typed(file: OpenFile, frame: pl.DataFrame) -> Parsed:
    counts = Counts(file.found.signals)
    counts.rows = frame.height
    values = frame[:, 1:]
    values.columns = list(file.found.signals)
    return Parsed(file, values, counts, texts=frame.to_series(0))
