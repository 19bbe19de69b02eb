"""The cell that moved at full charge is found, with its day; what is common to all cells moves none."""

import numpy as np
import pytest

from app.analytics.grid import DAY_MS, Grid
from app.analytics.health import usable_shares
from app.analytics.saturation import most_shifted

DAYS, CELLS = 200, 12


def grid(seed=0, **columns):
    rng = np.random.default_rng(seed)
    days = (np.arange(DAYS) * DAY_MS).astype(np.int64)
    numbers = np.arange(1, CELLS + 1)
    made = {"top_mv": rng.normal(0, 1.0, (DAYS, CELLS))} | columns
    return Grid(days, np.ones(CELLS, np.int64), numbers, made)


def test_a_step_is_found_with_its_day_and_size():
    table = grid()
    table["top_mv"][120:, 4] += 12.0
    first = most_shifted(table, table.days)[0]
    assert (first.pack, first.number) == (1, 5)
    assert first.shift_mv.value == pytest.approx(12.0, abs=1.0)
    assert first.shift_mv.low < 12.0 < first.shift_mv.high
    (step,) = first.steps
    assert step.day == pytest.approx(120, abs=1)
    assert step.step == pytest.approx(12.0, abs=1.0)


def test_a_drift_is_told_in_millivolts_a_month():
    table = grid()
    table["top_mv"][:, 7] += np.linspace(0, 20, DAYS)
    first = most_shifted(table, table.days)[0]
    assert first.number == 8
    assert first.drift_mv.value == pytest.approx(20 / DAYS * 30.44, rel=0.1)


def test_days_without_a_full_charge_do_not_count():
    table = grid()
    table["top_mv"][1::2, 2] += 50.0
    assert abs(most_shifted(table, table.days[::2], CELLS)[0].shift_mv.value) < 3.0


def test_too_few_full_charges_give_none():
    table = grid()
    assert most_shifted(table, table.days[:10]) == ()
    nothing = Grid(table.days[:0], table.packs, table.numbers, {"top_mv": np.zeros((0, CELLS))})
    assert most_shifted(nothing, []) == ()


def levels(**cells):
    """Lay constant levels out: ``top`` and ``bottom`` charge offsets by cell [%]."""
    top, bottom = np.zeros(CELLS), np.zeros(CELLS)
    for at, (above, below) in cells.items():
        top[int(at[1:])], bottom[int(at[1:])] = above, below
    flat = {name: np.tile(np.zeros(CELLS), (DAYS, 1)) for name in ("rest_mv", "top_mv", "bot_mv", "low_mv", "all_mv")}
    made = {"top_pct": np.tile(top, (DAYS, 1)), "low_pct": np.tile(bottom, (DAYS, 1))}
    return grid(**flat, **made, bot_pct=np.tile(bottom, (DAYS, 1)))


def test_a_weak_cell_limits_and_cannot_be_balanced_away():
    usable, balanced = usable_shares(levels(c3=(0.0, -5.0)), np.arange(CELLS))
    assert usable == pytest.approx(0.95, abs=0.002)
    assert balanced == pytest.approx(0.947, abs=0.003)


def test_a_cell_low_in_charge_limits_and_can():
    usable, balanced = usable_shares(levels(c3=(-6.0, -5.0)), np.arange(CELLS))
    assert usable == pytest.approx(0.95, abs=0.002)
    assert balanced > 0.99


def test_charge_on_the_strings_own_curve_is_taken_as_it_is():
    """A cell 1 % ahead ends the charge 1 % early, however far the flat of the chemistry's curve says it is."""
    table = levels(c3=(4.0, 0.0))
    leads = np.zeros((len(table.days), CELLS))
    leads[:, 3] = 1.0
    assert usable_shares(table, np.arange(CELLS), leads)[0] == pytest.approx(0.99, abs=0.002)
    leads[:] = np.nan
    assert usable_shares(table, np.arange(CELLS), leads) == usable_shares(table, np.arange(CELLS))


def test_a_string_never_seen_at_both_ends_has_no_usable_capacity():
    table = levels()
    table["low_pct"][:] = np.nan
    table["bot_pct"][:] = np.nan
    assert usable_shares(table, np.arange(CELLS)) == (None, None)
