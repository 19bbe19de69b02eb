"""From roots to a published store: what is stale, built in parallel, published at once.

A build looks at every file's fingerprint. A group (say, a pack's voltages) whose files are the same keeps its parts;
one whose files have only grown reads what is new; any other is built anew (`pipeline.groups`). Each source runs its
course to its features (`pipeline.course`); then the manifest is swapped.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from pipeline import code_version, contract, course, discover, features, looks, publish, remote
from pipeline.catalogue import sources_of
from pipeline.contract import Manifest, Rejected
from pipeline.errors import SettingsError
from pipeline.parts import PartWriter
from pipeline.settings import Settings
from pipeline.site import find_site_file, read_site
from pipeline.stale import find_jobs, known_groups
from pipeline.tables import Tables
from pipeline.work import Context, Outcome


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
    progress: course.Progress | None = None,
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
    config_hash = _config_hash(site_hash, zone, naive_zone, *(level.name for level in levels))
    with publish.building(settings.store):
        seen = looks.Looks() if rebuild else looks.read_notes(settings.store)
        found = discover.discover(settings.meter_roots, site, settings.store / remote.COPIES, seen)
        if not found.sources and not found.rejected:
            raise SettingsError(_nothing_found(settings))
        standing = None if rebuild else publish.read_manifest(settings.store)
        if standing is not None and standing.config_hash != config_hash:
            standing = None
        read_as = settings.model_copy(update={"source_tz": naive_zone})
        opened = PartWriter(settings.store, settings.compression, settings.parquet_threads)
        with closing(opened) as writer, publish.Notes(settings.store) as notes:
            context = Context(read_as, site, levels, zone, config_hash, writer, notes)
            pending = [] if rebuild else publish.read_pending(settings.store)
            jobs, unread = find_jobs(found.sources, known_groups(settings.store, config_hash, standing, pending), seen)
            outcomes, tables = course.run(context, jobs, standing, progress)
            manifest = _assemble(context, found, outcomes, tables, unread, standing, site_path, site_hash)
        if seen.now != seen.before:
            publish.save_looks(settings.store, looks.notes_of(seen))
        return _finish(settings, manifest, standing, outcomes, strict=strict, begun=begun)


def _config_hash(*said: str) -> str:
    """Hash what a store was built with besides the files: the code, the form of its tables, and what is ``said``."""
    schemas = repr(sorted((name, list(schema.items())) for name, schema in features.TABLES.items()))
    kept = str(contract.ROWS_WORTH_KEEPING)
    whole = (str(contract.STORE_VERSION), kept, schemas + code_version.code_hash(), *said)
    return hashlib.sha256("|".join(whole).encode()).hexdigest()[:16]


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


def _assemble(
    context: Context,
    found: discover.Discovery,
    outcomes: Sequence[Outcome],
    tables: Sequence[Tables],
    unread: Sequence[Rejected],
    standing: Manifest | None,
    site_path: Path | None,
    site_hash: str,
) -> Manifest:
    rejected = tuple(sorted({*found.rejected, *unread, *(r for o in outcomes for r in o.record.rejected)}, key=_where))
    series = tuple(one for outcome in outcomes for one in outcome.record.series)
    groups = (*(outcome.record.group for outcome in outcomes), *(one.group for one in tables))
    if standing is not None and rejected == standing.rejected and not _any_changed(outcomes, tables):
        before = {(group.source, group.name) for group in standing.groups}
        if before == {(group.source, group.name) for group in groups}:
            return standing
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
        sources=sources_of(found.sources, series, {one.group.source: one.traits for one in tables}),
        series=series,
        groups=groups,
        files=tuple(file for outcome in outcomes for file in outcome.record.files),
        rejected=rejected,
        warnings=found.warnings,
    )


def _any_changed(outcomes: Sequence[Outcome], tables: Sequence[Tables]) -> bool:
    return any(one.changed for one in outcomes) or any(one.changed for one in tables)


def _where(one: Rejected) -> tuple[str, int]:
    return one.path, one.line or 0
