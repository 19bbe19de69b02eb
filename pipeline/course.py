"""The course of a build: each source's groups, then its counters, then its features, as many at once as may be.

Counters wait for the power beside them, features for every group of their battery. What is further on its way goes
first, so that one source's features are extracted while the next one's files are parsed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.contract import Manifest
from pipeline.groups import build_group
from pipeline.signals import Kind
from pipeline.stale import Job
from pipeline.tables import Tables, extract_features, is_battery
from pipeline.work import Context, Outcome

Progress = Callable[[int, int, str], None]
"""Called with the work done and the work in all (bytes of files), and what was just finished."""

FEATURES_SHARE = 0.2
"""What extracting a battery's features counts in the progress, as a share of its files: about what it takes of the
time."""


class _Step(Protocol):
    """A piece of work, run by a thread of its own."""

    name: str
    weight: int

    def run(self) -> None:
        """Do it."""


@dataclass
class _Source:
    """One source on its way."""

    context: Context
    standing: Manifest | None
    stages: list[list[Job]]
    weight: int
    open_steps: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    tables: Tables | None = None
    is_extracted: bool = False

    def next_steps(self) -> list[_Step]:
        """List what can be done now that every step before it is done; nothing at the end of the course."""
        steps: list[_Step] = []
        while self.stages and not steps:
            steps = [_GroupStep(self, job) for job in self.stages.pop(0)]
        if not steps and not self.is_extracted and is_battery(self.outcomes):
            self.is_extracted = True
            steps = [_FeaturesStep(self)]
        self.open_steps = len(steps)
        return steps


class _GroupStep:
    def __init__(self, source: _Source, job: Job) -> None:
        self._source, self._job = source, job
        self.name, self.weight = f"{job.source} {job.group}", job.bytes

    def run(self) -> None:
        before = {(one.record.group.source, one.record.group.name): one.record for one in self._source.outcomes}
        outcome = build_group(self._source.context, self._job, before)
        if _is_resumed(self._job, self._source.standing):
            outcome.changed, outcome.changed_from_ms = True, None
        self._source.outcomes.append(outcome)


class _FeaturesStep:
    def __init__(self, source: _Source) -> None:
        self._source = source
        self.name = f"{source.outcomes[0].record.group.source} features"
        self.weight = int(FEATURES_SHARE * source.weight)

    def run(self) -> None:
        self._source.tables = extract_features(self._source.context, self._source.outcomes, self._source.standing)


def run(
    context: Context, jobs: Sequence[Job], standing: Manifest | None, progress: Progress | None = None
) -> tuple[list[Outcome], list[Tables]]:
    """Take every source from its files to its features.

    Parameters
    ----------
    context : Context
        Of the build.
    jobs : sequence of Job
        Every group of every source, the largest first.
    standing : Manifest, optional
        What is published.
    progress : callable, optional
        Told of every finished step.

    Returns
    -------
    list of Outcome, list of Tables
        Every group, and the features of every battery, in the order of their names.

    Raises
    ------
    StoreCorrupt, OSError
        The store cannot be read or written.
    """
    sources = _sources(context, jobs, standing)
    total = sum(source.weight for source in sources) * (1 + FEATURES_SHARE) or 1.0
    done = 0
    waiting = [(source, step) for source in reversed(sources) for step in reversed(source.next_steps())]
    running: dict[Future[None], tuple[_Source, _Step]] = {}
    with ThreadPoolExecutor(context.settings.max_workers, thread_name_prefix="build") as pool:
        while waiting or running:
            while waiting and len(running) < context.settings.max_workers:
                source, step = waiting.pop()
                running[pool.submit(step.run)] = source, step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                source, step = running.pop(future)
                future.result()
                source.open_steps -= 1
                if not source.open_steps:
                    waiting += [(source, following) for following in reversed(source.next_steps())]
                done += step.weight
                if progress is not None:
                    progress(done, int(total), step.name)
    if progress is not None:
        progress(int(total), int(total), "every source")
    return _in_order(sources)


def _is_resumed(job: Job, standing: Manifest | None) -> bool:
    """Whether what is known of a group comes from an unfinished build: what is published does not hold it yet."""
    if job.old is None or standing is None:
        return False
    return not any(job.old.group == group for group in standing.groups)


def _sources(context: Context, jobs: Sequence[Job], standing: Manifest | None) -> list[_Source]:
    """Lay out each source's course; those with most to read begin, so that small ones fill the gaps at the end."""
    stages: dict[str, list[list[Job]]] = defaultdict(lambda: [[], []])
    for job in jobs:
        stages[job.source][job.group == Kind.COUNTER.value].append(job)
    sources = [
        _Source(context, standing, own, sum(job.bytes for stage in own for job in stage)) for own in stages.values()
    ]
    return sorted(sources, key=lambda source: -source.weight)


def _in_order(sources: Sequence[_Source]) -> tuple[list[Outcome], list[Tables]]:
    outcomes = [outcome for source in sources for outcome in source.outcomes]
    outcomes.sort(key=lambda one: (one.record.group.source, one.record.group.name))
    tables = [source.tables for source in sources if source.tables is not None]
    return outcomes, sorted(tables, key=lambda one: one.group.source)
