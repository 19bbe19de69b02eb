"""A pack over time and in its places, against the readings that went in."""

from __future__ import annotations

import numpy as np
import pytest

from app.answers import cells
from app.errors import UnknownPack, UnknownSource
from tests.app.stores import CELLS, DAYS, FIRST, GAP_DAYS, PACKS, SENSORS, SPIKE_AT, STEP, answering
from tests.pipeline.sites import settings, stamps, write_csv

DAY_MS = 86_400_000
END = FIRST + DAYS * 288 * STEP
WINDOWS = [(None, None), (FIRST + 3 * DAY_MS + 1, FIRST + 5 * DAY_MS + 400_000), (FIRST, FIRST + 6 * STEP)]


@pytest.fixture(scope="module")
def truth(tiny):
    with answering(tiny[0]):
        yield tiny[1]["B1"]


def inside(truth, start, end):
    return (truth.ts >= (start or 0)) & (truth.ts < (end or END))


def string(truth, quantity, window):
    """Readings of the whole string: rows of time, packs one after the other."""
    letter, count = ("v", CELLS) if quantity == "voltage" else ("t", SENSORS)
    names = [f"bms1_p{pack}_{letter}{number}" for pack in range(1, PACKS + 1) for number in range(1, count + 1)]
    return np.column_stack([truth.values[name] for name in names])[inside(truth, *window)], count


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("quantity", cells.QUANTITIES)
def test_the_mean_of_a_surface_is_that_of_the_readings(truth, quantity, window):
    found = cells.surface("B1", 2, *window, quantity=quantity, max_points=100)
    values, count = string(truth, quantity, window)
    own = values[:, count : 2 * count]

    assert found.z.shape == (len(found.ts), len(found.cells)) == (len(found.ts), count)
    assert 0 < len(found.ts) <= 100
    assert (np.diff(found.ts) > 0).all()
    assert np.nanmin(found.z) >= own.min() - 1e-3
    assert np.nanmax(found.z) <= own.max() + 1e-3
    assert np.nanmean(found.z, axis=0) == pytest.approx(own.mean(axis=0), rel=0.02)
    assert found.unit == ("V" if quantity == "voltage" else "°C")
    assert found.reason is None


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("quantity", cells.QUANTITIES)
def test_raw_deviations_are_distances_from_the_median_of_the_whole_string(truth, quantity, window):
    found = cells.surface("B1", 1, *window, quantity=quantity, mode="deviation", max_points=20_000)
    values, count = string(truth, quantity, window)
    scale = 1000 if quantity == "voltage" else 1

    expected = (values - np.median(values, axis=1)[:, None])[:, :count] * scale
    assert found.level == "raw"
    assert found.z == pytest.approx(expected, abs=0.06)
    assert found.unit == ("mV" if quantity == "voltage" else "K")


def test_one_reading_that_stands_out_is_seen_over_the_whole_history(truth):
    found = cells.surface("B1", 1, mode="deviation", max_points=200)
    values, _ = string(truth, "voltage", (None, None))
    expected = 1000 * (values - np.median(values, axis=1)[:, None])[SPIKE_AT, 1]
    row, column = np.unravel_index(np.nanargmax(np.abs(found.z)), found.z.shape)
    spike_ms = int(truth.ts[SPIKE_AT])

    assert found.level == "1h"
    assert found.cells[column] == 2
    assert found.z[row, column] == pytest.approx(expected, rel=0.15)
    assert found.ts[row] <= spike_ms < found.ts[row] + 2 * (found.ts[1] - found.ts[0])


def test_the_missing_day_is_missing_and_lowers_the_coverage(truth):
    found = cells.surface("B1", 1, max_points=100)
    gap = FIRST + GAP_DAYS[0] * DAY_MS

    assert not ((found.ts > gap) & (found.ts < gap + DAY_MS * 3 // 4)).any()
    assert found.coverage == pytest.approx(1 - 1 / DAYS, abs=1e-3)


@pytest.mark.parametrize("mode", cells.MODES)
def test_a_window_without_readings_is_empty_with_a_reason(truth, mode):
    found = cells.surface("B1", 1, END + DAY_MS, END + 2 * DAY_MS, mode=mode, max_points=100)

    assert found.z.shape == (0, CELLS)
    assert found.cells == (1, 2, 3, 4)
    assert (found.reason, found.coverage) == ("No readings in this window.", 0.0)


def test_sensors_name_the_cells_beside_them(truth):
    found = cells.surface("B1", 1, quantity="temperature", max_points=100)

    assert found.cells == (1, 2)
    assert found.cells_of == {"1": (1, 2), "2": (3, 4)}


@pytest.mark.parametrize("window", WINDOWS)
def test_heat_maps_of_voltage_and_temperature_are_exact(truth, window):
    volts, temperatures = (cells.heatmap("B1", 1, *window, metric=one) for one in ("voltage", "temperature"))

    assert volts.cells == (1, 2, 3, 4)
    assert volts.values == pytest.approx(string(truth, "voltage", window)[0][:, :CELLS].mean(axis=0), abs=2e-5)
    assert temperatures.cells == (1, 2)
    assert temperatures.values == pytest.approx(string(truth, "temperature", window)[0][:, :SENSORS].max(axis=0))
    assert (volts.statistic, temperatures.statistic) == ("mean", "highest reading")


@pytest.mark.parametrize("metric", cells.METRICS)
def test_every_heat_map_has_a_value_or_a_reason_for_each_cell(truth, metric):
    found = cells.heatmap("B1", 2, metric=metric)

    assert len(found.values) == len(found.cells)
    assert found.unit
    assert found.reason or None not in found.values


@pytest.mark.parametrize("metric", cells.METRICS)
def test_heat_maps_of_an_empty_window_say_why(truth, metric):
    found = cells.heatmap("B1", 1, END + DAY_MS, END + 2 * DAY_MS, metric=metric)

    assert found.reason
    assert metric == "soh" or set(found.values) == {None}


@pytest.mark.parametrize(("system", "pack", "error"), [("m1", 1, UnknownSource), ("B1", 3, UnknownPack)])
def test_what_does_not_exist_is_said(truth, system, pack, error):
    with pytest.raises(error, match="There is: "):
        cells.surface(system, pack, max_points=100)
    with pytest.raises(error, match="There is: "):
        cells.heatmap(system, pack, metric="voltage")


def test_cells_with_clocks_of_their_own_are_compared_in_common_slots(tmp_path):
    from pipeline.build import build

    first = stamps("2024-06-01 00:00:00", 60)
    for cell in range(1, 6):
        clock = first if cell < 5 else [f"{one[:-2]}07" for one in first]
        level = 3.3 if cell < 5 else 3.5
        write_csv(tmp_path / "raw/BESS/C1" / f"bms1_p1_v{cell}.csv", [(one, level) for one in clock])
    chosen = settings(tmp_path / "raw", tmp_path / "store")
    build(chosen)
    with answering(chosen):
        found = cells.surface("C1", 1, mode="deviation", max_points=20_000)
        empty = cells.surface("C1", 1, quantity="temperature", max_points=100)

    assert found.z.shape == (60, 5)
    assert found.z[:, 4] == pytest.approx(np.full(60, 200.0), abs=0.1)
    assert found.z[:, :4] == pytest.approx(np.zeros((60, 4)), abs=0.1)
    assert (empty.z.shape, empty.reason) == ((0, 0), "Pack 1 of C1 logs no cell temperature.")
