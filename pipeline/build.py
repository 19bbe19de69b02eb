"""From roots to a published store: what is stale, built in parallel, published at once.

A build looks at every file's fingerprint. A group (say, a pack's voltages) whose files are the same keeps its parts;
one whose files have only grown reads what is new; any other is built anew. Groups are built side by side, then the
counters (which need the power beside them), then the features of each battery; then the manifest is swapped.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from pipeline import contract, discover, features, ingest, publish, remote
from pipeline.catalogue import series_of, sources_of
from pipeline.contract import GroupRecord, Manifest, Rejected, SourceFile, Tally
from pipeline.errors import SettingsError
from pipeline.group import GroupBuilder, GroupPlan
from pipeline.limits import limits_moved, power_limits, standing_limits
from pipeline.parts import PartWriter
from pipeline.settings import Settings
from pipeline.signals import Kind
from pipeline.site import find_site_file, read_site
from pipeline.stale import Job, can_resume, find_jobs, known_groups, states_of
from pipeline.tables import extract_features, is_sound
from pipeline.work import Context, Outcome

Progress = Callable[[int, int, str], None]
"""Called with the bytes done, the bytes in all, and what was just finished."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    build_id: str | None
    published: bool
    store: Path
    built: int
    """Series read from their files, whole or from where they had grown."""
    kept: int
    """Series whose files had not changed."""
    removed: int
    """Series whose files are gone."""
    files: int
    rows: int
    """Rows found in all files."""
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]
    seconds: float


def build(
    settings: Settings,
    *,
    rules: Sequence[str] = contract.DEFAULT_RULES,
    strict: bool = False,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the store up to date with the roots.

    Parameters
    ----------
    settings : Settings
        Roots, store, zones, threads.
    rules : sequence of str
        Aggregated levels.
    strict : bool
        Publish nothing when a file was rejected.
    rebuild : bool
        Read everything anew.
    progress : callable, optional
        Told of every finished group.

    Raises
    ------
    SettingsError, SiteFileError
        Roots, levels or ``site.toml`` cannot be used.
    StoreBusy, StoreError
        The store is held by another build, or cannot be written.
    """
    begun = perf_counter()
    site_path = find_site_file(settings.site, settings.meter_roots)
    site, site_hash = read_site(site_path)
    levels = tuple(sorted({contract.parse_level(rule) for rule in rules}, key=lambda level: level.step_ms))
    zone = site.zone or settings.site_tz
    naive_zone = settings.source_tz or zone
    tables = repr(sorted((name, list(schema.items())) for name, schema in features.TABLES.items()))
    kept = str(contract.ROWS_WORTH_KEEPING)
    said = (str(contract.STORE_VERSION), kept, tables, site_hash, zone, naive_zone, *(level.name for level in levels))
    config_hash = hashlib.sha256("|".join(said).encode()).hexdigest()[:16]
    with publish.building(settings.store):
        found = discover.discover(settings.meter_roots, site, settings.store / remote.COPIES)
        if not found.sources and not found.rejected:
            raise SettingsError(_nothing_found(settings))
        standing = None if rebuild else publish.read_manifest(settings.store)
        if standing is not None and standing.config_hash != config_hash:
            standing = None
        writer = PartWriter(settings.store, settings.compression, settings.parquet_threads)
        context = Context(
            settings.model_copy(update={"source_tz": naive_zone}), site, levels, zone, config_hash, writer
        )
        try:
            outcomes, unread = _build_groups(context, found.sources, standing, rebuild=rebuild, progress=progress)
            manifest = _assemble(context, found, outcomes, unread, standing, site_path, site_hash)
        finally:
            writer.close()
        return _finish(settings, manifest, standing, outcomes, strict=strict, begun=begun)


def _nothing_found(settings: Settings) -> str:
    roots = ", ".join(settings.meter_roots)
    return f"METER_ROOTS: no CSV below {roots}. Put your CSVs there, or name another folder; `make sample` writes one."


def _finish(
    settings: Settings,
    manifest: Manifest,
    standing: Manifest | None,
    outcomes: Sequence[Outcome],
    *,
    strict: bool,
    begun: float,
) -> BuildReport:
    unchanged = standing is not None and manifest.build_id == standing.build_id
    published = not (strict and manifest.rejected)
    if published and not unchanged:
        publish.publish(settings.store, manifest)
        publish.collect_garbage(settings.store, manifest)
    built = sum(len(one.record.series) for one in outcomes if one.changed)
    before = {(one.source, one.signal) for one in standing.series} if standing else set()
    return BuildReport(
        build_id=manifest.build_id if published else None,
        published=published,
        store=settings.store,
        built=built,
        kept=len(manifest.series) - built,
        removed=len(before - {(one.source, one.signal) for one in manifest.series}),
        files=len({file.path for file in manifest.files}),
        rows=sum({file.path: file.tally.rows for file in manifest.files}.values()),
        rejected=manifest.rejected,
        warnings=manifest.warnings,
        seconds=perf_counter() - begun,
    )


def _build_groups(
    context: Context,
    sources: Iterable[discover.FoundSource],
    standing: Manifest | None,
    *,
    rebuild: bool,
    progress: Progress | None,
) -> tuple[list[Outcome], list[Rejected]]:
    pending = [] if rebuild else publish.read_pending(context.settings.store)
    known = known_groups(context.writer.root, context.config_hash, standing, pending)
    jobs, unread = find_jobs(sources, known)
    total = sum(job.bytes for job in jobs) or 1
    done = 0
    outcomes: list[Outcome] = []
    first = [job for job in jobs if job.group != Kind.COUNTER.value]
    second = [job for job in jobs if job.group == Kind.COUNTER.value]
    with ThreadPoolExecutor(context.settings.max_workers, thread_name_prefix="group") as pool:
        for batch in (first, second):
            records = {(one.record.group.source, one.record.group.name): one.record for one in outcomes}
            running = [(job, pool.submit(_build_group, context, job, records)) for job in batch]
            for job, future in running:
                if (outcome := future.result()) is not None:
                    outcomes.append(outcome)
                done += job.bytes
                if progress is not None:
                    progress(done, total, f"{job.source} {job.group}")
    return outcomes, unread


def _build_group(context: Context, job: Job, records: Mapping[tuple[str, str], GroupRecord]) -> Outcome | None:
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
    built = _read(context, job, builder, states if resumed else {}, plan)
    if built is None:
        return None
    outcome, _ = built
    publish.save_pending(context.settings.store, outcome.record)
    return outcome


def _read(
    context: Context, job: Job, builder: GroupBuilder, states: Mapping[Path, str], plan: GroupPlan
) -> tuple[Outcome, GroupBuilder] | None:
    before = {Path(file.path): file for file in job.old.files} if states and job.old else {}
    resume = {path: before[path].resume for path, state in states.items() if state == "grown"}
    resume_points = {path: point for path, point in resume.items() if point is not None}
    cuts = {name: point.ts_ms for path, point in resume_points.items() for name in before[path].signals}
    builder.cut_back(cuts)
    reading = [file for file in job.files if states.get(file.path) != "same"]
    tallies: dict[Path, Tally] = {}
    by_signal: dict[Path, dict[str, Tally]] = {}
    ends: dict[Path, contract.ResumePoint] = {}
    rejected = list(job.old.rejected) if states and job.old else []
    rejected = [one for one in rejected if states.get(Path(one.path)) == "same"]
    zone = context.settings.naive_tz
    for chunk in ingest.read_files(
        job.source,
        reading,
        zone=zone,
        chunk_rows=context.settings.chunk_size,
        site=context.site,
        resume=resume_points,
    ):
        builder.add(chunk.frames)
        tallies |= chunk.tallies
        by_signal |= chunk.by_signal
        ends |= chunk.resume
        rejected += chunk.rejected
    group = builder.finish()
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
    return Outcome(record, changed_from_ms=since, changed=True), builder


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


def _assemble(
    context: Context,
    found: discover.Discovery,
    outcomes: Sequence[Outcome],
    unread: Sequence[Rejected],
    standing: Manifest | None,
    site_path: Path | None,
    site_hash: str,
) -> Manifest:
    rejected = tuple(sorted({*found.rejected, *unread, *(r for o in outcomes for r in o.record.rejected)}, key=_where))
    series = tuple(one for outcome in outcomes for one in outcome.record.series)
    if standing is not None and rejected == standing.rejected and not any(outcome.changed for outcome in outcomes):
        tables = [group for group in standing.groups if group.name == contract.TABLE_GROUP]
        before = {(g.source, g.name) for g in standing.groups if g.name != contract.TABLE_GROUP}
        now = {(outcome.record.group.source, outcome.record.group.name) for outcome in outcomes}
        if before == now and all(is_sound(context, group) for group in tables):
            return standing
    feature_tables, traits = extract_features(context, outcomes, standing)
    build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    return Manifest(
        version=contract.STORE_VERSION,
        config_hash=context.config_hash,
        build_id=build_id,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        site_zone=context.zone,
        site_file=str(site_path) if site_path else None,
        site_hash=site_hash,
        roots=context.settings.meter_roots,
        rules=tuple(level.name for level in context.levels),
        sources=sources_of(found.sources, series, traits),
        series=series,
        groups=(*(outcome.record.group for outcome in outcomes), *feature_tables),
        files=tuple(file for outcome in outcomes for file in outcome.record.files),
        rejected=rejected,
        warnings=found.warnings,
    )


def _where(one: Rejected) -> tuple[str, int]:
    return one.path, one.line or 0
