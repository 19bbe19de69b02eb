"""Counts with their nouns, as the sentences of the analysis write them."""

from __future__ import annotations


def several(count: int, noun: str) -> str:
    """Write a count with its noun in the form that it takes: ``1 day``, ``3 days``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
