"""The evidence about one cell: each measure in its row, findings where they belong, times in the site's zone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.answers.detail import Track
from app.figures.evidence import cell_evidence, row_of, titles
from app.shapes.verdicts import Finding

DAY_MS = 86_400_000
MIDNIGHT = 1_711_839_600_000
"""31 March 2024, 00:00 in Berlin: the day on which the clock moves ahead."""


def track(key="rest", unit="mV", *, limit=10.0, days=4, value=None):
    ts = MIDNIGHT + DAY_MS * np.arange(days, dtype=np.int64)
    level = np.linspace(-1, 1, days) if value is None else np.asarray(value, np.float64)
    return Track(
        key=key,
        unit=unit,
        ts=ts,
        value=level,
        low=np.full(days, -2.0),
        high=np.full(days, 2.0),
        neighbours={16: level / 2, 18: level / 3},
        limit=limit,
    )


def finding(**changes):
    said = {"rule": "voltage_deviation", "subject": "pack 2 cell 17", "value": -17.0, "limit": 10.0, "unit": "mV"}
    said |= {"severity": "warning", "at": "2024-03-31T12:00:00+02:00", "regime": "rest"}
    return Finding(**(said | changes))


def draw(tracks, **options):
    return cell_evidence(tracks, **({"cell": 17, "zone": "Europe/Berlin", "theme": "light"} | options))


def marks(figure):
    return [(trace.yaxis, list(trace.x), list(trace.y)) for trace in figure.data if trace.mode == "markers" and trace.x]


def test_each_measure_has_a_row_with_its_title_unit_band_and_limits():
    figure = draw([track(), track("warmth", "K", limit=3.0), track("resistance", "mΩ", limit=None)])

    words = [note.text for note in figure.layout.annotations]
    assert [one for one in words if one in titles().values()] == [
        titles()[key] for key in ("rest", "warmth", "resistance")
    ]
    units = [figure.layout[axis].title.text for axis in ("yaxis", "yaxis2", "yaxis3")]
    assert units == ["mV", "K", "mΩ"]
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [-10.0, -3.0, 3.0, 10.0]
    assert [trace.yaxis for trace in figure.data if trace.fill == "tonexty"] == ["y", "y2", "y3"]


def test_rows_do_not_overlap_and_fill_the_height():
    figure = draw([track(key) for key in ("rest", "charge_end", "discharge_end", "charge_top")])
    spans = [figure.layout[axis].domain for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]

    assert all(upper[0] > lower[1] for upper, lower in pairwise(spans))
    assert spans[-1][0] == pytest.approx(0.0)
    assert figure.layout.xaxis.anchor == "y4"


def test_the_cell_is_drawn_over_its_string_and_its_neighbours():
    figure = draw([track()])

    names = [trace.name for trace in figure.data if trace.mode != "markers" and trace.showlegend]
    assert names == ["95 % of the string's cells", "cell 16, beside it", "cell 18, beside it", "cell 17"]


def test_times_are_the_site_s():
    own = next(trace for trace in draw([track()]).data if trace.name == "cell 17")

    walls = np.asarray(own.x, np.int64).astype("datetime64[ms]")
    assert str(walls[0]) == "2024-03-31T00:00:00.000"
    assert str(walls[1]) == "2024-04-01T01:00:00.000", "24 h later is one o'clock, since an hour was skipped"


@pytest.mark.parametrize(
    ("found", "row"),
    [
        (finding(), "rest"),
        (finding(regime="discharge_end"), "discharge_end"),
        (finding(regime="load"), "resistance"),
        (finding(regime="rest_empty"), "charge_low"),
        (finding(unit="K", regime=None), "warmth"),
        (finding(rule="change", unit="%", regime="charge_end"), "charge_top"),
        (finding(rule="change", unit="%", regime="discharge_end"), "charge_low"),
        (finding(regime="of another kind"), "rest"),
    ],
)
def test_a_finding_is_marked_in_the_row_that_shows_it(found, row):
    keys = ["rest", "charge_end", "discharge_end", "charge_top", "charge_low", "resistance", "warmth"]

    assert row_of(found, keys) == row
    assert row_of(found, ["warmth"]) == "warmth", "where its row is missing, in the first"


def test_where_the_strings_own_curve_is_unknown_a_change_is_marked_on_the_chemistrys():
    found = finding(rule="change", unit="%", regime="charge_end")
    assert row_of(found, ["rest", "charge_curve", "charge_low"]) == "charge_curve"


def test_findings_stand_at_their_times_and_single_readings_at_their_height():
    spike = finding(rule="excursion", value=181.0, limit=100.0, regime=None)
    figure = draw([track()], findings=[finding(), spike])

    assert marks(figure) == [("y", ["2024-03-31T12:00"] * 2, [0.0, 181.0])]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_unknown_days_stay_open(theme):
    figure = draw([track(value=[1.0, np.nan, np.nan, 2.0])], theme=theme)
    own = next(trace for trace in figure.data if trace.name == "cell 17")

    assert np.isnan(own.y[1:3]).all()
    assert own.connectgaps is False
