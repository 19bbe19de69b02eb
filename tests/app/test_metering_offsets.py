"""Round trips of a site whose converter reads a little too much: over 100 % is the metering, and the answer says so."""

from __future__ import annotations

import shutil

import polars as pl
import pytest

from app.factory import create_app
from pipeline.build import build
from pipeline.settings import Settings, read_settings
from pipeline.simulation.plan import SYSTEM_NAMES

SYSTEM = SYSTEM_NAMES[0]
OFFSET_KW = 2.0


@pytest.fixture(scope="module")
def shifted(tmp_path_factory, sample_site) -> Settings:
    folder = tmp_path_factory.mktemp("metering")
    shutil.copytree(sample_site, folder / "site")
    path = folder / "site" / "BESS" / SYSTEM / "pcs1_ap.csv"
    pl.read_csv(path).with_columns((pl.col("pcs1_ap") + OFFSET_KW).round(2)).write_csv(path)
    settings = read_settings(meter_roots=(str(folder / "site"),), store=folder / "store", max_workers=2)
    build(settings)
    return settings


def asked(settings: Settings) -> tuple[dict[str, dict[str, object]], list[str]]:
    answer = create_app(settings).server.test_client().get(f"/api/bess/{SYSTEM}/efficiency").json
    return {trip["boundary"]: trip for trip in answer["trips"]}, answer["notes"]


def test_a_sound_site_has_three_boundaries_below_each_other_and_no_warning(sample_settings):
    trips, notes = asked(sample_settings)

    assert 100 > trips["dc"]["pct"] > trips["ac"]["pct"] > trips["ac_with_auxiliaries"]["pct"] > 80
    assert [trip["reason"] for trip in trips.values()] == [None] * 3
    assert notes == []


def test_an_offset_of_the_converter_lifts_the_ac_side_over_unity_and_is_called_metering(shifted, sample_settings):
    (sound, _), (trips, notes) = asked(sample_settings), asked(shifted)

    assert trips["ac"]["pct"] > 100
    assert "above 100 %" in str(trips["ac"]["reason"])
    assert "meter" in str(trips["ac"]["reason"])
    assert notes
    assert trips["dc"] == sound["dc"]
    assert trips["ac_with_auxiliaries"]["pct"] < trips["ac"]["pct"]
