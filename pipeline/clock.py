"""Clocks: the stamps that files share, understood once and turned into instants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.localtime import Ints, localise, repeated_window
from pipeline.openfile import Parsed
from pipeline.stamps import StampFormat, parse
from pipeline.strict import parse_carefully


@dataclass(slots=True)
class Clock:
    """Blocks whose stamps are the same, row by row."""

    members: list[Parsed]
    texts: pl.Series | None
    style: StampFormat | None
    ms: Ints | None
    instant: NDArray[np.bool_] | None
    signals: set[str]
    """Every signal that shares it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A clock in UTC with the blocks that share it."""

    utc: Ints
    """Epoch ms, in the order of rows."""
    local: Ints
    """Stamps as they were written, wall-clock ms where ``instant`` is False."""
    instant: NDArray[np.bool_]
    noted: dict[str, int]
    zone: str
    members: list[Parsed]


def gather(clocks: list[Clock], parsed: Parsed) -> None:
    """Add a block to the clock that it shares, or to a new one."""
    style = parsed.file.dialect.stamp if parsed.texts is not None else None
    for clock in clocks:
        if clock.signals.isdisjoint(parsed.values.columns) and _is_same(clock, parsed, style):
            clock.members.append(_without_texts(parsed))
            clock.signals.update(parsed.values.columns)
            return
    signals = set(parsed.values.columns)
    clocks.append(Clock([_without_texts(parsed)], parsed.texts, style, parsed.ms, parsed.instant, signals))


def _without_texts(parsed: Parsed) -> Parsed:
    return Parsed(
        parsed.file,
        parsed.values,
        parsed.counts,
        lines=parsed.lines,
        nulls_counted=parsed.nulls_counted,
    )


def _is_same(clock: Clock, parsed: Parsed, style: StampFormat | None) -> bool:
    if clock.texts is not None and parsed.texts is not None:
        return clock.style == style and len(clock.texts) == len(parsed.texts) and clock.texts.equals(parsed.texts)
    if clock.ms is None or parsed.ms is None or clock.instant is None or parsed.instant is None:
        return False
    same_end = clock.members[0].file.is_end == parsed.file.is_end
    return same_end and np.array_equal(clock.ms, parsed.ms) and np.array_equal(clock.instant, parsed.instant)


def read_clock(clock: Clock, zone: str) -> Iterator[Settled]:
    """Turn a clock's stamps into instants.

    Where one of them is not in the notation of the others, every block that shares the clock is read again with care.
    """
    if clock.texts is not None and clock.style is not None:
        stamps = parse(clock.texts, clock.style)
        if stamps.null_count():
            again: list[Clock] = []
            for member in clock.members:
                gather(again, parse_carefully(member.file))
            for one in again:
                yield from read_clock(one, zone)
            return
        ms = stamps.to_numpy()
        instant = np.full(len(ms), clock.style.kind != "local")
    else:
        assert clock.ms is not None
        assert clock.instant is not None
        ms, instant = clock.ms, clock.instant
    yield from _settled(clock.members, ms, instant, zone)


def _settled(members: list[Parsed], ms: Ints, instant: NDArray[np.bool_], zone: str) -> Iterator[Settled]:
    """Cut a block off before a repeated hour that it does not see the end of, and localise the rest."""
    for group in _by_end(members):
        at = len(ms) if group[0].file.is_end else _before_open_hour(ms, instant, zone)
        if at == 0 and any(member.file.is_stretched_out for member in group):
            at = len(ms)
        if at < len(ms):
            for member in group:
                member.file.hold_back(member.line(at) if at else 0)
        if at == len(ms):
            utc, noted = _instants(ms, instant, zone)
            yield Settled(utc, ms, instant, noted, zone, group)
        elif at:
            kept = [_first_rows(member, at) for member in group]
            utc, noted = _instants(ms[:at], instant[:at], zone)
            yield Settled(utc, ms[:at], instant[:at], noted, zone, kept)


def _by_end(members: list[Parsed]) -> list[list[Parsed]]:
    ended = [member for member in members if member.file.is_end]
    others = [member for member in members if not member.file.is_end]
    return [group for group in (ended, others) if group]


def _first_rows(parsed: Parsed, rows: int) -> Parsed:
    """Return the first rows of a block, counted anew."""
    if parsed.lines is not None:
        return parse_carefully(parsed.file)
    parsed.counts.rows = rows
    return Parsed(parsed.file, parsed.values[:rows], parsed.counts, nulls_counted=parsed.nulls_counted)


def _before_open_hour(ms: Ints, instant: NDArray[np.bool_], zone: str) -> int:
    """Find the first of the last rows that all lie in one repeated hour; the row count where the last does not."""
    if len(ms) == 0 or instant[-1]:
        return len(ms)
    window = repeated_window(int(ms[-1]), zone)
    if window is None:
        return len(ms)
    outside = np.flatnonzero((ms < window[0]) | (ms >= window[1]) | instant)
    return int(outside[-1]) + 1 if len(outside) else 0


def _instants(ms: Ints, instant: NDArray[np.bool_], zone: str) -> tuple[Ints, dict[str, int]]:
    if instant.all():
        return ms, {}
    if not instant.any():
        localised = localise(ms, zone)
        return localised.ms, localised.noted
    localised = localise(ms[~instant], zone)
    utc = ms.copy()
    utc[~instant] = localised.ms
    return utc, localised.noted


def is_plain(settled: Settled, row: int) -> bool:
    """Whether a row's instant follows from its stamp alone, not from its neighbours."""
    return bool(settled.instant[row]) or repeated_window(int(settled.local[row]), settled.zone) is None


def noted_before(settled: Settled, row: int) -> dict[str, int]:
    """Count the decisions on stamps before a row."""
    return _instants(settled.local[:row], settled.instant[:row], settled.zone)[1]
