"""Sparklines hold every extreme and every gap, and nothing where nothing was read."""

from __future__ import annotations

import re
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np

from app.figures.spark import HEIGHT, WIDTH, spark


def line(value, *, low=None, high=None, gaps=()):
    values = np.array(value, np.float64)
    ts = np.arange(len(values), dtype=np.int64) * 1000
    return SimpleNamespace(ts=ts, value=values, min=np.array(low or value), max=np.array(high or value), gaps=gaps)


def numbers(svg, tag):
    return [
        [tuple(map(float, pair.split(","))) for pair in points.split()]
        for points in re.findall(rf'<{tag} points="([^"]*)"', unquote(svg))
    ]


def test_the_line_runs_from_edge_to_edge_and_its_band_to_the_extremes():
    picture = spark(line([1, 2, 3], low=[0, 2, 3], high=[1, 2, 5]), (0, 2000))
    (band,), (drawn,) = numbers(picture, "polygon"), numbers(picture, "polyline")

    assert [x for x, _ in drawn] == [1, WIDTH / 2, WIDTH - 1]
    assert {min(y for _, y in band), max(y for _, y in band)} == {1, HEIGHT - 1}
    assert all(0 <= y <= HEIGHT for _, y in (*band, *drawn))


def test_a_gap_parts_the_line():
    assert len(numbers(spark(line([1, 2, 3, 4], gaps=((1500, 2000),)), (0, 4000)), "polyline")) == 2


def test_a_flat_line_is_drawn_and_an_empty_one_is_not():
    assert numbers(spark(line([2, 2, 2]), (0, 2000)), "polyline")
    assert spark(line([]), (0, 2000)) is None
    assert spark(line([np.nan, np.nan]), (0, 2000)) is None
