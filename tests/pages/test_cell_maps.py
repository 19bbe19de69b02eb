"""The cells' maps, the player that goes through them, and two periods side by side."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from plotly.utils import PlotlyJSONEncoder

from pages.celltabs import (
    heatmaps,
    pairs,
    player,
    verdicts,
)


def asked(search: str = "", theme: str = "light") -> dict[str, str]:
    return {"search": search, "theme": theme}


@pytest.mark.parametrize("rows", ["packs", "one"])
@pytest.mark.parametrize("against", ["absolute", "deviation", "neighbours", "z"])
def test_numbers_are_held_against_each_other_in_every_way_and_arrangement(answering, against, rows):
    figure, _, said = heatmaps.update(asked(f"?metric=voltage&against={against}&rows={rows}"))
    shown = next(trace for trace in figure.data if trace.type == "heatmap")

    assert shown.z.shape == ((5, 52) if rows == "packs" else (1, 5 * 53 - 1))
    assert np.isfinite(shown.z).sum() == 260
    if against != "absolute":
        assert shown.zmin == -shown.zmax
        assert "limit" in said


def test_every_spot_of_a_heat_map_names_its_pack_and_cell(answering):
    figure, *_ = heatmaps.update(asked("?rows=one"))
    named = next(trace for trace in figure.data if trace.type == "heatmap").customdata[0]

    assert [tuple(one) for one in named if one] == [(pack, cell) for pack in range(1, 6) for cell in range(1, 53)]


@pytest.mark.parametrize("search", ["", "?when=7d", "?metric=voltage", "?metric=temperature&against=z", "?rows=one"])
def test_the_player_is_sent_every_frame_at_once_and_little_of_it(answering, search):
    figure, _, said, sent = player.update(asked(search))

    assert 1 < len(sent["z"]) <= 60
    assert len(sent["z"]) == len(sent["labels"]) == len(sent["far"])
    assert len(sent["z"][0]) == len(sent["spots"]) == 260
    assert "frames" in said
    whole = json.dumps([figure.to_plotly_json(), sent], cls=PlotlyJSONEncoder)
    assert len(zlib.compress(whole.encode())) < 60_000


def test_the_drawn_frame_is_the_newest_of_those_sent(answering):
    figure, *_, sent = player.update(asked())
    drawn = next(trace for trace in figure.data if trace.type == "heatmap").z

    for value, (row, column) in zip(sent["z"][-1], sent["spots"], strict=True):
        assert drawn[row, column] == pytest.approx(value / 10 ** sent["digits"], abs=0.06)


def test_a_frame_is_labelled_in_the_site_s_zone():
    midnight = 1_711_839_600_000  # 31 March 2024, 00:00 in Berlin; an hour is skipped that day

    assert player.label(midnight, 86_400_000, "Europe/Berlin") == "31 Mar 2024"
    assert player.label(midnight, 3 * 86_400_000, "Europe/Berlin") == "31 Mar 2024 to 2 Apr 2024"
    assert player.label(midnight + 3_600_000, 3_600_000, "Europe/Berlin") == "31 Mar 2024, 01:00 to 03:00"


@pytest.mark.parametrize("pair", ["standing", "halves", "before"])
def test_two_periods_are_drawn_with_what_lies_between(answering, pair):
    figure, _, said = pairs.update(asked(f"?metric=voltage&pair={pair}&when=custom&start=2025-03-20&end=2025-04-01"))
    before, after, moved = figure.data

    assert (before.zmin, before.zmax) == (after.zmin, after.zmax)
    assert moved.z == pytest.approx((after.z - before.z) * 1000, abs=0.2, nan_ok=True)
    assert said


def test_any_two_periods_can_be_in_the_address(answering):
    scope = verdicts.asked_scope(asked("?first=2025-03-20~2025-03-22&second=2025-03-25~2025-03-26"))
    one, two = pairs.periods(scope)

    assert (one.end_ms - one.start_ms, two.end_ms - two.start_ms) == (2 * 86_400_000, 86_400_000)
    assert one.end_ms < two.start_ms


def test_nothing_to_play_is_said(answering):
    figure, _, said, sent = player.update(asked("?when=custom&start=1999-01-01&end=1999-01-02"))

    assert sent is None
    assert said == ""
    assert "No readings" in figure.layout.annotations[0].text
