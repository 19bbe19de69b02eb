"""Alarms, sorted out: what is still on first, then by level; none is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.shapes import AlarmEvent

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
