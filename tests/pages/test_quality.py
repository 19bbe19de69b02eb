"""The data-quality page: its sentence, its table, and that nothing left out is kept quiet."""

from __future__ import annotations

from typing import Any

import pytest

from app.scope import scope_of
from pages import quality
from tests.pages.words import words


def series(signal: str, coverage: float | None, **counts: int) -> dict[str, Any]:
    return {"signal": signal, "rows": 100, "coverage": coverage} | dict.fromkeys(quality.COUNTS, 0) | counts


FOUND: dict[str, Any] = {
    "series": [series("bms1_soc", 0.99, duplicates=2), series("bms1_v", 0.5, sentinels=7), series("bms1_c", None)],
    "rejected_files": [{"file": "BESS/C1/bms1_p1_v9.csv", "line": 3, "reason": "no time stamp"}],
    "warnings": ["the clock ran backwards"],
}
CLEAN: dict[str, Any] = {"series": [series("pos_ae", 1.0)], "rejected_files": [], "warnings": []}


def test_the_answer_says_coverage_and_rejected_files():
    told = quality.answer_words(FOUND).replace("\N{NO-BREAK SPACE}", " ")

    assert told == "74.5 % of the expected readings are there, 1 file could not be used"
    assert quality.answer_words(CLEAN).endswith("every file was used")
    assert quality.answer_words(FOUND | {"series": []}).startswith("No series")


def test_the_lead_counts_what_was_left_out(answering):
    scope = scope_of("", "any")

    assert "2 duplicates, 7 sentinels" in quality.lead_words(FOUND, scope)
    assert quality.lead_words(CLEAN, scope).endswith("Nothing odd.")


def test_series_are_listed_unknown_and_least_covered_first():
    rows = quality.grid_rows(FOUND["series"])

    assert [(row["signal"], row["coverage_pct"]) for row in rows] == [
        ("bms1_c", None),
        ("bms1_v", 50.0),
        ("bms1_soc", 99.0),
    ]
    assert set(rows[0]) == {column["field"] for column in quality.COLUMNS}


def test_a_rejected_file_is_told_with_line_and_reason():
    told = words(quality.rejected_table(FOUND["rejected_files"]))

    for part in ("BESS/C1/bms1_p1_v9.csv", "3", "no time stamp"):
        assert part in told
    assert "every file was used" in words(quality.rejected_table([]))


def test_a_long_list_of_rejected_files_says_how_many_more():
    many = [{"file": f"{n}.csv", "line": None, "reason": "empty"} for n in range(quality.REJECTED_MAX + 5)]

    assert "and 5 more files" in words(quality.rejected_table(many))


def test_every_count_has_a_meaning_on_the_page(answering):
    told = words(quality.layout())

    for title, meaning in quality.COUNTS.values():
        assert title in told
        assert meaning in told


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_answers_for_every_source(answering, theme):
    from app.answers.sources import list_sources

    for row in list_sources():
        search = f"?source={row['name']}"
        assert row["name"] in words(quality.update(search)[0])
        figure, size = quality.update_calendar(search, theme)
        assert size["height"] == f"{figure.layout.height}px"
        assert quality.export(1, search)["content"].count("\n") == len(row["signals"]) + 1
