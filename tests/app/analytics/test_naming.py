"""Faults in situations that look like another's: what else a fault does to a cell does not name it."""

import numpy as np
import pytest

from tests.app.analytics.grids import TYPICAL_A, cell_grid
from tests.app.analytics.test_judge import CELL, flagged, judged


def named(cells):
    found = flagged(judged(cells))
    assert set(found) == {(1, 17)}
    return found[1, 17].fault


def resist(cells, milliohm):
    """Put a resistance into a cell, by day [mΩ]: on its slope, and on both ends under current."""
    cells["k_sxy"][:, CELL] -= milliohm / 1000 * cells["k_sxx"][:, CELL]
    for name, amps, slope in (("top", 15.0, 40.0), ("bot", -TYPICAL_A, 25.0)):
        cells[f"{name}_mv"][:, CELL] += milliohm * amps
        cells[f"{name}_pct"][:, CELL] += milliohm * amps / slope


def lack(cells, name, pct):
    slope = {"top": 40.0, "low": 25.0, "bot": 25.0}[name]
    cells[f"{name}_pct"][:, CELL] += pct
    cells[f"{name}_mv"][:, CELL] += slope * pct


@pytest.mark.parametrize("milliohm", [0.3, 0.7, 1.6])
def test_a_resistance_from_the_first_day_is_one_though_warmth_lessens_it(milliohm):
    cells = cell_grid()
    resist(cells, milliohm * np.linspace(1.0, 0.75, 120))
    assert named(cells) == "high_resistance"


@pytest.mark.parametrize("milliohm", [0.5, 1.6])
def test_a_resistance_that_balancing_has_bled_is_a_resistance(milliohm):
    cells = cell_grid()
    resist(cells, np.full(120, milliohm))
    for name in ("low", "bot"):
        lack(cells, name, np.linspace(0.0, -4.0, 120))
    assert named(cells) == "high_resistance"


def test_a_slope_that_a_charge_apart_makes_is_no_resistance():
    cells = cell_grid()
    cells["k_sxy"][60:, CELL] -= 1.5e-4 * cells["k_sxx"][60:, CELL]
    late = (np.arange(120) >= 60).astype(float)
    for name in ("top", "low", "bot"):
        lack(cells, name, 4.0 * late)
    assert named(cells) == "imbalance"


@pytest.mark.parametrize("seen", [-0.5, -0.8])
def test_a_leak_read_near_empty_is_a_leak_where_the_top_is_flat(seen):
    cells = cell_grid()
    for name in ("low", "bot"):
        lack(cells, name, np.linspace(0.0, -5.0, 120))
    lack(cells, "top", np.linspace(0.0, seen, 120))
    assert named(cells) == "self_discharge"


def test_a_cell_that_rests_in_the_upper_knee_reads_right():
    cells = cell_grid()
    depth = np.random.default_rng(5).uniform(0.3, 1.0, 120)
    cells["rest_mv"][:, CELL] += 150.0 * depth
    for name, pct in (("low", 3.0), ("bot", 1.8), ("top", 1.2)):
        lack(cells, name, pct)
    assert named(cells) == "imbalance"


def test_a_reading_that_is_off_by_the_same_every_day_is_a_lead():
    cells = cell_grid()
    for name in ("rest_mv", "top_mv", "low_mv", "bot_mv", "all_mv"):
        cells[name][:, CELL] += 25.0
    assert named(cells) == "sense_lead"


def test_a_contact_whose_drop_one_reading_gains_and_the_other_loses_is_a_lead():
    cells = cell_grid()
    resist(cells, np.full(120, 0.2))
    cells["k_sxy"][:, CELL + 1] += 0.2e-3 * cells["k_sxx"][:, CELL + 1]
    found = flagged(judged(cells))
    assert {key: one.fault for key, one in found.items()} == {(1, 17): "sense_lead"}
    assert all(one.severity != "critical" for one in found.values())


def test_a_slope_that_the_cell_beside_does_not_mirror_is_a_resistance():
    cells = cell_grid()
    resist(cells, np.full(120, 0.2))
    cells["k_sxy"][:, CELL + 1] += 0.08e-3 * cells["k_sxx"][:, CELL + 1]
    assert flagged(judged(cells))[1, 17].fault == "high_resistance"


def test_a_charge_that_reads_on_the_flat_of_the_curve_is_one_where_it_stands_out_there():
    cells = cell_grid()
    late = (np.arange(120) >= 60).astype(float)
    for name in ("low", "bot"):
        lack(cells, name, -4.5 * late)
    lack(cells, "top", -0.9 * late)
    assert named(cells) == "imbalance"


def test_a_capacity_shows_near_empty_alone():
    cells = cell_grid()
    late = (np.arange(120) >= 60).astype(float)
    for name in ("low", "bot"):
        lack(cells, name, -4.5 * late)
    lack(cells, "top", -0.1 * late)
    assert named(cells) == "low_capacity"


def test_a_cell_that_reads_high_only_where_the_string_rests_above_the_knee_is_watched():
    cells = cell_grid()
    cells["rest_mv"][:, CELL] += 16.0
    cells["all_mv"][:, CELL] += 4.0
    assert flagged(judged(cells)) == {}
    watched = [one for one in judged(cells).by_pack[1] if one.cell == 17]
    assert [one.severity for one in watched] == ["watch"]


@pytest.mark.parametrize("always", [12.0, -4.0])
def test_a_cell_that_reads_high_all_the_time_or_low_at_rest_is_no_matter_of_the_knee(always):
    cells = cell_grid()
    cells["rest_mv"][:, CELL] += 16.0 * np.sign(always)
    cells["all_mv"][:, CELL] += always
    assert set(flagged(judged(cells))) == {(1, 17)}


def test_a_surplus_near_empty_has_to_be_larger_than_a_lack_to_warn():
    for pct, is_flagged in ((-0.57, True), (0.57, False), (0.9, True)):
        cells = cell_grid()
        cells["low_pct"][60:, CELL] += pct
        cells["low_mv"][60:, CELL] += 25.0 * pct
        assert bool(flagged(judged(cells))) is is_flagged


def test_above_the_string_at_charge_end_a_cell_has_to_lie_further_out():
    for pct, is_flagged in ((0.66, False), (-0.66, True), (0.9, True)):
        cells = cell_grid()
        lack(cells, "top", pct)
        assert bool(flagged(judged(cells))) is is_flagged


def test_a_pair_of_which_the_second_cell_alone_warns_by_its_slope_is_named_at_the_first():
    cells, late = cell_grid(), (np.arange(120) >= 60).astype(float)
    for column, milliohm in ((CELL, -0.043), (CELL + 1, 0.06)):
        cells["k_sxy"][:, column] -= milliohm / 1000 * late * cells["k_sxx"][:, column]
    found = flagged(judged(cells))
    assert {key: one.fault for key, one in found.items()} == {(1, 17): "sense_lead"}
    (told,) = [one for one in found[1, 17].findings if one.severity == "warning"]
    assert (told.regime, told.unit) == ("load", "mΩ")
    assert told.value == pytest.approx(-0.043, abs=0.01)
