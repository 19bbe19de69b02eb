"""Two strings in one folder: two systems, from CSV to API; no current is laid to the other's cells."""

from __future__ import annotations

import pytest
from flask import Flask

from app import api, loader
from pipeline.build import build
from pipeline.strings import string_names
from tests.pipeline.sites import manifest_of, settings, stamps, write_csv

TWO = ("bms1_c", "bms1_p1_v1", "bms2_c", "bms2_p1_v1")
ROWS = 3 * 288


@pytest.mark.parametrize(
    ("signals", "systems"),
    [
        (("bms1_c", "bms1_p1_v1", "pcs1_ap", "aux_m_ap"), {"B"}),
        (("bms2_c", "pcs1_ap"), {"B"}),
        (TWO, {"B-bms1", "B-bms2"}),
        ((*TWO, "aux_m_ap"), {"B", "B-bms1", "B-bms2"}),
        (("bms1_c", "bms2_alarm"), {"B"}),
        ((), set()),
    ],
)
def test_a_folder_is_one_system_for_each_string(signals, systems):
    assert set(string_names("B", signals).values()) == systems


def test_a_converter_goes_with_its_string_only_where_each_has_one():
    each = string_names("B", (*TWO, "pcs1_ap", "pcs2_ap"))
    assert (each["pcs1_ap"], each["pcs2_ap"]) == ("B-bms1", "B-bms2")
    assert string_names("B", (*TWO, "pcs1_ap"))["pcs1_ap"] == "B"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Two strings whose packs and cells have the same numbers, in files of one signal and in a wide one."""
    folder = tmp_path_factory.mktemp("two")
    at = stamps("2024-03-01 00:00", ROWS)
    for bms, volts in ((1, 3.2), (2, 3.3)):
        for cell in (1, 2):
            rows = [(stamp, volts + 0.001 * (row % 7)) for row, stamp in enumerate(at)]
            write_csv(folder / "BESS" / "B" / f"bms{bms}_p1_v{cell}.csv", rows)
    lines = [(stamp, f"{10 + row % 2},{-20 - row % 2},{row % 5}") for row, stamp in enumerate(at)]
    write_csv(folder / "BESS" / "B" / "currents.csv", lines, "ts,bms1_c,bms2_c,aux_m_ap")
    chosen = settings(folder, folder / "store")
    build(chosen)
    return chosen


def test_each_string_has_its_own_cells_and_current_in_the_store(site):
    manifest = manifest_of(site.store)
    held = {
        source.name: {one.signal for one in manifest.series if one.source == source.name} for source in manifest.sources
    }

    assert held == {
        "B": {"aux_m_ap"},
        "B-bms1": {"bms1_c", "bms1_p1_v1", "bms1_p1_v2"},
        "B-bms2": {"bms2_c", "bms2_p1_v1", "bms2_p1_v2"},
    }
    assert {source.name: source.kind for source in manifest.sources} == dict.fromkeys(held, "bess")
    assert {source.name: [pack.cells for pack in source.packs] for source in manifest.sources} == {
        "B": [],
        "B-bms1": [(1, 2)],
        "B-bms2": [(1, 2)],
    }
    assert any("it holds 2 strings" in warning and "B-bms1, B-bms2" in warning for warning in manifest.warnings)


def test_the_api_answers_each_string_from_its_own_readings(site):
    server = Flask("test")
    loader.init_app(server, site)
    api.register(server)
    client = server.test_client()

    rows = {row["name"]: row for row in client.get("/api/sources").json["sources"]}
    assert set(rows) == {"B", "B-bms1", "B-bms2"}
    for bms, (low, high), amps in ((1, (3.2, 3.206), {10, 11}), (2, (3.3, 3.306), {-20, -21})):
        system = f"B-bms{bms}"
        cells = client.get(f"/api/cell/pack/{system}/1/heatmap?metric=voltage").json
        assert cells["cells"] == [1, 2]
        assert all(low <= value <= high for value in cells["values"])
        current = client.get(f"/api/series?source={system}&signal=bms{bms}_c&level=raw").json
        assert {round(value) for value in current["value"]} == amps
        assert client.get(f"/api/cell/system/{system}/comparison").status_code == 200
    for path in ("health", "audit", "efficiency", "limiting", "kpis", "frames"):
        for system in rows:
            assert client.get(f"/api/bess/{system}/{path}").status_code == 200, (path, system)
    said = client.get("/api/quality?source=B").json["warnings"]
    assert any("it holds 2 strings" in one for one in said)
