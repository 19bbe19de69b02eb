"""Two periods under each other: one scale for both, their difference on its own, unknown where either is."""

from __future__ import annotations

import numpy as np
import pytest

from app.figures.pairs import difference, period_pair, step_unit
from app.shapes.pictures import HeatmapAnswer


def answer(values, *, metric="voltage", unit="V"):
    return HeatmapAnswer(
        build_id="b1",
        level=None,
        coverage=1.0,
        cells=tuple(range(1, len(values) + 1)),
        values=tuple(values),
        statistic="mean",
        unit=unit,
        metric=metric,
        limit=None,
    )


def draw(before, after, **options):
    return period_pair({1: before}, {1: after}, **({"titles": ("Then", "Now"), "theme": "light"} | options))


def test_both_periods_share_a_scale_and_their_difference_is_told_in_millivolts():
    figure = draw(answer([3.300, 3.310]), answer([3.290, 3.340]), limit=10.0)
    before, after, moved = figure.data

    assert (before.zmin, before.zmax) == (after.zmin, after.zmax) == (3.290, 3.340)
    assert moved.z[0] == pytest.approx([-10.0, 30.0], abs=0.01)
    assert moved.zmin == -moved.zmax
    assert [note.text for note in figure.layout.annotations] == ["Then [V]", "Now [V]", "Second minus first [mV]"]


def test_what_is_unknown_in_either_period_has_no_difference():
    figure = draw(answer([3.3, None, 3.3]), answer([3.3, 3.3, None]))

    assert np.isnan(figure.data[2].z[0]).tolist() == [False, True, True]
    assert difference({(1, 1): 2.0, (1, 2): None}, {(1, 1): 5.0}) == {(1, 1): 3.0, (1, 2): None}


def test_a_click_on_any_map_names_the_pack_and_cell_a_sensor_the_cell_beside_it():
    heat = answer([20.0, 21.0], metric="temperature", unit="°C")
    figure = draw(heat, heat, beside={(1, 1): 2, (1, 2): 5})

    assert [[list(place) for place in trace.customdata[0]] for trace in figure.data] == [[[1, 2], [1, 5]]] * 3
    assert figure.layout.annotations[2].text.endswith("[K]")


@pytest.mark.parametrize(("unit", "told"), [("V", (1000.0, "mV")), ("°C", (1.0, "K")), ("%", (1.0, "%"))])
def test_a_change_is_told_in_the_unit_of_changes(unit, told):
    assert step_unit(unit) == told
