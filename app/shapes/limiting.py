"""Shapes of the answers on limiting cells and leaks (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer, Interval


@dataclass(frozen=True, kw_only=True)
class LimitingEnd:
    """One charge end or discharge end, and the cell that came first there."""

    at: str
    pack: int
    cell: int
    place: int
    """The cell's place along the string, from 1."""
    margin_mv: float | None
    """Lead over the runner-up [mV]."""
    offset_ah: float | None
    """Charge between it and the median cell [Ah]."""


@dataclass(frozen=True, kw_only=True)
class LedgerCycle:
    """One full charge with the discharge end that follows it."""

    full: LimitingEnd
    empty: LimitingEnd | None
    lost_ah: float | None
    lost_kwh: float | None


@dataclass(frozen=True, kw_only=True)
class LimitingCell:
    """A cell that limited the string, and how persistently."""

    kind: str
    """first_full or first_empty."""
    pack: int
    cell: int
    times: int
    of: int
    recent: int
    """Of the last seven such ends."""
    margin_mv: float | None
    offset_ah: float | None
    first_at: str
    last_at: str


@dataclass(frozen=True, kw_only=True)
class LedgerAnswer(Answer):
    """The limiting-cell ledger of a window."""

    cycles: tuple[LedgerCycle, ...]
    limiting: tuple[LimitingCell, ...]
    """The most persistent lately first."""
    lost_ah: float | None
    """Median over the last 28 cycles of the window that know it [Ah]."""
    lost_kwh: float | None
    balancing_ah: float | None
    """Charge between the fullest and the emptiest cell at the charge end [Ah]."""
    balancing_hours: float | None
    balancing_a: float
    """Current that the hours are given at [A]."""
    cells: int
    untold: tuple[str, ...] = ()
    """Why charge kept out of use or hours of balancing are refused, a sentence each; `reason` says the same as one."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CellLeak:
    """One cell's self-discharge beyond its string's."""

    pack: int
    cell: int
    leak_ma: Interval
    z: float
    stands_out: bool
    """Above the detection limit, and in both halves of the time."""


@dataclass(frozen=True, kw_only=True)
class LeakAnswer(Answer):
    """Self-discharge of a string's cells, the largest first; over the whole history."""

    cells: tuple[CellLeak, ...]
    limit_ma: float | None
    """Smallest leak that this data could show [mA]."""
    span_days: float
    measured_at: str | None
    """Where in the cycle offsets were read: discharge_end or charge_end."""
    notes: tuple[str, ...] = ()
