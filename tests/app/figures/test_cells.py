"""Figures of packs: three states of health apart, small multiples on one scale, and a cell's evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from app.figures.cells import Reading, pack_dots, soh_triples
from app.figures.evidence import cell_evidence
from app.shapes import Finding, Interval, PackReport, SohTriple


def report(pack, *, measured=None, low=None, high=None, model=None, bms=None):
    return PackReport(
        pack=pack,
        cells=52,
        mean_v=None,
        imbalance_mv=None,
        mean_t=None,
        max_t=None,
        soh=SohTriple(measured=measured, low=low, high=high, model=model, bms=bms),
        band=None,
        soh_basis=None,
        soh_reason=None,
        degradation_pct_per_month=Interval(value=None),
        critical_cells=0,
        best_cell=None,
        worst_cell=None,
        coverage=None,
    )


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


def test_three_states_of_health_are_three_marks():
    figure = soh_triples([report(1, measured=94.0, low=92.5, high=95.0, model=77.0, bms=93.0)], theme="light")

    traces = by_name(figure)
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert traces["model estimate, not measured"].x == (77.0,)
    measured = traces["measured, 95 % interval"]
    assert (measured.error_x.array, measured.error_x.arrayminus) == ((1.0,), (1.5,))


def test_an_unknown_state_of_health_is_absent_but_keeps_its_row():
    figure = soh_triples([report(1, bms=93.0), report(None, bms=93.0)], theme="dark")

    assert by_name(figure)["measured, 95 % interval"].x == ()
    assert figure.layout.yaxis.categoryarray == ("Pack 1", "System")


def test_the_axis_holds_values_above_a_hundred():
    figure = soh_triples([report(1, measured=104.0, low=102.0, high=106.0)], theme="light")

    assert figure.layout.xaxis.range[1] > 106


def test_small_multiples_hold_every_row_and_the_limit():
    rows = [Reading(name="Pack 1", value=0.2, low=0.1, high=0.3), Reading(name="Pack 2", value=None, note="too short")]
    figure = pack_dots(rows, title="Degradation", unit="%/month", theme="light", limit=0.5)

    assert figure.data[0].text == ("0.20",)
    assert figure.data[1].y == ("Pack 2",)
    assert "too short" in figure.data[1].hovertemplate[0]
    assert figure.layout.shapes[0].x0 == 0.5
    assert figure.layout.xaxis.range[0] < 0.1
    assert figure.layout.xaxis.range[1] > 0.5


def test_all_unknown_is_drawn_as_unknown():
    figure = pack_dots([Reading(name="Pack 1", value=None)], title="Mean", unit="V", theme="light")

    assert figure.data[1].text == ("unknown",)


DAY = datetime(2024, 3, 30, 12, tzinfo=UTC)


def residuals(cells=(16, 17, 18), regimes=("rest", "charge_end")):
    rows = [
        {"ts": DAY + timedelta(days=at), "cell": cell, "regime": regime, "residual_mv": float(-cell - at)}
        for cell in cells
        for regime in regimes
        for at in range(3)
    ]
    return pl.DataFrame(rows)


def finding():
    return Finding(
        rule="voltage_deviation",
        subject="pack 2 cell 17",
        value=-17.0,
        limit=10.0,
        unit="mV",
        severity="warning",
        at="2024-03-31T12:00:00+02:00",
        regime="rest",
    )


def test_evidence_shows_the_cell_and_its_neighbours_in_each_regime():
    figure = cell_evidence(
        residuals(), cell=17, limit_mv=10.0, findings=[finding()], zone="Europe/Berlin", theme="dark"
    )

    names = [trace.name for trace in figure.data if trace.mode != "markers"]
    assert names == ["neighbour 16", "neighbour 18", "cell 17"] * 2
    assert [note.text for note in figure.layout.annotations][:2] == ["At charge end", "At rest"]
    assert len([shape for shape in figure.layout.shapes if shape.y0 in {-10.0, 10.0}]) == 4


def test_evidence_is_drawn_in_site_time_and_marks_findings_in_their_regime():
    figure = cell_evidence(
        residuals(), cell=17, limit_mv=None, findings=[finding()], zone="Europe/Berlin", theme="light"
    )

    own = next(trace for trace in figure.data if trace.name == "cell 17")
    assert list(own.x)[:2] == ["2024-03-30T13:00", "2024-03-31T14:00"]
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(trace.x or ()) for trace in marks] == [[], ["2024-03-31T12:00"]]


@pytest.mark.parametrize("frame", [residuals().clear(), residuals(cells=(17,), regimes=("rest",))])
def test_little_evidence_is_drawn(frame):
    assert cell_evidence(frame, cell=17, limit_mv=10.0, zone="UTC", theme="light").data


def test_a_sensor_gets_a_row_of_its_own_and_its_findings():
    warm = pl.DataFrame({"ts": [DAY, DAY + timedelta(days=1)], "residual_k": [0.4, 4.5]})
    hot = Finding(
        rule="temperature_variation",
        subject="pack 2 cell 17",
        value=4.5,
        limit=3.0,
        unit="K",
        severity="critical",
        at="2024-03-31T12:00:00+02:00",
    )
    figure = cell_evidence(
        residuals(), cell=17, limit_mv=10.0, findings=[hot], warmth=warm, zone="Europe/Berlin", theme="light"
    )

    titles = [note.text for note in figure.layout.annotations]
    assert "Temperature of the sensor beside it" in titles
    assert figure.layout.yaxis.title.text == "K"
    marks = [trace for trace in figure.data if trace.mode == "markers" and trace.x]
    assert [trace.yaxis for trace in marks] == ["y"]


def test_an_excursion_is_marked_at_its_height():
    spike = Finding(
        rule="excursion",
        subject="pack 2 cell 17",
        value=181.0,
        limit=100.0,
        unit="mV",
        severity="warning",
        at="2024-03-31T12:00:00+02:00",
    )
    figure = cell_evidence(residuals(), cell=17, limit_mv=10.0, findings=[spike], zone="UTC", theme="dark")

    assert [list(trace.y) for trace in figure.data if trace.mode == "markers" and trace.x] == [[181.0]]
