"""The language of a request: chosen, used, and never without words."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir

from app import language
from app.components.charts import graph_config
from app.figures import objects as go
from app.figures.theme import style
from app.language import t, tn
from app.numbers import cells_need_attention

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
    """Collect every text that passes through `t`, `mark` or `tn`, of which both forms."""
    words = {"t": None, "mark": None, "tn": (1, 2)}
    found = (extract_from_dir(str(ROOT / folder), [("**.py", "python")], keywords=words) for folder in ("app", "pages"))
    said = [row[2] for rows in found for row in rows]
    return {text for one in said for text in ([one] if isinstance(one, str) else one)}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_text_has_a_german_one_with_the_same_fields() -> None:
    german = language.catalogue("de")
    assert sorted(said_in_the_code() - german.keys()) == []
    assert [text for text, said in german.items() if fields(text) != fields(said)] == []


PLAIN = re.compile(r"[a-z]+(_[a-z]+)*")


def test_the_fields_of_a_text_have_plain_names() -> None:
    awkward = {text: name for text in said_in_the_code() for name in fields(text) if not PLAIN.fullmatch(name)}
    assert awkward == {}


def counted_nouns(path: Path) -> set[str]:
    """Collect what a module counts (`app.numbers.counted`): one and several of it."""
    calls = [one for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.Call)]
    nouns: set[str] = set()
    for call in (one for one in calls if getattr(one.func, "id", "") == "counted"):
        said = [
            [part.value for part in ast.walk(given) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            for given in call.args[1:]
        ]
        one, *several = said if said else ([],)
        nouns |= {str(word) for word in one} | {str(word) for words in several for word in words}
        nouns |= set() if several else {f"{word}s" for word in one}
    return nouns


@pytest.mark.parametrize(
    ("lang", "count", "said"),
    [
        ("en", 1, "1 of 260 cells needs attention"),
        ("en", 2, "2 of 260 cells need attention"),
        ("en", 0, "0 of 260 cells need attention"),
        ("de", 1, "1 von 260 Zellen braucht Aufmerksamkeit"),
        ("de", 2, "2 von 260 Zellen brauchen Aufmerksamkeit"),
        ("de", 0, "0 von 260 Zellen brauchen Aufmerksamkeit"),
    ],
)
def test_a_count_takes_the_form_of_its_number(lang: str, count: int, said: str) -> None:
    with language.speaking(lang):
        assert cells_need_attention(count, 260) == said


def test_a_count_that_no_catalogue_holds_stays_english_in_its_form() -> None:
    with language.speaking("de"):
        assert [tn("{n} moon", "{n} moons", n, n=n) for n in (1, 2)] == ["1 moon", "2 moons"]


NUMBERED = re.compile(
    r"\{(n|count|days|times|span|hours|years|ts)\} ([a-z]+ ){0,2}?"
    r"(day|time|count|value|reading|hour|one|finding|cell|cycle|discharge|bucket|file|step|event|gap)s\b"
)
"""A field of a count before a noun in the plural."""
NEVER_ONE = (
    "{n} equivalent full cycles",  # written with a decimal, which takes the plural
    "{times} times",  # a factor, written with a decimal
    "shorter than {n} days",  # a limit of the analysis
    "({days} days)",  # what the benches planted, several days long
    "{days} valid days",  # from several days on
    "{days} working days",  # from several days on
    "{count} readings",  # one of them is "one reading"
    "Each of {n} steps",  # all steps of a counter
    "First {days} days",  # a period on offer
    "Last {days} days",  # a period on offer
    "of each the power",  # its form for one says it otherwise
    "hours export more",  # its form for one has a verb of its own
    " day with readings",  # the form for one day in all
    " day with steps",  # the form for one day
)
"""Texts in which the count is never one, and why."""


def test_no_text_counts_without_a_form_for_one() -> None:
    every = said_in_the_code()
    several = {text: match[0] for text in every if (match := NUMBERED.search(text))}
    lone = [text for text, found in several.items() if text.replace(found, found[:-1]) not in every]

    assert len(several) > len(lone)
    assert sorted(text for text in lone if not any(one in text for one in NEVER_ONE)) == []


def test_what_is_counted_has_a_german_word_for_one_and_for_several() -> None:
    paths = [path for folder in ("app", "pages") for path in (ROOT / folder).rglob("*.py")]
    nouns = set().union(*map(counted_nouns, paths))
    assert sorted(nouns - language.catalogue("de").keys()) == []


def test_charts_write_numbers_and_months_in_the_readers_language() -> None:
    with language.speaking("de"):
        config, figure = graph_config(), style(go.Figure(), "light")

    assert figure.layout.separators.startswith(",")
    assert config["locale"] == "de"
    assert "'Mär'" in str(config["locales"])
    assert graph_config()["locale"] == "en"
    assert style(go.Figure(), "light").layout.separators.startswith(".")
