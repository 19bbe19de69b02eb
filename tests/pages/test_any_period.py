"""Choosing another period changes what the pages draw, never an age, a total or a verdict that they tell."""

from __future__ import annotations

import pytest

from pages import overview as front
from pages.batteryparts import audit, health
from pages.celltabs import comparison, critical, overview
from tests.pages.words import words

pytestmark = pytest.mark.usefixtures("answering")

PERIODS = ["?when=beginning", "?when=recent", "?when=7d", "?when=1d"]
each_period = pytest.mark.parametrize("period", PERIODS)


def asked(search: str = "") -> dict[str, str]:
    return {"search": search, "theme": "light"}


@pytest.mark.parametrize("period", [*PERIODS, "?when=custom&start=1999-01-01T01:30&end=1999-03-01T07:15"])
def test_the_critical_cells_and_what_is_said_of_them_stay(period):
    then, now = critical.update(asked()), critical.update(asked(period))

    assert then[0], "the sample site has cells with findings"
    assert now[0] == then[0]
    assert words(now[2])[:80] == words(then[2])[:80]


@each_period
def test_the_comparison_counts_the_same_critical_cells(period):
    then, now = comparison.update(asked())[0], comparison.update(asked(period))[0]
    lasting = [key for key in then[0] if key in {"name", "cells", "critical_cells", "model"}]

    assert len(lasting) == 4
    assert [[row[key] for key in lasting] for row in now] == [[row[key] for key in lasting] for row in then]


@each_period
def test_the_health_of_the_whole_history_and_the_audit_stay(period):
    then, now = health.update_whole("", "light"), health.update_whole(period, "light")

    assert [words(part) for part in now[2:]] == [words(part) for part in then[2:]]
    assert words(now[1]) == words(then[1])
    assert audit.update(period)[0] == audit.update("")[0]


@each_period
def test_the_overviews_worst_cells_stay(period):
    (_, then, _), (_, now, _) = front.update_answer(""), front.update_answer(period)

    def told(rows: list[dict[str, object]]) -> list[dict[str, object]]:
        return [{key: value for key, value in row.items() if key != "href"} for row in rows]

    assert then
    assert told(now) == told(then)


def test_the_findings_of_the_system_stay():
    whole = words(overview.update(asked())[3])

    assert words(overview.update(asked("?when=recent"))[3]) == whole
