"""How one CSV is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from pipeline.stamps import StampFormat


@dataclass(frozen=True)
class Dialect:
    """How one CSV is written."""

    encoding: str
    """``utf-8``, ``cp1252`` (Western Windows, which holds Latin-1's letters), ``utf-16-le`` or ``utf-16-be``."""
    newline: str
    """Line feed (with or without a carriage return before it), or a lone carriage return."""
    separator: str
    decimal_comma: bool
    has_header: bool
    header: tuple[str, ...]
    """Column names; empty without a header."""
    width: int
    """Fields of a row."""
    skip_lines: int
    """Lines before the first row: notes, header."""
    data_offset: int
    """Byte at which the first row begins."""
    stamp_column: int
    time_column: int | None
    """Column of the time of day, where date and time stand apart."""
    stamp: StampFormat | None
    """Notation of every stamp seen; None where they differ or need care."""
    day_first: bool | None
    """Whether ``3/4/2024`` is the third of April; None where no stamp is written so."""
    quotes: int
    """Quotation marks in every row."""
    row_bytes: float
    """Mean length of the rows seen [bytes]."""

    @cached_property
    def key(self) -> str:
        """All of it that decides what a row means, as a short text."""
        meaning = (self.encoding, self.newline, self.separator, self.decimal_comma, self.header, self.width)
        stamps = (self.stamp_column, self.time_column, self.stamp, self.day_first, self.data_offset)
        return hashlib.blake2b(repr((meaning, stamps)).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Column:
    """One column that holds readings."""

    index: int
    header: str | None


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes of a file say."""

    dialect: Dialect
    values: tuple[Column, ...]
    ignored: tuple[str, ...]
    """Columns that hold no numbers, or whose name came before."""
