"""Bands at their boundaries, and the model's formula by hand."""

import math

import numpy as np
import pytest

from app.analytics import soh
from pipeline.site import SohModel


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (100.4, "Excellent"), (99.0, "Excellent"), (98.999, "Optimal"), (98.0, "Optimal"), (97.9, "Nominal"),
        (95.0, "Nominal"), (94.99, "Degraded"), (90.0, "Degraded"), (89.9, "Compromised"), (85.0, "Compromised"),
        (84.9, "Critical"), (80.0, "Critical"), (79.9, "End of Life"), (0.0, "End of Life"),
    ],
)  # fmt: skip
def test_each_band_begins_at_its_low(value, band):
    found = soh.classify(value)
    assert found is not None
    assert found.name == band
    assert found.advice


@pytest.mark.parametrize("value", [None, math.nan])
def test_unknown_is_no_band(value):
    assert soh.classify(value) is None
    assert soh.band_text(value, value) == "unknown"


def test_above_a_hundred_says_so():
    assert "above 100" in (soh.remark(100.4) or "")
    assert soh.remark(100.0) is None


def test_an_interval_across_a_limit_lies_between_two_bands():
    assert soh.band_text(94.0, 96.0) == "between Degraded and Nominal"
    assert soh.band_text(95.5, 97.0) == "Nominal"


def test_the_model_is_the_formula():
    age = soh.age_years(0, 630 * soh.DAY_MS)
    assert soh.model_soh(age, 535, 0.0, SohModel()).value == pytest.approx(100 - 2.5 * 630 / 365.25 - 0.035 * 535)
    assert soh.model_soh(1.0, -5, 30.0, SohModel()).value == pytest.approx(94.5)
    assert soh.model_soh(50.0, 9999, 999.0, SohModel()).value == 55.0
    assert soh.model_soh(50.0, 9999, 999.0, SohModel(year_cap=99, cycle_cap=99)).value == 20.0


def test_the_model_without_imbalance_says_what_it_lacks():
    found = soh.model_soh(1.0, 100, None, SohModel())
    assert found.value is None
    assert "imbalance" in (found.reason or "")


def test_the_register_has_steps_and_a_resolution():
    found = soh.bms_soh(np.arange(5, dtype=np.int64), np.asarray([100, 100, np.nan, 99, 98.0]))
    assert (found.value, found.resolution_pct) == (98.0, 1.0)
    assert found.steps == ((3, 100.0, 99.0), (4, 99.0, 98.0))
    assert soh.bms_soh(np.arange(2, dtype=np.int64), np.full(2, np.nan)).value is None
