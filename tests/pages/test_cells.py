"""The Cell Analyzer: its answer, its five tabs, and that they agree with the answers behind them."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import pytest
from dash import dcc, html

from app.answers import battery
from app.answers.detail import CellDetail, Spike
from app.scope import scope_of
from app.shapes.verdicts import CellVerdict, CriticalAnswer, Finding
from pages import cells
from pages.celltabs import (
    comparison,
    critical,
    detail,
    evidence,
    heatmaps,
    overview,
    pack_view,
    packtable,
    verdicts,
)
from tests.pages.words import of_type, walk, words

NAMES = ["Overview", "Pack comparison", "3D pack view", "Cell heatmaps", "Critical cells"]


def asked(search: str = "", theme: str = "light") -> dict[str, str]:
    return {"search": search, "theme": theme}


def finding(**changes: Any) -> Finding:
    said: dict[str, Any] = {"rule": "voltage_deviation", "subject": "pack 2 cell 17", "value": -23.4, "limit": 10.0}
    said |= {"unit": "mV", "severity": "critical", "at": "2024-11-03T14:10:00+01:00", "regime": "discharge_end"}
    return Finding(**(said | changes))


def verdict(cell: int, severity: str, score: float, *, fault: str = "low_capacity") -> CellVerdict:
    return CellVerdict(
        cell=cell,
        severity=severity,
        score=score,
        fault=fault,
        findings=(finding(severity=severity),),
        neighbours={str(cell + 1): -1.25},
    )


def answer(*found: CellVerdict, reason: str | None = None) -> CriticalAnswer:
    return CriticalAnswer(build_id="b", level=None, coverage=1.0, reason=reason, cells=found)


FOUND = {
    1: answer(verdict(5, "watch", 0.9)),
    2: answer(verdict(17, "critical", 0.8), verdict(3, "warning", 0.95, fault="hot_spot")),
}


def tabs(page: html.Div) -> list[Any]:
    return [one for one in of_type(page, html.Button) if getattr(one, "role", None) == "tab"]


def test_five_tabs_with_their_names_and_one_panel_each(answering):
    page = cells.layout()

    assert [words(tab) for tab in tabs(page)] == NAMES
    panels = {one.id: one for one in of_type(page, html.Div) if getattr(one, "role", None) == "tabpanel"}
    for tab in tabs(page):
        said = tab.to_plotly_json()["props"]
        assert panels[said["aria-controls"]].to_plotly_json()["props"]["aria-labelledby"] == said["id"]


@pytest.mark.parametrize(
    ("search", "shown"), [({}, "overview"), ({"tab": "critical"}, "critical"), ({"tab": "x"}, "overview")]
)
def test_the_address_says_which_tab_is_shown(answering, search, shown):
    page = cells.layout(**search)

    chosen = [tab for tab in tabs(page) if tab.to_plotly_json()["props"]["aria-selected"] == "true"]
    assert [tab.id for tab in chosen] == [cells.tab_id(shown)]
    assert [tab.tabIndex for tab in tabs(page)].count(0) == 1
    visible = [one.id for one in of_type(page, html.Div) if getattr(one, "className", "") == "ps-panel"]
    assert visible == [cells.panel_id(shown)]


def test_each_tab_asks_by_a_gate_of_its_own(answering):
    stores = [one.id for one in of_type(cells.layout(), dcc.Store) if isinstance(one.id, dict)]

    assert list(dict.fromkeys(one["tab"] for one in stores)) == list(cells.TABS)
    assert len({str(one) for one in stores}) == len(stores)


def test_cells_are_ranked_over_all_packs_by_severity_then_score():
    rows = verdicts.flagged_cells(FOUND)

    assert [(row.pack, row.verdict.cell) for row in rows] == [(2, 17), (2, 3), (1, 5)]
    assert verdicts.severities(rows) == {(2, 17): "critical", (2, 3): "warning", (1, 5): "watch"}


def test_the_answer_counts_what_needs_attention_and_names_it():
    rows = verdicts.flagged_cells(FOUND)

    assert verdicts.attention_words(rows, 104) == "2 of 104 cells need attention"
    named = verdicts.named_words(rows)
    assert named.startswith("Pack 2 cell 17 (critical, low capacity); pack 2 cell 3 (warning, hot spot).")
    assert named.endswith("1 more cell to watch.")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({1: answer()}, "None of 52 cells needs attention"),
        ({1: answer(verdict(1, "watch", 0.1))}, "None of 52 cells needs attention"),
        ({1: answer(verdict(1, "warning", 0.1))}, "1 of 52 cells needs attention"),
    ],
)
def test_the_answer_is_a_sentence(found, said):
    assert verdicts.attention_words(verdicts.flagged_cells(found), 52) == said


def test_what_could_not_be_judged_is_said_once_with_its_reason():
    assert verdicts.unknown_words({1: answer(reason="no current"), 2: answer(reason="no current")}) == "no current"
    assert verdicts.unknown_words({1: answer(), 2: answer(reason="no current")}) == "pack 2: no current"
    assert verdicts.unknown_words({1: answer()}) is None


def test_page_and_answers_count_the_same_cells(answering):
    scope = verdicts.asked_scope(asked())
    expected = sum(
        one.severity in verdicts.ATTENTION
        for pack in scope.packs
        for one in battery.critical(str(scope.source), pack, None, None).cells
    )

    head, told = cells.update_answer("")
    said = words(head)
    attention = [one for one in told["found"].values() if one.startswith(verdicts.ATTENTION)]

    assert "Sample site" in said
    assert len(attention) == expected
    assert (f"{expected} of 260 cells" if expected else "None of 260 cells") in said


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("search", ["", "?when=1d", "?when=custom&start=1999-01-01&end=1999-01-02", "?pack=3&cell=7"])
@pytest.mark.parametrize("tab", [overview, comparison, pack_view, heatmaps, critical])
def test_every_tab_answers_for_any_period(answering, tab, search, theme):
    assert all(part is not None for part in tab.update(asked(search, theme)))


def test_the_overview_keeps_three_states_of_health_apart(answering):
    tiles, figure, rows, _ = overview.update(asked())

    told = words(tiles)
    assert "Measured SOH" in told
    assert "model estimate, not measured" in told
    assert "BMS SOH" in told
    assert figure.data or figure.layout.annotations
    assert [row["name"] for row in rows] == [*(f"Pack {n}" for n in range(1, 6)), "System"]
    assert {"measured", "model", "bms"} <= rows[0].keys()


def test_a_pack_says_why_each_figure_of_it_is_unknown(answering):
    report = overview.compared(scope_of("", "bess")).packs[0]
    bare = replace(report, soh_reason="It was never full.", soh=replace(report.soh, measured=None, bms=None))
    row = packtable.row_of(bare)

    assert (row["measured"], row["bms"]) == (None, None)
    assert row["reasons"]["measured"] == "It was never full."
    assert "no state of health of its own" in row["reasons"]["bms"]


def test_the_comparison_lists_every_pack_and_the_system(answering):
    rows, cells_of_all, *figures = comparison.update(asked())

    assert [row["name"] for row in rows] == [f"Pack {n}" for n in range(1, 6)] + ["System"]
    assert set(rows[0]) >= {column["field"] for column in comparison.columns()}
    assert len(figures) == len(comparison.MULTIPLES)
    points = [tuple(place) for trace in cells_of_all.data if trace.mode == "markers" for place in trace.customdata]
    assert sorted(points) == [(pack, cell) for pack in range(1, 6) for cell in range(1, 53)]
    named = [note.text for note in cells_of_all.layout.annotations]
    assert all(f"worst: {row['worst_cell']}<br>best: {row['best_cell']}" in named for row in rows[:5])
    assert comparison.export(1, asked())["content"].count("\n") == 7


@pytest.mark.parametrize("shape", ["surface", "flat"])
@pytest.mark.parametrize("quantity", ["voltage", "temperature"])
@pytest.mark.parametrize("mode", ["deviation", "absolute"])
def test_the_pack_is_drawn_in_every_way(answering, shape, quantity, mode):
    figure, said = pack_view.update(asked(f"?pack=2&cell=3&shape={shape}&quantity={quantity}&mode={mode}"))

    assert figure.data[0].type == ("surface" if shape == "surface" else "heatmap")
    assert "level" in said
    assert len(zlib.compress(figure.to_json().encode())) < 200_000


@pytest.mark.parametrize("metric", [*heatmaps.METRICS, "nonsense"])
def test_every_metric_draws_all_packs_on_one_scale(answering, metric):
    figure, size, said = heatmaps.update(asked(f"?metric={metric}&pack=2&cell=3"))
    maps = [trace for trace in figure.data if trace.type == "heatmap"]

    assert len(maps) == 1
    assert maps[0].z.shape == (5, 52)
    assert size["height"] == f"{figure.layout.height}px"
    assert "260 values" in said


def test_a_row_of_the_table_tells_severity_fault_and_findings():
    row = critical.row_of(verdicts.flagged_cells(FOUND)[0])

    assert (row["rank"], row["pack"], row["cell"], row["fault"]) == (0, 2, 17, "low capacity")
    assert "limit" in row["findings"]


def test_the_severity_filter_keeps_what_it_says(answering):
    rows = verdicts.flagged_cells(FOUND)
    kept = {
        name: [row.verdict.cell for row in critical.kept(rows, verdicts.asked_scope(asked(f"?severity={name}")))]
        for name in critical.FILTERS
    }

    assert kept == {"all": [17, 3, 5], "attention": [17, 3], "critical": [17]}


def test_the_selected_cell_is_shown_else_the_worst(answering):
    rows = verdicts.flagged_cells(FOUND)

    assert critical.chosen(rows, verdicts.asked_scope(asked())) == (2, 17)
    assert critical.chosen(rows, verdicts.asked_scope(asked("?pack=3&cell=9"))) == (3, 9)
    assert critical.chosen([], verdicts.asked_scope(asked())) is None


def test_an_empty_table_says_why(answering):
    scope, filtered = verdicts.asked_scope(asked()), verdicts.asked_scope(asked("?severity=critical"))

    assert "No cell needs attention" in words(critical.state([], None, scope))
    assert "could be judged" in words(critical.state([], "no current", scope))
    assert "choose All" in words(critical.state([], None, filtered))
    assert critical.state(verdicts.flagged_cells(FOUND), None, scope) == []


def cell_of(found: CellVerdict | None, **changes: Any) -> CellDetail:
    said: dict[str, Any] = {"system": "C1", "pack": 2, "cell": 17, "verdict": found, "tracks": (), "spikes": ()}
    return CellDetail(**(said | {"signals": ("bms1_p2_v17",), "valid_days": 60} | changes))


SPIKE = Spike(at_ms=1_730_636_400_000, value=2.986, residual=-0.173, unit="V", signal="bms1_p2_v17")


def test_a_cell_is_told_in_words(answering):
    scope = verdicts.asked_scope(asked())

    told = words(detail.words(cell_of(FOUND[2].cells[0]), scope))
    for part in ("discharge end", "18: −1.2 mV", "fit low capacity", "evidence 0.80 of 1", "First seen", "2.3 times"):
        assert part in told
    assert "has no findings" in words(detail.words(cell_of(None), scope))


def test_findings_are_listed_with_value_limit_when_and_what_they_rest_on(answering):
    scope = verdicts.asked_scope(asked())
    found = replace(FOUND[2].cells[0], findings=(finding(z=-6.21, count=4),))
    row = evidence.finding_rows(cell_of(found), scope)[0]

    assert (row["rule"], row["where"]) == ("Voltage deviation", "discharge end")
    assert (row["value"], row["limit"], row["unit"]) == (-23.4, 10.0, "mV")
    assert row["basis"] == "robust z −6.2 · seen 4"
    assert (row["said"], row["severity"]) == ("Critical", "critical")
    assert evidence.finding_rows(None, scope) == []


def test_single_readings_are_listed_as_logged_the_latest_first(answering):
    scope = verdicts.asked_scope(asked())
    later = replace(SPIKE, at_ms=SPIKE.at_ms + 60_000)
    rows = evidence.spike_rows(cell_of(FOUND[2].cells[0], spikes=(SPIKE, later)), scope)

    assert [row["at"] for row in rows] == ["2024-11-03 13:21", "2024-11-03 13:20"]
    assert (rows[1]["value"], rows[1]["unit"], rows[1]["apart"], rows[1]["apart_unit"]) == (2.986, "V", -173.0, "mV")
    many = cell_of(None, spikes=(SPIKE,) * (evidence.SPIKES_SHOWN + 2))
    assert len(evidence.spike_rows(many, scope)) == evidence.SPIKES_SHOWN
    assert detail.earlier(many) == "And 2 earlier ones."
    assert detail.earlier(None) == ""


def test_a_moment_leads_to_its_readings_in_explore(answering):
    scope = verdicts.asked_scope(asked("?pack=2&cell=17"))
    known = cell_of(FOUND[2].cells[0], spikes=(SPIKE,))
    rows = [*evidence.finding_rows(known, scope), *evidence.spike_rows(known, scope)]
    links = [row["href"] for row in rows]

    assert all(href.startswith("/explore?") and "signals=C1:bms1_p2_v17" in href for href in links)
    assert any("start=2024-11-03T08:10&end=2024-11-03T20:10" in href for href in links)


@pytest.mark.parametrize(
    ("score", "fault", "said"),
    [
        (0.95, "low_capacity", "well supported"),
        (0.7, "hot_spot", ", supported"),
        (0.2, "imbalance", "weakly"),
        (0.9, "unknown", "no single fault"),
    ],
)
def test_how_sure_a_verdict_is_depends_on_its_evidence(score, fault, said):
    assert said in detail.sentence(verdict(1, "warning", score, fault=fault))


def test_any_cell_of_the_site_can_be_looked_into(answering):
    rows, _, told, *_, figure, size = critical.update(asked("?pack=2&cell=17"))

    assert "Pack 2 cell 17" in words(told)
    assert len(figure.data) >= 4
    assert size["height"] == f"{figure.layout.height}px"
    assert rows
    assert critical.update(asked("?pack=2&cell=999"))[2] == []


def test_findings_are_exported_unrounded(answering):
    sent = critical.export(1, asked())

    assert sent["content"].startswith("pack,cell,severity,score,fault,rule,regime,value,limit,unit,at,text")


def test_links_lead_to_the_evidence(answering):
    scope = verdicts.asked_scope(asked("?when=recent"))
    page = cells.answer(scope, verdicts.flagged_cells(FOUND), 104, None)
    links = [one.to_plotly_json()["props"]["href"] for one in walk(page) if isinstance(one, dcc.Link)]

    assert len(links) == 2
    assert all("tab=critical" in href and "when=recent" in href for href in links)


def test_a_store_of_meters_alone_is_told_what_is_missing(answering, monkeypatch):
    bare = replace(scope_of("", "bess"), source=None, packs=(), signals=())
    monkeypatch.setattr(cells, "scope_of", lambda *_: bare)

    assert "No battery system" in words(cells.layout())
