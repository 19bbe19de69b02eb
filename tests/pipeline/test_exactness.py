"""Whole builds of random series, whatever is wrong with their rows: every level agrees with the slow twin."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from polars.testing import assert_frame_equal

from pipeline.build import build
from pipeline.contract import RAW, TS, column
from pipeline.signals import group_of
from tests.pipeline import twin
from tests.pipeline.random_series import BERLIN, RECIPES, SIGNALS, RandomSite, Recipe, random_site
from tests.pipeline.sites import content, level_of, manifest_of, settings

ANALOG = ("com_ap", "bms1_p1_v1", "bms1_p1_v2", "bms1_p1_t1")
SOURCE = {signal: folder.rsplit("/", 1)[1] for folder, signals in SIGNALS.items() for signal in signals}
ZONE = str(BERLIN)


def kept_levels(store: Path, signal: str):
    """Every level of a signal's group that stands in the store."""
    source, group = SOURCE[signal], group_of(signal)
    for level in manifest_of(store).levels[1:]:
        frame = level_of(store, source, group, level.name)
        if frame.height and column(signal, "n") in frame.columns:
            frame = frame.filter(pl.col(column(signal, "n")) > 0)
            yield level, frame[TS].to_physical().to_list(), frame


def check_raw(store: Path, site: RandomSite) -> None:
    for signal, truth in site.truth.items():
        raw = level_of(store, SOURCE[signal], group_of(signal), RAW).select(TS, signal).drop_nulls()
        assert raw[TS].to_physical().to_list() == sorted(truth)
        kept = raw[signal].to_numpy()
        assert np.array_equal(kept, np.asarray([truth[ts] for ts in sorted(truth)]).astype(kept.dtype))


def check_analog(store: Path, site: RandomSite, signal: str) -> None:
    for level, labels, frame in kept_levels(store, signal):
        expected = twin.buckets_of(site.truth[signal], level, ZONE)
        assert labels == sorted(expected)
        for statistic in ("n", "min", "max", "first", "last"):
            found = frame[column(signal, statistic)].to_numpy()
            exact = np.asarray([expected[label].kept[statistic] for label in labels]).astype(found.dtype)
            assert np.array_equal(found, exact), (level.name, statistic)
        means = frame[column(signal, "mean")].to_numpy()
        assert np.allclose(means, [expected[label].kept["mean"] for label in labels], rtol=2e-7, atol=2e-6)
        for name, quantile in (("p01", 0.01), ("p99", 0.99)):
            if column(signal, name) in frame.columns:
                check_tails(frame[column(signal, name)].to_list(), [expected[one].around(quantile) for one in labels])


def check_tails(found: list[float | None], between: list[tuple[float, float] | None]) -> None:
    for value, readings in zip(found, between, strict=True):
        assert (value is None) == (readings is None)
        if value is not None and readings is not None:
            assert value in map(np.float32, readings)


def check_energy(store: Path, site: RandomSite) -> None:
    truth = site.truth["pos_ae"]
    total = truth[max(truth)] - truth[min(truth)]
    for level, labels, frame in kept_levels(store, "pos_ae"):
        expected = twin.energy_of(truth, level, ZONE)
        found = dict(zip(labels, frame[column("pos_ae", "delta")].to_list(), strict=True))
        assert {label for label, energy in found.items() if energy is not None} == expected.keys()
        assert all(found[label] == pytest.approx(energy, abs=1e-6) for label, energy in expected.items())
        assert sum(energy or 0.0 for energy in found.values()) == pytest.approx(total, abs=1e-6)
        readings = twin.buckets_of(truth, level, ZONE)
        for statistic in ("first", "last", "n"):
            kept = frame[column("pos_ae", statistic)].to_numpy()
            exact = np.asarray([readings[one].kept[statistic] for one in labels]).astype(kept.dtype)
            assert np.array_equal(kept, exact), (level.name, statistic)


def check_flag(store: Path, site: RandomSite) -> None:
    for level, labels, frame in kept_levels(store, "fa1_SmokeFlag"):
        expected = twin.alarms_of(site.truth["fa1_SmokeFlag"], level, ZONE)
        assert labels == sorted(expected)
        assert frame[column("fa1_SmokeFlag", "max")].to_list() == [expected[label][0] for label in labels]
        assert frame[column("fa1_SmokeFlag", "edges")].to_list() == [expected[label][1] for label in labels]


@given(RECIPES)
@how(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_every_level_of_a_random_site_agrees_with_the_twin_however_it_grew(recipe: Recipe):
    site = random_site(recipe)
    with tempfile.TemporaryDirectory() as name:
        root, store = Path(name, "raw"), Path(name, "store")
        for share in recipe.stages:
            report = build(settings(site.write(root, share), store, chunk_size=1_000))
            assert report.rejected == ()
        check_raw(store, site)
        for signal in ANALOG:
            check_analog(store, site, signal)
        check_energy(store, site)
        check_flag(store, site)
        if len(recipe.stages) > 1:
            build(settings(root, Path(name, "fresh")))
            grown, fresh = content(store), content(Path(name, "fresh"))
            assert grown.keys() == fresh.keys()
            for key, frame in fresh.items():
                assert_frame_equal(grown[key], frame, check_exact=True)
