"""The tiny site, built once for the whole run."""

from __future__ import annotations

import pickle

import pytest
from filelock import FileLock

from tests.app.stores import build_site, serve


@pytest.fixture(scope="session")
def tiny(run_folder):
    """Return the settings of the tiny site's store and the truth of its sources. Only read it."""
    folder = run_folder / "tiny"
    with FileLock(run_folder / "tiny.lock"):
        if not (folder / "made.pickle").exists():
            folder.mkdir()
            (folder / "made.pickle").write_bytes(pickle.dumps(build_site(folder)))
    return pickle.loads((folder / "made.pickle").read_bytes())


@pytest.fixture(scope="module")
def server(tiny):
    """Serve the tiny site."""
    return serve(tiny[0])


@pytest.fixture
def client(server):
    """Ask the server of the tiny site."""
    return server.test_client()
