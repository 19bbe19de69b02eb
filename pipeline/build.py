"""From roots to a published store: what is stale, built in parallel, published at once.

A build looks at every file's fingerprint. A group (say, a pack's voltages) whose files are the same keeps its parts;
one whose files have only grown reads what is new; any other is built anew. Groups are built side by side, then the
counters (which need the power beside them), then the features of each battery; then the manifest is swapped.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import polars as pl

from pipeline import contract, discover, features, ingest, publish
from pipeline.catalogue import Traits, series_of, sources_of
from pipeline.contract import GroupRecord, Level, Manifest, Rejected, SourceFile, Tally, column
from pipeline.errors import SettingsError
from pipeline.fingerprint import Fingerprint, compare, fingerprint
from pipeline.group import GroupBuilder, GroupPlan
from pipeline.history import History
from pipeline.parts import PartWriter, read_part
from pipeline.settings import Settings
from pipeline.signals import Kind, group_of, power_beside
from pipeline.site import Site, find_site_file, read_site

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


@dataclass(frozen=True, slots=True)
class _Job:
    """A group and its files as they are now."""

    source: str
    group: str
    files: tuple[discover.FoundFile, ...]
    prints: Mapping[Path, Fingerprint]
    old: GroupRecord | None

    @property
    def bytes(self) -> int:
        return sum(one.size for one in self.prints.values())


@dataclass(slots=True)
class _Outcome:
    record: GroupRecord
    changed_from_ms: int | None
    """Earliest stamp that may have changed; None for everything."""
    changed: bool
    counted: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Context:
    settings: Settings
    site: Site
    levels: tuple[Level, ...]
    zone: str
    config_hash: str
    writer: PartWriter


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
    said = (str(contract.STORE_VERSION), site_hash, zone, naive_zone, *(level.name for level in levels))
    config_hash = hashlib.sha256("|".join(said).encode()).hexdigest()[:16]
    with publish.building(settings.store):
        found = discover.discover(settings.meter_roots, site)
        if not found.sources and not found.rejected:
            raise SettingsError(_nothing_found(settings))
        standing = None if rebuild else publish.read_manifest(settings.store)
        if standing is not None and standing.config_hash != config_hash:
            standing = None
        writer = PartWriter(settings.store, settings.compression, settings.parquet_threads)
        context = _Context(
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
    outcomes: Sequence[_Outcome],
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


# Groups ---------------------------------------------------------------------------------------------------------------


def _build_groups(
    context: _Context,
    sources: Iterable[discover.FoundSource],
    standing: Manifest | None,
    *,
    rebuild: bool,
    progress: Progress | None,
) -> tuple[list[_Outcome], list[Rejected]]:
    pending = [] if rebuild else publish.read_pending(context.settings.store)
    known = _records(context, standing, pending)
    jobs, unread = _jobs(sources, known)
    total = sum(job.bytes for job in jobs) or 1
    done = 0
    outcomes: list[_Outcome] = []
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


def _records(
    context: _Context, standing: Manifest | None, pending: Iterable[GroupRecord]
) -> dict[tuple[str, str], GroupRecord]:
    """Gather what is known of each group: the published build's, or an unfinished build's newer one."""
    records: dict[tuple[str, str], GroupRecord] = {}
    if standing is not None:
        files: dict[tuple[str, str], list[SourceFile]] = defaultdict(list)
        for file in standing.files:
            files[file.source, file.group].append(file)
        series: dict[tuple[str, str], list[contract.Series]] = defaultdict(list)
        for one in standing.series:
            series[one.source, one.group].append(one)
        for group in standing.groups:
            key = group.source, group.name
            paths = {file.path for file in files[key]}
            records[key] = GroupRecord(
                config_hash=standing.config_hash,
                group=group,
                files=tuple(files[key]),
                rejected=tuple(one for one in standing.rejected if one.path in paths),
                series=tuple(series[key]),
            )
    for record in pending:
        if record.config_hash == context.config_hash:
            records[record.group.source, record.group.name] = record
    return records


def _jobs(
    sources: Iterable[discover.FoundSource], known: Mapping[tuple[str, str], GroupRecord]
) -> tuple[list[_Job], list[Rejected]]:
    jobs: list[_Job] = []
    unread: list[Rejected] = []
    for source in sources:
        prints: dict[Path, Fingerprint] = {}
        shares: dict[str, list[discover.FoundFile]] = defaultdict(list)
        for file in source.files:
            try:
                prints[file.path] = fingerprint(file.path)
            except OSError as exc:
                unread.append(Rejected(path=str(file.path), line=None, reason=f"cannot be read: {exc.strerror}"))
                continue
            for group in sorted({group_of(signal) for signal in file.signals}):
                shares[group].append(_share(file, group))
        for group, files in shares.items():
            own = {file.path: prints[file.path] for file in files}
            jobs.append(_Job(source.name, group, tuple(files), own, known.get((source.name, group))))
    return sorted(jobs, key=lambda job: -job.bytes), unread


def _share(file: discover.FoundFile, group: str) -> discover.FoundFile:
    """Return the file with those of its columns that belong to a group."""
    own = [(signal, at) for signal, at in zip(file.signals, file.columns, strict=True) if group_of(signal) == group]
    return replace(file, signals=tuple(signal for signal, _ in own), columns=tuple(at for _, at in own))


def _build_group(context: _Context, job: _Job, records: Mapping[tuple[str, str], GroupRecord]) -> _Outcome | None:
    plan = GroupPlan(
        source=job.source,
        name=job.group,
        zone=context.zone,
        levels=context.levels,
        signals={name: context.site.signal(job.source, name) for file in job.files for name in file.signals},
        p_max_kw=_power_limits(context, job, records) if job.group == Kind.COUNTER.value else {},
    )
    states = _states(job)
    limits_moved = job.old is not None and _limits_moved(plan, job.old)
    if job.old is not None and all(state == "same" for state in states.values()) and not limits_moved:
        return _Outcome(job.old, changed_from_ms=None, changed=False)
    resumed = _resumable(job, states)
    builder = GroupBuilder(
        plan, context.writer, job.old.group if resumed and job.old else None, _old_limits(job.old if resumed else None)
    )
    built = _read(context, job, builder, states if resumed else {}, plan)
    if built is None:
        return None
    outcome, _ = built
    publish.save_pending(context.settings.store, outcome.record)
    return outcome


def _states(job: _Job) -> dict[Path, str]:
    """Say of each file whether it is the same, has grown, or has changed; a removed one changes the group."""
    if job.old is None:
        return {}
    before = {Path(file.path): file for file in job.old.files}
    now = {file.path: file for file in job.files}
    states = dict.fromkeys(before.keys() ^ now.keys(), "changed")
    for path in before.keys() & now.keys():
        alike = before[path].signals == now[path].signals
        states[path] = compare(path, before[path], job.prints[path]) if alike else "changed"
    return states


def _resumable(job: _Job, states: Mapping[Path, str]) -> bool:
    """Whether the group's parts can stay: its files have only grown, and each can be read from where it had ended."""
    if job.old is None or "changed" in states.values():
        return False
    return all(file.resume is not None for file in job.old.files if states[Path(file.path)] == "grown")


def _read(
    context: _Context, job: _Job, builder: GroupBuilder, states: Mapping[Path, str], plan: GroupPlan
) -> tuple[_Outcome, GroupBuilder] | None:
    before = {Path(file.path): file for file in job.old.files} if states and job.old else {}
    resume = {path: before[path].resume for path, state in states.items() if state == "grown"}
    resume_points = {path: point for path, point in resume.items() if point is not None}
    cuts = {name: point.ts_ms for path, point in resume_points.items() for name in before[path].signals}
    builder.cut_back(cuts)
    reading = [file for file in job.files if states.get(file.path) != "same"]
    tallies: dict[Path, Tally] = {}
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
        ends |= chunk.resume
        rejected += chunk.rejected
    group = builder.finish()
    files = tuple(
        before[file.path]
        if states.get(file.path) == "same"
        else _source_file(job, file, tallies.get(file.path, Tally()), ends.get(file.path))
        for file in job.files
    )
    series = series_of(context.writer.root, group, plan, files, builder.counter_limits)
    record = GroupRecord(
        config_hash=context.config_hash, group=group, files=files, rejected=tuple(rejected), series=series
    )
    since = min(cuts.values()) if cuts else None
    return _Outcome(record, changed_from_ms=since, changed=True), builder


def _source_file(job: _Job, file: discover.FoundFile, tally: Tally, resume: contract.ResumePoint | None) -> SourceFile:
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
        resume=resume,
    )


# Counters' limits -----------------------------------------------------------------------------------------------------


def _power_limits(
    context: _Context, job: _Job, records: Mapping[tuple[str, str], GroupRecord]
) -> dict[str, tuple[float | None, float | None]]:
    """Find what bounds each counter's steps: the site's word, else the largest power ever seen beside it [kW]."""
    analog = records.get((job.source, Kind.ANALOG.value))
    limits: dict[str, tuple[float | None, float | None]] = {}
    for name in sorted({name for file in job.files for name in file.signals}):
        site_limit = context.site.correction(job.source, name).p_max_kw
        limits[name] = (site_limit, _power_extreme(context, analog, power_beside(name)) if analog else None)
    return limits


def _power_extreme(context: _Context, analog: GroupRecord, power: str) -> float | None:
    if power not in {one.signal for one in analog.series}:
        return None
    coarsest = context.levels[-1].name
    low, high = column(power, "min"), column(power, "max")
    extremes: list[float] = []
    for part in analog.group.parts:
        if part.level == coarsest:
            frame = read_part(context.writer.root, part)
            if high in frame.columns:
                peak = frame.select(pl.max_horizontal(pl.col(low).abs().max(), pl.col(high).abs().max())).item()
                extremes += [peak] if peak is not None else []
    return max(extremes, default=None)


def _old_limits(old: GroupRecord | None) -> dict[str, tuple[float, str]]:
    if old is None:
        return {}
    return {
        one.signal: (one.p_max_kw, one.p_max_source)
        for one in old.series
        if one.p_max_kw is not None and one.p_max_source is not None
    }


def _limits_moved(plan: GroupPlan, old: GroupRecord) -> bool:
    """Whether the power beside a counter has reached a new extreme since its steps were classified."""
    seen = {one.signal: one.power_seen_kw for one in old.series}
    return any(seen.get(name) != limit[1] for name, limit in plan.p_max_kw.items())


# Manifest -------------------------------------------------------------------------------------------------------------


def _assemble(
    context: _Context,
    found: discover.Discovery,
    outcomes: Sequence[_Outcome],
    unread: Sequence[Rejected],
    standing: Manifest | None,
    site_path: Path | None,
    site_hash: str,
) -> Manifest:
    rejected = tuple(sorted({*found.rejected, *unread, *(r for o in outcomes for r in o.record.rejected)}, key=_where))
    series = tuple(one for outcome in outcomes for one in outcome.record.series)
    same_groups = standing is not None and {(g.source, g.name) for g in standing.groups if g.name != "table"} == {
        (o.record.group.source, o.record.group.name) for o in outcomes
    }
    if standing is not None and same_groups and rejected == standing.rejected and not any(o.changed for o in outcomes):
        return standing
    tables, traits = _extract(context, outcomes, standing)
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
        groups=(*(outcome.record.group for outcome in outcomes), *tables),
        files=tuple(file for outcome in outcomes for file in outcome.record.files),
        rejected=rejected,
        warnings=found.warnings,
    )


def _where(one: Rejected) -> tuple[str, int]:
    return one.path, one.line or 0


def _extract(
    context: _Context, outcomes: Sequence[_Outcome], standing: Manifest | None
) -> tuple[list[contract.Group], dict[str, Traits]]:
    """Extract the features of every battery whose rows have changed, side by side."""
    by_source: dict[str, list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_source[outcome.record.group.source].append(outcome)
    standing_tables = {g.source: g for g in standing.groups if g.name == contract.TABLE_GROUP} if standing else {}
    standing_sources = {s.name: s for s in standing.sources} if standing else {}
    batteries = {name: own for name, own in by_source.items() if _is_battery(own)}
    with ThreadPoolExecutor(context.settings.max_workers, thread_name_prefix="features") as pool:
        running = {
            name: pool.submit(_extract_one, context, own, standing_tables.get(name), standing_sources.get(name))
            for name, own in batteries.items()
        }
        done = {name: future.result() for name, future in running.items()}
    return [group for group, _ in done.values()], {name: traits for name, (_, traits) in done.items()}


def _is_battery(outcomes: Sequence[_Outcome]) -> bool:
    return any(
        one.pack is not None or one.topic in ("soc", "soh", "battery", "pcs", "fire")
        for outcome in outcomes
        for one in outcome.record.series
    )


def _extract_one(
    context: _Context,
    outcomes: Sequence[_Outcome],
    tables: contract.Group | None,
    source: contract.Source | None,
) -> tuple[contract.Group, Traits]:
    if tables is not None and source is not None and not any(outcome.changed for outcome in outcomes):
        return tables, Traits(source.current_sign, source.current_sign_source, source.notes)
    name = outcomes[0].record.group.source
    changed = [outcome.changed_from_ms for outcome in outcomes if outcome.changed]
    known = [stamp for stamp in changed if stamp is not None]
    since = min(known) if tables is not None and len(known) == len(changed) else None
    history = History(
        context.writer.root,
        name,
        context.zone,
        [outcome.record.group for outcome in outcomes],
        [one for outcome in outcomes for one in outcome.record.series],
    )
    extraction = features.extract(history, context.site.source(name), context.site.chemistries, since)
    parts = [
        part
        for table, frame in sorted(extraction.tables.items())
        for part in _write_table(context, name, table, frame, tables, extraction.from_ms.get(table))
    ]
    group = contract.Group(source=name, name=contract.TABLE_GROUP, cut="month", interval_ms=0, parts=tuple(parts))
    return group, Traits(extraction.current_sign, extraction.current_sign_source, extraction.notes)


def _write_table(
    context: _Context,
    source: str,
    table: str,
    frame: pl.DataFrame,
    standing: contract.Group | None,
    from_ms: int | None,
) -> list[contract.Part]:
    """Write a table's rows from ``from_ms`` on, by year; earlier ones stay where they are."""
    old = [part for part in standing.parts if part.level == table] if standing and from_ms is not None else []
    kept = [part for part in old if part.last_ms < (from_ms or 0)]
    straddling = [part for part in old if part.last_ms >= (from_ms or 0)]
    remains = [read_part(context.writer.root, part).filter(pl.col("ts").to_physical() < from_ms) for part in straddling]
    whole = pl.concat([*remains, frame], how="vertical_relaxed").sort("ts", maintain_order=True)
    if whole.height == 0:
        return kept
    first, last = (int(whole["ts"].to_physical()[at]) for at in (0, -1))
    start, written = contract.period_start(first, "year", context.zone), []
    while start <= last:
        end = contract.period_end(start, "year", context.zone)
        rows = whole.filter(pl.col("ts").to_physical().is_between(start, end, closed="left"))
        if rows.height:
            folder = (source, contract.TABLE_GROUP)
            written.append(context.writer.write(rows, folder, table, start_ms=start, zone=context.zone))
        start = end
    return [*kept, *(future.result() for future in written)]
