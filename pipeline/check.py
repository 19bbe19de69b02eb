"""Whether a store is whole, and whether it says what the CSVs say.

A plain check looks at every part's size and every CSV's fingerprint (size, time, first and last bytes). A deep one
also reads every part's checksum, and builds a second store from the CSVs to compare every reading: it finds even a
CSV that was edited in its middle without a change of size or time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import build, contract, publish
from pipeline.contract import Manifest, Part, SourceFile
from pipeline.errors import StoreCorrupt, StoreMissing
from pipeline.fingerprint import compare, fingerprint
from pipeline.history import History
from pipeline.parts import read_part
from pipeline.settings import Settings

Tell = Callable[[int, int, str], None]
"""Called with what is done, what there is in all, and what was just finished."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found."""

    build_id: str
    parts: int
    files: int
    faults: tuple[Fault, ...]


def check(settings: Settings, *, deep: bool = False, progress: Tell | None = None) -> CheckReport:
    """Check the published store.

    Parameters
    ----------
    settings : Settings
        Store and roots.
    deep : bool
        Read everything again. Takes as long as a build, and the disk space of a second store beside the first.
    progress : callable, optional
        Told of every part that was looked at.

    Raises
    ------
    StoreMissing
        There is no store yet.
    StoreBusy
        A build is at work in it.
    """
    manifest = publish.read_manifest(settings.store)
    if manifest is None:
        raise StoreMissing(f"{settings.store} holds no store of this version; build one first (make build-pyramids).")
    parts = [part for group in manifest.groups for part in group.parts]
    with _held(settings.store):
        faults = [*_parts(settings.store, parts, deep=deep, progress=progress), *_files(manifest.files)]
        if deep and not faults:
            faults += _readings(settings, manifest)
    return CheckReport(manifest.build_id, len(parts), len({file.path for file in manifest.files}), tuple(faults))


def _held(store: Path) -> AbstractContextManager[None]:
    """Keep builds out while the store is looked at; nothing can build in one that cannot be written to."""
    return publish.building(store) if os.access(store, os.W_OK) else nullcontext()


def _parts(store: Path, parts: Sequence[Part], *, deep: bool, progress: Tell | None) -> Iterator[Fault]:
    for done, part in enumerate(parts, 1):
        if (what := _part(store, part, deep=deep)) is not None:
            yield Fault(part.path, what)
        if progress is not None:
            progress(done, len(parts), part.path)


def _part(store: Path, part: Part, *, deep: bool) -> str | None:
    path = store / part.path
    if not path.is_file():
        return "is missing; build with --rebuild to mend the store"
    if path.stat().st_size != part.bytes:
        return f"has {path.stat().st_size} bytes, not {part.bytes}; build with --rebuild to mend the store"
    if deep:
        try:
            read_part(store, part, [contract.TS])
        except StoreCorrupt:
            return "is damaged (its checksum differs); build with --rebuild to mend the store"
    return None


def _files(files: Sequence[SourceFile]) -> Iterator[Fault]:
    for file in {file.path: file for file in files}.values():
        path = Path(file.path)
        try:
            state = compare(path, file, fingerprint(path))
        except OSError as exc:
            yield Fault(file.path, f"cannot be read any more: {exc.strerror}")
            continue
        if state != "same":
            yield Fault(file.path, f"has {state} since the build; build again")


def _readings(settings: Settings, manifest: Manifest) -> list[Fault]:
    """Build again beside the store, and compare every reading."""
    with tempfile.TemporaryDirectory(prefix="packscope-check-", dir=settings.store.parent) as folder:
        other = Path(folder)
        build.build(settings.model_copy(update={"store": other, "meter_roots": manifest.roots}), rules=manifest.rules)
        fresh = publish.read_manifest(other)
        if fresh is None:
            raise StoreCorrupt(f"{other}: the second store could not be read back.")
        faults = list(_gone(manifest, fresh))
        for source in manifest.sources:
            mine, theirs = _history(settings.store, manifest, source.name), _history(other, fresh, source.name)
            if mine is not None and theirs is not None:
                faults += _differing(mine, theirs)
        return faults


def _gone(manifest: Manifest, fresh: Manifest) -> Iterator[Fault]:
    known = {(one.source, one.signal) for one in manifest.series}
    now = {(one.source, one.signal) for one in fresh.series}
    for source, signal in sorted(known - now):
        yield Fault(f"{source} {signal}", "is in the store and in no CSV any more; build again")
    for source, signal in sorted(now - known):
        yield Fault(f"{source} {signal}", "is in the CSVs and not in the store; build with --rebuild")


def _history(store: Path, manifest: Manifest, source: str) -> History | None:
    groups = [group for group in manifest.groups if group.source == source and group.name != contract.TABLE_GROUP]
    series = [one for one in manifest.series if one.source == source]
    return History(store, source, manifest.site_zone, groups, series) if series else None


def _differing(mine: History, theirs: History) -> list[Fault]:
    """Compare two histories of one source, month by month."""
    signals = sorted(mine.series.keys() & theirs.series.keys())
    first_months: dict[str, str] = {}
    start = contract.period_start(min(mine.first_ms, theirs.first_ms), "month", mine.zone)
    while start <= max(mine.last_ms, theirs.last_ms):
        end = contract.period_end(start, "month", mine.zone)
        left, right = mine.read(signals, start, end), theirs.read(signals, start, end)
        for signal in signals:
            if not _readings_of(left, signal).equals(_readings_of(right, signal)):
                first_months.setdefault(signal, contract.period_name(start, mine.zone))
        start = end
    return [
        Fault(f"{mine.source} {signal}", f"differs from its CSV, first in {month}; build with --rebuild")
        for signal, month in first_months.items()
    ]


def _readings_of(frame: pl.DataFrame, signal: str) -> pl.DataFrame:
    return frame.select(contract.TS, signal).drop_nulls()
