"""Compare puts sources side by side and subtracts them in the same buckets."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from dash import dcc

from app.answers import compare as answers
from app.answers.series import series
from app.answers.sources import list_sources
from app.answers.statistics import statistics
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
    answer, rows, _ = compare.update_answer("?sources=m1,m2&when=7d")

    assert "on average" in words(answer)
    assert [row["source"] for row in rows] == ["m1", "m2"]
    assert rows[0]["difference"] is None
    assert rows[1]["difference"] == pytest.approx(rows[1]["mean"] - rows[0]["mean"])


def test_a_difference_is_that_of_the_buckets():
    start, end = window()
    lines = answers.placed([("m1", "com_ap"), ("m2", "com_ap")], start, end, 0)
    (found,) = answers.differences(answers.pairs(lines), max_points=20_000)
    first, second = (series(name, "com_ap", start, end, max_points=20_000, level=found.level) for name in ("m1", "m2"))
    mine = dict(zip((first.ts - first.ts % found.step_ms).tolist(), first.value.tolist(), strict=True))
    theirs = dict(zip((second.ts - second.ts % found.step_ms).tolist(), second.value.tolist(), strict=True))

    expected = [theirs[at] - mine[at] for at in sorted(mine.keys() & theirs.keys())]
    assert found.value == pytest.approx(np.array(expected))


def test_thinning_a_difference_keeps_its_extremes():
    start, end = window()
    pairs = answers.pairs(answers.placed([("m1", "com_ap"), ("m2", "com_ap")], start, end, 0))
    (whole,) = answers.differences(pairs, max_points=20_000)
    (thin,) = answers.differences(pairs, max_points=100)

    assert len(thin.ts) <= 100
    assert thin.min.min() >= whole.min.min() - 1e-9 or thin.level != whole.level
    assert thin.gaps is not None


def test_signals_of_other_units_are_not_subtracted():
    figure = compare.update_difference("?sources=m1,m2&meter_signal=nothing", "light")

    assert figure["layout"]["annotations"]


def test_statistics_are_exact():
    start, end = window()
    (row,) = statistics([("m1", "com_ap")], start, end)
    raw = series("m1", "com_ap", start, end, max_points=20_000, level="raw")

    assert row.readings == int(raw.rows.sum())
    assert row.mean == pytest.approx(float(np.mean(raw.value.astype(np.float64))), rel=1e-5)
    assert row.max == pytest.approx(float(raw.max.max()), rel=1e-6)


def test_every_source_is_offered():
    said = words(compare.update_sources(""))

    assert all(row["name"] in said for row in list_sources())


def test_a_signal_is_compared_with_itself_in_the_period_before():
    search = "?sources=m1&when=7d&against=before"
    start, end = window()
    answer, rows, _ = compare.update_answer(search)
    now, then = (statistics([("m1", "com_ap")], low, low + end - start)[0] for low in (start, 2 * start - end))

    assert "the other period" in words(answer)
    assert [row["mean"] for row in rows] == [now.mean, then.mean]
    assert rows[0]["difference"] == pytest.approx(now.mean - then.mean)
    figure, _ = compare.update_overlay(search, "light")
    assert {trace["name"] for trace in figure["data"]} >= {"m1", "m1 then"}


def test_a_shifted_difference_subtracts_what_lay_a_whole_shift_earlier():
    start, _ = window()
    day = start - start % DAY + DAY
    lines = answers.placed([("m1", "com_ap")], day, day + 2 * DAY, 2 * DAY)
    (found,) = answers.differences(answers.pairs(lines), max_points=20_000)
    now, then = (
        series("m1", "com_ap", at, at + 2 * DAY, max_points=20_000, level=found.level) for at in (day, day - 2 * DAY)
    )
    earlier = dict(zip((then.ts + 2 * DAY).tolist(), then.value.tolist(), strict=True))

    assert len(found.ts)
    for at, delta in zip(found.ts.tolist(), found.value.tolist(), strict=True):
        assert delta == pytest.approx(now.value[now.ts.tolist().index(at)] - earlier[at], abs=1e-6)


@pytest.mark.parametrize(
    ("against", "earlier"),
    [("year", "2023-03-31T00:00+02:00"), ("before", "2024-03-24T00:00+01:00"), ("start", "2024-01-01T00:00+01:00")],
)
def test_a_shift_is_said_in_wall_time(against, earlier):
    ms = {at: round(datetime.fromisoformat(at).timestamp() * 1000) for at in (earlier, "2024-03-31T00:00+01:00")}
    start = ms["2024-03-31T00:00+01:00"]
    shift = answers.shift_of(against, start, start + 7 * DAY, "Europe/Berlin", ms[earlier])

    assert start - shift == ms[earlier]


def test_a_leap_day_is_compared_with_the_28th():
    start = round(datetime.fromisoformat("2024-02-29T00:00+01:00").timestamp() * 1000)

    assert start - answers.shift_of("year", start, start + DAY, "Europe/Berlin") == round(
        datetime.fromisoformat("2023-02-28T00:00+01:00").timestamp() * 1000
    )


@pytest.mark.parametrize("against", ["before", "year", "start", "nonsense"])
def test_every_comparison_answers_for_the_whole_history_too(against):
    search = f"?against={against}"

    assert words(compare.update_answer(search)[0])
    assert compare.update_overlay(search, "dark")[0]
    assert compare.update_difference(search, "dark")


def test_any_number_of_sources_stands_side_by_side():
    every = ",".join(row["name"] for row in list_sources() if row["kind"] == "meter")
    _, rows, _ = compare.update_answer(f"?sources={every}&when=7d")

    assert len(rows) == len(every.split(","))
