"""Compare puts sources side by side and subtracts them in the same buckets."""

from __future__ import annotations

import numpy as np
import pytest
from dash import dcc

from app.answers import compare as answers
from app.answers.series import series
from app.answers.sources import list_sources
from app.view import View
from pages import compare
from tests.pages.words import of_type, words

pytestmark = pytest.mark.usefixtures("answering")
DAY = 86_400_000


def window():
    from app.scope import scope_of

    scope = scope_of("?when=7d&meter=m1", "meter")
    return scope.asked


def test_two_sources_are_compared_when_nothing_is_said():
    assert len(compare.lines_of(View())) == 2


def test_a_source_is_added_or_taken_away_by_a_link_and_two_always_stay():
    pills = compare.update_sources("?sources=m1,m2")
    links = {words(link): View.parse(link.href.partition("?")[2]).sources for link in of_type(pills, dcc.Link)}

    assert "m1" not in links
    assert links["m3"] == ("m1", "m2", "m3")


def test_the_first_sentence_follows_from_the_means():
    answer, table = compare.update_answer("?sources=m1,m2&when=7d")

    assert "on average" in words(answer)
    assert "m2" in words(table)


def test_a_difference_is_that_of_the_buckets():
    start, end = window()
    (found,) = answers.differences([("m1", "com_ap"), ("m2", "com_ap")], start, end, max_points=20_000)
    first, second = (series(name, "com_ap", start, end, max_points=20_000, level=found.level) for name in ("m1", "m2"))
    mine = dict(zip((first.ts - first.ts % found.step_ms).tolist(), first.value.tolist(), strict=True))
    theirs = dict(zip((second.ts - second.ts % found.step_ms).tolist(), second.value.tolist(), strict=True))

    expected = [theirs[at] - mine[at] for at in sorted(mine.keys() & theirs.keys())]
    assert found.value == pytest.approx(np.array(expected))


def test_thinning_a_difference_keeps_its_extremes():
    start, end = window()
    lines = [("m1", "com_ap"), ("m2", "com_ap")]
    (whole,) = answers.differences(lines, start, end, max_points=20_000)
    (thin,) = answers.differences(lines, start, end, max_points=100)

    assert len(thin.ts) <= 100
    assert thin.min.min() >= whole.min.min() - 1e-9 or thin.level != whole.level
    assert thin.gaps is not None


def test_signals_of_other_units_are_not_subtracted():
    figure = compare.update_difference("?sources=m1,m2&meter_signal=nothing", "light")

    assert figure["layout"]["annotations"]


def test_statistics_are_exact():
    start, end = window()
    (row,) = answers.statistics([("m1", "com_ap")], start, end)
    raw = series("m1", "com_ap", start, end, max_points=20_000, level="raw")

    assert row.readings == int(raw.rows.sum())
    assert row.mean == pytest.approx(float(np.mean(raw.value.astype(np.float64))), rel=1e-5)
    assert row.max == pytest.approx(float(raw.max.max()), rel=1e-6)


def test_every_source_is_offered():
    said = words(compare.update_sources(""))

    assert all(row["name"] in said for row in list_sources())
