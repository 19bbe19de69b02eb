"""What the analysis says in English is said in the reader's language, with the same numbers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.labels import LABELS
from app.language import catalogue, speaking
from app.rejections import FILE_REASONS, ROWS_LEFT_OUT
from app.say import pattern_of, say
from app.sentences import SENTENCES, WORDS
from pipeline.signals import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
FIELD = "§"
SETTINGS = "site.toml: ["
"""Errors in the site's file are told on the command line, in English."""
FEWEST_WORDS = 5
"""From so many words on a text of the analysis that ends like a sentence is one [words]."""


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Active power", "Wirkleistung"),
        ("Pack 2 cell 17 voltage", "Pack 2 Zelle 17 Spannung"),
        (
            "-115.2 mV from the string at charge end, where 9.6 robust deviations is unusual; "
            "beyond the limit on 89 days.",
            "−115,2 mV vom Strang am Ladeende; dort sind 9,6 robuste Abweichungen ungewöhnlich; "
            "an 89 Tagen über der Grenze.",
        ),
        (
            "m1, which follows all batteries together (r = 0.994).",
            "m1, der allen Batterien zusammen folgt (r = 0,994).",
        ),
        (
            "3.701 V, outside the safe range, in one reading, with many cells at once: what the string does.",
            "3,701 V, außerhalb des sicheren Bereichs, in einem Messwert, mit vielen Zellen zugleich: eine Sache des "
            "Strangs.",
        ),
        (
            "3.521 V in one reading: +181 mV from the string, and unlike the readings before and after.",
            "3,521 V in einem Messwert: +181 mV vom Strang und anders als die Messwerte davor und danach.",
        ),
        ("It never changed. All cells are equal.", "Er hat sich nie geändert. Alle Zellen sind gleich."),
    ],
)
def test_a_sentence_is_said_in_german_with_its_numbers(english: str, german: str) -> None:
    with speaking("de"):
        assert say(english) == german
    assert say(english) == english


@given(st.text(max_size=60))
def test_what_no_template_fits_stays_as_it_is(text: str) -> None:
    with speaking("de"):
        assert say(f"~{text}~").startswith("~")


def test_two_findings_of_one_kind_are_said_one_by_one() -> None:
    one = "-182.5 mV from the string at discharge end, where 10.8 robust deviations is unusual; {}."
    days = ("beyond the limit on 66 days", "beyond the limit on 109 days")
    with speaking("de"):
        both = say(" ".join(one.format(day) for day in days))
        assert both == " ".join(say(one.format(day)) for day in days)
        assert "beyond" not in both


def test_every_label_of_the_signals_is_there() -> None:
    assert sorted({one.label for one in CATALOGUE} - set(LABELS)) == []


@pytest.mark.parametrize("template", [*LABELS, *SENTENCES, *WORDS, *FILE_REASONS, *ROWS_LEFT_OUT])
def test_a_template_makes_what_its_pattern_finds(template: str) -> None:
    names = pattern_of(template).groupindex
    made = template.format(**dict.fromkeys(names, "1.5"))
    found = pattern_of(template).fullmatch(made)
    assert found is not None
    assert set(found.groupdict().values()) <= {"1.5"}
    assert template in catalogue("de")


def field_of(part: ast.expr, named: dict[str, ast.expr]) -> str:
    """Write a field as its mark; a count (`app.analytics.words.several`) with its noun, in the plural."""
    value = part.value if isinstance(part, ast.FormattedValue) else part
    value = named.get(ast.unparse(value), value)
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "several":
        return f"{FIELD} {ast.literal_eval(value.args[1])}s"
    return FIELD


def sentences_of(path: Path) -> set[str]:
    """Collect the texts of a module that end like a sentence, with a mark for each field."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    named = {ast.unparse(one.targets[0]): one.value for one in ast.walk(tree) if isinstance(one, ast.Assign)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                str(part.value) if isinstance(part, ast.Constant) else field_of(part, named) for part in node.values
            ]
            found.add("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in plain | inside:
            found.add(node.value)
    return {text for text in found if text.endswith(".") and len(text.split()) >= FEWEST_WORDS}


def is_same(text: str) -> bool:
    """Whether a text stays English."""
    return say(text) == text


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "analytics").glob("*.py")), ids=lambda path: path.stem)
def test_every_sentence_of_the_analysis_can_be_said(path: Path) -> None:
    texts = (text for text in sentences_of(path) if SETTINGS not in text)
    with speaking("de"):
        untold = [text for text in texts if is_same(text) and is_same(text.removeprefix(f"{FIELD} "))]
    assert untold == []
