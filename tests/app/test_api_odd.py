"""Whatever is asked of whichever path: an answer in JSON, or a problem in JSON, never a failure."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.routes import ROUTES
from tests.app.stores import serve

TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "m1", "B1", "com_ap", "bms1_p1_v2", "raw", "1d", "voltage", "deviation", "0", "-1", "1", "2"]
    ),
    st.sampled_from(
        ["NaN", "inf", "1e9", "٣", "null", "None", "true", "[]", "a,b", ",", "../..", "%00", "'", '"', "<b>"]
    ),
    st.integers(-(10**12), 10**12).map(str),
    st.text(max_size=12),
)
TIMES = st.one_of(
    st.datetimes().map(lambda one: one.isoformat()),
    st.dates().map(str),
    st.sampled_from(
        [
            "2024-10-14",
            "2024-10-15T00:00Z",
            "2024-10-27T02:30",
            "2025-03-30T02:30",
            "24:00",
            "2024-10-14T25:00",
            "20241014",
        ]
    ),
    TEXTS,
)
NAMES = {"start": TIMES, "end": TIMES}
STATUS = {200, 404, 422}


@pytest.fixture(scope="module")
def client(tiny):
    return serve(tiny[0]).test_client()


def drawn(draw, one):
    """Draw what a request says of one parameter: often what it may be, else anything."""
    allowed = [str(word) for word in one.schema.get("enum", ())]
    usual = [*allowed, *([str(one.default)] if one.default is not None else [])]
    odd = NAMES.get(one.name, TEXTS)
    return draw(st.one_of(st.sampled_from(usual), odd) if usual else odd)


@st.composite
def requests(draw):
    """Draw a path of the API and what is asked of it."""
    route = draw(st.sampled_from(ROUTES))
    path, query = route.path, {}
    for one in route.parameters:
        if one.place == "path":
            known = {"meter": "m1", "system": "B1", "source": "m1", "pack": "1", "cell": "2"}[one.name]
            said = draw(st.one_of(st.just(known), TEXTS))
            path = path.replace(f"{{{one.name}}}", quote(said, safe=""))
        elif one.required or draw(st.booleans()):
            query[one.name] = {"source": "m1", "signal": "com_ap"}.get(one.name) if draw(st.booleans()) else None
            query[one.name] = query[one.name] or drawn(draw, one)
    return f"/api{path}?{urlencode(query)}"


def strict(text: str) -> Any:
    """Read JSON as the standard has it: no NaN, no Infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=requests())
def test_every_path_answers_in_json_whatever_is_asked(client, address):
    answer = client.get(address)
    body = strict(answer.text)

    assert answer.status_code in STATUS, (address, answer.text)
    if answer.status_code == 200:
        assert answer.content_type == "application/json"
        assert {"build_id", "level", "coverage", "provenance"} <= set(body)
        assert body["coverage"] is None or 0 <= body["coverage"] <= 1
    else:
        assert answer.content_type == "application/problem+json"
        assert body["status"] == answer.status_code
        assert body["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
def test_a_compressed_answer_is_the_same(tiny, encoding):
    from app.factory import create_app

    client = create_app(tiny[0]).server.test_client()
    plain = client.get("/api/series?source=m1&signal=com_ap")
    packed = client.get("/api/series?source=m1&signal=com_ap", headers={"Accept-Encoding": encoding})

    assert packed.headers.get("Content-Encoding", "identity") == encoding
    assert packed.headers["ETag"] == plain.headers["ETag"]
    again = client.get(
        "/api/series?source=m1&signal=com_ap",
        headers={"Accept-Encoding": encoding, "If-None-Match": packed.headers["ETag"]},
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_parameter_and_key_is_described(client, route):
    operation = client.get("/api/openapi.json").json["paths"][route.path]["get"]

    assert route.title
    assert route.description.endswith(".")
    assert all(one["description"] for one in operation["parameters"])
    assert route.path in client.get("/api/docs").text
