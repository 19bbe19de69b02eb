"""One group, from its files to its parts: kept where nothing has changed, read on where files have grown, else anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline import contract, discover, ingest, publish
from pipeline.catalogue import series_of
from pipeline.contract import GroupRecord, SourceFile, Tally
from pipeline.fingerprint import UNKNOWN, Fingerprint
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
    resumed = can_resume(job, states)
    builder = GroupBuilder(
        plan,
        context.writer,
        job.old.group if resumed and job.old else None,
        standing_limits(job.old if resumed else None),
    )
    outcome = _read(context, job, builder, states if resumed else {}, plan)
    publish.save_pending(context.settings.store, outcome.record)
    return outcome


def _read(context: Context, job: Job, builder: GroupBuilder, states: Mapping[Path, str], plan: GroupPlan) -> Outcome:
    before = {Path(file.path): file for file in job.old.files} if states and job.old else {}
    resume = {path: before[path].resume for path, state in states.items() if state == "grown"}
    resume_points = {path: point for path, point in resume.items() if point is not None}
    cuts = {name: point.ts_ms for path, point in resume_points.items() for name in before[path].signals}
    builder.cut_back(cuts)
    reading = [file for file in job.files if states.get(file.path) != "same"]
    tallies: dict[Path, Tally] = {}
    by_signal: dict[Path, dict[str, Tally]] = {}
    ends: dict[Path, contract.ResumePoint] = {}
    lost: dict[Path, Fingerprint] = {}
    standing = job.old.rejected if states and job.old else ()
    rejected = [one for one in standing if states.get(Path(one.path)) == "same"]
    for chunk in ingest.read_files(
        job.source,
        reading,
        zone=context.settings.naive_tz,
        chunk_rows=context.settings.chunk_size,
        site=context.site,
        resume=resume_points,
    ):
        builder.add(chunk.frames)
        tallies |= chunk.tallies
        by_signal |= chunk.by_signal
        ends |= chunk.resume
        rejected += chunk.rejected
        lost |= dict.fromkeys(chunk.lost, UNKNOWN)
    group = builder.finish()
    job = replace(job, prints={**job.prints, **lost})
    files = tuple(
        before[file.path]
        if states.get(file.path) == "same"
        else _source_file(job, file, tallies.get(file.path, Tally()), by_signal.get(file.path), ends.get(file.path))
        for file in job.files
    )
    series = series_of(context.writer.root, group, plan, files, builder.counter_limits)
    record = GroupRecord(
        config_hash=context.config_hash, group=group, files=files, rejected=tuple(rejected), series=series
    )
    since = min(cuts.values()) if cuts else None
    return Outcome(record, changed_from_ms=since, changed=True)


def _source_file(
    job: Job,
    file: discover.FoundFile,
    tally: Tally,
    by_signal: dict[str, Tally] | None,
    resume: contract.ResumePoint | None,
) -> SourceFile:
    taken = job.prints[file.path]
    return SourceFile(
        path=str(file.path),
        source=job.source,
        group=job.group,
        size=taken.size,
        mtime_ns=taken.mtime_ns,
        head=taken.head,
        tail=taken.tail,
        signals=file.signals,
        tally=tally,
        by_signal=by_signal or {},
        resume=resume,
    )
