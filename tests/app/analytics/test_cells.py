"""Pieces of the cell rules: grids, persistence, onset, budget."""

import numpy as np
import polars as pl
import pytest

from app.analytics import cells, change, grid, quality, resistance
from app.analytics.alarms import triage
from app.analytics.thermal import cells_of_sensor
from app.shapes.kpis import AlarmEvent
from tests.app.analytics.grids import BEGIN_MS, cell_grid

DAY = grid.DAY_MS


def test_a_table_is_laid_out_in_physical_order():
    frame = pl.DataFrame(
        {
            "ts": [BEGIN_MS, BEGIN_MS, BEGIN_MS + DAY],
            "pack": [2, 1, 1],
            "cell": [1, 10, 2],
            "stuck": [False, False, True],
            "rest_mv": [5.0, None, 7.0],
        }
    ).with_columns(pl.col("ts").cast(pl.Datetime("ms", "UTC")))
    laid = grid.lay_out(frame, "cell", ["rest_mv"])
    assert list(zip(laid.packs, laid.numbers, strict=True)) == [(1, 2), (1, 10), (2, 1)]
    assert laid["rest_mv"][0].tolist()[2] == 5.0
    assert np.isnan(laid["rest_mv"]).sum() == 5


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(None, None, 5), (BEGIN_MS, BEGIN_MS + DAY, 1), (BEGIN_MS + DAY // 2, None, 5), (BEGIN_MS + 9 * DAY, None, 0)],
)
def test_a_window_takes_the_days_it_touches(start, end, expected):
    days = BEGIN_MS + DAY * np.arange(5, dtype=np.int64)
    assert len(days[grid.day_slice(days, start, end)]) == expected


def test_medians_agree_with_numpy():
    values = np.random.default_rng(0).normal(size=(20, 7))
    values[::3, 2] = np.nan
    assert grid.row_median(values) == pytest.approx(np.nanmedian(values, axis=1))
    assert grid.column_median(values) == pytest.approx(np.nanmedian(values, axis=0))
    assert np.isnan(grid.row_median(np.full((2, 3), np.nan))).all()


def test_first_and_last_valid_days_skip_what_is_unknown():
    values = np.array([[np.nan], [1.0], [2.0], [np.nan], [10.0], [20.0], [np.nan]])
    assert grid.first_valid(values, 2)[0] == 1.5
    assert grid.last_valid(values, 2)[0] == 15.0


def plain_z(values, floor):
    centred = values - np.median(values, axis=1)[:, None]
    return centred / np.maximum(1.4826 * np.median(np.abs(centred), axis=1), floor)[:, None]


def test_heavy_tails_widen_the_scale_of_a_long_string_only():
    rng = np.random.default_rng(0)
    skewed = np.where(rng.random((3, 260)) < 0.12, rng.normal(-3, 1, (3, 260)), rng.normal(0, 0.3, (3, 260)))
    plain, wide = plain_z(skewed, 0.1), grid.daily_z(skewed, 0.1)
    assert np.abs(wide).max() < 0.7 * np.abs(plain).max()
    few = skewed[:, :20]
    assert grid.daily_z(few, 0.1) == pytest.approx(plain_z(few, 0.1))


def test_onset_is_the_first_day_of_the_first_persistent_stretch():
    beyond = np.zeros(30, bool)
    beyond[[3, 12, 14, 15]] = True
    assert cells.onset(beyond, np.ones(30, bool), 3, 7) == 12
    assert cells.onset(beyond, np.ones(30, bool), 5, 7) is None


def test_persistence_counts_valid_days():
    beyond = np.array([[1], [0], [1], [0], [1]], bool)
    assert cells.persistent_columns(beyond, np.ones((5, 1), bool), 3, 7).tolist() == [3]
    assert cells.persistent_columns(beyond, np.ones((5, 1), bool), 3, 4).tolist() == [0]


def test_the_limit_of_change_follows_from_the_budget():
    assert 4.5 < change.change_z(260, 1.0) < change.change_z(260, 1.0, window=3) < 7.0
    assert change.change_z(260, 0.01) > change.change_z(260, 1.0)
    assert change.change_z(52, 1.0) == pytest.approx(change.change_z(260, 1.0))


def test_false_alarms_of_change_keep_to_their_budget():
    limit, tests = change.change_z(260, 1.0), change.MEASURES * len(change.WINDOWS) * 365.25 / 30
    false = 0
    for seed in range(60):
        step = np.random.default_rng(seed).normal(0, 1.0, 260)
        false += int((np.abs(change.change_scores(step, 0.1)) > limit).sum())
    assert false <= 3 + 60 / tests  # sixty of the 292 tests that a year holds


def test_a_slope_is_pooled_over_days():
    laid = cell_grid()
    laid["k_sxy"][:, 3] -= 2e-4 * laid["k_sxx"][:, 3]
    slope = resistance.slopes(laid, resistance.working_rows(laid))
    assert slope[3] - np.median(slope) == pytest.approx(0.2, abs=0.06)


def test_ohms_are_refused_from_slow_loggers():
    laid = cell_grid()
    assert "too slow" in resistance.step_resistances(laid, 300_000).reason
    assert "No clean steps" in resistance.step_resistances(laid, 10_000).reason
    laid["step_sxx"][:] = 1e3
    laid["step_sxy"][:] = 0.4
    found = resistance.step_resistances(laid, 10_000)
    assert found.ohms == pytest.approx(4e-4)
    assert found.relative == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sensors", "said", "expected"),
    [((1, 2, 3, 4), {}, (2,)), ((1, 2), {}, (3, 4)), ((1, 2, 3, 4), {"2": (1, 2)}, (1, 2)), ((9,), {}, ())],
)
def test_sensors_are_mapped_to_cells(sensors, said, expected):
    assert cells_of_sensor(2, sensors, (1, 2, 3, 4), said) == expected


def alarm(signal, start, end, peak, *, ongoing=False):
    day = "2024-06-01T"
    return AlarmEvent(
        signal=signal,
        label=signal,
        start=f"{day}{start}+02:00",
        end=f"{day}{end}+02:00",
        peak=peak,
        samples=1,
        ongoing=ongoing,
    )


def test_alarms_are_sorted_by_what_is_on_and_by_level():
    events = [
        alarm("a", "08:00:00", "08:05:00", 1),
        alarm("a", "08:10:00", "08:15:00", 3),
        alarm("b", "07:00:00", "07:05:00", 2),
        alarm("c", "06:00:00", "09:00:00", 1, ongoing=True),
    ]
    assert [one.signal for one in triage(events)] == ["c", "a", "b", "a"]


def test_what_stood_still_is_said():
    days = [BEGIN_MS, BEGIN_MS + DAY]
    table = pl.DataFrame({"ts": days * 2, "pack": [1] * 4, "sensor": [4, 4, 5, 5], "stuck": [True, True, False, False]})
    found = quality.stuck_findings(table.with_columns(pl.col("ts").cast(pl.Datetime("ms", "UTC"))), "sensor", str)
    assert [(one.subject, one.value, one.at, one.rule) for one in found] == [
        ("pack 1 sensor 4", 2.0, str(BEGIN_MS), "data_quality")
    ]
