"""Two apps in one process: each with its own store, pages and callbacks."""

from __future__ import annotations

from app.factory import create_app
from pipeline.settings import read_settings


def test_two_apps_do_not_share_a_store_or_lose_callbacks(sample_settings, tmp_path):
    full = create_app(sample_settings)
    empty = create_app(read_settings(store=tmp_path / "none", meter_roots=(str(tmp_path),)))

    first, second = (app.server.test_client() for app in (full, empty))
    assert first.get("/api/ready").status_code == 200
    assert second.get("/api/ready").status_code == 503
    assert [source["name"] for source in first.get("/api/sources").json["sources"]]
    dependencies = [client.get("/_dash-dependencies").json for client in (first, second)]
    assert len(dependencies[0]) == len(dependencies[1]) > 0


def test_no_callback_takes_a_figure_as_state(sample_settings):
    app = create_app(sample_settings)
    dependencies = app.server.test_client().get("/_dash-dependencies").json
    states = [state for callback in dependencies for state in callback["state"]]

    assert [state for state in states if state["property"] == "figure"] == []
