"""The heat map: physical order, one scale, unknown cells, marks and hover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.heatmap import pack_heatmap
from app.figures.scales import diverging_scale, metric_scale
from app.figures.theme import BANDS
from app.shapes.pictures import HeatmapAnswer


def answer(values, *, metric="deviation", unit="mV", limit=10.0, reason=None):
    return HeatmapAnswer(
        build_id="b1",
        level=None,
        coverage=1.0,
        reason=reason,
        cells=tuple(range(1, len(values) + 1)),
        values=tuple(values),
        statistic="median residual at rest",
        unit=unit,
        metric=metric,
        limit=limit,
    )


def draw(answers, **options):
    return pack_heatmap(answers, **({"flagged": {}, "theme": "light"} | options))


def heat(figure):
    return next(trace for trace in figure.data if trace.type == "heatmap")


def test_each_pack_is_one_row_in_physical_order():
    figure = draw({2: answer([4.0, 5.0, 6.0]), 1: answer([1.0, 2.0, 3.0])})

    assert np.array_equal(heat(figure).z, [[1, 2, 3], [4, 5, 6]])
    assert figure.layout.yaxis.ticktext == ("Pack 1", "Pack 2")
    assert (heat(figure).x0, heat(figure).y0) == (1, 1)


def test_packs_of_different_length_share_one_figure():
    figure = draw({1: answer([1.0]), 2: answer([1.0, 2.0, 3.0])})

    assert heat(figure).z.shape == (2, 3)
    assert np.isnan(heat(figure).z[0, 1:]).all()


def test_all_packs_share_one_scale():
    figure = draw({1: answer([1.0, 2.0], metric="voltage"), 2: answer([7.0, 9.0], metric="voltage")})

    assert (heat(figure).zmin, heat(figure).zmax) == (1.0, 9.0)


def test_an_unknown_cell_is_hatched_and_says_why():
    figure = draw({1: answer([1.0, None, 3.0], reason="no full charge in the window")})
    hatched = next(trace for trace in figure.data if trace.type == "bar")

    assert hatched.x == (2,)
    assert hatched.marker.pattern.shape == "/"
    assert "no full charge in the window" in hatched.text[0]
    assert np.isnan(heat(figure).z[0, 1])


def test_a_pack_without_any_value_is_all_hatched():
    figure = draw({1: answer([None, None], metric="soh", unit="%")})

    assert len(next(trace for trace in figure.data if trace.type == "bar").x) == 2


def test_severities_differ_in_shape_not_only_in_colour():
    marks = {(1, 1): "watch", (1, 2): "warning", (1, 3): "critical"}
    figure = draw({1: answer([1.0, 2.0, 3.0])}, flagged=marks)
    shown = {trace.name: (trace.x, trace.marker.symbol) for trace in figure.data if trace.type == "scatter"}

    assert {name: x for name, (x, _) in shown.items()} == {"watch": (1,), "warning": (2,), "critical": (3,)}
    assert len({symbol for _, symbol in shown.values()}) == 3


def test_the_selected_cell_is_framed():
    figure = draw({1: answer([1.0, 2.0]), 2: answer([3.0, 4.0])}, selected=(2, 2))

    frame = figure.layout.shapes[0]
    assert (frame.x0, frame.x1) == (1.5, 2.5)
    assert frame.y0 < 2 < frame.y1


def test_hover_gives_value_deviation_and_rank():
    figure = draw({1: answer([3.300, 3.310, 3.290], metric="voltage", unit="V", limit=None)})
    text = heat(figure).text[0][1]

    assert "Pack 1 cell 2" in text
    assert "3.310" in text
    assert "+10.0" in text
    assert "rank" in text
    assert "of 3" in text


def test_ranks_put_the_farthest_deviation_first():
    figure = draw({1: answer([1.0, -30.0, 5.0])})

    assert [text.split("<br>")[-1][:6] for text in heat(figure).text[0]] == ["rank 3", "rank 1", "rank 2"]


def test_state_of_health_takes_the_seven_bands():
    scale = metric_scale("soh", [91.0], 95.0, theme="light")

    assert [step[1] for step in scale.colors][::2] == list(reversed(BANDS.values()))
    assert metric_scale("soh", [40.0, 99.0], None, theme="dark") == scale


def test_a_scale_of_one_value_still_has_a_width():
    scale = metric_scale("voltage", [3.3, 3.3, None], None, theme="light")

    assert scale.low < 3.3 < scale.high


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_deviation_scale_marks_the_limit_on_both_sides(theme):
    scale = diverging_scale(np.array([1.0, -2.0]), 10.0, theme=theme)

    assert scale.words[1] == "−10 limit"
    assert scale.words[3] == "10 limit"


def test_a_far_cell_saturates_and_the_scale_says_so():
    scale = diverging_scale(np.array([0.5] * 99 + [400.0]), 10.0, theme="light")

    assert scale.high == 20.0
    assert scale.words[-1] == "≥ 20"


@given(st.lists(st.floats(-1e4, 1e4), max_size=60), st.one_of(st.none(), st.floats(0.1, 50)))
def test_a_diverging_scale_is_centred_on_zero_and_holds_the_limit(values, limit):
    scale = diverging_scale(np.array(values, dtype=np.float64), limit, theme="light")

    assert scale.low == -scale.high
    assert scale.high > 0
    assert scale.high >= 2 * (limit or 0)
    assert list(scale.ticks) == sorted(set(scale.ticks))
