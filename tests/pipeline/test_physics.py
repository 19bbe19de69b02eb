"""Chemistry, current scale and sign."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.physics import LFP, chemistry_of, current_scale, find_current_sign, fits
from pipeline.site import ChemistrySettings, SourceSettings

NMC = ChemistrySettings(ocv=((0, 3.0), (50, 3.7), (100, 4.2)), safe_v=(2.8, 4.25), full_v=4.15, empty_v=3.2)


@given(st.floats(0.0, 100.0))
def test_the_curve_is_inverted(soc):
    volts = np.interp(soc, LFP.soc_pct, LFP.ocv_v)
    found = float(LFP.soc_of(np.array([volts]))[0])
    assert np.interp(found, LFP.soc_pct, LFP.ocv_v) == pytest.approx(volts, abs=1e-9)


def test_the_curve_rises_and_is_flat_between_its_knees():
    assert (np.diff(LFP.ocv_v) > 0).all()
    low, high = LFP.plateau_v
    assert 3.15 < low < 3.25
    assert 3.33 < high < 3.40
    at_90 = np.interp([10, 90], LFP.soc_pct, LFP.ocv_v)
    assert at_90[1] - at_90[0] < 0.16
    assert LFP.slope_at(3.10) > 10 * LFP.slope_at(3.30)


def test_beyond_its_ends_the_curve_goes_on_for_a_little():
    low, high = LFP.soc_of(np.array([1.0, 4.2]))
    assert low == -5.0
    assert high == 105.0


@pytest.mark.parametrize(
    ("name", "expected", "assumed"),
    [(None, "LFP", True), ("LFP", "LFP", False), ("lifepo4", "LFP", False), ("NMC", "NMC", False)],
)
def test_a_chemistry_is_chosen(name, expected, assumed):
    chosen = chemistry_of(SourceSettings(chemistry=name), {"NMC": NMC})
    assert (chosen.name, chosen.is_assumed) == (expected, assumed)


def test_a_chemistry_that_nobody_describes_is_none():
    assert chemistry_of(SourceSettings(chemistry="LTO"), {}) is None


def test_voltages_contradict_a_chemistry():
    assert fits(LFP, np.full(100, 3.3))
    assert not fits(LFP, np.r_[np.full(90, 3.3), np.full(10, 3.9)])
    assert fits(LFP, np.array([np.nan]))


def test_thresholds_follow_from_the_capacity_or_from_the_current():
    current = np.r_[np.zeros(500), np.full(500, 90.0)]
    known = current_scale(current, 280.0)
    assert known.rest_a == pytest.approx(5.6)
    assert known.imbalance_a == pytest.approx(14.0)
    unknown = current_scale(current, None)
    assert 2 < unknown.rest_a < 10
    assert "unknown" in unknown.source
    assert current_scale(np.full(10, 0.2), 280.0) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_is_found_against_the_state_of_charge(sign):
    discharge = np.repeat([50.0, -50.0] * 10, 6)
    soc = 50 - np.cumsum(discharge) / 50
    assert find_current_sign(sign * np.r_[0, discharge][:-1] * 1.0, np.r_[50, soc][:-1]) == sign


def test_a_sign_is_not_guessed():
    rng = np.random.default_rng(0)
    assert find_current_sign(rng.normal(0, 50, 500), rng.normal(50, 5, 500)) is None
    assert find_current_sign(np.full(10, 5.0), np.arange(10.0)) is None
