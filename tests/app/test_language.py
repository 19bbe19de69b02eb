"""The language of a request: chosen, used, and never without words."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir

from app import language
from app.language import t

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(["de"], "de"), (["de-AT", "en"], "de"), (["en-GB"], "en"), (["fr", "de"], "de"), (["fr"], "en"), ([], "en")],
)
def test_the_reader_gets_the_best_language_there_is(wanted: list[str], chosen: str) -> None:
    assert language.choose(wanted) == chosen


def test_a_text_is_said_in_the_language_of_the_request() -> None:
    with language.speaking("de"):
        assert t("Language") == "Sprache"
    assert t("Language") == "Language"


def test_a_text_that_no_catalogue_holds_stays_english_with_its_values() -> None:
    with language.speaking("de"):
        assert t("{n} of {total} moons", n=2, total=3) == "2 of 3 moons"


def test_an_unknown_language_means_english() -> None:
    with language.speaking("xx"):
        assert language.current() == "en"


def said_in_the_code() -> set[str]:
    """Collect every text that passes through `t` or `mark`."""
    words = {"t": None, "mark": None}
    found = (extract_from_dir(str(ROOT / folder), [("**.py", "python")], keywords=words) for folder in ("app", "pages"))
    return {str(row[2]) for rows in found for row in rows}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_text_has_a_german_one_with_the_same_fields() -> None:
    german = language.catalogue("de")
    assert sorted(said_in_the_code() - german.keys()) == []
    assert [text for text, said in german.items() if fields(text) != fields(said)] == []
