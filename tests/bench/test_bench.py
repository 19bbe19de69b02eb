"""The comparison runs everything on the same files, and what it says goes where it belongs."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from tests.bench import measure, table
from tests.bench.compare import compare, slice_of
from tests.bench.preprocessor import RULES, preprocess
from tests.pipeline.sites import stamps, write_csv


def test_the_old_preprocessor_keeps_one_statistic_a_level(tmp_path):
    day = stamps("2024-06-01 00:00:00", 288)
    write_csv(tmp_path / "site/m1/com_ap.csv", [(at, number) for number, at in enumerate(day)])
    write_csv(tmp_path / "site/B1/fa1_SmokeFlag.csv", [(at, int(number == 100)) for number, at in enumerate(day)])
    preprocess(sorted((tmp_path / "site").rglob("*.csv")), tmp_path / "site", tmp_path / "out")

    power = {rule: pd.read_parquet(tmp_path / f"out/m1/com_ap/{rule}.parquet")["com_ap"] for rule in RULES}
    assert [len(power[rule]) for rule in ("5min", "15min", "1h", "1d")] == [288, 96, 24, 1]
    assert power["1h"].tolist()[:2] == [5.5, 17.5]
    assert pd.read_parquet(tmp_path / "out/B1/fa1_SmokeFlag/1d.parquet")["fa1_SmokeFlag"].tolist() == [1]


def test_a_slice_holds_whole_packs_in_their_own_folders(tmp_path):
    for name in ("a", "b"):
        for number in range(104):
            write_csv(tmp_path / "raw" / name / f"s{number:03}.csv", [("2024-01-01 00:00:00", 1)])
    links = slice_of([tmp_path / "raw"], 104, tmp_path / "slice")

    assert len(links) == 104
    assert {link.parent.relative_to(tmp_path / "slice").as_posix() for link in links} == {"raw/a", "raw/b"}
    assert links[0].read_text().startswith("ts,s000")


@pytest.mark.server
def test_one_run_measures_floor_levels_features_and_pandas(sample_site, tmp_path):
    links = slice_of([sample_site], 60, tmp_path / "site")
    found = compare(tmp_path / "site", tmp_path / "out", rounds=1, say=lambda text: None)

    assert (found.files, list(found.rounds)) == (
        len(links),
        [*table.FLOORS, *(table.LEVELS, table.FEATURES, table.PANDAS)],
    )
    assert all(one.wall_s > 0 and one.processor_s > 0 for runs in found.rounds.values() for one in runs)
    assert found.times_the_floor(table.FEATURES, "wall_s") > 1
    assert found.times_pandas(table.PANDAS, "processor_s") == 1
    assert found.store_mb > 0


def test_ratios_are_those_of_the_rounds_and_stand_in_the_docs(tmp_path):
    def runs(*seconds: float) -> list[measure.Taken]:
        return [measure.Taken(one, 2 * one, 100.0) for one in seconds]

    rounds = {"parsing with Polars": runs(1, 2, 4), "parsing with PyArrow": runs(3, 3, 3)}
    rounds |= {table.LEVELS: runs(2, 5, 8), table.FEATURES: runs(3, 6, 12), table.PANDAS: runs(10, 20, 40)}
    found = table.Comparison(7, 1_000, rounds, 125, 0.5)

    assert found.floor("wall_s") == "parsing with Polars"
    assert (found.times_the_floor(table.LEVELS, "wall_s"), found.times_pandas(table.LEVELS, "wall_s")) == (2, 5)
    page = tmp_path / "performance.md"
    shutil.copy(table.PAGE, page)
    table.write(found, page)
    text = page.read_text()
    assert "| levels | 5.0 s | 10.0 s | 200 MB/s | 2.0, 2.0 | 5.0, 5.0 | 100 MB |" in text
    assert "levels 2.0 x, levels and features 2.5 x the floor. The store takes 1/8.0" in text
    assert text.count(table.BEGIN) == text.count(table.END) == 1
