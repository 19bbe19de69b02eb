"""The energy of a full discharge comes back, and is refused where it cannot be had."""

import numpy as np
import polars as pl
import pytest

from app.analytics.energy_health import measure_energy
from pipeline.feature_anchors import ANCHORS
from pipeline.physics import LFP
from tests.app.analytics.test_capacity import anchors

CELLS, CAPACITY_AH = 260, 270.0


def with_energy(table, loss=0.0):
    """Give each anchor the energy that an ideal string of this curve takes and gives."""
    soc = table["soc_pct"].to_numpy()
    grid, volts = np.asarray(LFP.soc_pct), np.asarray(LFP.ocv_v)
    below = np.r_[0.0, np.cumsum(np.diff(grid) / 100 * (volts[1:] + volts[:-1]) / 2)]
    held = np.interp(np.minimum(soc, 99.7), grid, below) * CELLS * CAPACITY_AH / 1000
    moved = np.diff(held)
    taken = np.r_[0.0, np.cumsum(np.maximum(moved, 0))]
    given = np.r_[0.0, np.cumsum(np.maximum(-moved, 0))] * (1 - loss)
    return table.with_columns(pl.Series("kwh_in", taken), pl.Series("kwh_out", given)), below[-1] * CELLS * CAPACITY_AH


def test_the_energy_of_a_full_discharge_comes_back():
    table, whole_wh = with_energy(anchors(capacity=CAPACITY_AH))
    found = measure_energy(table)
    assert found.value == pytest.approx(whole_wh / 1000, rel=0.003)
    assert found.low < whole_wh / 1000 < found.high


def test_losses_are_taken_off():
    (ideal, _), (lossy, _) = (with_energy(anchors(), loss) for loss in (0.0, 0.04))
    assert measure_energy(lossy).value == pytest.approx(0.96 * measure_energy(ideal).value, rel=1e-6)


@pytest.mark.parametrize("gate", [{"gap_s": 3_600.0}, {"days": 3}])
def test_too_little_has_a_reason(gate):
    table, _ = with_energy(anchors(**gate))
    found = measure_energy(table)
    assert found.value is None
    assert "energy needs" in found.reason


def test_without_anchors_the_reason_is_said():
    assert "never seen" in measure_energy(pl.DataFrame(schema=ANCHORS)).reason
