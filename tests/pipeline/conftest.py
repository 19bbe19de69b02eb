"""Two simulated sites, one with every fault and one with none, for tests of what is read from files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.sample import write_sample


@pytest.fixture(scope="session")
def faulty_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write thirty days at half an hour, from before autumn's change of clock. Only read it."""
    out = tmp_path_factory.mktemp("sample") / "site"
    write_sample(out, days=30, step_s=1800, start=date(2024, 10, 10), block_rows=500)
    return out


@pytest.fixture(scope="session")
def clean_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the same, one cabinet, without anything wrong. Only read it."""
    out = tmp_path_factory.mktemp("sample") / "clean"
    write_sample(out, days=30, step_s=1800, start=date(2024, 10, 10), faults=(), systems=1)
    return out


@pytest.fixture(scope="session")
def truth(faulty_site: Path) -> dict[str, Any]:
    """Return what the faulty site says of itself."""
    return dict(json.loads((faulty_site / "truth.json").read_text(encoding="utf-8")))
