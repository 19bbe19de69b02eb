"""Which clocks of a site run ahead or behind: converter, cells and meters against the battery's current."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from app import loader
from app.analytics.clocks import (
    CLOCK_MIN_R,
    CLOCK_SLOWEST_MS,
    SKEW_STEPS,
    VOLTAGE_SKEW_STEPS,
    Skew,
    clock_shifts,
    severity_of,
    skews,
)
from app.answers.window import iso, source_of
from app.shapes.answer import Floats
from app.shapes.quality import ClockOff, ClockPair, ClocksAnswer
from app.shapes.verdicts import Finding
from app.store import Store
from pipeline.contract import DAY_MS, RAW_LEVEL, TS, Series

METER_DAYS = 90
"""Days of history on which a meter is compared, its last ones [d]."""
METER_POWER = "com_ap"
CURRENT = (r"bms\d+_c", r"pcs\d+_dcc")
"""What the others are held against: the first that is logged."""
POWERS, VOLTAGES = (r"pcs\d+_ap", r"pcs\d+_dcc"), (r"bms\d+_v", r"bms\d+_p\d+_v1")
"""Of each device, the series that shows the current's steps."""
NO_CURRENT = "No current is logged: there is nothing to hold the other clocks against."


@loader.once_per_build
def clocks(system: str) -> ClocksAnswer:
    """Say how far the clocks of a system's devices, and of the site's meters, stand apart; on the whole history.

    Parameters
    ----------
    system : str
        Name of a battery system.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    store = loader.current()
    source_of(store, system, "bess")
    reference = _first(store, system, CURRENT)
    made = list(_pairs(store, system, reference)) if reference is not None else []
    return ClocksAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=NO_CURRENT if reference is None else None,
        pairs=tuple(pair for pair, _ in made),
        findings=tuple(_finding(pair, skew, store.zone) for pair, found in made for skew in found),
    )


def _pairs(store: Store, system: str, reference: Series) -> Iterator[tuple[ClockPair, list[Skew]]]:
    base = _read(store, reference, None)
    for patterns in (POWERS, VOLTAGES):
        other = _first(store, system, patterns)
        if other is not None and other.signal != reference.signal:
            yield _pair(store, reference, base, other, None)
    power = _first(store, system, POWERS)
    if power is None:
        return
    since = power.last_ms - METER_DAYS * DAY_MS
    recent = _read(store, power, since)
    for meter in store.manifest.sources:
        if meter.kind == "meter" and (own := _first(store, meter.name, (METER_POWER,))) is not None:
            yield _pair(store, power, recent, own, since)


def _first(store: Store, source: str, patterns: tuple[str, ...]) -> Series | None:
    every = sorted(store.all_series(source), key=lambda one: one.signal)
    matching = (one for pattern in patterns for one in every if re.fullmatch(pattern, one.signal) and one.kept > 1)
    return next(matching, None)


def _read(store: Store, one: Series, since_ms: int | None) -> tuple[Floats, Floats]:
    start = one.first_ms if since_ms is None else max(since_ms, one.first_ms)
    rows = store.read(one.source, [one.signal], RAW_LEVEL, (), start, one.last_ms + 1).drop_nulls()
    return rows[TS].to_physical().cast(pl.Float64).to_numpy(), rows[one.signal].cast(pl.Float64).to_numpy()


def _pair(
    store: Store, reference: Series, base: tuple[Floats, Floats], other: Series, since_ms: int | None
) -> tuple[ClockPair, list[Skew]]:
    slowest = max(reference.interval_ms, other.interval_ms)
    shifts = clock_shifts(*base, *_read(store, other, since_ms)) if slowest <= CLOCK_SLOWEST_MS else []
    least = _least_steps(other.signal)
    found, last = skews(shifts, least), shifts[-1] if shifts else None
    pair = ClockPair(
        reference=reference.signal,
        source=other.source,
        signal=other.signal,
        shift_s=None if last is None else round(last.shift_ms / 1000, 1),
        limit_s=None if last is None else round(least * last.limit_ms / 1000, 1),
        r=None if last is None else round(abs(last.r), 3),
        off=tuple(
            ClockOff(
                start=iso(one.start_ms, store.zone),
                end=iso(one.end_ms, store.zone),
                shift_s=round(one.shift_ms / 1000, 1),
                r=round(abs(one.r), 3),
            )
            for one in found
        ),
        reason=_reason(slowest) if last is None else None,
    )
    return pair, found


def _least_steps(signal: str) -> float:
    """Smallest shift of a signal that is told, in steps of the slower logger [1]."""
    return VOLTAGE_SKEW_STEPS if any(re.fullmatch(one, signal) for one in VOLTAGES) else SKEW_STEPS


def _reason(slowest_ms: int) -> str:
    if slowest_ms > CLOCK_SLOWEST_MS:
        return (
            f"Readings every {slowest_ms / 1000:.0f} s are too slow to compare clocks "
            f"(at most {CLOCK_SLOWEST_MS / 1000:.0f} s)."
        )
    return f"The two share too few steps to compare their clocks (correlation below {CLOCK_MIN_R:g})."


def _finding(pair: ClockPair, skew: Skew, zone: str) -> Finding:
    side = "behind" if skew.shift_ms > 0 else "ahead of"
    minutes, limit = abs(skew.shift_ms) / 60_000, _least_steps(pair.signal) * skew.limit_ms / 60_000
    return Finding(
        rule="data_quality",
        subject=f"{pair.source} {pair.signal}",
        value=round(skew.shift_ms / 1000, 1),
        limit=round(_least_steps(pair.signal) * skew.limit_ms / 1000, 1),
        unit="s",
        severity=severity_of(skew),
        at=iso(skew.start_ms, zone),
        text=f"Its clock is {minutes:.1f} min {side} that of {pair.reference} until {iso(skew.end_ms, zone)[:10]} "
        f"(smallest shift that could be told {limit:.1f} min; steps correlate to {abs(skew.r):.2f}). What compares the "
        "two at one moment is off there: audits, efficiency by the hour, resistance; sums over days are not.",
        evidence={"rule": "skewed_clock", "until": iso(skew.end_ms, zone), "reference": pair.reference},
    )
