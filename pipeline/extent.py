"""Which files of a folder cover the same time: those that share a signal must not."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import polars as pl

from pipeline.dialect import Dialect
from pipeline.stamps import parse_mixed

EDGE_BYTES = 16_384
"""Bytes looked at from either end of a file."""

T = TypeVar("T")


def overlap(files: Sequence[T], place: Callable[[T], tuple[Path, Dialect]]) -> list[T]:
    """List the files whose spans of time overlap another's."""
    spans = [(extent(*place(file)), file) for file in files]
    return [
        file
        for n, (mine, file) in enumerate(spans)
        if any(
            mine and other and mine[0] < other[1] and other[0] < mine[1] for m, (other, _) in enumerate(spans) if m != n
        )
    ]


def extent(path: Path, dialect: Dialect) -> tuple[int, int] | None:
    """Find the first and last stamp at the edges of a file, as written [wall-clock ms]; None where none is legible."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = os.pread(file.fileno(), EDGE_BYTES, dialect.data_offset)
            at = max(dialect.data_offset, size - EDGE_BYTES)
            tail = os.pread(file.fileno(), EDGE_BYTES, at + at % 2)
    except OSError:
        return None
    lines = [line for part in (head, tail) for line in part.decode(dialect.encoding, "replace").split(dialect.newline)]
    fields = [line.split(dialect.separator) for line in lines]
    texts = [row[dialect.stamp_column].strip(' "\r') for row in fields if len(row) > dialect.stamp_column]
    ms, _ = parse_mixed(pl.Series(texts, dtype=pl.String), (), day_first=dialect.day_first)
    known = ms.drop_nulls()
    return (int(known.min()), int(known.max())) if len(known) else None  # type: ignore[arg-type]
