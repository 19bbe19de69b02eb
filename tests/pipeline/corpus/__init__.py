"""Malformed and merely unusual CSVs: what a logger, a spreadsheet or a full disk may leave behind.

Each case is a file's bytes with what must come of it: the good rows exactly, the reasons why others were left out, or
a rejection whose reason says what is wrong. Local stamps are Europe/Berlin.
"""

from __future__ import annotations

from tests.pipeline.corpus import clocks, notations, odd, order, rows, stamps, unusable
from tests.pipeline.corpus.case import Case

__all__ = ["Case", "cases"]


def cases() -> list[Case]:
    """List every case."""
    return [case for family in (unusable, notations, stamps, rows, order, clocks, odd) for case in family.CASES]
