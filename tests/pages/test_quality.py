"""The data-quality page: its sentence, its table, and that nothing left out is kept quiet."""

from __future__ import annotations

from typing import Any

import pytest

from app.answers import omissions
from app.answers.omissions import Omission
from app.answers.quality import quality as quality_answer
from app.answers.sources import list_sources
from app.scope import scope_of
from app.view import View
from pages import quality
from pages.qualityparts import meanings, tables
from tests.pages.words import words

COUNTS = meanings.counts()


def series(signal: str, coverage: float | None, **counts: int) -> dict[str, Any]:
    return {"signal": signal, "rows": 100, "coverage": coverage} | dict.fromkeys(COUNTS, 0) | counts


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
    rows = tables.series_rows(FOUND["series"], View())

    assert [(row["signal"], row["coverage_pct"]) for row in rows] == [
        ("bms1_c", None),
        ("bms1_v", 50.0),
        ("bms1_soc", 99.0),
    ]
    assert {column["field"] for column in tables.series_columns()} <= set(rows[0])
    assert View.parse(rows[1]["href"].partition("?")[2]).get("series", "") == "bms1_v"


def test_every_reason_has_a_meaning_for_the_verdicts():
    for reason in ("missing", "sentinel", "conflicts", "dst_skipped", "bad_stamp", "a_new_one"):
        title, meaning, verdicts = meanings.reason(reason)
        assert title
        assert meaning
        assert verdicts


def test_what_was_left_out_is_told_with_the_series_that_lost_most():
    found = [
        Omission("sentinel", 120, 3, "bms1_p1_t4", 100, kept=False),
        Omission("out_of_order", 2, 1, "pf", 2, kept=True),
    ]
    first, second = tables.omitted_rows(found)

    assert (first["title"], first["done"], first["worst"]) == ("Sentinels", "left out", "bms1_p1_t4 (100)")
    assert second["done"] == "kept"


def test_rejected_files_are_listed_with_line_and_reason():
    assert tables.rejected_rows(FOUND["rejected_files"]) == FOUND["rejected_files"]


def test_the_gaps_of_the_chosen_series_are_listed(answering):
    rows = quality_answer("m2")["series"]
    worst = max(rows, key=lambda row: row["gaps"])
    _, _, gaps, _, words_of = quality.update_series("?source=m2")
    chosen = quality.update_series("?source=m2&series=pf")

    assert len(gaps) == worst["gaps"]
    assert sum(gap["missing"] for gap in gaps) > 0
    assert gaps == sorted(gaps, key=lambda gap: -gap["minutes"])
    assert worst["signal"] in words_of
    assert chosen[4].startswith("pf:")


def test_a_gap_leads_to_the_readings_around_it(answering):
    (*_, gap) = quality.update_series("?source=m2")[2]
    view = View.parse(gap["href"].partition("?")[2])
    start, end = view.zoom.split("~")

    assert view.signals[0].startswith("m2:")
    assert start.replace("T", " ") < gap["start"] < gap["end"] < end.replace("T", " ")


def test_the_calendar_shows_the_series_of_a_group(answering):
    every, _ = quality.update_calendar("?source=m1", "light")
    group, _ = quality.update_calendar("?source=m1&group=Energy+counters", "light")

    assert "Energy counters" in every.data[0].y
    assert set(group.data[0].y) == {"com_ae", "neg_ae", "pos_ae"}
    unknown, _ = quality.update_calendar("?source=m1&group=nothing", "light")
    assert unknown.data[0].y == every.data[0].y


def test_what_a_build_noted_is_added_up(answering):
    found = omissions.omissions("m6")
    series_found = quality_answer("m6")["series"]

    for one in found:
        kind = "noted" if one.kept else "excluded"
        assert one.rows == sum(row[kind].get(one.reason, 0) for row in series_found)
        assert one.worst_rows == max(row[kind].get(one.reason, 0) for row in series_found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_answers_for_every_source(answering, theme):
    for row in list_sources():
        search = f"?source={row['name']}"
        assert row["name"] in words(quality.update(search)[0])
        figure, size = quality.update_calendar(search, theme)
        assert size["height"] == f"{figure.layout.height}px"
        assert len(quality.update_series(search)[0]) == len(row["signals"])
        assert quality.update_findings(search)[0] is not None
        assert quality.update_groups(search)[0]["value"] == quality.ALL_GROUPS
