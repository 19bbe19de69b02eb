"""The pyramid's slow, obvious twin: readings in a dict, buckets in a dict, one loop over them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from pipeline.contract import PERCENTILE_MIN_SAMPLES, Level


@dataclass(frozen=True)
class Bucket:
    """What a level keeps of an analog signal in one bucket."""

    readings: tuple[float, ...]
    """In the order of time."""

    @property
    def kept(self) -> dict[str, float]:
        """List the statistics that hold at every level."""
        every = self.readings
        return {
            "n": len(every),
            "min": min(every),
            "max": max(every),
            "first": every[0],
            "last": every[-1],
            "mean": math.fsum(every) / len(every),
        }

    def around(self, quantile: float) -> tuple[float, float] | None:
        """Find the two readings between which a quantile lies; None of too few readings."""
        if len(self.readings) < PERCENTILE_MIN_SAMPLES:
            return None
        ordered, place = sorted(self.readings), quantile * (len(self.readings) - 1)
        return ordered[math.floor(place)], ordered[math.ceil(place)]


def label_of(ts: int, level: Level, zone: str) -> int:
    """Start of the bucket that a stamp lies in [epoch ms UTC]."""
    if not level.is_calendar_day:
        return ts // level.step_ms * level.step_ms
    local = datetime.fromtimestamp(ts / 1000, UTC).astimezone(ZoneInfo(zone))
    midnight = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone))
    return int(midnight.timestamp() * 1000)


def buckets_of(readings: Mapping[int, float], level: Level, zone: str) -> dict[int, Bucket]:
    """Sort readings into buckets."""
    found: dict[int, list[float]] = defaultdict(list)
    for ts in sorted(readings):
        found[label_of(ts, level, zone)].append(readings[ts])
    return {label: Bucket(tuple(values)) for label, values in found.items()}


def energy_of(readings: Mapping[int, float], level: Level, zone: str) -> dict[int, float]:
    """Sum a counter's steps into the buckets that they begin in [kWh]."""
    found: dict[int, float] = defaultdict(float)
    stamps = sorted(readings)
    for ts, after in pairwise(stamps):
        found[label_of(ts, level, zone)] += readings[after] - readings[ts]
    return dict(found)


def alarms_of(readings: Mapping[int, float], level: Level, zone: str) -> dict[int, tuple[float, int]]:
    """Find a flag's maximum and its rising edges in each bucket."""
    found: dict[int, tuple[float, int]] = {}
    before = 0.0
    for ts in sorted(readings):
        label = label_of(ts, level, zone)
        highest, edges = found.get(label, (0.0, 0))
        rises = int(readings[ts] > 0 and before <= 0)
        found[label], before = (max(highest, readings[ts]), edges + rises), readings[ts]
    return found
