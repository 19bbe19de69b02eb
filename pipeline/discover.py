"""Folders to sources: which meters and battery systems there are, and which CSVs hold their series.

A folder that directly holds CSVs of signals is a source. What it is follows from what its files contain, never from
words in its path. Nothing that is wrong with a file stops the rest: it is listed with the reason.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pipeline.contract import TS, Rejected
from pipeline.dialect import Column, Dialect, Sniffed
from pipeline.errors import InputError, SettingsError
from pipeline.extent import overlap
from pipeline.looks import Looks
from pipeline.remote import mirror, mirror_folder, open_store
from pipeline.signals import describe
from pipeline.site import Site
from pipeline.strings import several_words, string_names

SAMPLE_MARK = "packscope-sample.json"
"""A root with this file in it, or beside it, holds simulated data."""
_PACKED = (".csv.gz", ".csv.zip", ".csv.bz2", ".csv.xz", ".csv.zst", ".csv.7z")
_STATE_TOPICS = frozenset({"cells", "soc", "soh", "battery", "pcs"})
"""Topics of the catalogue that only a battery system has."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One CSV: which of its columns hold which signals."""

    path: Path
    signals: tuple[str, ...]
    columns: tuple[int, ...]
    """Position of each signal's column, aligned with ``signals``."""
    dialect: Dialect

    def only(self, wanted: Sequence[str]) -> FoundFile:
        """Return the file with those of its columns that are wanted."""
        own = [(name, at) for name, at in zip(self.signals, self.columns, strict=True) if name in wanted]
        return replace(self, signals=tuple(name for name, _ in own), columns=tuple(at for _, at in own))


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A meter or a battery system."""

    name: str
    folder: Path
    kind: Literal["meter", "bess"]
    sample: bool
    files: tuple[FoundFile, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the roots hold."""

    sources: tuple[FoundSource, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """A discovery in the making."""

    folders: list[tuple[Path, Path, list[_Candidate]]] = field(default_factory=list)
    """Root, folder and files."""
    looks: Looks = field(default_factory=Looks)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A readable CSV whose signals may still clash with a neighbour's."""

    path: Path
    sniffed: Sniffed

    @property
    def is_single(self) -> bool:
        return len(self.sniffed.values) == 1

    @property
    def signals(self) -> tuple[str, ...]:
        if self.is_single:
            column = self.sniffed.values[0]
            return (_fit(_single_signal(column, self.path.stem), column),)
        stem = self.path.stem
        return tuple(_fit(column.header or f"{stem}_{column.index}", column) for column in self.sniffed.values)

    def found(self, signals: tuple[str, ...]) -> FoundFile:
        return FoundFile(
            self.path, signals, tuple(column.index for column in self.sniffed.values), self.sniffed.dialect
        )


def discover(roots: Sequence[str], site: Site, copies: Path | None = None, looks: Looks | None = None) -> Discovery:
    """Find every source below the roots.

    Parameters
    ----------
    roots : sequence of str
        Folders, searched with all that is below them; links are followed once.
    site : Site
        May rename sources.
    copies : Path, optional
        Folder for copies of what roots in object storage hold.
    looks : Looks, optional
        What is known of the files from the last time; takes what is seen of them.

    Raises
    ------
    SettingsError
        A root does not exist or cannot be read; the message names METER_ROOTS.
    """
    found = _Found(looks=looks or Looks())
    visited: set[str] = set()
    for text in roots:
        root = _check_root(text, copies)
        for folder, names in _walk(root, visited, found):
            candidates = list(_candidates(folder, names, found))
            if candidates:
                found.folders.append((root, folder, candidates))
    sources = [source for root, folder, files in found.folders for source in _sources(root, folder, files, found)]
    return Discovery(_named(sources, site, found), tuple(found.rejected), tuple(found.warnings))


def _check_root(text: str, copies: Path | None) -> Path:
    if text.startswith("s3://"):
        folder = mirror_folder(text, copies or Path(tempfile.gettempdir()) / "packscope")
        mirror(open_store(text), folder)
        return folder
    if "://" in text:
        raise SettingsError(f"METER_ROOTS: {text} is neither a folder nor an s3:// prefix.")
    root = Path(text).expanduser()
    if root.is_file():
        raise SettingsError(f"METER_ROOTS: {root} is a file; name the folder that holds it.")
    if not root.is_dir():
        raise SettingsError(f"METER_ROOTS: the folder {root} does not exist; name folders that hold CSVs.")
    return root


def _walk(root: Path, visited: set[str], found: _Found) -> Iterator[tuple[Path, list[str]]]:
    """Visit every folder once, links included, in the order of names."""

    def note(exc: OSError) -> None:
        found.rejected.append(Rejected(path=str(exc.filename), line=None, reason=f"it cannot be read: {exc.strerror}"))

    for folder, below, names in os.walk(root, followlinks=True, onerror=note):
        real = os.path.realpath(folder)
        if real in visited:
            below.clear()
            continue
        visited.add(real)
        below[:] = _legible(Path(folder), below, found)
        for name in below:
            if name.lower().endswith(".csv") and not _holds_csv(Path(folder, name)):
                reason = "it is a folder with the name of a CSV"
                found.rejected.append(Rejected(path=str(Path(folder, name)), line=None, reason=reason))
        yield Path(folder), _legible(Path(folder), names, found)


def _legible(folder: Path, names: Sequence[str], found: _Found) -> list[str]:
    """Sort the names that are not hidden; list those that no text can hold as rejected."""
    legible: list[str] = []
    for name in sorted(names):
        if name.startswith("."):
            continue
        try:
            name.encode("utf-8")
            legible.append(name)
        except UnicodeEncodeError:
            path = str(folder / name).encode("utf-8", "backslashreplace").decode()
            found.rejected.append(Rejected(path=path, line=None, reason="its name is not UTF-8; rename it"))
    return legible


def _holds_csv(folder: Path) -> bool:
    try:
        return any(entry.name.lower().endswith(".csv") for entry in os.scandir(folder))
    except OSError:
        return True  # the walk reports it


def _candidates(folder: Path, names: Sequence[str], found: _Found) -> Iterator[_Candidate]:
    for name in names:
        path = folder / name
        if name.lower().endswith(_PACKED):
            reason = "it is compressed; unpack it so that the folder holds a .csv"
            found.rejected.append(Rejected(path=str(path), line=None, reason=reason))
        elif name.lower().endswith(".csv"):
            try:
                sniffed = found.looks.sniff(path)
            except InputError as exc:
                found.rejected.append(Rejected(path=str(path), line=exc.line, reason=exc.reason))
                continue
            if sniffed.ignored:
                shown = ", ".join(sniffed.ignored[:5]) + (" …" if len(sniffed.ignored) > 5 else "")
                found.warnings.append(f"{path}: {len(sniffed.ignored)} columns without readings are ignored: {shown}")
            yield _Candidate(path, sniffed)


def _fit(name: str, column: Column) -> str:
    """Make a name fit for the store, which keeps ``ts`` for stamps and ``|`` for what is derived from a signal."""
    plain = name.replace("|", "/")
    return f"{plain}_{column.index}" if plain == TS else plain


def _single_signal(column: Column, stem: str) -> str:
    """Name the signal of a file of one: by its header where that means something, else by its name."""
    header = column.header or ""
    return header if header == stem or describe(header).known else stem


def _sources(root: Path, folder: Path, files: Sequence[_Candidate], found: _Found) -> Iterator[FoundSource]:
    """Make one source of a folder, or one of each file where files clash."""
    clashing = _clashing(files)
    together = [file.found(file.signals) for file in files if file not in clashing]
    for file in sorted(clashing, key=lambda file: file.path):
        owners = [other for other in files if other is not file and set(other.signals) & set(file.signals)]
        if file.is_single and file.path.stem == file.signals[0]:
            together.append(file.found(file.signals))
        elif file.is_single and any(other.path.stem == file.signals[0] for other in owners):
            found.warnings.append(f"{file.path}: {file.signals[0]} is in another file too; kept as {file.path.stem}")
            together.append(file.found((file.path.stem,)))
        else:
            yield _source(file.path.stem, root, folder, [file.found(file.signals)])
    if together:
        whole = _source(folder.resolve().name or "site", root, folder, sorted(together, key=lambda file: file.path))
        yield from _by_string(whole, found)


def _by_string(source: FoundSource, found: _Found) -> Iterator[FoundSource]:
    """Make a system of each string, where a folder holds several."""
    owners = string_names(source.name, [signal for file in source.files for signal in file.signals])
    names = sorted(set(owners.values()))
    if len(names) > 1:
        found.warnings.append(f"{source.folder}: {several_words(source.name, names)}")
    for name in names:
        shares = [file.only([one for one in file.signals if owners[one] == name]) for file in source.files]
        yield replace(source, name=name, files=tuple(file for file in shares if file.signals))


def _clashing(files: Sequence[_Candidate]) -> list[_Candidate]:
    """List the files that share a signal with another and overlap it in time."""
    by_signal: dict[str, list[_Candidate]] = defaultdict(list)
    for file in files:
        for signal in file.signals:
            by_signal[signal].append(file)
    shared = [group for group in by_signal.values() if len(group) > 1]
    clashing: dict[Path, _Candidate] = {}
    for group in shared:
        for file in overlap(group, lambda file: (file.path, file.sniffed.dialect)):
            clashing[file.path] = file
    return list(clashing.values())


def _source(name: str, root: Path, folder: Path, files: Sequence[FoundFile]) -> FoundSource:
    topics = {describe(signal).topic for file in files for signal in file.signals}
    return FoundSource(
        name=name,
        folder=folder,
        kind="bess" if topics & _STATE_TOPICS else "meter",
        sample=_is_sample(root, folder),
        files=tuple(files),
    )


def _is_sample(root: Path, folder: Path) -> bool:
    places = {root, root.resolve().parent, folder}
    places |= {parent for parent in folder.parents if root in parent.parents}
    return any((place / SAMPLE_MARK).is_file() for place in places)


def _named(sources: Sequence[FoundSource], site: Site, found: _Found) -> tuple[FoundSource, ...]:
    """Give every source a name of its own: the site's, else the folder's, with its parent's before it on collision."""
    by_name: dict[str, list[FoundSource]] = defaultdict(list)
    for source in sources:
        by_name[site.source(source.name).name or source.name].append(source)
    taken: set[str] = set()
    named: list[FoundSource] = []
    for name, group in by_name.items():
        for source in group:
            unique = name if len(group) == 1 else f"{source.folder.resolve().parent.name}-{name}"
            number = 2
            while unique in taken:
                unique, number = f"{name}-{number}", number + 1
            if unique != name:
                found.warnings.append(f"{source.folder}: another source is named {name}; this one is called {unique}")
            taken.add(unique)
            named.append(replace(source, name=unique))
    return tuple(sorted(named, key=lambda source: source.name))
