"""Which columns of a CSV hold what: stamps, readings, or neither."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.dialect import Column
from pipeline.notation import MISSING_TOKENS, is_number
from pipeline.stamps import StampFormat, is_day, recognise

INDEX_NAMES = frozenset({"", "index", "id", "row", "no", "nr", "unnamed: 0"})
"""Headers of columns that number the rows, in small letters; no signals unless they stand alone."""
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(\s?[AaPp][Mm])?")
_ORDER = re.compile(rb"(?<!\d)(\d{1,2})([/-])(\d{1,2})\2\d{2}(?:\d{2})?(?!\d)")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class StampColumns:
    """Where the stamps stand, and in which notation."""

    column: int
    time_column: int | None
    """Column of the time of day, where the date stands alone."""
    style: StampFormat | None
    """The one notation of every stamp seen; None where they differ."""
    day_first: bool | None
    """Whether ``3/4/2024`` is the third of April; None where the stamps are not written so."""
    texts: tuple[str, ...]


def stamp_columns(rows: Rows, column: int, elsewhere: Callable[[], bytes]) -> StampColumns:
    """Understand the stamps of the first rows.

    Parameters
    ----------
    rows : sequence of sequence of str
        Fields of the first rows.
    column : int
        Where each of them has a stamp.
    elsewhere : callable
        Gives pieces from all over the file, for telling days from months.
    """
    texts = [row[column].strip() for row in rows if len(row) > column]
    time_column = _time_column(rows, column) if any(map(is_day, texts)) else None
    if time_column is not None:
        texts = [
            f"{row[column].strip()} {row[time_column].strip()}" for row in rows if len(row) > max(column, time_column)
        ]
    day_first = _is_day_first(texts, elsewhere)
    raw = [row[column] for row in rows if len(row) > column]
    is_padded = any(text != text.strip() for text in raw)
    styles = {recognise(text, day_first=day_first) for text in texts}
    styles.discard(None)
    style = styles.pop() if len(styles) == 1 and not is_padded else None
    return StampColumns(column, time_column, style, day_first, tuple(texts))


def _time_column(rows: Rows, column: int) -> int | None:
    """Find the column beside a date that holds the time of day in most rows."""
    width = min((len(row) for row in rows), default=0)
    for n in range(width):
        clocks = sum(_CLOCK.fullmatch(row[n].strip()) is not None for row in rows)
        if n != column and clocks * 2 > len(rows):
            return n
    return None


def _is_day_first(texts: Sequence[str], elsewhere: Callable[[], bytes]) -> bool | None:
    """Tell ``day/month`` from ``month/day``: by a number above 12, else by which moves faster.

    Where neither tells, slashes are American and dashes are not.
    """
    first = next((match for text in texts if (match := _ORDER.match(text.encode()))), None)
    if first is None:
        return None
    pairs = [(int(match[1]), int(match[3])) for match in _ORDER.finditer(elsewhere() + "\n".join(texts).encode())]
    lefts, rights = {left for left, _ in pairs}, {right for _, right in pairs}
    left_days, right_days = sum(n > 12 for n in lefts), sum(n > 12 for n in rights)
    if left_days != right_days:
        return left_days > right_days
    if len(lefts) != len(rights):
        return len(lefts) > len(rights)
    return first[2] == b"-"


def value_columns(
    rows: Rows, header: Sequence[str], width: int, taken: Sequence[int | None]
) -> tuple[list[Column], list[str]]:
    """Find the columns that hold readings; name those that do not."""
    values: list[Column] = []
    ignored: list[str] = []
    seen: set[str] = set()
    candidates = [n for n in range(width) if n not in taken]
    for n in candidates:
        name = header[n] if n < len(header) else None
        tokens = [row[n].strip() for row in rows if n < len(row)]
        if name in seen:
            ignored.append(f"{name} (again)")
        elif len(candidates) == 1 or _holds_numbers(tokens, name):
            values.append(Column(n, name))
            seen.update([name] if name else [])
        elif name or any(tokens):
            ignored.append(name or f"column {n + 1}")
    signals = [column for column in values if column.header is None or column.header.lower() not in INDEX_NAMES]
    if signals and len(signals) < len(values):
        ignored += [column.header or f"column {column.index + 1}" for column in values if column not in signals]
        values = signals
    return values, ignored


def _holds_numbers(tokens: Sequence[str], name: str | None) -> bool:
    present = [token for token in tokens if token.upper() not in MISSING_TOKENS]
    if not present:
        return bool(name)
    return sum(map(is_number, present)) * 2 >= len(present)


def tokens_of(rows: Rows, values: Sequence[Column]) -> Iterator[str]:
    """Go through the fields of the columns that hold readings."""
    for row in rows:
        for column in values:
            if column.index < len(row):
                yield row[column.index].strip()
