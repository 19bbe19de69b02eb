"""What of the data itself asks for somebody's attention: old data, missing readings, odd counter steps, lost files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from app import loader, query
from app.store import Store
from pipeline.contract import DAY_MS, Source
from pipeline.signals import Kind

STALE_DAYS = 2
"""Data older than this is called old [days]; a choice for loggers that report every few minutes."""
LOW_COVERAGE = 0.95
"""Mean coverage of a source's series below which it is called incomplete: of a month, a day and a half lacks [1]."""
ODD_STEPS = ("glitch", "rollover", "reset", "jump")
"""Classes of counter steps that somebody should look at."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing about the data of a source."""

    source: str
    kind: str
    """meter or bess."""
    what: str
    """``old`` [ms since the last reading], ``incomplete`` [coverage], ``odd_steps`` or ``rejected`` [count]."""
    value: float
    signal: str | None = None
    """The worst series, where the issue is about series."""


def now_ms() -> int:
    """Return the present [epoch ms UTC], which ages are told by: what is said by it is not remembered for long."""
    return loader.now_ms()


def issues(now_ms: int, start_ms: int | None = None, end_ms: int | None = None) -> list[Issue]:
    """List what the data of all sources asks attention for.

    Parameters
    ----------
    now_ms : int
        The present, for the age of the data [epoch ms UTC].
    start_ms, end_ms : int, optional
        Half-open window for counter steps [epoch ms UTC]; the whole history where None. All else is of the history.
    """
    store = loader.current()
    found: list[Issue] = []
    for source in store.manifest.sources:
        if now_ms - source.last_ms > STALE_DAYS * DAY_MS:
            found.append(Issue(source.name, source.kind, "old", float(now_ms - source.last_ms)))
        found += _of_source(source.name, start_ms, end_ms)
    return found


@loader.memoised
def _of_source(name: str, start_ms: int | None, end_ms: int | None) -> list[Issue]:
    store = loader.current()
    source = store.source(name)
    every = store.all_series(name)
    found = []
    coverage = sum(one.coverage for one in every) / len(every) if every else 1.0
    if coverage < LOW_COVERAGE:
        worst = min(every, key=lambda one: one.coverage)
        found.append(Issue(name, source.kind, "incomplete", coverage, worst.signal))
    odd = _odd_steps(store, source, start_ms, end_ms)
    if odd:
        found.append(Issue(name, source.kind, "odd_steps", float(odd)))
    folder = PurePath(source.folder)
    rejected = sum(PurePath(one.path).is_relative_to(folder) for one in store.manifest.rejected)
    if rejected:
        found.append(Issue(name, source.kind, "rejected", float(rejected)))
    return found


def _odd_steps(store: Store, source: Source, start_ms: int | None, end_ms: int | None) -> int:
    counters = [one.signal for one in store.all_series(source.name) if one.kind is Kind.COUNTER]
    if source.kind != "meter" or not counters:
        return 0
    counted = query.energy(store, source.name, counters, start_ms, end_ms)
    return sum(one.steps.get(name, 0) for one in counted.values() for name in ODD_STEPS)
