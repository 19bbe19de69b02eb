"""Sentences and labels that the analysis writes in English, said in the language of the request.

What is worked out (`app.analytics`, `app.answers`, the catalogue of signals) speaks English, as the HTTP API does. A
page says it in the reader's language at the moment of showing: `say` finds the template that a sentence was made of
(`app.sentences`), and writes the same values into the translated one. A sentence that no template fits stays as it is.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from re import Pattern
from string import Formatter

from app.labels import LABELS
from app.language import ENGLISH, catalogue, current
from app.numbers import DECIMAL, MINUS
from app.rejections import FILE_REASONS, ROWS_LEFT_OUT
from app.sentences import SENTENCES, WORDS

MOST_KEPT = 16_384
"""Sentences that are kept once said."""
LEAST_SPACES = 3
"""Spaces from which on a text of the catalogue is a sentence of somebody's: shorter ones may be names [1]."""
_NUMBER = re.compile(r"(?<![\w.,])([+-]?)(\d+)(?:\.(\d+))?(?![\w.,]\d)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")
_WITHIN = r"(?:(?![.!?]\s+[^\sa-z]).)"
"""One letter of a field: none reaches over the end of its sentence."""


def say(text: str) -> str:
    """Say a sentence or a label of the analysis in the language of the request.

    Parameters
    ----------
    text : str
        As it was worked out, in English; several sentences are said one by one.
    """
    return text if current() == ENGLISH or not text else _said(current(), text)


@lru_cache(maxsize=MOST_KEPT)
def _said(language: str, text: str) -> str:
    known = catalogue(language).get(text) if text.count(" ") >= LEAST_SPACES else None
    found = known or _matched(language, text, (*SENTENCES, *FILE_REASONS, *LABELS))
    if found is not None:
        return found
    parts = _SENTENCE_END.split(text)
    return " ".join(_said(language, part) for part in parts) if len(parts) > 1 else text


def _matched(language: str, text: str, templates: tuple[str, ...]) -> str | None:
    """Say a text by the template that it was made of; None where there is none."""
    said = catalogue(language)
    if text in templates:
        return said.get(text, text)
    for template, pattern in _patterns(templates):
        match = pattern.fullmatch(text)
        if match:
            values = {name: _field(language, value) for name, value in match.groupdict().items()}
            return said.get(template, template).format(**values)
    return None


def _field(language: str, value: str) -> str:
    """Say what stood in a field: one of the known words, or numbers as the language writes them."""
    known = _matched(language, value, (*WORDS, *ROWS_LEFT_OUT))
    if known is None and ", " in value:
        return ", ".join(_field(language, one) for one in value.split(", "))
    return known or _NUMBER.sub(lambda found: _number(language, found), value)


def _number(language: str, found: re.Match[str]) -> str:
    sign, whole, decimals = found.groups()
    fraction = f"{DECIMAL[language]}{decimals}" if decimals else ""
    return f"{sign.replace('-', MINUS)}{whole}{fraction}"


@cache
def _patterns(templates: tuple[str, ...]) -> tuple[tuple[str, Pattern[str]], ...]:
    """Turn templates with fields into patterns, those with the most words of their own first."""
    ranked = sorted((one for one in templates if "{" in one), key=_own_length, reverse=True)
    return tuple((one, pattern_of(one)) for one in ranked)


def pattern_of(template: str) -> Pattern[str]:
    """Write the pattern of all sentences that a template makes."""
    parts = Formatter().parse(template)
    fields = ((re.escape(text), name) for text, name, _, _ in parts)
    return re.compile("".join(text + (f"(?P<{name}>{_WITHIN}+?)" if name else "") for text, name in fields))


def _own_length(template: str) -> int:
    return sum(len(text) for text, _, _, _ in Formatter().parse(template))
