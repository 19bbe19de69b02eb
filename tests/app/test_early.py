"""First answers that come with a page: where one fails, its part stays as it was and the page is there."""

from __future__ import annotations

import pytest
from dash import html

from app import early
from pipeline.errors import StoreCorrupt


def answer(identity: str, update) -> early.Answer:
    return early.Answer(outputs=(early.place(identity, "children"),), inputs=(), update=update)


@pytest.mark.parametrize("error", [StoreCorrupt("a part is damaged"), KeyError("cell"), ZeroDivisionError()])
def test_a_part_that_fails_does_not_take_the_page_with_it(error):
    def fail() -> str:
        raise error

    page = html.Div([html.P("waiting", id="first"), html.P("waiting", id="second")])
    failed: list[Exception] = []
    early.complete(
        page, [answer("first", fail), answer("second", lambda: "told")], {}, lambda error, *_: failed.append(error)
    )

    assert [one.children for one in page.children] == ["waiting", "told"]
    assert failed == [error]
