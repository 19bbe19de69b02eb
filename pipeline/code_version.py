"""Which code made a store: one whose rows another version read, or whose tables it extracted, is built anew."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

PATTERNS = (
    "feature*.py",
    "physics.py",
    "signals.py",
    "counters.py",
    "clean.py",
    "columns.py",
    "dialect.py",
    "localtime.py",
    "notation.py",
    "readings.py",
    "recipes.py",
    "rows.py",
    "sniff.py",
    "stamps.py",
    "strict.py",
    "truncation.py",
)
"""Modules whose rules and constants the rows and the feature tables depend on."""


@cache
def code_hash(folder: Path = Path(__file__).parent) -> str:
    """Hash the source of the modules that read rows and extract features.

    A changed constant, such as a sentinel, a time constant or a limit, changes what is stored without changing its
    columns; so the source itself is the version, and nobody has to remember to count one up.

    Parameters
    ----------
    folder : Path
        Where the modules are.
    """
    hashed = hashlib.sha256()
    for path in sorted(path for pattern in PATTERNS for path in folder.glob(pattern)):
        hashed.update(path.name.encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()[:16]
