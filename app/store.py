"""The store as the app reads it: one immutable view of one build."""

from __future__ import annotations

import fcntl
import os
import weakref
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

import polars as pl

from app.decoded import Decoded
from app.errors import UnknownSignal, UnknownSource
from app.pieces import Piece, beside, between, in_order, overlapping, pieces_of
from pipeline import contract
from pipeline.contract import RAW, TABLE_GROUP, TS, Group, Level, Manifest, Part, Series, Source
from pipeline.errors import StoreCorrupt, StoreMissing
from pipeline.site import Site, read_site

READERS = "readers"
"""Folder of the locks by which a builder sees that a build is still read."""


class Store:
    """One published build.

    Attributes
    ----------
    path : Path
        The store's folder.
    manifest : Manifest
        What was published.
    site : Site
        ``site.toml`` as it was when the store was opened.
    site_hash : str
        Its hash, which remembered answers are keyed by.
    decoded : Decoded
        Columns that were read lately; the builds that follow each other in a process share them.
    """

    def __init__(self, path: Path, manifest: Manifest, lock: int | None, decoded: Decoded | None = None) -> None:
        self.path = path
        self.manifest = manifest
        self.decoded = Decoded() if decoded is None else decoded
        if lock is not None:
            weakref.finalize(self, os.close, lock)
        self.site, self.site_hash = _site(manifest)
        self._sources = {source.name: source for source in manifest.sources}
        self._series: dict[str, dict[str, Series]] = defaultdict(dict)
        for one in manifest.series:
            self._series[one.source][one.signal] = one
        self._groups: dict[tuple[str, str], Group] = {(one.source, one.name): one for one in manifest.groups}
        self._parts: dict[tuple[str, str, str], list[Part]] = defaultdict(list)
        for group in manifest.groups:
            for part in group.parts:
                self._parts[group.source, group.name, part.level].append(part)
        self._verified: dict[str, tuple[int, int]] = {}
        self._columns: dict[str, frozenset[str]] = {}

    @classmethod
    def open(cls, path: Path, decoded: Decoded | None = None) -> Store:
        """Open what is published.

        Raises
        ------
        StoreMissing
            Nothing is.
        StoreCorrupt
            The manifest cannot be read, or is of another version.
        """
        while True:
            manifest = _read_manifest(path)
            lock = _hold(path, manifest.build_id)
            # A builder that published in between may already have removed this build's parts.
            if _read_manifest(path).build_id == manifest.build_id:
                return cls(path, manifest, lock, decoded)
            if lock is not None:
                os.close(lock)

    @property
    def build_id(self) -> str:
        """Id of the build."""
        return self.manifest.build_id

    @property
    def zone(self) -> str:
        """The site's zone."""
        return self.manifest.site_zone

    def source(self, name: str) -> Source:
        """Return a source.

        Raises
        ------
        UnknownSource
            There is none of that name.
        """
        if name not in self._sources:
            raise UnknownSource(name, self._sources)
        return self._sources[name]

    def all_series(self, source: str) -> list[Series]:
        """List a source's series, in the manifest's order.

        Raises
        ------
        UnknownSource
            There is none of that name.
        """
        self.source(source)
        return list(self._series[source].values())

    def has(self, source: str, signal: str) -> bool:
        """Whether a source has a signal."""
        return signal in self._series.get(source, {})

    def series(self, source: str, signal: str) -> Series:
        """Return what is known of a signal.

        Raises
        ------
        UnknownSource, UnknownSignal
            There is none of that name.
        """
        self.source(source)
        if signal not in self._series[source]:
            raise UnknownSignal(signal, self._series[source])
        return self._series[source][signal]

    def rows_in(self, source: str, group: str, level: str, start_ms: int, end_ms: int) -> int:
        """Bound from above the rows of a group's level in a window, from the manifest alone."""
        return sum(part.rows for part in overlapping(self._parts[source, group, level], start_ms, end_ms, 0))

    def has_level(self, source: str, group: str, level: str) -> bool:
        """Whether a group keeps a level; any other is made from raw rows when it is read."""
        return level == RAW or bool(self._parts[source, group, level])

    def repeats_raw(self, source: str, group: str, level: Level) -> bool:
        """Whether an aggregated level would hold a reading a bucket at most, as raw itself does."""
        return level.name != RAW and level.step_ms <= self._groups[source, group].interval_ms

    def read(
        self,
        source: str,
        signals: Sequence[str],
        level: Level,
        stats: Sequence[str],
        start_ms: int,
        end_ms: int,
    ) -> pl.DataFrame:
        """Read signals of one source at one level.

        Parameters
        ----------
        source : str
            Name.
        signals : sequence of str
            Names; they may lie in several groups.
        level : Level
            ``raw`` or an aggregated one that their groups have (see ``has_level``).
        stats : sequence of str
            Statistics of an aggregated level. At ``raw`` the readings come by themselves, and of counters
            ``delta`` and ``class`` may be asked for.
        start_ms, end_ms : int
            Half-open window on the rows' stamps [epoch ms UTC].

        Returns
        -------
        DataFrame
            ``ts`` and ``<signal>`` (raw) or ``<signal>|<statistic>``, sorted; one row per stamp of any signal.

        Raises
        ------
        UnknownSource, UnknownSignal
            A name does not exist.
        StoreCorrupt
            A part is gone or damaged.
        """
        by_group: dict[str, list[str]] = defaultdict(list)
        for signal in signals:
            by_group[self.series(source, signal).group].append(signal)
        wanted = [
            piece
            for group, names in by_group.items()
            for piece in pieces_of(self._parts[source, group, level.name], names, stats, start_ms, end_ms)
        ]
        companies: dict[tuple[str, ...], list[pl.DataFrame]] = defaultdict(list)
        for piece, frame in zip(wanted, self._parquets(wanted), strict=True):
            companies[piece.signals].append(between(frame, piece.part, start_ms, end_ms))
        if not companies:
            return pl.DataFrame(schema={TS: contract.TS_DTYPE})
        frames = [in_order(pl.concat(found, how="diagonal_relaxed")) for found in companies.values()]
        return reduce(beside, frames)

    def table(self, source: str, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read a table of features, whole; without rows or columns where the source has none.

        Raises
        ------
        StoreCorrupt
            A part is gone or damaged.
        """
        parts = self._parts.get((source, TABLE_GROUP, name), [])
        frames = [self._table(part, columns) for part in sorted(parts, key=lambda part: part.start_ms)]
        return pl.concat(frames, how="vertical_relaxed") if frames else pl.DataFrame()

    def _table(self, part: Part, columns: Sequence[str] | None) -> pl.DataFrame:
        path = self.path / part.path
        self._verify(path, part)
        return pl.read_parquet(path, columns=None if columns is None else list(columns), glob=False)

    def _parquets(self, pieces: Sequence[Piece]) -> list[pl.DataFrame]:
        """Read pieces of parts, what is not held of them several at once: one alone is decoded by one core."""
        asked = [self._asked(piece.part, piece.columns) for piece in pieces]
        held = [self.decoded.take(piece.part, names) for piece, names in zip(pieces, asked, strict=True)]
        new: dict[str, tuple[Part, list[str]]] = {}
        for piece, names, known in zip(pieces, asked, held, strict=True):
            missing = [name for name in names if name not in known]
            if missing:
                new[piece.part.path] = piece.part, missing
        scans = [pl.scan_parquet(self.path / path, glob=False).select(names) for path, (_, names) in new.items()]
        read = pl.collect_all(scans, engine="in-memory")
        fresh = {}
        for (part, _), frame in zip(new.values(), read, strict=True):
            fresh[part.path] = {one.name: one.rechunk() for one in frame}
            self.decoded.keep(part, fresh[part.path].values())
        every = zip(pieces, asked, held, strict=True)
        return [_laid(piece, names, known | fresh.get(piece.part.path, {})) for piece, names, known in every]

    def _asked(self, part: Part, columns: Sequence[str]) -> list[str]:
        """Check a part, and list those of the columns that it has."""
        path = self.path / part.path
        self._verify(path, part)
        asked = (TS, *{name.rpartition("|")[2] for name in columns if name != TS}) if part.folded else columns
        there = self._there(path, part) if part.level != RAW else None
        return [name for name in asked if there is None or name in there]

    def _there(self, path: Path, part: Part) -> frozenset[str]:
        """List a part's columns; a part never changes."""
        found = self._columns.get(part.path)
        if found is None:
            found = self._columns[part.path] = frozenset(pl.read_parquet_schema(path))
        return found

    def _verify(self, path: Path, part: Part) -> None:
        """Compare a part with its checksum, once for each state of the file."""
        try:
            status = path.stat()
            state = (status.st_mtime_ns, status.st_size)
            if self._verified.get(part.path) == state:
                return
            checksum = f"{zlib.crc32(path.read_bytes()):08x}"
        except FileNotFoundError as exc:
            raise StoreCorrupt(f"{path} is missing. Mend the store with: packscope build --rebuild") from exc
        if checksum != part.checksum:
            raise StoreCorrupt(
                f"{path} is damaged (its checksum differs). Mend the store with: packscope build --rebuild"
            )
        self._verified[part.path] = state


def _laid(piece: Piece, names: Sequence[str], columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Lay the columns of a piece beside each other."""
    frame = pl.DataFrame([columns[name] for name in names])
    return contract.unfold(frame, piece.part.signals, piece.columns[1:]) if piece.part.folded else frame


def _site(manifest: Manifest) -> tuple[Site, str]:
    path = Path(manifest.site_file) if manifest.site_file else None
    return read_site(path if path is not None and path.is_file() else None)


def _read_manifest(path: Path) -> Manifest:
    place = contract.manifest_path(path)
    try:
        manifest = contract.unseal(place.read_bytes(), Manifest)
    except FileNotFoundError as exc:
        raise StoreMissing(f"No store in {path} yet. Build it with: make build-pyramids") from exc
    except StoreCorrupt as exc:
        raise StoreCorrupt(f"{place}: {exc}. Mend the store with: packscope build") from exc
    if manifest.version != contract.STORE_VERSION:
        raise StoreCorrupt(f"{place} is of version {manifest.version}. Renew the store with: packscope build")
    return manifest


def _hold(path: Path, build_id: str) -> int | None:
    """Hold a build's parts for as long as this process reads them; a store that cannot be written needs no hold."""
    lock = path / READERS / f"{build_id}.lock"
    try:
        lock.parent.mkdir(exist_ok=True)
        file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None
    fcntl.flock(file, fcntl.LOCK_SH)
    return file
