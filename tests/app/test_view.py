"""The address holds the whole view: reading it and writing it are inverse, and nonsense in it is harmless."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.view import BEGINNING_DAYS, DAY_MS, PRESETS, RECENT_DAYS, View, ms_to_wall, wall_to_ms

BERLIN = "Europe/Berlin"
FIRST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
LAST = FIRST + 400 * DAY_MS

names = st.text("abcXYZ019_-äß +&=%", min_size=1, max_size=12)
walls = st.integers(0, 2_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M"))
views = st.builds(
    View,
    system=st.none() | names,
    meter=st.none() | names,
    pack=st.none() | st.integers(1, 99),
    cell=st.none() | st.integers(1, 999),
    signals=st.lists(names.map(lambda name: f"m1:{name}"), max_size=3).map(tuple),
    when=st.sampled_from([name for name in PRESETS if name != "custom"]),
    points=st.none() | st.integers(100, 20_000),
    tab=st.none() | names,
    extra=st.dictionaries(st.sampled_from(["by", "metric", "mode"]), names).map(
        lambda rows: tuple(sorted(rows.items()))
    ),
)


@given(views)
def test_an_address_reads_back_as_the_view_that_wrote_it(view):
    assert View.parse(view.search()) == view


@given(walls, walls)
def test_an_exact_range_and_a_zoom_survive_the_address(start, end):
    view = View(when="custom", start=start, end=end, zoom=f"{start}~{end}")

    assert View.parse(view.search()) == view


@given(st.text(max_size=80))
def test_no_address_is_an_error(text):
    view = View.parse(text)

    assert view.when in PRESETS
    assert view.period(FIRST, LAST, BERLIN) is not None


@pytest.mark.parametrize(
    ("address", "field", "expected"),
    [
        ("?when=never", "when", "complete"),
        ("?when=custom&start=soon", "when", "complete"),
        ("?pack=two", "pack", None),
        ("?pack=-1", "pack", None),
        ("?points=7", "points", 100),
        ("?points=999999", "points", 20_000),
        ("?start=2024-01-01", "start", None),
        ("", "when", "complete"),
        (None, "system", None),
    ],
)
def test_what_cannot_be_is_left_out(address, field, expected):
    assert getattr(View.parse(address), field) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("complete", (None, None)),
        ("beginning", (None, FIRST + BEGINNING_DAYS * DAY_MS)),
        ("recent", (LAST - RECENT_DAYS * DAY_MS, None)),
        ("7d", (LAST - 7 * DAY_MS, None)),
        ("1d", (LAST - DAY_MS, None)),
    ],
)
def test_a_preset_asks_for_its_days(when, expected):
    assert View(when=when).period(FIRST, LAST, BERLIN) == expected


def test_an_exact_range_is_wall_time_of_the_site():
    view = View(when="custom", start="2024-07-01T00:00", end="2024-07-02")

    start, end = view.period(FIRST, LAST, BERLIN)

    assert datetime.fromtimestamp(start / 1000, UTC) == datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert end - start == DAY_MS


def test_the_hour_that_autumn_repeats_is_inside_a_range_that_names_it():
    start = wall_to_ms("2024-10-27T02:30", BERLIN)
    end = wall_to_ms("2024-10-27T02:30", BERLIN, late=True)

    assert end - start == 3_600_000


def test_a_zoom_narrows_the_window_and_leaves_the_period():
    view = View(when="7d", zoom="2024-02-01T00:00~2024-02-02T00:00")

    start, end = view.window(FIRST, LAST, BERLIN)

    assert end - start == DAY_MS
    assert view.period(FIRST, LAST, BERLIN) == (LAST - 7 * DAY_MS, None)


@pytest.mark.parametrize("zoom", ["2024-02-02~2024-02-01", "x~y", "~", "2024-02-01"])
def test_a_zoom_that_cannot_be_shows_the_period(zoom):
    assert View(zoom=zoom).window(FIRST, LAST, BERLIN) == (None, None)


def test_links_keep_what_and_when_and_drop_the_rest():
    view = View.parse("?system=C1&pack=2&when=7d&tab=critical&cell=3&metric=soh&zoom=a~b")

    assert view.href("/cells", cell=17) == "/cells?system=C1&pack=2&cell=17&when=7d"


def test_a_page_keeps_its_own_entries():
    view = View().change(metric="soh", by="week").change(metric=None)

    assert view.search() == "?by=week"
    assert view.get("by", "day") == "week"
    assert view.get("metric", "voltage") == "voltage"


@given(st.integers(FIRST, LAST).map(lambda ms: ms - ms % 60_000))
def test_wall_time_to_the_minute_reads_back(stamp_ms):
    back = {wall_to_ms(ms_to_wall(stamp_ms, BERLIN), BERLIN, late=late) for late in (False, True)}

    assert stamp_ms in back
