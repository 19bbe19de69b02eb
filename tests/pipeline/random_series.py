"""Random series as loggers leave them: gaps, jitter, duplicates, disorder, any notation, both changes of clock.

A series is made in UTC, so its truth is known; what is written is what a logger, a merge of files or a repeated upload
makes of it. Where stamps are written without a zone, rows stay in order and the repeated hour whole, since nothing else
could tell its two passes apart.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
TURNS_MS = tuple(
    int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    for text in ("2024-10-27T01:00", "2025-03-30T01:00", "2024-07-31T22:00", "2024-12-31T23:00", "2024-02-28T23:00")
)
"""Autumn's and spring's change of clock, a month's end, a year's end, and a leap day [epoch ms UTC]."""
SPAN_H = {10: 3, 30: 8, 60: 14, 300: 54}
"""Hours around such a turn that are written, by the logger's step [s]."""
SIGNALS = {"meter/m1": ("com_ap", "pos_ae"), "BESS/B1": ("bms1_p1_v1", "bms1_p1_v2", "bms1_p1_t1", "fa1_SmokeFlag")}


@dataclass(frozen=True)
class Recipe:
    """What a random site is made from."""

    seed: int
    turn_ms: int
    """What happens in the middle of its span, one of ``TURNS_MS``."""
    step_s: int
    notation: str
    is_rough: bool
    own_clocks: bool
    stages: tuple[float, ...]
    """Shares of the rows that are there at each build."""


RECIPES = st.builds(
    Recipe,
    seed=st.integers(0, 2**32),
    turn_ms=st.sampled_from(TURNS_MS),
    step_s=st.sampled_from(tuple(SPAN_H)),
    notation=st.sampled_from(("utc", "offset", "naive")),
    is_rough=st.booleans(),
    own_clocks=st.booleans(),
    stages=st.sampled_from(((1.0,), (0.4, 1.0), (0.2, 0.7, 1.0))),
)


@dataclass(frozen=True)
class RandomSite:
    """What is written of each signal, and what is true of it."""

    truth: dict[str, dict[int, float]] = field(default_factory=dict)
    """By signal: stamp [epoch ms UTC] and reading."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    """By path below the root: the rows as they are written."""

    @property
    def span(self) -> tuple[int, int]:
        """First and last stamp [epoch ms UTC]."""
        return min(min(one) for one in self.truth.values()), max(max(one) for one in self.truth.values())

    def write(self, root: Path, share: float = 1.0) -> Path:
        """Write the first rows of every file."""
        for name, lines in self.lines.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = lines[: max(int(len(lines) * share), 1)]
            path.write_text("\n".join([f"ts,{path.stem}", *kept]) + "\n", encoding="utf-8")
        return root

    def between(self, signal: str, start_ms: int, end_ms: int) -> dict[int, float]:
        """Readings of a window."""
        return {ts: value for ts, value in self.truth[signal].items() if start_ms <= ts < end_ms}

    def energy(self, signal: str, start_ms: int, end_ms: int) -> float | None:
        """Energy of the steps that begin in a window [kWh]; None where none does."""
        stamps = sorted(self.truth[signal])
        steps = [
            self.truth[signal][after] - self.truth[signal][ts]
            for ts, after in pairwise(stamps)
            if start_ms <= ts < end_ms
        ]
        return sum(steps) if steps else None


def random_site(recipe: Recipe) -> RandomSite:
    """Make a site of one meter and one battery."""
    chance, site = random.Random(recipe.seed), RandomSite()
    is_rough = recipe.is_rough and recipe.notation != "naive"
    shared = _stamps(chance, recipe.turn_ms, recipe.step_s, rough=is_rough)
    for folder, signals in SIGNALS.items():
        for signal in signals:
            stamps = shared
            if recipe.own_clocks and chance.random() < 0.5:
                stamps = _stamps(chance, recipe.turn_ms, recipe.step_s, rough=is_rough)
            site.truth[signal] = truth = _readings(chance, signal, stamps)
            rows = _spoilt(chance, signal, truth) if is_rough else list(truth.items())
            site.lines[f"{folder}/{signal}.csv"] = [f"{_written(ts, recipe.notation)},{value!r}" for ts, value in rows]
    return site


def _stamps(chance: random.Random, turn: int, step_s: int, *, rough: bool) -> list[int]:
    """Make stamps at a step, in whole seconds; rough ones jitter and have gaps."""
    stamps = []
    ts = turn - SPAN_H[step_s] * HOUR_MS // 2 + 1000 * chance.randrange(step_s)
    while ts < turn + SPAN_H[step_s] * HOUR_MS // 2:
        stamps.append(ts)
        ts += step_s * 1000
        if rough and chance.random() < 0.2:
            ts += 1000 * chance.randrange(step_s)
        if rough and chance.random() < 0.003:
            ts += chance.randrange(6 * HOUR_MS // 1000) * 1000
    return stamps


def _readings(chance: random.Random, signal: str, stamps: list[int]) -> dict[int, float]:
    if signal == "pos_ae":
        total, before, truth = 1_000.0, stamps[0], {}
        for ts in stamps:
            total += chance.uniform(20, 60) * (ts - before) / HOUR_MS
            before = ts
            truth[ts] = round(total, 2)
        return truth
    make = {
        "com_ap": lambda: round(chance.gauss(0, 40), 2),
        "fa1_SmokeFlag": lambda: float(chance.random() < 0.002),
        "bms1_p1_t1": lambda: round(chance.gauss(25, 3), 1),
    }.get(signal, lambda: round(chance.gauss(3.3, 0.02), 3))
    return {ts: make() for ts in stamps}


def _spoilt(chance: random.Random, signal: str, truth: dict[int, float]) -> list[tuple[int, float]]:
    """Repeat some rows, put an earlier wrong reading before some, and put stretches of rows out of order."""
    rows = list(truth.items())
    for _ in range(3):
        at = chance.randrange(len(rows))
        length = chance.randrange(1, 40)
        moved, rows[at : at + length] = rows[at : at + length], []
        to = chance.randrange(len(rows) + 1)
        rows[to:to] = moved
    spoilt: list[tuple[int, float]] = []
    for ts, value in rows:
        if chance.random() < 0.01:
            spoilt.append((ts, 0.0 if signal == "fa1_SmokeFlag" else round(value + 0.25, 3)))
        spoilt += [(ts, value)] * (1 + (chance.random() < 0.02))
    return spoilt


def _written(ts: int, notation: str) -> str:
    instant = datetime.fromtimestamp(ts / 1000, UTC)
    if notation == "utc":
        return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
    local = instant.astimezone(BERLIN)
    return local.isoformat() if notation == "offset" else f"{local:%Y-%m-%d %H:%M:%S}"
