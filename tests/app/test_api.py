"""Every path of the API, asked well and badly; the tiny site says what is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from app import shapes
from app.answers.provenance import BASES
from app.api.encoding import encode
from app.api.routes import ROUTES
from tests.app.stores import ALARM_AT, CELLS, DAYS, FIRST, PACKS, PEAK_AT, SENSORS, STEP, build_site, local_ms, serve

PLACES = {"meter": "m1", "system": "B1", "pack": "1", "cell": "2", "source": "m1"}
NEEDED = {"/series": "source=m1&signal=com_ap", "/quality/calendar": "source=m1"}
NEEDED |= {"/quality/findings": "source=m1", "/find": "text=power"}
WINDOWED = [route.path for route in ROUTES if any(one.name == "start" for one in route.parameters)]
ROOT = Path(__file__).parents[2]
FILE = re.compile(r"/work|site-packages|Traceback")


@pytest.fixture(scope="module")
def server(tiny):
    return serve(tiny[0])


@pytest.fixture
def client(server):
    return server.test_client()


def address(path: str, query: str = "", **places: str) -> str:
    for name, value in (PLACES | places).items():
        path = path.replace(f"{{{name}}}", value)
    return f"/api{path}?{query}"


def asked(path: str, query: str = "", **places: str) -> str:
    template = path
    return address(path, "&".join(part for part in (NEEDED.get(template, ""), query) if part), **places)


def assert_problem(answer, status: int) -> str:
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert set(answer.json) >= {"type", "title", "detail"}
    assert not FILE.search(answer.json["detail"])
    return str(answer.json["detail"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_path_answers_with_every_key(client, route):
    answer = client.get(asked(route.path))
    keys = {one.name for one in fields(route.shape)} if isinstance(route.shape, type) else set(route.shape)

    assert answer.status_code == 200, answer.data
    assert answer.content_type == "application/json"
    assert set(answer.json) >= keys | {"build_id", "level", "coverage"}
    assert answer.json["coverage"] is None or 0 <= answer.json["coverage"] <= 1


@pytest.mark.parametrize("path", WINDOWED)
@pytest.mark.parametrize("window", ["start=2019-01-01&end=2019-01-02", "start=2040-01-01", "end=2001-01-01"])
def test_an_empty_window_is_answered_with_a_reason(client, path, window):
    answer = client.get(asked(path, window))

    assert answer.status_code == 200, answer.data
    assert answer.json["reason"]


@pytest.mark.parametrize("path", WINDOWED)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start=0001-01-01&end=9999-12-31T23:59:59", 200),
        ("start=9998-01-01&end=9999-01-01", 200),
        ("start=2024-10-27T02:30", 200),  # runs twice
        ("end=2025-03-30T02:30", 200),  # never was
        ("start=2024-10-14T00:00:00-12:00&end=2024-10-15T00:00:00%2B14:00", 422),
        ("start=20241014&end=2024-W43-1", 200),
        ("start=2024-10-14T00:00:00.001&end=2024-10-14T00:00:00.002", 200),
        ("start=%00", 422),
        ("start=%F0%9F%98%80", 422),
        ("start=2025-02-30", 422),
        ("start=&end=&colour=blue", 200),
    ],
)
def test_odd_times_are_answered_or_refused_but_never_fail(client, path, query, status):
    answer = client.get(asked(path, query))

    assert answer.status_code == status, answer.data
    assert b"NaN" not in answer.data


@pytest.mark.parametrize("path", WINDOWED)
@pytest.mark.parametrize(
    "query",
    [
        "start=yesterday",
        "end=2024-13-01",
        "start=2024-10-14&end=2024-10-14",
        "start=2024-10-15&end=2024-10-14",
        "end=1",
    ],
)
def test_a_window_that_cannot_be_is_refused(client, path, query):
    assert_problem(client.get(asked(path, query)), 422)


@pytest.mark.parametrize(
    "query",
    [
        "max_points=99",
        "max_points=20001",
        "max_points=1e3",
        "max_points=1_000",
        "max_points=-5",
        "level=2h",
        "level=RAW",
    ],
)
def test_numbers_and_words_that_cannot_be_are_refused(client, query):
    assert_problem(client.get(asked("/series", query)), 422)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cell/pack/{system}/{pack}/3d?quantity=current", "one of voltage, temperature"),
        ("/cell/pack/{system}/{pack}/3d?mode=relative", "one of absolute, deviation"),
        (
            "/cell/pack/{system}/{pack}/heatmap?metric=colour",
            "one of voltage, temperature, degradation, deviation, soh",
        ),
        ("/series?signal=com_ap", "source"),
        ("/series?source=m1", "signal"),
        ("/series?source=&signal=com_ap", "source"),
    ],
)
def test_words_are_told_with_those_that_may_be(client, path, said):
    assert said in assert_problem(client.get(address(path).rstrip("?")), 422)


def test_a_pack_is_a_number(client):
    assert_problem(client.get(asked("/cell/pack/{system}/{pack}/3d", pack="one")), 422)


@pytest.mark.parametrize("route", [route for route in ROUTES if "{pack}" in route.path], ids=lambda route: route.path)
@pytest.mark.parametrize("pack", ["0", "3", "-7", "999999999"])
def test_a_pack_that_does_not_exist_is_not_found(client, route, pack):
    assert "There is: 1, 2." in assert_problem(client.get(asked(route.path, pack=pack)), 404)


@pytest.mark.parametrize(
    ("path", "exists"),
    [
        ("/series?source=m2&signal=com_ap", "m1"),
        ("/series?source=m1&signal=com_app", "com_ap"),
        ("/meter/m2/kpis", "m1"),
        ("/meter/B1/kpis", "m1"),
        ("/bess/m1/kpis", "B1"),
        ("/bess/B2/kpis", "B1"),
        ("/cell/system/B2/comparison", "B1"),
        ("/cell/pack/B2/1/3d", "B1"),
        ("/cell/pack/B2/1/heatmap", "B1"),
        ("/cell/pack/B2/1/critical", "B1"),
        ("/cell/pack/B2/1/cycles", "B1"),
        ("/quality?source=m9", "m1"),
        ("/sources/m9/signals", "m1"),
        ("/metre/m1/kpis", "/api/meter/{meter}/kpis"),
        ("/", "/api/sources"),
        ("/series/", "/api/series"),
        ("/%2e%2e/secret", "/api/sources"),
        ("", "/api/sources"),
    ],
)
def test_what_does_not_exist_is_not_found_and_told_with_what_does(client, path, exists):
    assert exists in assert_problem(client.get(f"/api{path}"), 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/series?source=m1&signal=com_ap", "/health", "/metrics", "/openapi.json", "/docs"])
def test_nothing_can_be_written(client, method, path):
    answer = getattr(client, method)(f"/api{path}")

    assert_problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_head_tells_what_get_would(client):
    path = "/api/series?source=m1&signal=com_ap"
    head, whole = client.head(path), client.get(path)

    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])


@pytest.mark.parametrize(
    "path", ["/health", "/docs", "/cell/pack/B1/1/3d?mode=deviation", "/cell/system/B1/comparison"]
)
def test_paths_without_the_prefix_are_sent_on(client, path):
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (307, f"/api{path}")
    assert client.get(path, follow_redirects=True).status_code == 200


# What is answered -----------------------------------------------------------------------------------------------------


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


# What surrounds the answers -------------------------------------------------------------------------------------------


def test_an_answer_that_is_known_is_not_sent_again(client):
    path = "/api/meter/m1/kpis"
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(f"{path}?start=2024-10-14", headers={"If-None-Match": tag}).status_code == 200
    assert client.get("/api/meter/m9/kpis", headers={"If-None-Match": "*"}).status_code == 404


def test_a_new_build_changes_tags_and_answers(tmp_path):
    settings, _ = build_site(tmp_path, rows=300)
    client = serve(settings).test_client()
    first = client.get("/api/series?source=m1&signal=com_ap")
    build_site(tmp_path, rows=600)
    second = client.get("/api/series?source=m1&signal=com_ap", headers={"If-None-Match": first.headers["ETag"]})

    assert second.status_code == 200
    assert (sum(first.json["rows"]), sum(second.json["rows"])) == (300, 600)
    assert first.json["build_id"] != second.json["build_id"] == client.get("/api/health").json["build_id"]


def test_without_a_store_the_process_lives_but_is_not_ready(tmp_path, tiny):
    client = serve(tiny[0].model_copy(update={"store": tmp_path / "none"})).test_client()

    assert client.get("/api/health").json["build_id"] is None
    assert "make build-pyramids" in assert_problem(client.get("/api/ready"), 503)
    for route in ROUTES:
        assert_problem(client.get(asked(route.path)), 503)
    assert client.get("/api/docs").status_code == client.get("/api/openapi.json").status_code == 200
    assert client.get("/api/metrics").status_code == 200


def test_a_damaged_store_answers_no_number(tmp_path):
    settings, _ = build_site(tmp_path, rows=300)
    for part in (settings.store / "parts" / "m1").rglob("*.parquet"):
        data = bytearray(part.read_bytes())
        data[len(data) // 2] ^= 0xFF
        part.write_bytes(bytes(data))
    client = serve(settings).test_client()

    assert "its checksum differs" in assert_problem(client.get("/api/series?source=m1&signal=com_ap"), 500)
    assert client.get("/api/health").status_code == 200


def test_what_was_not_foreseen_is_logged_and_not_told(server, monkeypatch, caplog):
    def fail(*_: object) -> object:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("app.answers.series._line", fail)
    detail = assert_problem(server.test_client().get("/api/series?source=m1&signal=com_ap&max_points=101"), 500)

    assert "secret" not in detail
    assert "a secret" in caplog.text


def described(document, schema):
    return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def test_the_document_describes_every_path_and_what_it_answers(client):
    document = client.get("/api/openapi.json").json

    assert document["openapi"] == "3.1.0"
    assert {route.path for route in ROUTES} < set(document["paths"])
    for route in ROUTES:
        operation = document["paths"][route.path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        pieces = [described(document, one) for one in schema.get("allOf", [schema])]
        assert set(client.get(asked(route.path)).json) == {name for one in pieces for name in one["properties"]}
        assert [one["name"] for one in operation["parameters"]] == [one.name for one in route.parameters]
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert re.findall(r'"\$ref":"#/components/schemas/(\w+)"', client.get("/api/openapi.json").text)


def test_every_reference_of_the_document_exists(client):
    answer = client.get("/api/openapi.json")
    known = answer.json["components"]["schemas"]

    assert set(re.findall(r"#/components/schemas/(\w+)", answer.text)) <= set(known)
    assert known["SeriesAnswer"]["properties"]["rows"]["description"] == "Raw readings that the point stands for."


def test_the_docs_are_whole_and_load_nothing_from_elsewhere(client):
    page = client.get("/api/docs")
    examples = re.findall(r'Example: <a href="([^"]+)"', page.text)

    assert page.content_type == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    assert len(examples) == len(ROUTES)
    for example in examples:
        assert client.get(example.replace("&amp;", "&")).status_code == 200, example


def test_metrics_count_requests_and_the_cache(tiny):
    client = serve(tiny[0]).test_client()
    for _ in range(3):
        client.get("/api/meter/m1/kpis")
    client.get("/api/nothing")
    text = client.get("/api/metrics").text

    assert 'packscope_requests_total{method="GET",route="/api/meter/<path:meter>/kpis",status="200"} 3.0' in text
    assert 'packscope_request_seconds_count{route="/api/meter/<path:meter>/kpis"} 3.0' in text
    assert re.search(r"packscope_cache_hits_total [1-9]", text)
    assert re.search(r'packscope_build_info\{build_id="\d{8}T\d{6}Z-\w+",version="[\d.]+"\} 1.0', text)
    assert 'status="404"' in text


@pytest.mark.parametrize("path", ["/api/sources", "/api/nothing", "/api/docs", "/api/health", "/api/metrics"])
def test_every_response_is_guarded(client, path):
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] in {"no-cache", "no-store"}


def test_options_are_told(client):
    answer = client.options("/api/series")

    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_whatever_an_answer_holds_is_written():
    stat = shapes.Interval(value=float("nan"), reason=None)
    grid = np.arange(6, dtype=np.float32).reshape(2, 3).T

    assert encode({1: stat, "z": grid, "n": np.int64(3), "s": {2, 1}}) == (
        b'{"1":{"value":null,"low":null,"high":null,"reason":null},"z":[[0.0,3.0],[1.0,4.0],[2.0,5.0]],"n":3,"s":[1,2]}'
    )
    with pytest.raises(TypeError):
        encode(object())


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
    assert (ROOT / basis.rule_source).is_file()


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
