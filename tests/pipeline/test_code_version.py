"""A store that another version of the code read or extracted is built anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import pipeline
from pipeline import code_version
from pipeline.build import build
from pipeline.code_version import code_hash
from tests.pipeline.sites import settings, stamps, write_csv


@pytest.mark.parametrize(
    ("module", "constant", "changed"),
    [
        ("feature_leads.py", "LEARN_DAYS = 92", "LEARN_DAYS = 93"),
        ("signals.py", "65_535.0", "65_534.0"),
        ("counters.py", "2.0**31", "2.0**30"),
    ],
)
def test_a_changed_constant_is_another_version(tmp_path, module, constant, changed):
    for path in Path(pipeline.__file__).parent.glob("*.py"):
        shutil.copy(path, tmp_path / path.name)
    before = code_hash(tmp_path)
    code_hash.cache_clear()
    path = tmp_path / module
    code = path.read_text(encoding="utf-8")
    path.write_text(code.replace(constant, changed), encoding="utf-8")

    assert constant in code
    assert before == code_hash()
    assert code_hash(tmp_path) != before


def test_a_module_that_extracts_nothing_is_no_part_of_the_version(tmp_path):
    for path in Path(pipeline.__file__).parent.glob("*.py"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "publish.py").write_text("", encoding="utf-8")

    assert code_hash(tmp_path) == code_hash()


def test_another_version_builds_everything_anew(tmp_path, monkeypatch):
    day = stamps("2024-06-01 00:00:00", 288)
    for cell in (1, 2):
        volts = np.round(3.3 + 0.001 * np.arange(288), 3)
        write_csv(tmp_path / f"raw/BESS/B1/bms1_p1_v{cell}.csv", zip(day, volts, strict=True))
    asked = settings(tmp_path / "raw", tmp_path / "store")
    first, again = build(asked), build(asked)
    monkeypatch.setattr(code_version, "code_hash", lambda: "another")
    anew = build(asked)

    assert (first.built, again.built, anew.built) == (2, 0, 2)
    assert again.build_id == first.build_id != anew.build_id
