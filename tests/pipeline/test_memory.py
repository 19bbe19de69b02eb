"""What a build needs of memory hardly depends on how many systems there are, or on how long their history is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.sample import write_sample
from tests.bench import measure

STEP_S = 1_800
CHUNK_ROWS = 2_000
"""So small that the shorter history fills it as well: 90 days hold 4,320 rows of a file."""
GROWS_MB = 100.0
"""What seven times the days may add: tables of features, and rows of the manifest [MB]."""
LIMIT_MB = 700.0


def peak_mb(folder: Path, *, days: float, systems: int) -> float:
    """Simulate a site, build it, and measure the whole process tree."""
    write_sample(folder / "site", days=days, step_s=STEP_S, systems=systems)
    command = ("pipeline", "build", "--json", "--chunk-size", str(CHUNK_ROWS))
    return measure.run((*command, "--roots", str(folder / "site"), "--store", str(folder / "store"))).peak_mb


@pytest.mark.long
def test_memory_is_flat_in_days_and_systems(tmp_path):
    small = peak_mb(tmp_path / "small", days=90, systems=1)
    more_days = peak_mb(tmp_path / "days", days=630, systems=1)
    more_systems = peak_mb(tmp_path / "systems", days=90, systems=3)

    assert max(small, more_days, more_systems) < LIMIT_MB
    assert more_systems < small + GROWS_MB
    assert more_days < small + GROWS_MB
