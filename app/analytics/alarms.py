"""Alarms, sorted out: what is still on first, then by level; chatter is merged for display alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.shapes import AlarmEvent

CHATTER_S = 900.0
"""Stretches of one flag closer together than this are one line on a page [s]; the events themselves stay apart."""
FREQUENT = 20
"""Events of one flag from which it is called frequent: such flags are sorted down, never hidden."""


def triage(events: Sequence[AlarmEvent]) -> tuple[AlarmEvent, ...]:
    """Sort alarms: ongoing before past, higher level first, rare before frequent flags, newest first."""
    counts: dict[str, int] = {}
    for event in events:
        counts[event.signal] = counts.get(event.signal, 0) + 1

    def urgency(event: AlarmEvent) -> tuple[bool, bool, float, float]:
        begun = datetime.fromisoformat(event.start).timestamp()
        return (not event.ongoing, counts[event.signal] > FREQUENT, -event.peak, -begun)

    return tuple(sorted(events, key=urgency))


def merge_chatter(events: Sequence[AlarmEvent], within_s: float = CHATTER_S) -> tuple[AlarmEvent, ...]:
    """Merge stretches of the same flag that are close together, for display: peak is the highest, samples add up.

    Parameters
    ----------
    events : sequence of AlarmEvent
        In any order.
    within_s : float
        Longest pause that is bridged [s].
    """
    merged: list[AlarmEvent] = []
    for event in sorted(events, key=lambda one: (one.signal, datetime.fromisoformat(one.start))):
        last = merged[-1] if merged and merged[-1].signal == event.signal else None
        if last is not None and _pause_s(last, event) <= within_s:
            merged[-1] = AlarmEvent(
                signal=last.signal,
                label=last.label,
                start=last.start,
                end=max(last.end, event.end, key=datetime.fromisoformat),
                peak=max(last.peak, event.peak),
                samples=last.samples + event.samples,
                ongoing=last.ongoing or event.ongoing,
            )
        else:
            merged.append(event)
    return tuple(merged)


def _pause_s(earlier: AlarmEvent, later: AlarmEvent) -> float:
    return (datetime.fromisoformat(later.start) - datetime.fromisoformat(earlier.end)).total_seconds()
