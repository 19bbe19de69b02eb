"""What many tests need: no settings from outside, and one small sample site with its store for the whole run."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from pipeline.settings import Settings, read_settings

SAMPLE_DAYS = 40
"""Long enough for the baselines of 30 days; a store of it is built in a few seconds [days]."""
SAMPLE_STEP_S = 900

hypothesis.settings.register_profile("packscope", deadline=None)  # a busy machine makes any example slow
hypothesis.settings.load_profile("packscope")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    """Keep what is set in the shell out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory, worker_id) -> Path:
    """Return a folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return Path(own if worker_id == "master" else own.parent)


@pytest.fixture(scope="session")
def sample_site(run_folder: Path) -> Path:
    """Return the folder of a simulated site of one cabinet and its meters. Only read it."""
    from pipeline.sample import write_sample

    site = run_folder / "sample"
    with FileLock(run_folder / "sample.lock"):
        if not site.exists():
            write_sample(site, days=SAMPLE_DAYS, step_s=SAMPLE_STEP_S, systems=1)
    return site


@pytest.fixture(scope="session")
def sample_settings(run_folder: Path, sample_site: Path) -> Settings:
    """Return settings whose store is built from the sample site. Only read it."""
    from pipeline.build import build

    settings = read_settings(meter_roots=(str(sample_site),), store=run_folder / "store", max_workers=2)
    with FileLock(run_folder / "store.lock"):
        if not (settings.store / "manifest.json").exists():
            build(settings)
    return settings
