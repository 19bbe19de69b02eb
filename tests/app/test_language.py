"""The language of a request: chosen, used, and never without words."""

from __future__ import annotations

import pytest

from app import language
from app.language import t


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
