"""What the figures of the pages rest on: every tile, chart and section says so, by a rule of its own, and truly."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import html
from dash.development.base_component import Component

from app import loader
from app.answers import provenance
from app.answers.bases import ANY, BASES
from app.answers.basis import Basis
from app.answers.pagebases import FIGURES
from app.answers.series import series
from app.components import graph, headline, kpi, section
from app.components import provenance as marked
from app.factory import PAGES
from app.language import catalogue
from pages import battery, cells, meter, overview, quality
from pages.celltabs import critical
from pages.celltabs import overview as cells_overview
from pages.glance import meter_glance, system_glance
from pages.tiles import meter_tile, system_tile
from tests.pages.test_every_page import pages
from tests.pages.words import of_type, walk

ROOT = Path(__file__).parents[2]
ASKED = {"search": "", "theme": "light"}
WEEK = "?when=7d"
FILLED = {
    *("meter-figures", "battery-tiles", "quality-tiles", "cells-tiles"),
    *("compare-sources", "explore-find"),
}
"""Places that callbacks fill with key figures, each with a mark of its own; and those for choices, not for numbers."""


def marks(part: object) -> list[html.Details]:
    """List the marks of provenance in a part of a page."""
    return [one for one in walk(part) if str(getattr(one, "className", "")) == "ps-mark"]


def figures(part: object) -> Iterator[Component]:
    """Yield every key figure, chart and section."""
    for one in walk(part):
        names = str(getattr(one, "className", "")).split()
        if isinstance(one, Component) and {"ps-kpi", "ps-chart", "ps-section", "ps-headline"} & set(names):
            yield one


def question_of(mark: html.Details) -> str:
    return str(mark.to_plotly_json()["props"]["data-question"])


def literals() -> set[str]:
    """Name every question that the code of the pages asks by its name."""
    found = set()
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for word in node.keywords if isinstance(node, ast.Call) else ():
                if word.arg == "question" and isinstance(word.value, ast.Constant) and word.value.value is not None:
                    found.add(str(word.value.value))
    return found


@pytest.mark.parametrize("piece", [kpi, headline, section, graph, marked])
def test_nothing_is_shown_without_saying_what_it_rests_on(piece) -> None:
    asked = inspect.signature(piece).parameters["question"]

    assert asked.default is inspect.Parameter.empty
    assert asked.kind is inspect.Parameter.KEYWORD_ONLY


def test_every_question_of_the_pages_has_a_rule() -> None:
    assert literals() - set(BASES) == set()


def test_every_rule_of_a_figure_is_used_and_is_its_own() -> None:
    told = [basis.rule for basis in BASES.values()]
    written = {
        str(node.value)
        for path in (ROOT / "pages").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }

    assert len(set(told)) == len(told)
    assert ANY.rule not in told
    assert set(FIGURES) <= written


@pytest.mark.parametrize("basis", BASES.values(), ids=BASES)
def test_a_rule_is_said_in_german_too(basis: Basis) -> None:
    german = catalogue("de")
    assert all(german.get(words) for words in (basis.rule, basis.uncertainty))


@pytest.mark.parametrize("page", pages(), ids=PAGES)
def test_every_chart_and_section_of_a_layout_has_a_mark(page, answering) -> None:
    laid = page.layout()
    asked = {question_of(mark) for mark in marks(laid)}

    assert asked - set(BASES) == set()
    for one in figures(laid):
        assert marks(one) or {str(getattr(part, "id", None)) for part in walk(one)} & FILLED


def answered() -> dict[str, object]:
    """Ask the callbacks that fill the pages with key figures."""
    return {
        "overview": [*overview.update_answer("")[:1], overview.update_questions("")],
        "tiles": [overview.system_glances(""), *_overview_tiles()],
        "meter": [*meter.update_answer("?meter=m1"), meter.update_load("?meter=m1")[0]],
        "battery": battery.update_answer(""),
        "cells": [cells.update_answer("")[0], *cells_overview.update(ASKED)],
        "critical": critical.update(ASKED),
        "quality": quality.update("")[:3],
    }


def _overview_tiles() -> list[object]:
    made = {
        "bess": lambda scope: system_tile(system_glance(scope), 0),
        "meter": lambda scope: meter_tile(meter_glance(scope), 0),
    }
    return [made[scope.kind](scope) for scope in overview.scopes("")]


def test_every_figure_that_is_answered_has_a_mark_and_a_rule_of_its_own(answering) -> None:
    for name, parts in answered().items():
        tiles = [one for one in figures(parts) if "ps-kpi" in str(getattr(one, "className", "")).split()]
        for tile in tiles:
            (mark,) = marks(tile)
            basis = BASES[question_of(mark)]
            assert basis.rule
            assert basis.rule_source.startswith("docs/"), name
        unknown = {question_of(mark) for mark in marks(parts)} - set(BASES)
        assert unknown == set(), name


def test_the_figures_of_a_tile_rest_on_its_own_source(answering) -> None:
    for scope in overview.scopes(""):
        parts = overview.update_tile({"name": str(scope.source)}, "")
        (row,) = [one for one in of_type(parts, html.Div) if getattr(one, "className", "") == "ps-kpis"]

        assert row.to_plotly_json()["props"]["data-source"] == scope.source
        assert marks(row)


def test_tiles_beside_each_other_rest_on_different_rules(answering) -> None:
    shown = marks(cells_overview.update(ASKED)[0])
    asked = [question_of(mark) for mark in shown]

    assert len(asked) == len(set(asked)) == 8


def said(client, **asked: str):
    answer = client.get("/api/provenance", query_string=asked)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.fixture
def client(dashboard):
    return dashboard.server.test_client()


@pytest.mark.parametrize("question", sorted(BASES))
def test_every_question_answers_what_is_counted_in_the_store(question, client, dashboard) -> None:
    kind = "meter" if question in {"import", "export", "peak", "demand"} else "any"
    found = said(client, question=question, view="?", kind=kind)["provenance"]
    with dashboard.server.app_context():
        store = loader.current()
        used = [one for one in store.all_series(found["source"]) if BASES[question].is_used(one)]
        files = {
            one.path
            for one in store.manifest.files
            if one.source == found["source"] and {*one.signals} & {each.signal for each in used}
        }

    assert found["signals"] == len(used)
    assert found["files"] == len(files)
    assert found["rows"] == sum(one.tally.rows for one in used)
    assert found["kept"] == sum(one.kept for one in used)
    if BASES[question].last_days is None:
        assert found["readings"] == found["kept"]
    for reason, count in found["excluded"].items():
        assert count == sum(one.tally.excluded.get(reason, 0) for one in used)


@pytest.mark.parametrize("question", ["imbalance", "peak", "bms_steps", "rows_kept", "recent_charge"])
def test_readings_and_coverage_are_those_of_the_window(question, client) -> None:
    kind = "meter" if question == "peak" else "bess"
    whole = said(client, question=question, view="?", kind=kind)["provenance"]
    week = said(client, question=question, view=WEEK, kind=kind)["provenance"]

    assert 0 < week["coverage"] <= 1
    if BASES[question].whole or BASES[question].last_days:
        assert (week["start"], week["readings"]) == (whole["start"], whole["readings"])
    else:
        assert week["readings"] < whole["readings"]
        assert week["start"] > whole["start"]


def test_readings_of_a_cut_window_are_those_of_the_series_itself(dashboard) -> None:
    with dashboard.server.app_context():
        store = loader.current()
        source = next(one for one in store.manifest.sources if one.kind == "meter")
        start = source.first_ms + 3_600_000 + 7 * 60_000
        end = start + 40 * 3_600_000
        line = series(source.name, "com_ap", start, end, max_points=2000)
        readings, coverage = provenance.window_of_question("peak", source.name, ("com_ap",), None, start, end)

    assert readings == int(line.rows.sum())
    assert coverage == pytest.approx(line.coverage, abs=0.01)


def test_the_mark_of_a_reading_rests_on_its_own_signal(answering, client) -> None:
    shown = marks(battery.update_answer("")[1])
    signals = [mark.to_plotly_json()["props"]["data-signals"] for mark in shown]

    assert len(signals) == len(set(signals)) > 3
    for signal in signals:
        found = said(client, question="last_reading", view="?", kind="bess", signals=signal)["provenance"]
        assert found["signals"] == found["files"] == 1
        assert found["readings"] == found["kept"]


def slugs(path: Path) -> set[str]:
    heads = [line.lstrip("# ").lower() for line in path.read_text().splitlines() if line.startswith("#")]
    kept = ("".join(sign for sign in head if sign.isalnum() or sign in " -_") for head in heads)
    return {head.strip().replace(" ", "-") for head in kept}


@pytest.mark.parametrize("basis", BASES.values(), ids=BASES)
def test_the_section_that_describes_a_rule_exists(basis: Basis) -> None:
    name, _, section_of = basis.rule_source.partition("#")

    assert (ROOT / name).is_file()
    assert not section_of or section_of in slugs(ROOT / name)
