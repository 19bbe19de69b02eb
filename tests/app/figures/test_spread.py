"""Every cell of every pack on one axis: all are there, equal ones are seen, best and worst are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.figures.spread import WIDTH, cell_spread
from app.shapes.pictures import HeatmapAnswer
from tests.app.figures.test_cells import report


def answer(values, *, limit=10.0):
    return HeatmapAnswer(
        build_id="b1",
        level=None,
        coverage=1.0,
        cells=tuple(range(1, len(values) + 1)),
        values=tuple(values),
        statistic="median residual at rest",
        unit="mV",
        metric="deviation",
        limit=limit,
    )


def points(figure):
    return {
        tuple(place): (x, y, trace.name)
        for trace in figure.data
        if trace.mode == "markers"
        for place, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


def test_each_known_cell_is_one_point_on_its_pack_s_row():
    figure = cell_spread({1: answer([0.0, 0.0, None]), 2: answer([5.0, -3.0, 1.0])}, {}, flagged={}, theme="light")

    drawn = points(figure)
    assert set(drawn) == {(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)}
    assert all(abs(y - pack) <= WIDTH for (pack, _), (_, y, _) in drawn.items())
    assert drawn[1, 1][1] != drawn[1, 2][1], "equal values do not hide each other"


def test_a_flagged_cell_has_the_shape_of_its_severity():
    figure = cell_spread({1: answer([0.0, 30.0])}, {}, flagged={(1, 2): "critical"}, theme="dark")
    shown = {trace.name: trace.marker.symbol for trace in figure.data if trace.mode == "markers"}

    assert points(figure)[1, 2][2] == "critical"
    assert shown["critical"] == "diamond"


@pytest.mark.parametrize(("reach", "told"), [(12.0, ["limit −10", "limit 10"]), (400.0, ["limit 10"])])
def test_the_limit_is_named_where_its_words_fit(reach, told):
    figure = cell_spread({1: answer([0.0, reach])}, {}, flagged={}, theme="light")

    assert [note.text for note in figure.layout.annotations] == told
    assert sorted(shape.x0 for shape in figure.layout.shapes) == [-10.0, 10.0]


def test_the_best_and_the_worst_cell_are_named_at_the_end_of_the_row():
    named = replace(report(1), best_cell=1, worst_cell=3)
    figure = cell_spread({1: answer([0.1, 4.0, -7.0], limit=None)}, {1: named}, flagged={}, theme="light")

    assert [(note.text, note.y) for note in figure.layout.annotations] == [("worst: 3<br>best: 1", 1)]


def test_half_of_each_pack_lies_in_its_bar():
    values = np.linspace(-5, 5, 101)
    figure = cell_spread({1: answer(values.tolist())}, {}, flagged={}, theme="light")
    low, high = next(trace for trace in figure.data if trace.mode == "lines").x[:2]

    assert ((values >= low) & (values <= high)).mean() == pytest.approx(0.5, abs=0.02)
