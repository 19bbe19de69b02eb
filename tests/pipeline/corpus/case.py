"""What a case of the corpus is, and the rows that most of them hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

Rows = tuple[tuple[str, float], ...]


class Signal(TypedDict):
    """File name and signal of a case that is not about power."""

    file_name: str
    signal: str


@dataclass(frozen=True)
class Case:
    """One file and what must come of it."""

    name: str
    data: bytes
    rows: Rows = ()
    """UTC stamps and readings that must be found, exactly."""
    excluded: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)
    rejected: str | None = None
    """Words that the reason of the rejection holds."""
    line: int | None = None
    """Line that is named first, where one is."""
    file_name: str = "com_ap.csv"
    signal: str = "com_ap"


GOOD: Rows = (("2024-01-01T00:00:00", 1.5), ("2024-01-01T00:05:00", -2.25), ("2024-01-01T00:10:00", 3.0))
"""The rows that most cases hold, in UTC; Berlin writes them an hour later."""
LOCAL = ("2024-01-01 01:00:00,1.5", "2024-01-01 01:05:00,-2.25", "2024-01-01 01:10:00,3.0")


def csv_of(*lines: str, header: str | None = "ts,com_ap", end: str = "\n", last: bool = True) -> bytes:
    """Write a file from its lines."""
    every = ([] if header is None else [header]) + list(lines)
    return (end.join(every) + (end if last else "")).encode()


def good_with(*extra: str, at: int = 1) -> bytes:
    """Write the good rows with lines put in."""
    lines = [*LOCAL[:at], *extra, *LOCAL[at:]]
    return csv_of(*lines)


def good_at(pattern: str, *, zone_ms: int = 0) -> bytes:
    """Write the good rows with their stamps in a notation."""

    def written(stamp: str) -> str:
        instant = datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()
        return datetime.fromtimestamp(instant + zone_ms / 1000, UTC).strftime(pattern)

    return csv_of(*[f"{written(stamp)},{value}" for stamp, value in GOOD])


HOUR_MS = 3_600_000
