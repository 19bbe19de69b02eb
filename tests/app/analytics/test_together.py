"""Readings outside the safe range: a cell's own warn of it; those that many share are the string's."""

from __future__ import annotations

import polars as pl
import pytest

from app.analytics.excursions import TOGETHER_CELLS, excursion_signs, shared_rows
from app.analytics.limits import limits
from app.analytics.whole import system_findings
from app.shapes.answer import Interval
from pipeline.feature_events import EXCURSIONS

DAY_MS = 86_400_000
BEGIN_MS = 1_717_192_800_000
UNKNOWN = Interval(value=None, reason="not asked")


def unsafe(cells, day=0, kind="over_voltage", limit=3.65, size=0.004, samples=1):
    rows = [
        [stamp, kind, 1, cell, limit + size, 0.1, None, None, limit, stamp, samples, False]
        for cell in cells
        for stamp in [BEGIN_MS + day * DAY_MS + 60_000 * cell]
    ]
    frame = pl.DataFrame(rows, schema=list(EXCURSIONS.names()), orient="row")
    return frame.cast({"ts": pl.Int64, "end": pl.Int64}).cast(EXCURSIONS)


def signs_of(events):
    return {cell: sign for (_, cell), sign in excursion_signs(events, {}, lambda _, sensor: sensor, limits({}))}


def severities(events):
    return {cell: sign.severity for cell, sign in signs_of(events).items()}


def alone(events):
    """Name the cells whose own doing it is, by what is said of them."""
    return [cell for cell, sign in signs_of(events).items() if "what the string does" not in sign.text]


def told(events):
    return system_findings(UNKNOWN, UNKNOWN, events, BEGIN_MS, limits({}), str)


@pytest.mark.parametrize("count", [1, TOGETHER_CELLS - 1])
def test_a_few_cells_warn_each_for_ever(count):
    events = unsafe(range(1, count + 1))
    assert set(severities(events).values()) == {"warning"}
    assert told(events) == ()


def test_many_cells_warn_each_and_are_named_once_on_the_system():
    events = pl.concat([unsafe(range(1, 101), day) for day in range(3)])
    assert list(severities(events).values()) == ["warning"] * 100
    assert alone(events) == []
    (found,) = told(events)
    assert (found.rule, found.subject, found.severity, found.count) == ("safe_range", "system", "warning", 3)
    assert found.text.startswith("100 cells")


def test_one_that_is_out_far_beyond_the_others_ranks_above_them():
    events = pl.concat([unsafe(range(1, 101)), unsafe([101], size=0.3)])
    assert alone(events) == [101]
    ranked = sorted(signs_of(events).items(), key=lambda one: -one[1].strength)
    assert ranked[0][0] == 101


def test_one_day_of_its_own_is_enough():
    events = pl.concat([unsafe(range(1, 101)), unsafe([7], day=5)])
    assert alone(events) == [7]


def test_no_events_share_nothing():
    assert shared_rows(pl.DataFrame(schema=EXCURSIONS)).is_empty()
