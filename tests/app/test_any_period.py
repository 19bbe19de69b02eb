"""Choosing a period changes what is described, never an age, a total or a verdict: asked of the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.factory import create_app
from pipeline.simulation.plan import SYSTEM_NAMES

SYSTEM = SYSTEM_NAMES[0]
LASTING = ("age_years", "cycles")
"""Of the provenance of a state of health: counted from commissioning to the last reading, whatever is asked for."""


@pytest.fixture(scope="module")
def client(sample_settings) -> FlaskClient:
    client: FlaskClient = create_app(sample_settings).server.test_client()
    return client


def answer(client: FlaskClient, path: str, period: tuple[datetime, datetime] | None = None) -> dict[str, Any]:
    asked = {} if period is None else dict(zip(("start", "end"), (at.isoformat() for at in period), strict=True))
    given_back = client.get(f"/api/{path}", query_string=asked)
    assert given_back.status_code == 200, given_back.text
    return dict(given_back.json)


@pytest.fixture(scope="module")
def span(client) -> tuple[datetime, datetime]:
    source = next(one for one in answer(client, "sources")["sources"] if one["name"] == SYSTEM)
    return datetime.fromisoformat(source["start"]), datetime.fromisoformat(source["end"])


def periods(draw: st.DrawFn, span: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Draw a period that holds at least a day of the data, and may reach beyond them."""
    length = span[1] - span[0]
    begin = span[0] + timedelta(seconds=draw(st.integers(-40 * 86_400, round(length.total_seconds()) - 86_400)))
    least = max(span[0] - begin, timedelta(0)) + timedelta(days=1)
    return begin, begin + least + timedelta(seconds=draw(st.integers(0, round(length.total_seconds()))))


ANY = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(data=st.data())
def test_age_totals_and_the_model_stay(client, span, data):
    period = periods(data.draw, span)
    whole, part = (answer(client, f"cell/system/{SYSTEM}/comparison", asked) for asked in (None, period))

    for then, now in zip([whole["system"], *whole["packs"]], [part["system"], *part["packs"]], strict=True):
        assert now["soh"]["model"] == then["soh"]["model"]
        assert {key: now["provenance"][key] for key in LASTING} == {key: then["provenance"][key] for key in LASTING}
        assert now["critical_cells"] == then["critical_cells"]
    total = answer(client, f"cell/pack/{SYSTEM}/1/cycles")["efc_total"]
    assert answer(client, f"cell/pack/{SYSTEM}/1/cycles", period)["efc_total"] == total


@ANY
@given(data=st.data(), pack=st.integers(1, 5))
def test_verdicts_on_cells_stay(client, span, data, pack):
    path = f"cell/pack/{SYSTEM}/{pack}/critical"
    whole, part = (answer(client, path, asked) for asked in (None, periods(data.draw, span)))

    assert part["cells"] == whole["cells"]
    assert part["limits"] == whole["limits"]


@ANY
@given(data=st.data(), place=st.sampled_from([(2, 17), (1, 8), (3, 30)]))
def test_a_single_cell_keeps_its_verdict(client, span, data, place):
    path = f"cell/pack/{SYSTEM}/{place[0]}/{place[1]}"
    whole, part = (answer(client, path, asked) for asked in (None, periods(data.draw, span)))

    assert whole["verdict"] is not None or place != (2, 17)
    assert part["verdict"] == whole["verdict"]


@ANY
@given(data=st.data())
def test_a_period_shows_a_part_of_the_half_cycles_and_no_other(client, span, data):
    period = periods(data.draw, span)
    whole, part = (answer(client, f"cell/pack/{SYSTEM}/1/cycles", asked) for asked in (None, period))

    assert part["cycles"] == [
        one for one in whole["cycles"] if period[0] <= datetime.fromisoformat(one["start"]) < period[1]
    ]
    assert part["efc"] <= whole["efc"] + 1e-9


@ANY
@given(data=st.data())
def test_an_end_is_limited_by_the_same_cell_in_every_period(client, span, data):
    whole, part = (answer(client, f"bess/{SYSTEM}/limiting", asked) for asked in (None, periods(data.draw, span)))

    assert [row["full"] for row in part["cycles"] if row["full"] not in [one["full"] for one in whole["cycles"]]] == []
