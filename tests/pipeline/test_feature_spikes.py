"""Single readings: found where the string cannot explain them, at any interval, and never in a sound string."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import features
from pipeline.feature_blocks import Block, _gather_day
from pipeline.feature_spikes import KELVIN, VOLTS, Spikes, _was_not_ahead, find_spikes
from pipeline.site import SourceSettings
from tests.pipeline.strings import NOMINAL_AH, MemoryReader, string

SAID = SourceSettings(chemistry="LFP", nominal_ah=NOMINAL_AH)
AT_REST, ON_PLATEAU = 96 * 10 + 8, 96 * 10 + 70
"""Rows of the tenth day: at night, and an hour and a half into its discharge."""


def excursions(**parts):
    reader, truth = string(**parts)
    return features.extract(reader, SAID, {}, None).tables["excursions"], truth


@pytest.mark.parametrize("row", [AT_REST, ON_PLATEAU])
@pytest.mark.parametrize("volts", [0.06, -0.06, 0.12, -0.3])
def test_a_single_reading_of_half_the_limit_is_found_where_the_string_is_steady(row, volts):
    found, truth = excursions(spikes={(row, 8): volts})
    own = found.filter(~pl.col("ambiguous"))
    assert own.select("kind", "pack", "cell").rows() == [("voltage_spike", 1, 8)]
    assert own["ts"].to_physical().to_list() == [truth.ts[row]]
    assert own["residual"].item() == pytest.approx(volts, abs=0.002)
    assert own["limit"].item() == pytest.approx(0.05)


def with_own_clocks(reader, seconds):
    """Give each cell a clock of its own: ``seconds(cell, row)`` after the string's."""
    frame = reader.frames[0]
    cells = [name for name in frame.columns if "p1_v" in name]
    apart = []
    for number, name in enumerate(cells, 1):
        shift = pl.Series([seconds(number, row) * 1000 for row in range(frame.height)], dtype=pl.Duration("ms"))
        apart.append(frame.select(pl.col("ts") + shift, pl.col(name)))
    return MemoryReader([frame.drop(cells), *apart])


@pytest.mark.parametrize("volts", [0.15, 0.6])
def test_a_reading_is_named_by_the_clock_of_its_own_cell(volts):
    """Cells that are read a few seconds apart share rows; a finding of one reading gives the stamp in its file."""
    reader, truth = string(days=12, spikes={(ON_PLATEAU, 8): volts})
    apart = with_own_clocks(reader, lambda cell, _: 7 * cell + 3)
    tables = features.extract(apart, SAID, {}, None).tables
    raw = apart.read(["bms1_p1_v8"], truth.ts[ON_PLATEAU] + 59_000, truth.ts[ON_PLATEAU] + 59_001)
    for kind in ["voltage_spike"] if volts < 0.5 else ["voltage_spike", "over_voltage"]:
        own = tables["excursions"].filter(kind=kind, pack=1, cell=8)
        assert own["ts"].to_list() == raw["ts"].to_list()
        assert own["value"].item() == pytest.approx(raw["bms1_p1_v8"].item())


def test_sound_cells_that_are_read_minutes_apart_do_not_stand_out():
    reader, _ = string(days=12)
    shifts = np.random.default_rng(4).integers(0, 840, (12, 12 * 96 + 2))
    apart = with_own_clocks(reader, lambda cell, row: int(shifts[cell - 1, row]))
    found = features.extract(apart, SAID, {}, None).tables["excursions"]
    assert found.filter(pl.col("kind") == "voltage_spike").is_empty()


def test_of_two_readings_in_one_row_the_one_that_stands_out_stays():
    stamps = np.arange(0, 86_400_000, 60_000, dtype=np.int64)
    values = np.full((len(stamps), 5), np.nan, np.float32)
    for cell in range(5):
        values[cell::5, cell] = 3.3
    values[[603, 604], 3] = 3.3, 3.9
    values[[605, 606], 3] = 3.3, 3.3
    rows, gathered, later = _gather_day(stamps, values, 0)
    row, column = np.argwhere(gathered > 3.5)[0]
    assert (rows[row] + later[row, column], column) == (stamps[604], 3)
    assert np.nanmax(values) == np.nanmax(gathered)


def test_a_smaller_one_is_not():
    assert excursions(spikes={(AT_REST, 8): 0.04, (ON_PLATEAU, 3): -0.04})[0].is_empty()


def test_a_high_resistance_is_no_spike_when_the_current_comes_for_one_reading():
    """A pulse of one reading moves a cell of three times the resistance by 2 R·I: more than the smaller limit."""
    rows, cells = 40, 20
    values = np.full((rows, cells), 3.3, np.float32)
    values[20] -= 0.043
    values[20, 5] -= 0.086
    block = Block(np.arange(rows) * 900_000, values, np.zeros(rows, np.intp), np.zeros(1, np.int64))
    residual = values - np.median(values, axis=1)[:, None]
    allowed = np.zeros(rows)
    assert len(find_spikes(block, residual, VOLTS, allowed).rows) == 1
    allowed[20] = 3 * 0.043
    assert len(find_spikes(block, residual, VOLTS, allowed).rows) == 0


def test_a_cell_that_lags_where_the_string_is_fuller_spikes_where_it_falls():
    """Only a cell of more charge may rise near full; one below its string at the charge end has no more."""

    def found(before):
        rows = 40
        values = np.full((rows, 20), 3.331, np.float32)
        values[19], values[20], values[21:] = 3.534, 3.44, 3.43
        values[20, 5] += 0.089
        values[19, 5] += before
        block = Block(np.arange(rows) * 900_000, values, np.zeros(rows, np.intp), np.zeros(1, np.int64))
        spikes = Spikes(*(np.array([one]) for one in (20, 5, before, 0.0, 0.05, True)))
        return bool(_was_not_ahead(block, spikes)[0])

    assert found(-0.03)
    assert not found(0.03)


def test_what_rises_and_stays_is_no_spike():
    values = np.full((40, 20), 25.0, np.float32)
    values[20:, 5] += 20.0
    block = Block(np.arange(40) * 900_000, values, np.zeros(40, np.intp), np.zeros(1, np.int64))
    assert len(find_spikes(block, values - 25.0, KELVIN, np.zeros(40)).rows) == 0


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    noise=st.floats(0.0, 0.03),
    jump=st.floats(0.11, 1.0),
    row=st.integers(1, 38),
    missing=st.floats(0.0, 0.3),
)
def test_beyond_the_larger_limit_nothing_hides_a_reading(seed, noise, jump, row, missing):
    rng = np.random.default_rng(seed)
    residual = (noise * rng.standard_normal((40, 30))).clip(-0.004, 0.004).astype(np.float32)
    residual[rng.random(residual.shape) < missing] = np.nan
    residual[row - 1 : row + 2, 7] = (0.0, jump, 0.0)
    residual -= np.nanmedian(residual, axis=1)[:, None]
    block = Block(np.arange(40) * 900_000, residual, np.zeros(40, np.intp), np.zeros(1, np.int64))
    found = find_spikes(block, residual, VOLTS, np.full(40, np.nan))
    assert list(zip(found.rows, found.columns, strict=True)) == [(row, 7)]


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), noise=st.floats(0.0005, 0.02), knee=st.floats(0.0, 0.06))
def test_a_sound_string_has_none_however_wide_it_spreads(seed, noise, knee):
    """The wider the string's own steps, the larger the limit: with normal spreads none of 260 cells stands out."""
    rng = np.random.default_rng(seed)
    steep = np.where(np.arange(60) % 20 < 3, knee, 0.0)
    residual = rng.standard_normal((60, 260)) * noise / 2 + steep[:, None] * rng.standard_normal(260) * 0.3
    residual = residual.clip(-0.08, 0.08).astype(np.float32)
    block = Block(np.arange(60) * 900_000, residual, np.zeros(60, np.intp), np.zeros(1, np.int64))
    assert len(find_spikes(block, residual, VOLTS, np.zeros(60)).rows) == 0


def test_a_load_that_begins_between_two_readings_of_a_row_sets_no_cell_apart():
    """Where only some cells are read twice in the row in which a load begins, they stay with the others."""
    stamps = np.arange(0, 86_400_000, 10_000, dtype=np.int64)
    values = np.full((len(stamps), 9), np.nan, np.float32)
    for cell in range(9):
        taken = np.arange(cell, len(stamps), 48)  # every 8 min, 10 s after the cell before
        values[taken, cell] = np.where(stamps[taken] < 43_100_000, 3.43, 3.29) + 0.03 * (cell == 2)
        if cell < 4:
            values[43_050_000 // 10_000 + cell, cell] = 3.43 + 0.03 * (cell == 2)
    _, gathered, _ = _gather_day(stamps, values, 0)
    assert np.nanmax(np.abs(gathered - np.nanmedian(gathered, axis=1)[:, None])) < 0.04
