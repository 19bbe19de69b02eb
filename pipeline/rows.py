"""The careful way to read a block of lines: every field looked at, every failure counted with its reason and line.

It runs only for blocks that the strict reader refuses, so it may take ten times as long.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.dialect import Dialect
from pipeline.localtime import Ints
from pipeline.notation import (
    COMMA_NUMBER,
    COMMA_THOUSANDS,
    MISSING_TOKENS,
    NUMBER,
    POINT_THOUSANDS,
    STAMP_NAMES,
)
from pipeline.stamps import parse_mixed
from pipeline.tallies import Counts

_PADDING = ' \t"\r\u00a0\ufeff'


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one block that have a legible stamp."""

    ms: Ints
    """Epoch ms of instants, wall-clock ms of local stamps."""
    instant: NDArray[np.bool_]
    lines: Ints
    """Line of each row, counted from 0 at the block's first line."""
    values: pl.DataFrame
    """Float64, null where the field is no number."""
    counts: Counts
    """Every row of the block, and what was left out of ``values`` or of the rows."""
    other_header: int | None = None
    """Line of the first header that gives these columns other names, as where files were joined."""


def read_rows(
    text: str, dialect: Dialect, columns: Sequence[tuple[str, int]], *, first_line: int, is_end: bool
) -> Rows:
    """Read lines one field at a time.

    Parameters
    ----------
    text : str
        Whole lines; the last may lack its line end.
    dialect : Dialect
        How the file is written.
    columns : sequence of (str, int)
        Signals and the positions of their columns.
    first_line : int
        Lines of the file before this text.
    is_end : bool
        Whether the text ends where the file ends.
    """
    counts = Counts(signal for signal, _ in columns)
    lines = text.split(dialect.newline)
    is_cut_off = is_end and lines[-1] != ""
    frame = pl.DataFrame({"line": lines}, schema={"line": pl.String}).with_row_index("n")
    frame = frame.with_columns(pl.col("line").str.strip_chars_start("\0 \r\n").str.strip_chars_end("\r ")).filter(
        pl.col("line") != ""
    )
    comments = frame["line"].str.starts_with("#")
    counts.noted["comments"] = int(comments.sum())
    frame = frame.filter(~comments)
    counts.rows = frame.height
    frame = _split(frame, dialect, columns)
    frame = _check_fields(frame, dialect, last=len(lines) - 1 if is_cut_off else -1)
    frame = frame.with_columns(_stamp(dialect).alias("stamp"))
    frame = frame.with_columns(
        pl.when(pl.col("reason").is_null() & pl.col("stamp").str.to_lowercase().is_in(list(STAMP_NAMES)))
        .then(pl.lit("repeated_header"))
        .otherwise("reason")
        .alias("reason")
    )
    stamp = dialect.stamp
    likely = (stamp,) if stamp is not None else ()
    ms, instant = parse_mixed(frame["stamp"], likely, day_first=dialect.day_first)
    frame = frame.with_columns(
        pl.when(pl.col("reason").is_null() & ms.is_null()).then(pl.lit("bad_stamp")).otherwise("reason").alias("reason")
    )
    _count_rows(frame, counts, first_line)
    good = frame["reason"].is_null()
    kept = frame.filter(good)
    values = _values(kept, dialect, columns, counts, first_line)
    return Rows(
        ms.filter(good).to_numpy().astype(np.int64),
        instant.filter(good).to_numpy(),
        kept["n"].to_numpy().astype(np.int64),
        values,
        counts,
        _other_header(frame, dialect, columns),
    )


def _other_header(frame: pl.DataFrame, dialect: Dialect, columns: Sequence[tuple[str, int]]) -> int | None:
    """Find the first repeated header in which a column has another name than in the file's own."""
    again = frame.filter(pl.col("reason") == "repeated_header")
    named = [at for _, at in columns if at < len(dialect.header)]
    for line, fields in again.select("n", "fields").iter_rows():
        if any(_name(fields, at) != _name(dialect.header, at) for at in named):
            return int(line)
    return None


def _name(fields: Sequence[str], at: int) -> str:
    return fields[at].strip(_PADDING).lower() if at < len(fields) else ""


def _stamp(dialect: Dialect) -> pl.Expr:
    """Put a row's stamp together."""
    parts = [at for at in (dialect.stamp_column, dialect.time_column) if at is not None]
    texts = [pl.col("fields").list.get(at, null_on_oob=True).str.strip_chars(_PADDING) for at in parts]
    return pl.concat_str(texts, separator=" ") if len(texts) > 1 else texts[0]


def _split(frame: pl.DataFrame, dialect: Dialect, columns: Sequence[tuple[str, int]]) -> pl.DataFrame:
    """Split every line into fields; quoted lines one by one."""
    separator = dialect.separator
    quoted = frame["line"].str.contains('"', literal=True)
    plain = frame.filter(~quoted).with_columns(
        pl.col("line").str.split(separator).alias("fields"), pl.lit(None, pl.String).alias("reason")
    )
    if not quoted.any():
        return plain.drop("line")
    lines = frame.filter(quoted)
    needed = max(dialect.stamp_column, dialect.time_column or 0, *(at for _, at in columns)) + 1
    fields = [_split_quoted(line, separator, needed) for line in lines["line"].to_list()]
    careful = lines.with_columns(
        pl.Series("fields", fields, dtype=pl.List(pl.String)),
        pl.Series("reason", [None if row else "unclosed_quote" for row in fields], dtype=pl.String),
    )
    return pl.concat([plain, careful]).sort("n").drop("line")


def _split_quoted(line: str, separator: str, needed: int) -> list[str]:
    """Split a line with quotes; where one stays open, as in a note of several lines, what stands before it counts."""
    for strict in (True, False):
        try:
            fields = next(csv.reader((line,), delimiter=separator, strict=strict), [])
        except csv.Error:
            continue
        if strict or len(fields) > needed:
            return fields if strict else fields[:-1]
    return []


def _check_fields(frame: pl.DataFrame, dialect: Dialect, last: int) -> pl.DataFrame:
    """Name the rows that have too many fields, or break off."""
    width = dialect.width
    count = pl.col("fields").list.len()
    surplus = pl.col("fields").list.slice(width).list.eval(pl.element().str.strip_chars(_PADDING) != "").list.any()
    too_short = (count < 2) | (count <= dialect.stamp_column) | ((pl.col("n") == last) & (count < width))
    return frame.with_columns(
        pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when((count > width) & surplus)
        .then(pl.lit("extra_fields"))
        .when(too_short)
        .then(pl.lit("truncated_line"))
        .alias("reason")
    )


def _count_rows(frame: pl.DataFrame, counts: Counts, first_line: int) -> None:
    bad = frame.filter(pl.col("reason").is_not_null())
    if bad.height:
        for reason, count in bad["reason"].value_counts().iter_rows():
            counts.exclude_rows(reason, count)
        counts.note_line(first_line + int(bad["n"][0]) + 1)


def _values(
    frame: pl.DataFrame, dialect: Dialect, columns: Sequence[tuple[str, int]], counts: Counts, first_line: int
) -> pl.DataFrame:
    values: list[pl.Series] = []
    for signal, index in columns:
        tokens = frame.select(
            pl.col("fields").list.get(index, null_on_oob=True).str.strip_chars(_PADDING).fill_null("").alias("token")
        )
        parsed = tokens.select(
            pl.col("token").str.to_uppercase().is_in(list(MISSING_TOKENS)).alias("missing"),
            _number(dialect).alias("value"),
        )
        value = parsed["value"].cast(pl.Float64, strict=False)
        missing = parsed["missing"]
        unreadable = value.is_null() & ~missing
        counts.excluded[signal].add({"missing": int(missing.sum()), "unreadable": int(unreadable.sum())})
        values.append(value.set(missing, None).alias(signal))
        odd = value.is_null() | missing
        if odd.any():
            counts.note_line(first_line + int(frame["n"][odd.arg_max() or 0]) + 1)
    return pl.DataFrame(values)


def _number(dialect: Dialect) -> pl.Expr:
    """Rewrite a number in the file's notation with a decimal point and without marks between thousands."""
    text = pl.col("token").str.replace("\u2212", "-", literal=True)
    point, comma = _whole(NUMBER), _whole(COMMA_NUMBER)
    with_point = text.str.replace(",", ".", literal=True)
    if dialect.decimal_comma:
        marked = text.str.replace_all("[.' \u00a0\u202f]", "").str.replace(",", ".", literal=True)
        return (
            pl.when(text.str.contains(_whole(COMMA_THOUSANDS)))
            .then(marked)
            .when(text.str.contains(comma))
            .then(with_point)
            .when(text.str.contains(point))
            .then(text)
        )
    marked = text.str.replace_all("[,' \u00a0\u202f]", "")
    return (
        pl.when(text.str.contains(point))
        .then(text)
        .when(text.str.contains(_whole(POINT_THOUSANDS)))
        .then(marked)
        .when(text.str.contains(comma))
        .then(with_point)
    )


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
