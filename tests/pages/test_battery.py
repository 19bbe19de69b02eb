"""The battery page: its sentence, its tiles, and every row for any period."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answers import cycles as answers
from app.answers import kpis
from app.scope import scope_of
from app.shapes.cycles import Cycle, CyclesAnswer
from app.shapes.kpis import AlarmEvent, BessKpis, Stat
from pages import battery
from pages.batteryparts import alarms, charts, energy, health
from tests.pages.words import words

SEARCHES = ["", "?when=1d", "?when=custom&start=1999-01-01&end=1999-01-02"]


def cycle(kind: str, kwh: float | None) -> Cycle:
    start = "2024-03-01T08:00:00+01:00"
    return Cycle(start=start, end=start, kind=kind, dod_pct=80.0, ah=230.0, kwh=kwh, mean_c_rate=0.4)


def cycles(*rows: Cycle, rte: float | None = 94.1, efc: float | None = 1.0) -> CyclesAnswer:
    return CyclesAnswer(build_id="b", level=None, coverage=1.0, cycles=rows, efc=efc, efc_total=efc, rte_pct=rte)


def stat(last: float, unit: str = "%", *, label: str = "State of charge") -> Stat:
    return Stat(last=last, mean=last, min=last - 1, max=last + 1, unit=unit, label=label, coverage=0.98)


ALARM = AlarmEvent(
    signal="fa1_SmokeFlag",
    label="Smoke alarm",
    start="2024-03-04T10:00:00+01:00",
    end="2024-03-04T10:05:00+01:00",
    peak=1.0,
    samples=1,
    ongoing=False,
)


def found(*events: AlarmEvent) -> BessKpis:
    return BessKpis(
        build_id="b",
        level=None,
        coverage=1.0,
        soc={"bms1_soc": stat(61.0)},
        soh={"bms1_soh": stat(93.0)},
        temperature={},
        pcs={},
        aux={},
        environment={},
        battery={"bms1_v": stat(861.0, "V", label="Cluster voltage")},
        alarms=events,
    )


def test_the_answer_says_energy_efficiency_and_alarms():
    told = battery.answer_words(cycles(cycle("charge", 205.0), cycle("discharge", -193.0)), found(ALARM), watched=True)

    assert told.replace("\N{NO-BREAK SPACE}", " ") == "193.0 kWh discharged, 94.1 % round trip, 1 alarm"


def test_the_answer_invents_nothing():
    told = battery.answer_words(cycles(rte=None, efc=None), found(), watched=False)

    assert told == "No discharge was measured, alarms are not logged"


def test_half_cycles_without_energy_are_counted_not_guessed():
    answer = cycles(cycle("charge", 205.0), cycle("charge", None), cycle("discharge", None))

    assert energy.total(answer.cycles, "charge") == 205.0
    assert energy.total(answer.cycles, "discharge") is None
    assert "2 half cycles without energy left out" in energy.words(answer)


def test_tiles_show_what_is_logged_with_its_range():
    told = words(battery.tiles(found()))

    assert "61  %" in told
    assert "60 to 62 %" in told
    assert "861.0  V" in told
    assert "PCS" not in told


def test_the_page_lays_out_a_chart_for_each_topic_that_is_logged(answering):
    page = words(battery.layout())

    for topic in charts.TOPICS:
        assert topic.title in page


def test_a_topic_without_signals_has_no_chart():
    assert charts.TOPICS[0].signals(["bms1_soc", "pos_ae"]) == ["bms1_soc"]
    assert charts.TOPICS[-1].signals(["bms1_soc"]) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("search", SEARCHES)
def test_every_row_answers_for_any_period(answering, search, theme):
    assert battery.update_answer(search)
    assert all(part is not None for part in alarms.update(search, theme))
    assert all(part is not None for part in energy.update(search, theme))
    assert all(part is not None for part in health.update(search, theme))
    for topic in charts.TOPICS:
        assert charts.update(search, theme, topic=topic)["layout"]


@pytest.mark.parametrize("unit", ["day", "week", "month", "nonsense"])
def test_bars_add_up_to_the_cycles(answering, unit):
    figure = energy.update(f"?unit={unit}", "light")[0]
    scope = scope_of("", "bess")
    answer = answers.cycles(str(scope.source), None, None)

    drawn = sum(float(bar.y.sum()) for bar in figure.data if bar.name == "charged")
    assert drawn == pytest.approx(energy.total(answer.cycles, "charge") or 0.0, rel=1e-5)


def test_every_alarm_is_in_the_table_and_on_the_strip(answering):
    scope = scope_of("", "bess")
    expected = kpis.bess_kpis(str(scope.source), None, None).alarms
    figure, size, rows, _, _ = alarms.update("", "light")

    assert len(rows) == len(expected)
    assert size["height"] == f"{figure.layout.height}px"
    assert sum(len(trace.x) for trace in figure.data if trace.mode == "markers") <= len(expected)
    assert alarms.export(1, "")["content"].count("\n") == len(expected) + 1


def test_an_event_is_told_with_its_length():
    row = alarms.row_of(ALARM)

    assert row["lasted"].endswith("min")
    assert (row["start"], row["state"]) == ("2024-03-04 10:00", "over")


def test_a_store_of_meters_alone_is_told_what_is_missing(answering, monkeypatch):
    bare = replace(scope_of("", "bess"), source=None, packs=(), signals=())
    monkeypatch.setattr(battery, "scope_of", lambda *_: bare)

    assert "No battery system" in words(battery.layout())
