"""A first look at every file: its fingerprint, and how it is written, which a file that has only grown keeps.

What was seen is noted in the store's folder, so that an update need not find out again how 1,800 files are written.
Nothing rests on these notes: without them, or where they do not fit, a file is looked at as if it were new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import columns, dialect, notation, sniff, stamps
from pipeline.contract import Frozen, SourceFile, seal, unseal
from pipeline.dialect import Sniffed
from pipeline.errors import StoreCorrupt
from pipeline.fingerprint import Fingerprint, State, compare, look

NOTES = "looks.json"
"""Name of the notes, in the store's folder."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file as it was when it was last looked at."""

    taken: Fingerprint
    sniffed: Sniffed


class _Notes(Frozen):
    code: str
    files: dict[str, Seen]


@dataclass(slots=True)
class Looks:
    """What a build sees of files before it reads them.

    Attributes
    ----------
    before : mapping of str to Seen
        By path, from the last time.
    now : dict of str to Seen
        The same of this time.
    """

    before: Mapping[str, Seen] = field(default_factory=dict)
    now: dict[str, Seen] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    """Of each file that was there the last time, what has become of it since."""

    def sniff(self, path: Path) -> Sniffed:
        """Say how a file is written.

        Raises
        ------
        InputError
            No row of it can be used, with the reason.
        """
        name = str(path)
        seen = self.before.get(name)
        try:
            taken, state = look(path, seen.taken if seen is not None else None)
        except OSError:
            return sniff.sniff(path)  # which says what is wrong with it
        kept = seen is not None and (state == "same" or (state == "grown" and _stays(seen)))
        sniffed = seen.sniffed if seen is not None and kept else sniff.sniff(path)
        self.now[name] = Seen(taken, sniffed)
        if state is not None:
            self.states[name] = state
        return sniffed

    def compare(self, path: Path, built: SourceFile, now: Fingerprint) -> State:
        """Compare a file with what was built from it.

        Raises
        ------
        OSError
            It cannot be read.
        """
        seen, state = self.before.get(str(path)), self.states.get(str(path))
        if seen is None or state is None or now is not self.now[str(path)].taken:
            return compare(path, built, now)
        taken = seen.taken
        if (taken.size, taken.mtime_ns, taken.head, taken.tail) != (
            built.size,
            built.mtime_ns,
            built.head,
            built.tail,
        ):
            return compare(path, built, now)
        return state


def _stays(seen: Seen) -> bool:
    """Whether a file is still written as it was once it has grown.

    It is if what it was judged by was full; but where days could not be told from months, all of it was.
    """
    return seen.taken.size >= sniff.HEAD_BYTES and seen.sniffed.dialect.day_first is None


def read_notes(store: Path) -> Looks:
    """Take up what was noted the last time; nothing where the notes are gone, damaged, or of another version."""
    try:
        notes = unseal((store / NOTES).read_bytes(), _Notes)
    except (OSError, StoreCorrupt):
        return Looks()
    return Looks(notes.files if notes.code == _code_hash() else {})


def notes_of(looks: Looks) -> bytes:
    """Write down what was seen, for the next time."""
    return seal(_Notes(code=_code_hash(), files=looks.now))


def _code_hash() -> str:
    """Hash the code that says how files are written: another version may say otherwise."""
    modules = (columns, dialect, notation, sniff, stamps)
    code = b"".join(Path(module.__file__ or "").read_bytes() for module in modules)
    return hashlib.blake2b(code, digest_size=8).hexdigest()
