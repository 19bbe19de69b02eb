"""What the API answers, and what an answer says it rests on; the tiny site says what is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.answers.bases import BASES
from app.api.routes import ROUTES
from tests.app.asking import address, asked
from tests.app.stores import ALARM_AT, CELLS, DAYS, FIRST, PACKS, PEAK_AT, SENSORS, STEP, local_ms

ROOT = Path(__file__).parents[2]


def test_sources_are_those_of_the_site(client):
    battery, meter = client.get("/api/sources").json["sources"]

    assert (battery["name"], battery["kind"], meter["name"], meter["kind"]) == ("B1", "bess", "m1", "meter")
    assert [(p["pack"], p["cells"], p["sensors"]) for p in battery["packs"]] == [
        (pack + 1, CELLS, SENSORS) for pack in range(PACKS)
    ]
    assert meter["signals"] == ["com_ap", "neg_ae", "pf", "pos_ae"]
    assert meter["start"] == "2024-10-12T00:00:00+02:00"
    assert meter["sample"] is False


def test_times_are_the_sites_unless_they_say_otherwise(client, tiny):
    at = tiny[1]["m1"].ts[PEAK_AT]
    peak = [
        client.get(asked("/series", query)).json
        for query in (
            "start=2024-10-24&end=2024-10-25&level=raw",
            "start=2024-10-23T22:00:00Z&end=2024-10-24T22:00:00Z&level=raw",
            "start=2024-10-24T00:00:00%2B02:00&end=2024-10-25T00:00&level=raw",
            "start=2024-10-24T00:00:00+02:00&end=2024-10-25T00:00:00+02:00&level=raw",
        )
    ]

    assert all(one["ts"] == peak[0]["ts"] and sum(one["rows"]) == 288 for one in peak)
    day = local_ms("2024-10-24")
    assert (peak[0]["ts"][0], peak[0]["ts"][-1]) == (day, day + 287 * STEP)
    assert at > FIRST


def test_the_25_hours_of_autumn_are_all_there(client):
    found = client.get(asked("/series", "start=2024-10-27&end=2024-10-28&level=1h")).json

    assert (len(found["ts"]), sum(found["rows"])) == (25, 300)


def test_numbers_are_written_as_they_were_read(client, tiny):
    found = client.get(address("/series", "source=B1&signal=bms1_p1_v3&level=raw&end=2024-10-12T01:00")).json
    text = client.get(address("/series", "source=B1&signal=bms1_p1_v3&level=raw&end=2024-10-12T01:00")).data

    assert found["value"] == tiny[1]["B1"].values["bms1_p1_v3"][:12].tolist()
    assert b"NaN" not in text


def test_a_counters_extremes_are_null(client):
    found = client.get(address("/series", "source=m1&signal=pos_ae")).json

    assert set(found["min"]) == set(found["max"]) == {None}


def test_key_figures_are_those_of_the_readings(client, tiny):
    truth = tiny[1]["m1"].values
    found = client.get("/api/meter/m1/kpis").json

    assert found["import_kwh"] == pytest.approx(truth["pos_ae"][-1] - truth["pos_ae"][0], abs=0.01)
    assert found["export_kwh"] == pytest.approx(truth["neg_ae"][-1] - truth["neg_ae"][0], abs=0.01)
    assert found["net_kwh"] == pytest.approx(found["import_kwh"] - found["export_kwh"], abs=0.01)
    assert (found["peak_kw"], found["min_kw"]) == (99.5, truth["com_ap"].min())
    apparent = np.abs(truth["com_ap"]) / truth["pf"]
    assert found["mean_pf"] == pytest.approx(np.abs(truth["com_ap"]).sum() / apparent.sum(), rel=1e-4)
    assert found["from_power"]["import_kwh"] == pytest.approx(found["import_kwh"], rel=0.02)


def test_one_sample_of_an_alarm_ends_at_the_next(client, tiny):
    alarm, *more = client.get("/api/bess/B1/kpis").json["alarms"]
    ts = tiny[1]["B1"].ts

    assert more == []
    assert (alarm["signal"], alarm["peak"], alarm["samples"]) == ("fa1_FireLevel", 2, 1)
    assert np.datetime64(alarm["end"][:19]) - np.datetime64(alarm["start"][:19]) == np.timedelta64(300, "s")
    assert alarm["start"].endswith(("+02:00", "+01:00"))
    assert ts[ALARM_AT] < ts[-1]


def test_a_surface_has_a_column_for_each_cell_and_no_more_rows_than_asked_for(client):
    found = client.get("/api/cell/pack/B1/2/3d?max_points=100").json

    assert found["cells"] == list(range(1, CELLS + 1))
    assert 0 < len(found["ts"]) == len(found["z"]) <= 100
    assert {len(row) for row in found["z"]} == {CELLS}


def test_a_heat_map_has_a_value_for_each_cell_and_says_what_it_is(client):
    for metric in ("voltage", "temperature", "degradation", "deviation", "soh"):
        found = client.get(f"/api/cell/pack/B1/1/heatmap?metric={metric}").json
        assert len(found["values"]) == len(found["cells"]) == (SENSORS if metric == "temperature" else CELLS)
        assert found["statistic"]
        assert found["unit"]


def test_quality_counts_what_was_read(client, tiny):
    rows = {row["signal"]: row for row in client.get("/api/quality?source=m1").json["series"]}

    assert rows["com_ap"]["rows"] == len(tiny[1]["m1"].ts)
    assert rows["com_ap"]["gaps"] == 1
    assert rows["com_ap"]["coverage"] == pytest.approx(1 - 1 / DAYS, abs=1e-3)


def test_an_answer_says_what_it_rests_on(client, tiny):
    found = client.get(asked("/series", "start=2024-10-14&end=2024-10-15")).json
    basis = found["provenance"]

    assert (basis["source"], basis["signals"], basis["files"]) == ("m1", 1, 1)
    assert basis["file_names"] == ["com_ap.csv"]
    assert basis["rows"] == basis["kept"] == len(tiny[1]["m1"].ts)
    assert basis["readings"] == sum(found["rows"]) == 288
    assert (basis["level"], basis["coverage"], basis["build_id"]) == (
        found["level"],
        found["coverage"],
        found["build_id"],
    )
    assert (basis["start"], basis["end"]) == ("2024-10-14T00:00:00+02:00", "2024-10-15T00:00:00+02:00")


def test_a_pack_rests_on_its_own_cells(client):
    cells = client.get("/api/cell/pack/B1/1/heatmap?metric=deviation").json["provenance"]
    sensors = client.get("/api/cell/pack/B1/1/heatmap?metric=temperature").json["provenance"]

    assert (cells["signals"], sensors["signals"]) == (CELLS, SENSORS)
    assert cells["rule"]
    assert cells["rule_source"].startswith("docs/")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_question_has_a_rule(route):
    assert route.question in BASES or route.path in ("/sources", "/find")


@pytest.mark.parametrize("basis", BASES.values(), ids=BASES)
def test_the_page_that_a_rule_comes_from_exists(basis):
    assert (ROOT / basis.rule_source.partition("#")[0]).is_file()


@pytest.mark.parametrize(
    "query", ["", "view=%3Fmeter%3Dm1%26when%3D7d&kind=meter", "source=m1&signals=com_ap,pf", "kind=all"]
)
def test_what_a_number_rests_on_can_be_asked_as_a_page_asks(client, query):
    found = client.get(f"/api/provenance?question=meter_kpis&{query}").json
    said = {row["label"]: row["text"] for row in found["said"]}

    assert {"Rule", "Source", "Files", "Rows", "Left out", "Level", "Build"} <= set(said)
    assert found["build_id"] == said["Build"]


def test_the_period_of_a_page_is_that_of_its_provenance(client):
    path = "/api/provenance?question=bess_kpis&kind=bess&view=%3Fwhen%3Dcustom%26start%3D2024-10-14%26end%3D2024-10-15"
    said = {row["label"]: row["text"] for row in client.get(path).json["said"]}

    assert said["Source"] == "B1"
    assert said["Period"] == "2024-10-14 00:00 to 2024-10-15 00:00"


def test_the_sources_of_a_site_rest_on_all_files(client, tiny):
    basis = client.get("/api/sources").json["provenance"]

    assert basis["files"] == basis["signals"] == sum(len(one.values) for one in tiny[1].values())
    assert basis["source"] is None
