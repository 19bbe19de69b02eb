"""One group, from its files to its parts: kept where nothing has changed, read on where files have grown, else anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import discover, ingest
from pipeline.catalogue import series_of
from pipeline.contract import FileEnd, GroupRecord, Rejected, ResumePoint, SourceFile, Tally
from pipeline.errors import NotContinued
from pipeline.fingerprint import UNKNOWN
from pipeline.group import GroupBuilder
from pipeline.limits import limits_moved, power_limits, standing_limits
from pipeline.signals import Kind
from pipeline.stale import Job, can_resume, states_of
from pipeline.work import Context, GroupPlan, Outcome


def build_group(context: Context, job: Job, records: Mapping[tuple[str, str], GroupRecord]) -> Outcome:
    """Bring one group up to date with its files.

    Parameters
    ----------
    context : Context
        Of the build.
    job : Job
        The group, its files and what is known of it.
    records : mapping
        Groups of the same source that are finished: counters need the power beside them.

    Returns
    -------
    Outcome
        The group as it stands now.

    Raises
    ------
    StoreCorrupt, OSError
        The store cannot be read or written.
    """
    plan = GroupPlan(
        source=job.source,
        name=job.group,
        zone=context.zone,
        levels=context.levels,
        signals={name: context.site.signal(job.source, name) for file in job.files for name in file.signals},
        p_max_kw=power_limits(context, job, records) if job.group == Kind.COUNTER.value else {},
    )
    states = states_of(job)
    moved = job.old is not None and limits_moved(plan, job.old)
    if job.old is not None and all(state == "same" for state in states.values()) and not moved:
        return Outcome(job.old, changed_from_ms=None, changed=False)
    states = states if can_resume(job, states) else {}
    try:
        outcome = _read(context, job, plan, states, _starts(job, states, from_ends=True))
    except NotContinued:
        outcome = _read(context, job, plan, states, _starts(job, states, from_ends=False))
    context.notes.add(outcome.record)
    return outcome


@dataclass(frozen=True, slots=True)
class _Starts:
    """Where reading starts in the files that have grown."""

    points: dict[Path, ResumePoint]
    earlier: dict[Path, ResumePoint]
    """Of those that are read from their former end: where else they could be."""
    cuts: dict[str, int]
    """Of the signals of the others: the stamp from which on rows are read again [epoch ms UTC]."""

    @property
    def since_ms(self) -> int | None:
        """Earliest stamp of what is read [epoch ms UTC]."""
        return min((point.ts_ms for point in self.points.values()), default=None)


def _starts(job: Job, states: Mapping[Path, str], *, from_ends: bool) -> _Starts:
    """Choose where to start: where a file had ended, if that is plain, else well before."""
    signals = [signal for file in job.files for signal in file.signals]
    from_ends = from_ends and len(set(signals)) == len(signals)
    starts = _Starts({}, {}, {})
    for path, file in job.before.items() if states else ():
        if states[path] != "grown" or file.resume is None:
            continue
        if from_ends and (end := file.end) is not None and end.offset == file.size:
            starts.points[path] = ResumePoint(
                offset=end.offset,
                line=end.line + 1,
                ts_ms=end.ts_ms + 1,
                tally=file.tally,
                by_signal=file.by_signal,
                dialect=file.resume.dialect,
            )
            starts.earlier[path] = file.resume
        else:
            starts.points[path] = file.resume
            starts.cuts.update(dict.fromkeys(file.signals, file.resume.ts_ms))
    return starts


def _read(context: Context, job: Job, plan: GroupPlan, states: Mapping[Path, str], starts: _Starts) -> Outcome:
    old = job.old if states else None
    builder = GroupBuilder(plan, context.writer, old.group if old else None, standing_limits(old))
    builder.cut_back(starts.cuts)
    read = _Read([one for one in old.rejected if states.get(Path(one.path)) == "same"] if old else [])
    for chunk in ingest.read_files(
        job.source,
        [file for file in job.files if states.get(file.path) != "same"],
        zone=context.settings.naive_tz,
        chunk_rows=context.settings.chunk_size,
        site=context.site,
        resume=starts.points,
        earlier=starts.earlier,
    ):
        builder.add(chunk.frames)
        read.add(chunk)
    group = builder.finish()
    files = tuple(
        job.before[file.path] if states.get(file.path) == "same" else read.source_file(job, file) for file in job.files
    )
    series = series_of(builder.quality, group, plan, files, builder.counter_limits)
    record = GroupRecord(
        config_hash=context.config_hash, group=group, files=files, rejected=tuple(read.rejected), series=series
    )
    return Outcome(record, changed_from_ms=starts.since_ms, changed=True)


@dataclass(slots=True)
class _Read:
    """What was said of the files while they were read."""

    rejected: list[Rejected]
    tallies: dict[Path, Tally] = field(default_factory=dict)
    by_signal: dict[Path, dict[str, Tally]] = field(default_factory=dict)
    resume: dict[Path, ResumePoint] = field(default_factory=dict)
    ends: dict[Path, FileEnd] = field(default_factory=dict)
    lost: set[Path] = field(default_factory=set)

    def add(self, chunk: ingest.Chunk) -> None:
        """Take what a chunk says."""
        self.tallies |= chunk.tallies
        self.by_signal |= chunk.by_signal
        self.resume |= chunk.resume
        self.ends |= chunk.ends
        self.rejected += chunk.rejected
        self.lost |= chunk.lost

    def source_file(self, job: Job, file: discover.FoundFile) -> SourceFile:
        """Describe a file for the manifest."""
        taken = UNKNOWN if file.path in self.lost else job.prints[file.path]
        return SourceFile(
            path=str(file.path),
            source=job.source,
            group=job.group,
            size=taken.size,
            mtime_ns=taken.mtime_ns,
            head=taken.head,
            tail=taken.tail,
            signals=file.signals,
            tally=self.tallies.get(file.path, Tally()),
            by_signal=self.by_signal.get(file.path, {}),
            resume=self.resume.get(file.path),
            end=self.ends.get(file.path),
        )
