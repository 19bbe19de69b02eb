"""The coverage calendar."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from app.figures.quality import coverage_calendar

FRAME = pl.DataFrame(
    [
        {"label": "Pack 1 voltages", "day": date(2024, 3, 30), "coverage": 1.0},
        {"label": "Pack 1 voltages", "day": date(2024, 4, 2), "coverage": 0.25},
        {"label": "Alarms", "day": date(2024, 3, 31), "coverage": None},
    ]
)


def test_every_day_has_a_column_and_every_group_a_row():
    heat = coverage_calendar(FRAME, theme="light").data[0]

    assert heat.y == ("Pack 1 voltages", "Alarms")
    assert np.array_equal(heat.z, [[1, 0, 0, 0.25], [np.nan, np.nan, np.nan, np.nan]], equal_nan=True)
    assert heat.x0 == "2024-03-30"


def test_no_day_at_all_is_an_empty_calendar():
    assert coverage_calendar(FRAME.clear(), theme="dark").data == ()
