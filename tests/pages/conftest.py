"""A dashboard of the small sample site, for calling pages' functions as the server does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.factory import create_app


@pytest.fixture(scope="session")
def dashboard(sample_settings):
    """Return the application that shows the sample site."""
    return create_app(sample_settings)


@pytest.fixture
def answering(dashboard) -> Iterator[None]:
    """Make the store reachable, as within a request."""
    with dashboard.server.app_context():
        yield
