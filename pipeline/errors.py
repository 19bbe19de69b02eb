"""The error tree: every failure that Packscope foresees.

::

    PackscopeError
    ├── SettingsError     a setting has a value that cannot be
    ├── SiteFileError     site.toml cannot be read, or says something that cannot be
    ├── InputError        a CSV, or a row of it, cannot be used
    │   └── InputLost     a CSV failed, or changed, while it was read
    └── StoreError
        ├── StoreMissing  there is no store yet
        ├── StoreCorrupt  a store file is damaged, or written by another version
        └── StoreBusy     another build holds the store

Each message says what happened, where, and what to do about it. Anything else that is raised is a bug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PackscopeError(Exception):
    """Base of every foreseen failure; its text is fit for a user."""


class SettingsError(PackscopeError):
    """A setting has a value that cannot be."""


class SiteFileError(PackscopeError):
    """``site.toml`` cannot be read, or says something that cannot be."""


class InputError(PackscopeError):
    """A file cannot be used.

    Parameters
    ----------
    path : Path
        The file.
    line : int or None
        Line of the first offence, counted from 1; None where no line is to blame.
    reason : str
        What is wrong and what would help.
    """

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        self.path = path
        self.line = line
        self.reason = reason
        where = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {reason}")


class InputLost(InputError):
    """A file failed, or changed, while it was read: what it holds is not known, and the next build reads it again."""


class NotContinued(PackscopeError):
    """What was written behind a file's former end cannot be understood from there alone; its last lines can tell."""


class StoreError(PackscopeError):
    """Base of what can go wrong with the built store."""


class StoreMissing(StoreError):
    """There is no store yet."""


class StoreCorrupt(StoreError):
    """A store file is damaged, or was written by another version."""


class StoreBusy(StoreError):
    """Another build holds the store."""
