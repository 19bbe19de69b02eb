"""What holds for all pages: ids exist, charts keep to themselves, and nothing breaks without data."""

from __future__ import annotations

import json

import pytest
from dash import dcc

from app import shell, shell_top
from app.components import page as framed
from app.factory import PAGES, create_app
from pipeline.settings import read_settings
from tests.pages.words import of_type, walk, words


def pages():
    from importlib import import_module

    return [import_module(f"pages.{name}") for name in PAGES]


def ids(part) -> set[str]:
    found = [getattr(one, "id", None) for one in walk(part)]
    return {json.dumps(one, sort_keys=True) for one in found if one is not None}


def wired(app) -> set[str]:
    """Name every id that a callback listens or writes to; patterns stand for what matches them."""
    found = set()
    for callback in app.server.test_client().get("/_dash-dependencies").json:
        for row in callback["inputs"] + callback["state"]:
            found.add(row["id"])
        for part in callback["output"].strip(".").split("..."):
            if "." in part:  # a callback without an output has a hash here
                found.add(part.rsplit(".", 1)[0].split("@")[0])
    return {name for name in found if not name.startswith("{") and name}


def test_seven_pages_each_with_its_path_and_name():
    metas = [page.META for page in pages()]

    assert [meta.name for meta in metas] == [
        "Overview",
        "Meter",
        "Compare",
        "Battery",
        "Cells",
        "Explore",
        "Data quality",
    ]
    assert len({meta.path for meta in metas}) == len({meta.icon for meta in metas}) == 7


@pytest.mark.parametrize("page", pages(), ids=PAGES)
def test_every_chart_of_a_layout_keeps_its_data_to_itself(page, answering):
    graphs = of_type(page.layout(), dcc.Graph)

    assert graphs
    for one in graphs:
        assert one.config["showSendToCloud"] is False
        assert one.config["plotlyServerURL"] == ""
        assert one.config["displaylogo"] is False


@pytest.mark.parametrize("page", pages(), ids=PAGES)
def test_a_layout_begins_with_the_pages_name(page, answering):
    assert page.META.name in words(page.layout())


@pytest.mark.parametrize("path", [page.META.path for page in pages()])
def test_without_a_store_a_page_says_how_to_get_one(path, tmp_path):
    app = create_app(read_settings(store=tmp_path / "none", meter_roots=(str(tmp_path),)))
    layouts = {page.META.path: (page.META, page.layout) for page in pages()}
    with app.server.app_context():
        shown = shell.show_page(path, "", layouts=layouts)
        top = shell_top.set_top(path, "", layouts=layouts)

    assert "No store yet" in words(shown)
    assert "make build-pyramids" in words(shown)
    assert set(top) == set(shell_top.TOP)


def test_an_unknown_path_names_the_pages(dashboard, answering):
    layouts = {page.META.path: (page.META, page.layout) for page in pages()}

    assert "Data quality" in words(shell.show_page("/nowhere", "", layouts=layouts))


@pytest.mark.parametrize("page", pages(), ids=PAGES)
def test_the_frame_sets_its_bar_for_every_page(page, answering):
    layouts = {one.META.path: (one.META, one.layout) for one in pages()}
    top = shell_top.set_top(page.META.path, "?when=7d&pack=1", layouts=layouts)

    assert set(top) == set(shell_top.TOP)
    assert top["when"] == "7d"
    assert top["said"]["when"] == "7d"
    assert "Europe/Berlin" in top["words"]
    assert "Sample site" in words(top["sample"])
    assert (top["what_class"] == "ps-hidden") == (page.META.what == "none")


def test_a_source_that_does_not_exist_is_said_to_be_missing(answering):
    layouts = {one.META.path: (one.META, one.layout) for one in pages()}
    top = shell_top.set_top("/meter", "?meter=m99", layouts=layouts)

    assert top["words"].startswith("There is no m99; this is m1.")


def test_the_point_budget_of_the_address_is_among_the_choices(answering):
    layouts = {one.META.path: (one.META, one.layout) for one in pages()}
    top = shell_top.set_top("/meter", "?points=3210", layouts=layouts)

    assert top["points"] == "3210"
    assert "3210" in [option["value"] for option in top["points_options"]]


def test_every_id_of_the_frames_callbacks_is_in_the_frame(dashboard, answering):
    frame = {name.strip('"') for name in ids(shell.layout([page.META for page in pages()], "b1"))}
    every_page = {name.strip('"') for name in ids(framed(pages()[0].META, []))}
    of_pages = tuple(f"{page.META.path.strip('/') or 'overview'}-" for page in pages())

    assert {name for name in wired(dashboard) if not name.startswith(of_pages)} <= frame | every_page


def test_stepping_moves_the_period_by_its_own_length(dashboard, answering):
    search = "?when=custom&start=2025-01-03T00:00&end=2025-01-05T00:00"

    moved = shell.step_period(1, None, "/explore", search)

    assert moved == "?when=custom&start=2025-01-01T00:00&end=2025-01-03T00:00"
