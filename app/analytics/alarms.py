"""Alarms, sorted out: safety first, then what is still on, then by level; none is hidden."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from app.shapes.kpis import AlarmEvent

FREQUENT = 20
"""Events of one flag from which it is called frequent: such flags are sorted down, never hidden. Source: vendors say
that alarms of voltage and charge are frequent in normal use."""
SAFETY, BATTERY, FAULT = "safety", "battery", "fault"
KINDS = ((SAFETY, r"(?i).*(smoke|fire|gas|leak|emergency|estop).*"), (BATTERY, r"(?i)(bms|bat|cell).*"))
"""What a flag warns of, by its name, the gravest first; any other tells of a device's fault."""


def kind_of(signal: str) -> str:
    """Tell what a flag warns of: ``safety`` of people and building, the ``battery``, or a device's ``fault``."""
    error = re.fullmatch(r"(?i).*(err|fault).*", signal)
    return FAULT if error else next((kind for kind, pattern in KINDS if re.fullmatch(pattern, signal)), FAULT)


def lasted_s(event: AlarmEvent) -> float:
    """Length of an event [s]."""
    return (datetime.fromisoformat(event.end) - datetime.fromisoformat(event.start)).total_seconds()


def frequent(events: Sequence[AlarmEvent]) -> frozenset[str]:
    """Name the flags with more than ``FREQUENT`` events."""
    counts = Counter(event.signal for event in events)
    return frozenset(signal for signal, count in counts.items() if count > FREQUENT)


def triage(events: Sequence[AlarmEvent]) -> tuple[AlarmEvent, ...]:
    """Sort alarms: safety before all, then ongoing before past, rare before frequent, high before low, newest first.

    Formula: safety of people and building first, then ongoing, then flags of at most ``FREQUENT`` events, then peak,
    then start, newest first. Units: none: a rank. Source: own; rationalisation as in IEC 62682 (priority by
    consequence, nuisance alarms apart). Longest sampling interval: any; what is shorter than one interval is not in the
    data. Weakness: the kind is read from the signal's name, so a flag named otherwise counts as a device's fault.
    """
    often = frequent(events)

    def urgency(event: AlarmEvent) -> tuple[bool, bool, bool, float, float]:
        begun = datetime.fromisoformat(event.start).timestamp()
        is_safety = kind_of(event.signal) == SAFETY
        return (not is_safety, not event.ongoing, event.signal in often, -event.peak, -begun)

    return tuple(sorted(events, key=urgency))
