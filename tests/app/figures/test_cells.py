"""Figures of packs: three states of health apart, small multiples on one scale, and a cell's evidence."""

from __future__ import annotations

from app.figures.cells import Reading, pack_dots, soh_triples
from app.shapes.answer import Interval
from app.shapes.packs import PackReport, SohTriple


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
