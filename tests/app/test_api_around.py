"""What surrounds the API's answers: tags, refusals, its own description, metrics, guards."""

from __future__ import annotations

import re

import numpy as np
import pytest

from app.api.encoding import encode
from app.api.routes import ROUTES
from app.shapes.answer import Interval
from tests.app.asking import asked, assert_problem
from tests.app.stores import build_site, serve


def test_an_answer_that_is_known_is_not_sent_again(client):
    path = "/api/meter/m1/kpis"
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(f"{path}?start=2024-10-14", headers={"If-None-Match": tag}).status_code == 200
    assert client.get("/api/meter/m9/kpis", headers={"If-None-Match": "*"}).status_code == 404
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == 304
    assert client.get(f"{path}?start=nothing", headers={"If-None-Match": "*"}).status_code == 422


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
    stat = Interval(value=float("nan"), reason=None)
    grid = np.arange(6, dtype=np.float32).reshape(2, 3).T

    assert encode({1: stat, "z": grid, "n": np.int64(3), "s": {2, 1}}) == (
        b'{"1":{"value":null,"low":null,"high":null,"reason":null},"z":[[0.0,3.0],[1.0,4.0],[2.0,5.0]],"n":3,"s":[1,2]}'
    )
    with pytest.raises(TypeError):
        encode(object())


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
