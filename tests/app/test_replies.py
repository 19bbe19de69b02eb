"""Replies to callbacks are sent again as they are, while nothing that they follow from has changed."""

from __future__ import annotations

import pytest
from flask import Flask, Response, request

from app import language, loader
from app.api.replies import UPDATE, remember_replies
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
    remember_replies(server)
    return server.test_client()


def _update() -> Response:
    body = request.get_data()
    asked.append(body)
    return Response(BODIES[body.decode().split()[0]], content_type="application/json")


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
