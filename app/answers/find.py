"""Find signals by what a person types: words, numbers, units, abbreviations, slips of the finger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from app import loader
from app.answers.sources import catalogue, list_sources

CLOSE = 0.74
"""Likeness from which a word that was typed passes for one that is there: one slip in a word of five letters [1]."""
SHORTEST = 4
"""Letters that a word needs before slips in it are forgiven [letters]."""
EXACT, BEGINS, HOLDS, LIKE = 1.0, 0.9, 0.75, 0.5
"""What it counts when a word is there as it is, begins one, is part of one, or is like one [1]."""
NUMBERED = frozenset({"pack", "cell", "sensor", "phase"})
"""Words that a number belongs to."""
SYNONYMS = {
    "volt": "voltage",
    "volts": "voltage",
    "temp": "temperature",
    "temps": "temperature",
    "soc": "charge",
    "soh": "health",
    "amps": "current",
    "kw": "power",
    "kwh": "energy",
    "pf": "factor",
    "hottest": "highest",
    "coldest": "lowest",
}
"""What people write for words that labels have; the written word counts too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A signal as the search sees it."""

    source: str
    signal: str
    label: str
    unit: str
    plain: bool
    """Whether it stands for more than one cell: such signals come first among equals."""
    tokens: frozenset[str]
    text: str


def find(text: str, *, most: int | None = None) -> list[Entry]:
    """Find signals by words, best first.

    Every word must be found: in the source's or signal's name, the label, the unit or the topic. A number must stand
    there as it is, so ``2`` finds pack 2 and not cell 12; a longer word may have a slip (``temprature``).

    Parameters
    ----------
    text : str
        What was typed; none of it finds nothing.
    most : int or None
        How many to return at most.
    """
    words = _words(text)
    if not words:
        return []
    entries, vocabulary = _index()
    hits = [_hits(word, vocabulary) for word in words]
    ranked = []
    for at, entry in enumerate(entries):
        scores = [_best(entry, word, found) for word, found in zip(words, hits, strict=True)]
        if min(scores) > 0:
            ranked.append((-sum(scores), not entry.plain, at, entry))
    ranked.sort(key=lambda row: row[:3])
    return [entry for *_, entry in ranked[:most]]


def _words(text: str) -> list[str]:
    """Take what was typed apart; a number stays with what it counts, so that ``pack 2`` is not found in ``cell 2``."""
    words: list[str] = []
    for word in text.lower().replace(",", " ").split():
        if word.isdigit() and words and words[-1] in NUMBERED:
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _best(entry: Entry, word: str, hits: dict[str, float]) -> float:
    if " " in word:
        return EXACT if f" {word} " in f" {entry.text} " else 0.0
    if word in entry.tokens:
        return EXACT
    scores = [hits[token] for token in entry.tokens & hits.keys()]
    if not scores and not word.isdigit() and word in entry.text:
        return HOLDS
    return max(scores, default=0.0)


@lru_cache(maxsize=512)
def _hits(word: str, vocabulary: tuple[str, ...]) -> dict[str, float]:
    """Say how well each known token answers a word; tokens that do not are left out."""
    if " " in word:
        return {}
    if word.isdigit():
        ending = len(word) >= SHORTEST - 1
        return {token: EXACT for token in vocabulary if token == word or (ending and token.endswith(word))}
    meant = SYNONYMS.get(word, word)
    scores = {token: _likeness(word, meant, token) for token in vocabulary}
    return {token: score for token, score in scores.items() if score > 0}


def _likeness(word: str, meant: str, token: str) -> float:
    if token in (word, meant):
        return EXACT
    if token.startswith(word):
        return BEGINS
    if word in token:
        return HOLDS
    if len(word) < SHORTEST or token.isdigit() or abs(len(token) - len(word)) > 2:
        return 0.0
    alike = SequenceMatcher(None, word, token)
    return LIKE if alike.quick_ratio() >= CLOSE and alike.ratio() >= CLOSE else 0.0


@loader.once_per_build
def _index() -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    entries = [_entry(row["name"], signal) for row in list_sources() for signal in catalogue(row["name"])]
    entries.sort(key=lambda entry: not entry.plain)
    return tuple(entries), tuple(sorted(frozenset[str]().union(*(entry.tokens for entry in entries))))


def _entry(source: str, row: dict[str, Any]) -> Entry:
    said = f"{source} {row['signal']} {row['label']} {row['unit']} {row['topic']}".lower()
    pieces: Sequence[str] = said.replace("_", " ").split()
    return Entry(
        source=source,
        signal=row["signal"],
        label=row["label"],
        unit=row["unit"],
        plain=row["cell"] is None,
        tokens=frozenset((*pieces, row["signal"].lower())),
        text=said,
    )
