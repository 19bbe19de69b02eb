"""Time charts show every extreme, leave gaps open, say their unit and what they rest on."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.panels import LABEL_PX, spread
from app.figures.theme import LINE_PX, bare
from app.figures.timeseries import Event, Limit, short_names, time_chart
from app.shapes.series import SeriesAnswer

HOUR = 3_600_000
START = 1_720_000_800_000  # 3 July 2024, 10:00 UTC
BERLIN = "Europe/Berlin"


def line(values, *, unit="kW", label="Active power", low=None, high=None, ts=None, gaps=(), **more):
    value = np.array(values, dtype=np.float64)
    stamps = START + np.arange(len(value)) * HOUR if ts is None else np.array(ts)
    given_fields = {
        "build_id": "b1",
        "level": "1h",
        "coverage": 1.0,
        "source": "m1",
        "signal": "com_ap",
        "label": label,
        "unit": unit,
        "kind": "analog",
        "ts": stamps.astype(np.int64),
        "value": value,
        "min": value if low is None else np.array(low, dtype=np.float64),
        "max": value if high is None else np.array(high, dtype=np.float64),
        "rows": np.full(len(value), 12, np.int64),
        "buckets": len(value),
        "step_ms": HOUR,
        "gaps": tuple(gaps),
    }
    return SeriesAnswer(**{**given_fields, **more})


def draw(*lines, **more):
    end = max(int(one.ts[-1]) if len(one.ts) else START for one in lines) + HOUR
    return time_chart(list(lines), **{"zone": BERLIN, "theme": "light", "drawn": (START, end), **more})


def means(figure):
    return [trace for trace in figure.data if trace.line.width == LINE_PX and trace.mode == "lines"]


def test_the_line_is_the_mean_on_the_sites_clock():
    (mean,) = means(draw(line([1, 2, 3])))

    assert list(mean.y) == [1, 2, 3]
    assert np.array(mean.x[0], "datetime64[ms]") == np.datetime64("2024-07-03T12:00")


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 3).map(sorted), min_size=2, max_size=30))
def test_the_band_holds_every_extreme(rows):
    low, value, high = (np.array(column) for column in zip(*rows, strict=True))
    figure = draw(line(value, low=low, high=high))
    drawn = {trace.name: np.array(trace.y) for trace in figure.data}

    if np.any(high.round(2) > low.round(2)):
        assert drawn["lowest"].min() == pytest.approx(low.min(), abs=0.006)
        assert drawn["highest"].max() == pytest.approx(high.max(), abs=0.006)
        bottom, top = figure.layout.yaxis.range
        assert bottom < low.min()
        assert top > high.max()


def test_a_gap_stays_open():
    ts = [START, START + HOUR, START + 9 * HOUR, START + 10 * HOUR]
    figure = draw(line([1, 2, 3, 4], ts=ts, gaps=[(START + 2 * HOUR, START + 9 * HOUR)]))
    (mean,) = means(figure)

    assert [None if np.isnan(y) else y for y in mean.y] == [1, 2, None, 3, 4]
    assert mean.connectgaps is False
    (band,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (band.x0, band.x1) == ("2024-07-03T14:00:00.000", "2024-07-03T21:00:00.000")


def test_the_band_closes_at_a_gap():
    ts = [START, START + HOUR, START + 9 * HOUR]
    gaps = [(START + 2 * HOUR, START + 9 * HOUR)]
    figure = draw(line([1, 2, 3], low=[0, 0, 0], high=[5, 5, 5], ts=ts, gaps=gaps))
    bands = {trace.name: list(trace.y) for trace in figure.data if trace.name in {"lowest", "highest"}}

    assert bands == {"lowest": [0, 0, 2, 3, 0], "highest": [5, 5, 2, 3, 5]}


def test_a_reading_alone_between_two_gaps_is_marked():
    ts = [START, START + 5 * HOUR, START + 10 * HOUR]
    gaps = [(START + HOUR, START + 5 * HOUR), (START + 6 * HOUR, START + 10 * HOUR)]
    (marks,) = [trace for trace in draw(line([1, 2, 3], ts=ts, gaps=gaps)).data if trace.mode == "markers"]

    assert list(marks.y) == [1, 2, 3]


def test_an_alarm_of_one_sample_is_marked():
    values = np.zeros(500)
    values[321] = 3
    (marks,) = [
        trace for trace in draw(line(values, unit="", kind="flag", label="Smoke alarm")).data if trace.mode == "markers"
    ]

    assert list(marks.y) == [3]


def test_the_hour_that_autumn_repeats_is_not_joined_backwards():
    october = 1_729_987_200_000 - 3 * HOUR
    figure = draw(line([1, 2, 3, 4, 5, 6], ts=october + np.arange(6) * HOUR), drawn=(october, october + 6 * HOUR))
    (mean,) = means(figure)
    joined = [b - a for a, b, y in zip(mean.x, mean.x[1:], mean.y[1:], strict=False) if not np.isnan(y)]

    assert np.isnan(mean.y).sum() == 1
    assert figure.layout.xaxis.title.text == "time in Europe/Berlin (dotted: clock −1 h)"
    assert min(joined) > 0


def test_units_get_panels_of_their_own_and_stand_in_the_titles():
    figure = draw(line([1, 2]), line([3, 4], unit="V", label="Voltage"), line([5, 6], label="Other power"))

    assert figure.layout.yaxis.title.text == "kW"
    assert figure.layout.yaxis2.title.text == "Voltage [V]"
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]


def test_up_to_four_lines_are_labelled_at_their_end_and_more_get_a_legend():
    few, many = draw(*[line([1, at], label=f"L{at}") for at in range(4)]), draw(*[line([1, at]) for at in range(5)])

    assert {note.text for note in few.layout.annotations} > {"L0", "L1", "L2", "L3"}
    assert not few.layout.showlegend
    assert many.layout.showlegend


def test_the_caption_says_level_buckets_coverage_and_zone():
    figure = draw(line([1, 2], coverage=0.9996, buckets=14_954))
    texts = [note.text.replace("\N{NARROW NO-BREAK SPACE}", ",") for note in figure.layout.annotations]

    assert "1 h level, 14,954 buckets, 99.9\N{NO-BREAK SPACE}% coverage" in texts
    assert figure.layout.xaxis.title.text == "time in Europe/Berlin"


@pytest.mark.parametrize(("value", "shown"), [(10.5, True), (1000.0, False)])
def test_a_limit_is_drawn_where_it_does_not_flatten_the_data(value, shown):
    figure = draw(line([9, 10]), limits=[Limit(value=value, unit="kW", label="limit")])

    assert ("limit" in [note.text for note in figure.layout.annotations]) is shown
    low, high = figure.layout.yaxis.range
    assert (low <= value <= high) is shown


def test_events_stand_on_a_strip_under_the_panels():
    event = Event(start_ms=START + HOUR, end_ms=START + 2 * HOUR, label="Smoke alarm", severity="critical")
    figure = draw(line([1, 2, 3]), events=[event])

    assert figure.data[-1].text == ("Smoke alarm",)
    assert figure.layout.yaxis2.domain[1] < figure.layout.yaxis.domain[0]


def test_without_a_reading_the_chart_says_why():
    figure = draw(line([], reason="No readings in this window."))

    assert figure.layout.annotations[0].text == "No readings in this window."
    assert len(figure.data) == 0


def test_only_the_time_axis_can_be_zoomed():
    layout = draw(line([1, 2]), line([1, 2], unit="V")).layout

    assert layout.yaxis.fixedrange
    assert layout.yaxis2.fixedrange
    assert layout.xaxis.fixedrange is None


def test_two_thousand_points_with_their_band_travel_light():
    rng = np.random.default_rng(0)
    value = np.cumsum(rng.normal(0, 1, 2000))
    figure = draw(line(value, low=value - 1, high=value + 1))
    from plotly.io.json import to_json_plotly

    text = to_json_plotly(bare(figure), engine="orjson")

    assert "bdata" not in text
    assert len(text) < 180_000
    assert json.loads(text)["data"][0]["x"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ZHPESS232A230002", "ZHPESS232A230003"], ["…002", "…003"]),
        (["m1", "m2"], ["m1", "m2"]),
        (["ZHPESS232A230002", "m1"], ["…002", "m1"]),
        (["a long name 002", "another name 002"], ["a long name 002", "another name 002"]),
        (["only one, however long"], ["only one, however long"]),
    ],
)
def test_long_names_are_told_apart_by_their_ends(names, expected):
    assert short_names(names) == expected


@given(st.lists(st.floats(0, 300), min_size=1, max_size=8).map(sorted))
def test_labels_never_overlap_and_keep_their_order(wanted):
    placed = spread(wanted, LABEL_PX)

    assert all(b - a >= LABEL_PX - 1e-6 for a, b in pairwise(placed))
    assert sum(placed) == pytest.approx(sum(wanted), abs=1e-6)
