"""Robust distances, neighbours and limits."""

import numpy as np
import pytest

from app.analytics import neighbours, robust
from app.analytics.limits import LIMITS, limits
from pipeline.errors import SiteFileError


def test_one_outlier_does_not_hide_itself():
    values = np.r_[np.random.default_rng(0).normal(0, 2, 259), 60.0]
    scores = robust.robust_z(values, 1.0)
    assert scores[-1] > 20
    assert (np.abs(scores[:-1]) < 5).all()


def test_nothing_is_unusual_within_the_resolution():
    assert np.abs(robust.robust_z(np.asarray([0.0, 0, 0, 0, 1.0]), 1.0)).max() == 1.0


def test_unknown_stays_unknown():
    assert np.isnan(robust.robust_z(np.asarray([np.nan, 1.0, 2.0]), 1.0)[0])
    assert np.isnan(robust.robust_z(np.full(3, np.nan), 1.0)).all()


def test_moran_sees_a_shared_deviation_and_not_noise():
    rng = np.random.default_rng(2)
    smooth = np.convolve(rng.normal(0, 1, 56), np.ones(5), "valid")
    found = neighbours.morans_i(smooth)
    assert found.i > 0.4
    assert found.p < 0.01
    assert neighbours.morans_i(rng.normal(0, 1, 52)).p > 0.05
    assert neighbours.morans_i(np.full(4, 1.0)).reason


def test_a_sense_lead_is_told_from_a_cell():
    assert neighbours.is_sense_lead(2, {1: 0.5, 2: 20.0, 3: -19.0}, 5.0)
    assert not neighbours.is_sense_lead(2, {1: 0.5, 2: 20.0, 3: 1.0}, 5.0)
    assert neighbours.falls_off(2, {1: 2.0, 2: 5.0, 3: 2.2})
    assert neighbours.beside(1, {1: 1.0, 2: None, 3: 3.0}) == {"2": None, "3": 3.0}


def test_a_site_replaces_limits_by_name():
    assert limits({"soh_pct": 90.0})["soh_pct"].value == 90.0
    assert limits({})["voltage_deviation_mv"].value == 10.0
    assert all(one.unit and one.source and one.meaning for one in LIMITS)
    with pytest.raises(SiteFileError, match="voltage_deviation_mv"):
        limits({"voltage": 1.0})
