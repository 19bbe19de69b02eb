"""Counting what is read, kept and left out, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pipeline.contract import Tally


class Counts:
    """The running count of one file, signal by signal."""

    def __init__(self, signals: Iterable[str], before: Mapping[str, Tally] | None = None) -> None:
        self.rows = 0
        self.kept: Counter[str] = Counter()
        self.excluded: dict[str, Counter[str]] = {signal: Counter() for signal in signals}
        self.noted: Counter[str] = Counter()
        self.first_bad_line: int | None = None
        for signal, tally in (before or {}).items():
            self.rows, self.first_bad_line = tally.rows, tally.first_bad_line
            self.kept[signal] = tally.kept
            self.excluded[signal] = Counter(tally.excluded)
            self.noted = Counter(tally.noted)

    def exclude_rows(self, reason: str, count: int) -> None:
        """Count rows that no signal can use."""
        for excluded in self.excluded.values():
            excluded[reason] += count

    def add(self, other: Counts) -> None:
        """Count what another part of the file held."""
        self.rows += other.rows
        self.kept.update(other.kept)
        self.noted.update(other.noted)
        self.note_line(other.first_bad_line)
        for signal, excluded in other.excluded.items():
            self.excluded[signal].update(excluded)

    def note_line(self, line: int | None) -> None:
        """Remember the first line that something was wrong with."""
        if line is not None:
            self.first_bad_line = line if self.first_bad_line is None else min(line, self.first_bad_line)

    def copy(self) -> Counts:
        """Take a copy that counts on by itself."""
        twin = Counts(self.excluded)
        twin.add(self)
        return twin

    def by_signal(self) -> dict[str, Tally]:
        """Freeze the counts of each signal."""
        return {
            signal: Tally(
                rows=self.rows,
                kept=self.kept[signal],
                excluded=_positive(excluded),
                noted=_positive(self.noted),
                first_bad_line=self.first_bad_line,
            )
            for signal, excluded in self.excluded.items()
        }

    def whole(self) -> Tally:
        """Freeze the counts of the file: rows of text, and readings kept and excluded over all its signals."""
        return Tally(
            rows=self.rows,
            kept=sum(self.kept.values()),
            excluded=_positive(sum(self.excluded.values(), Counter())),
            noted=_positive(self.noted),
            first_bad_line=self.first_bad_line,
        )


def _positive(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in sorted(counts.items()) if count}


def add_tallies(one: Tally, other: Tally) -> Tally:
    """Add the tallies of two files of one series."""
    lines = [line for line in (one.first_bad_line, other.first_bad_line) if line is not None]
    return Tally(
        rows=one.rows + other.rows,
        kept=one.kept + other.kept,
        excluded=_positive(Counter(one.excluded) + Counter(other.excluded)),
        noted=_positive(Counter(one.noted) + Counter(other.noted)),
        first_bad_line=min(lines, default=None),
    )
