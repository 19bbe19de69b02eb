"""The language in which a request is answered: English as written in the code, German from its catalogue.

A text is written once, in English, where it is used: ``t("{n} of {total} cells need attention", n=2, total=260)``. The
catalogue maps that template to another language's; a template that it does not hold stays English, so a page is never
without its words. Only words for people pass through here: the keys of the HTTP API are the same in every language.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.core import Locale, negotiate_locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
"""What can be chosen, each by its own name."""
LOCALES = Path(__file__).parent / "locales"
_CURRENT: ContextVar[str] = ContextVar("packscope_language", default=ENGLISH)


def current() -> str:
    """Say the language of the request that is being answered; English outside of one."""
    return _CURRENT.get()


def choose(wanted: list[str]) -> str:
    """Pick the language to answer in from what a reader asks for, best first: ``["de-AT", "en"]`` gives ``de``."""
    return negotiate_locale(wanted, LANGUAGES, sep="-") or ENGLISH


def use(language: str) -> None:
    """Answer in this language from here on, within this request; an unknown one means English."""
    _CURRENT.set(language if language in LANGUAGES else ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Answer in a language for the length of a block."""
    before = _CURRENT.set(language if language in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _CURRENT.reset(before)


def t(text: str, /, **values: object) -> str:
    """Say a text in the language of the request.

    Parameters
    ----------
    text : str
        The English template, a literal, with named fields in braces.
    values : object
        What stands in the fields, already written for a reader (see `app.numbers`).
    """
    template = catalogue(current()).get(text, text)
    return template.format(**values) if values else template


def tn(one: str, several: str, count: float, /, **values: object) -> str:
    """Say a text that counts something, in the form that its count takes: ``1 cell needs``, ``2 cells need``.

    Parameters
    ----------
    one, several : str
        The English templates, literals with the same fields, for a count of one and for all others.
    count : float
        What is counted. It picks the form by the language's plural rule (Unicode CLDR).
    values : object
        What stands in the fields, the count among them, already written for a reader (see `app.numbers`).
    """
    single = Locale.parse(current()).plural_form(count) == "one"
    return t(one if single else several, **values)


def mark(text: str) -> str:
    """Return a text as it is: a word of a table, said to be translated where it is shown (``t(word)``)."""
    return text


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the templates of a language by their English ones; empty for English itself."""
    path = LOCALES / language / "packscope.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {text: said for entry in read_po(file) if entry.id for text, said in _forms(entry) if said}


def _forms(entry: Message) -> list[tuple[str, str]]:
    """Pair an entry's English texts with its translations: one pair, or one for one and one for several."""
    if isinstance(entry.id, str):
        return [(entry.id, str(entry.string or ""))]
    return list(zip(entry.id, entry.string or (), strict=False))
