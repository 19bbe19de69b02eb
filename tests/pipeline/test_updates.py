"""Updates upon updates: whatever is written behind a file's end, the store is that of a build from nothing."""

from __future__ import annotations

import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from pipeline.build import build
from pipeline.levels import MOST_PARTS
from tests.pipeline.sites import content, manifest_of, settings, stamps, write_csv

CELLS = ("BESS/B1/bms1_p1_v1.csv", "BESS/B1/bms1_p1_v2.csv")
METER, COUNTER = "meter/m1/com_ap.csv", "meter/m1/pos_ae.csv"


def run(folder: Path, store: str = "store"):
    return build(settings(folder / "raw", folder / store))


def assert_as_fresh(folder: Path) -> None:
    run(folder, "fresh")
    updated, fresh = content(folder / "store"), content(folder / "fresh")
    assert updated.keys() == fresh.keys()
    for key, frame in fresh.items():
        assert_frame_equal(updated[key], frame, check_exact=True)
    mine, anew = manifest_of(folder / "store"), manifest_of(folder / "fresh")
    assert (mine.series, mine.rejected) == (anew.series, anew.rejected)
    assert [(one.path, one.tally) for one in mine.files] == [(one.path, one.tally) for one in anew.files]
    shutil.rmtree(folder / "fresh")


def day_parts(folder: Path, group: str) -> list[str]:
    return [
        part.path
        for one in manifest_of(folder / "store").groups
        for part in one.parts
        if (one.name, part.level) == (group, "1d")
    ]


def test_a_new_month_is_a_part_beside_those_before_until_they_are_too_many(tmp_path):
    rng = np.random.default_rng(3)
    lines: dict[str, list[tuple[str, float]]] = {name: [] for name in (*CELLS, METER, COUNTER)}
    before: list[str] = []
    counts = []
    for month in range(14):
        later = stamps(f"{2023 + (month + 4) // 12}-{(month + 4) % 12 + 1:02}-01 00:00:00", 48, minutes=30)
        for name in CELLS:
            lines[name] += zip(later, np.round(rng.normal(3.3, 0.01, 48), 3).tolist(), strict=True)
        lines[METER] += zip(later, np.round(rng.normal(10, 3, 48), 2).tolist(), strict=True)
        lines[COUNTER] += zip(later, np.round(40 * month + np.arange(48) * 0.8, 1).tolist(), strict=True)
        for name, rows in lines.items():
            write_csv(tmp_path / "raw" / name, rows)
        run(tmp_path)
        parts = day_parts(tmp_path, "p1_v")
        counts.append(len(parts))
        assert counts[-1] == 1 or set(before) < set(parts)
        before = parts
        if month in (1, 7, 13):
            assert_as_fresh(tmp_path)
    assert counts == [*range(1, MOST_PARTS + 1), *range(1, 7)]


def _behind(rng: random.Random, last: datetime) -> tuple[list[str], str, datetime]:
    """Write some rows behind a file's end: plain ones, mostly, and every way in which they are not."""
    kind = rng.choice(["plain", "plain", "plain", "repeated", "earlier", "bad", "open", "gap"])
    step = timedelta(minutes=15)
    at = {"repeated": last, "earlier": last - 5 * step, "gap": last + 300 * step}.get(kind, last + step)
    rows = [f"{at + n * step},{rng.randint(3000, 3400) / 1000}" for n in range(rng.randint(1, 60))]
    if kind == "bad":
        rows.insert(rng.randint(0, len(rows)), rng.choice(["soon,1", "# serviced", "2024-10-27 02:15:00,x", ""]))
    end = "" if kind == "open" else "\n"
    return rows, end, max(last, at + (len(rows) - 1) * step)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_written_behind_the_end_gives_what_a_build_from_nothing_gives(seed, tmp_path):
    rng = random.Random(seed)
    begin = datetime(2024, 10, 26, 12)  # noqa: DTZ001  as the logger writes it, half a day before the clock goes back
    texts, ends = {}, {}
    for name in (*CELLS, METER):
        rows = [f"{begin + timedelta(minutes=15 * n)},{rng.randint(3000, 3400) / 1000}" for n in range(700)]
        texts[name], ends[name] = "\n".join([f"ts,{Path(name).stem}", *rows]) + "\n", begin + timedelta(minutes=10485)
        (tmp_path / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
        shown = texts[name].splitlines(keepends=True)[: 30 + 10 * seed]
        (tmp_path / "raw" / name).write_text("".join(shown), encoding="utf-8")
    run(tmp_path)
    for name, text in texts.items():
        (tmp_path / "raw" / name).write_text(text, encoding="utf-8")
    run(tmp_path)
    assert_as_fresh(tmp_path)
    for _ in range(4):
        for name in texts:
            if rng.random() < 0.8:
                rows, end, ends[name] = _behind(rng, ends[name])
                with (tmp_path / "raw" / name).open("a", encoding="utf-8") as file:
                    file.write("\n".join(rows) + end)
        run(tmp_path)
        assert_as_fresh(tmp_path)
