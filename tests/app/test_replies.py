"""Replies to callbacks are sent again as they are, while nothing that they follow from has changed."""

from __future__ import annotations

import pytest
from flask import Flask, Response, request

from app import language, loader
from app.api.replies import LAYOUT, UPDATE, remember_replies
from tests.app.stores import answering

asked: list[bytes] = []
BODIES = {"plain": b'{"response":{}}', "failed": b'{"sideUpdate":{}}', "toast": b'{"className":"ps-toast"}'}


@pytest.fixture
def client(tiny):
    asked.clear()
    with answering(tiny[0]):
        pass
    server = Flask("test")
    loader.init_app(server, tiny[0])
    server.before_request(lambda: language.use(request.headers.get("Accept-Language", "en")))
    server.add_url_rule(UPDATE, "update", _update, methods=["POST"])
    server.add_url_rule(LAYOUT, "layout", _layout)
    remember_replies(server)
    return server.test_client()


def _update() -> Response:
    body = request.get_data()
    asked.append(body)
    if body.startswith(b"aged"):
        return Response(f"{loader.now_ms() // 60_000} min", content_type="application/json")
    return Response(BODIES[body.decode().split()[0]], content_type="application/json")


def _layout() -> Response:
    asked.append(request.query_string)
    return Response(request.query_string, content_type="application/json")


def ask(client, body, **headers):
    return client.post(UPDATE, data=body, headers=headers)


def test_a_reply_is_worked_out_once(client):
    first, second = ask(client, "plain 1"), ask(client, "plain 1")

    assert first.data == second.data == BODIES["plain"]
    assert first.content_type == second.content_type == "application/json"
    assert asked == [b"plain 1"]


def test_another_question_or_language_has_a_reply_of_its_own(client):
    for body, language_ in (("plain 1", "en"), ("plain 2", "en"), ("plain 1", "de")):
        ask(client, body, **{"Accept-Language": language_})

    assert asked == [b"plain 1", b"plain 2", b"plain 1"]


@pytest.mark.parametrize("kind", ["failed", "toast"])
def test_a_reply_that_tells_of_a_failure_is_not_kept(client, kind):
    for _ in range(2):
        ask(client, kind)

    assert len(asked) == 2


def test_hits_are_counted(client):
    for _ in range(11):
        ask(client, "plain 1")
    with client.application.app_context():
        hits, misses = loader.stats()

    assert (hits, misses) == (10, 1)


def test_what_tells_of_the_present_is_told_anew_each_minute(client, monkeypatch):
    said = []
    for seconds in (600.0, 659.9, 660.0, 719.0, 600.0 + 24 * 3600):
        monkeypatch.setattr("app.loader.time.time", lambda now=seconds: now)
        said.append((ask(client, "aged 1").data, ask(client, "plain 1").data))

    assert [aged for aged, _ in said] == [b"10 min", b"10 min", b"11 min", b"11 min", b"1450 min"]
    assert (asked.count(b"aged 1"), asked.count(b"plain 1")) == (3, 1)


LAYOUTS = (
    "path=/&search=&theme=light",
    "path=/&search=&theme=dark",
    "path=/meter&search=&theme=light",
    "path=/&search=%3Fwhen%3Drecent&theme=light",
)


def test_a_layout_is_worked_out_once_for_each_page_view_theme_and_language(client):
    for _ in range(2):
        for said in LAYOUTS:
            for language_ in ("en", "de"):
                answer = client.get(f"{LAYOUT}?{said}", headers={"Accept-Language": language_})
                assert answer.data.decode() == said

    assert len(asked) == 2 * len(LAYOUTS)


def test_the_frame_alone_is_not_kept(client):
    for _ in range(2):
        client.get(LAYOUT)

    assert len(asked) == 2


@pytest.mark.parametrize("path", [UPDATE, LAYOUT])
def test_another_build_has_replies_of_its_own(client, monkeypatch, path):
    def once():
        return client.post(UPDATE, data="plain 1") if path == UPDATE else client.get(f"{LAYOUT}?{LAYOUTS[0]}")

    really = loader.key_of
    for build in ("first", "second", "second", "first"):
        monkeypatch.setattr(loader, "key_of", lambda store, build=build: f"{build}-{really(store)}")
        once()

    assert len(asked) == 2
