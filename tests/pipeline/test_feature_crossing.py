"""The charge between a cell's and the median's crossing of the charge-end voltage, on strings of known offsets."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.features import extract
from pipeline.physics import LFP
from pipeline.site import ChemistrySettings, SourceSettings
from tests.pipeline.strings import string

SAID = SourceSettings(chemistry="early", nominal_ah=280.0)
CURVE = tuple(zip(LFP.soc_pct, LFP.ocv_v, strict=True))
OWN = {"early": ChemistrySettings(ocv=CURVE, safe_v=LFP.safe_v, full_v=3.405, empty_v=LFP.empty_v)}
"""LFP whose charges end early, where these strings get to."""


def leads(**made) -> dict[int, float]:
    reader, _ = string(**made)
    table = extract(reader, SAID, OWN).tables["cell_day"]
    middle = table.group_by("cell").agg(pl.col("lead_ah").median()).sort("cell")
    return dict(middle.iter_rows())


def test_the_lead_is_the_charge_that_a_cell_holds_more():
    found = leads(days=6, step_min=1, cells=9, offsets={3: 0.004, 6: -0.002})

    assert found[3] == pytest.approx(0.004 * 270, abs=0.2)
    assert found[6] == pytest.approx(-0.002 * 270, abs=0.2)
    assert found[1] == pytest.approx(0.0, abs=0.05)


def test_a_cell_that_does_not_get_there_has_no_lead():
    found = leads(days=6, step_min=1, cells=9, offsets={5: -0.05})

    assert found[5] is None


def test_a_slow_logger_tells_no_lead():
    assert set(leads(days=6, step_min=60, cells=5).values()) == {None}


def test_a_table_made_in_two_parts_is_the_table_made_at_once():
    reader, _ = string(days=45, step_min=15, cells=6, offsets={2: 0.003})
    whole = extract(reader, SAID, OWN)
    later = extract(reader, SAID, OWN, since_ms=reader.last_ms - 3_600_000)
    start = later.from_ms["cell_day"]
    own = whole.tables["cell_day"].filter(pl.col("ts").to_physical() >= start)

    assert np.array_equal(own["lead_ah"].to_numpy(), later.tables["cell_day"]["lead_ah"].to_numpy(), equal_nan=True)
