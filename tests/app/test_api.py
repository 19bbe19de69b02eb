"""Every path of the API, asked well and badly."""

from __future__ import annotations

from dataclasses import fields

import pytest

from app.api.routes import ROUTES
from tests.app.asking import address, asked, assert_problem

WINDOWED = [route.path for route in ROUTES if any(one.name == "start" for one in route.parameters)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_path_answers_with_every_key(client, route):
    answer = client.get(asked(route.path))
    keys = {one.name for one in fields(route.shape)} if isinstance(route.shape, type) else set(route.shape)

    assert answer.status_code == 200, answer.data
    assert answer.content_type == "application/json"
    assert set(answer.json) >= keys | {"build_id", "level", "coverage"}
    assert answer.json["coverage"] is None or 0 <= answer.json["coverage"] <= 1


@pytest.mark.parametrize("path", WINDOWED)
@pytest.mark.parametrize(
    "window",
    [
        "start=2019-01-01&end=2019-01-02",
        "start=2040-01-01",
        "end=2001-01-01",
        "start=2024-10-14&end=2024-10-14",
    ],
)
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
