"""Bars, load-duration curves and calendars: what is drawn is what was given, and nothing is said of nothing."""

from __future__ import annotations

import numpy as np
import pytest

from app.figures.bars import Energy, energy_bars
from app.figures.calendar import day_by_hour
from app.figures.loadcurve import load_duration
from app.figures.theme import ABSOLUTE_SCALE

DAYS = np.array(["2024-03-30", "2024-03-31", "2024-04-01"], "datetime64[D]")


def test_export_is_drawn_below_the_line_and_said_as_it_is():
    rows = [Energy(name="Import", kwh=np.array([5.0, 6.0, np.nan])), Energy(name="Export", kwh=np.ones(3), below=True)]
    figure = energy_bars(DAYS, rows, unit="day", theme="light")

    assert list(figure.data[0].y[:2]) == [5, 6]
    assert np.isnan(figure.data[0].y[2])
    assert list(figure.data[1].y) == [-1, -1, -1]
    assert list(figure.data[1].customdata) == [1, 1, 1]
    assert figure.layout.yaxis.title.text == "kWh per day"


def test_large_energies_are_drawn_in_megawatt_hours():
    figure = energy_bars(DAYS, [Energy(name="Import", kwh=np.full(3, 25_000.0))], unit="month", theme="dark")

    assert list(figure.data[0].y) == [25, 25, 25]
    assert figure.layout.yaxis.title.text == "MWh per month"


def test_a_load_duration_curve_is_labelled_in_per_cent_and_kilowatts():
    figure = load_duration(np.linspace(0, 1, 101), np.linspace(100, 0, 101), theme="light")

    assert list(figure.data[0].x[:2]) == [0, 1]
    assert [note.text.replace("\N{NO-BREAK SPACE}", " ") for note in figure.layout.annotations] == [
        "1 %: 99.0 kW",
        "50 %: 50.0 kW",
        "99 %: 1.0 kW",
    ]


def test_labels_on_a_flat_curve_do_not_lie_on_each_other():
    power = np.concatenate([[100.0], np.full(100, 0.2)])

    assert len(load_duration(np.linspace(0, 1, 101), power, theme="light").layout.annotations) == 1


def test_the_calendar_leaves_unknown_hours_empty_and_centres_signed_power_on_zero():
    power = np.full((24, 3), 2.0)
    power[2, 1] = np.nan  # the hour that spring skips
    unsigned, signed = (day_by_hour(DAYS, values, theme="light").data[0] for values in (power, power - 3 * (power > 0)))

    assert np.isnan(unsigned.z[2, 1])
    assert unsigned.hoverongaps is False
    assert [list(step) for step in unsigned.colorscale] == ABSOLUTE_SCALE
    assert unsigned.zmid is None
    assert signed.x[1] == "2024-03-31"


def test_signed_power_is_centred():
    power = np.tile(np.array([[-5.0, 0.0, 10.0]]), (24, 1))
    drawn = day_by_hour(DAYS, power, theme="dark").data[0]

    assert (drawn.zmid, drawn.zmin) == (0, -drawn.zmax)


@pytest.mark.parametrize(
    "figure",
    [
        energy_bars(DAYS[:0], [], unit="day", theme="light"),
        energy_bars(DAYS, [Energy(name="Import", kwh=np.full(3, np.nan))], unit="day", theme="light"),
        load_duration(np.zeros(0), np.zeros(0), theme="light"),
        day_by_hour(DAYS[:0], np.zeros((24, 0)), theme="light"),
        day_by_hour(DAYS, np.full((24, 3), np.nan), theme="light"),
    ],
)
def test_without_data_a_chart_says_why(figure):
    assert len(figure.data) == 0
    assert figure.layout.annotations[0].text
