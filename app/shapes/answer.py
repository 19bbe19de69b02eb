"""What every answer carries (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What every data answer carries."""

    build_id: str
    level: str | None
    """Level it was read from; None for a verdict."""
    coverage: float | None
    reason: str | None = None
    """Why the answer is empty or partly unknown."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a number rests on. Rows and exclusions are those of the series' whole history, as they were read."""

    rule: str
    rule_source: str
    """Where the rule is described."""
    source: str | None
    """Meter or battery system; None for all of them."""
    signals: int
    """Signals that it rests on."""
    files: int
    file_names: tuple[str, ...]
    """The first few of them."""
    rows: int
    """Rows found in the files."""
    kept: int
    """Readings kept of them."""
    excluded: dict[str, int]
    """Rows left out, by reason."""
    readings: int | None
    """Readings in the window, where they were counted for this answer."""
    start: str | None
    end: str | None
    level: str | None
    coverage: float | None
    uncertainty: str | None
    build_id: str


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value with its 95 % interval; None where it cannot be had, with the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
