"""What the HTTP API says of random series: exact in any window and at any level, on days of 23 and 25 hours too."""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as how

from pipeline.build import build
from tests.app.stores import local_ms, serve
from tests.pipeline.random_series import HOUR_MS, RECIPES, SIGNALS, TURNS_MS, RandomSite, Recipe, random_site
from tests.pipeline.sites import settings

LEVELS = ("", "raw", "5min", "15min", "1h", "1d")
SOURCE = {signal: folder.rsplit("/", 1)[1] for folder, signals in SIGNALS.items() for signal in signals}
WINDOWS = 4
"""Windows asked for of each site, each at every level."""
CHANGES = {"2024-10-27": 25, "2025-03-30": 23}
"""Days on which the clocks change, and their hours."""


def iso(stamp_ms: int) -> str:
    return datetime.fromtimestamp(stamp_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ask(client: FlaskClient, signal: str, start: int, end: int, level: str) -> dict[str, list[float]]:
    query = {"source": SOURCE[signal], "signal": signal, "start": iso(start), "end": iso(end), "max_points": "100"}
    answer = client.get("/api/series", query_string=query | ({"level": level} if level else {}))
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def check(client: FlaskClient, site: RandomSite, signal: str, start: int, end: int) -> None:
    truth = [value for _, value in sorted(site.between(signal, start, end).items())]
    energy = site.energy(signal, start, end) if signal == "pos_ae" else None
    for level in LEVELS:
        found = ask(client, signal, start, end, level)
        assert sum(found["rows"]) == len(truth)
        assert all(start <= ts < end for ts in found["ts"][1:])
        if not truth:
            assert found["reason"]
        elif signal == "pos_ae":
            assert sum(value or 0.0 for value in found["value"]) == pytest.approx(energy or 0.0, abs=1e-6)
            assert set(found["min"]) == set(found["max"]) == {None}
        else:
            assert np.float32(max(found["max"])) == np.float32(max(truth))
            assert np.float32(min(found["min"])) == np.float32(min(truth)) or signal == "fa1_SmokeFlag"


def windows(site: RandomSite, chance: random.Random) -> list[tuple[int, int]]:
    """Choose windows of any length anywhere, to the millisecond; some reach beyond the data, some lie within a step."""
    first, last = site.span
    found = []
    for longest in (last - first + 2 * HOUR_MS, 6 * HOUR_MS, HOUR_MS, 60_000):
        start = chance.randrange(first - HOUR_MS, last + HOUR_MS)
        found.append((start, start + chance.randrange(1, longest)))
    return found[:WINDOWS]


@given(RECIPES)
@how(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_any_window_at_any_level_is_exact_over_http(recipe: Recipe):
    site, chance = random_site(recipe), random.Random(recipe.seed)
    with tempfile.TemporaryDirectory() as name:
        chosen = settings(site.write(Path(name, "raw")), Path(name, "store"))
        build(chosen)
        client = serve(chosen).test_client()
        for signal in SOURCE:
            for start, end in windows(site, chance):
                check(client, site, signal, start, end)


@pytest.mark.parametrize("turn_ms", TURNS_MS[:2])
def test_days_of_23_and_25_hours_are_whole_over_http(turn_ms, tmp_path):
    site = random_site(Recipe(5, turn_ms, 300, "naive", is_rough=False, own_clocks=False, stages=(1.0,)))
    chosen = settings(site.write(tmp_path / "raw"), tmp_path / "store")
    build(chosen)
    client = serve(chosen).test_client()
    day = datetime.fromtimestamp(turn_ms / 1000, UTC).date().isoformat()
    start = local_ms(day)
    end = start + CHANGES[day] * HOUR_MS

    for signal in SOURCE:
        found = ask(client, signal, start, end, "1d")
        assert (found["ts"], found["rows"]) == ([start], [CHANGES[day] * 12])
        check(client, site, signal, start, end)
    energy = ask(client, "pos_ae", start, end, "1d")["value"]
    assert energy == [pytest.approx(site.energy("pos_ae", start, end), abs=1e-6)]
