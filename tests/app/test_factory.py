"""The application: headers that let nothing out, honest status codes, and errors that reach the user."""

from __future__ import annotations

import re

import pytest

from app.components import GRAPH_CONFIG
from app.factory import create_app
from app.factory_headers import FingerprintCache
from app.factory_page import ASSETS
from pipeline.settings import read_settings


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("none")
    return create_app(read_settings(store=folder / "store", meter_roots=(str(folder),))).server.test_client()


def fetch(client, path, **more):
    """Read a whole answer and close the file behind it."""
    with client.get(path, **more) as answer:
        answer.get_data()
        return answer


def test_the_page_is_english_and_asks_this_server_alone(client):
    page = client.get("/")
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert '<html lang="en">' in text
    outside = re.findall(r'(?:src|href)="(https?:)?//', text)
    assert outside == []


def test_every_inline_script_is_in_the_policy(client):
    client.get("/")
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]

    inline = re.findall(r"<script>", page.get_data(as_text=True))
    assert len(re.findall(r"'sha256-", policy)) >= len(inline)
    assert "'unsafe-eval'" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/cells", "/assets/10-packscope.css", "/api/health"])
def test_every_answer_is_guarded(client, path):
    headers = fetch(client, path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_files_named_by_their_content_are_kept_for_ever(client):
    named, bare = fetch(client, "/assets/packscope.js?m=1"), fetch(client, "/assets/packscope.js")

    assert "immutable" in named.headers["Cache-Control"]
    assert "immutable" not in bare.headers["Cache-Control"]


def test_large_answers_are_compressed(client):
    answer = fetch(client, "/assets/00-bootstrap.min.css", headers={"Accept-Encoding": "br, zstd"})

    assert answer.headers["Content-Encoding"] in {"br", "zstd"}
    assert len(answer.get_data()) < 60_000


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip;q=0", None),
        ("*;q=0", None),
        ("gzip; q=0, br;q=0.000, zstd;q=0", None),
        ("*, zstd;q=0", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("identity, *;q=0", None),
        ("gzip;q=0.5, br;q=0", "gzip"),
    ],
)
def test_a_coding_that_is_refused_is_not_used(client, accepted, coding):
    answer = fetch(client, "/assets/00-bootstrap.min.css", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == coding


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output": "a.b"}', b"not json"])
def test_what_is_no_callback_is_a_bad_request(client, body):
    answer = client.post("/_dash-update-component", data=body, content_type="application/json")

    assert answer.status_code == 400


def test_only_files_of_fixed_content_are_kept_compressed():
    cache = FingerprintCache()
    cache.set("zstd;/_dash-component-suites/dash/x.js", b"kept")
    cache.set("zstd;", b"a callback's answer")

    assert cache.get("zstd;/_dash-component-suites/dash/x.js") == b"kept"
    assert cache.get("zstd;") is None


def test_charts_cannot_be_sent_anywhere():
    assert GRAPH_CONFIG["showSendToCloud"] is False
    assert GRAPH_CONFIG["plotlyServerURL"] == ""


def test_no_asset_asks_another_machine():
    for path in (*ASSETS.glob("*.css"), *ASSETS.glob("*.js")):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        found = re.findall(r"(?:url\(|@import|fetch\()\s*[\"']?(https?:)?//", text)
        assert found == [], path.name


def test_the_page_says_which_language_it_is_in(client):
    assert '<html lang="de">' in client.get("/", headers={"Accept-Language": "de-AT,en;q=0.5"}).text
    client.set_cookie("packscope-language", "en")
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "de"}).text
    client.delete_cookie("packscope-language")
