"""Files hold the numbers of the store: what a chart draws, and every raw row behind it."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from app.answers import export
from tests.app.stores import answering, local_ms, serve

WINDOW = "start=2024-10-14&end=2024-10-30"


@pytest.fixture(scope="module")
def client(tiny):
    return serve(tiny[0]).test_client()


def read_csv(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.data
    return list(csv.DictReader(io.StringIO(answer.text)))


def read_parquet(answer) -> tuple[pl.DataFrame, dict[str, str]]:
    assert answer.status_code == 200, answer.data
    table = pq.read_table(io.BytesIO(answer.data))
    told = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame, told


def test_raw_rows_are_those_that_were_logged(client, tiny):
    found, told = read_parquet(
        client.get(f"/api/export?lines=m1:com_ap,B1:bms1_p1_v2&rows=raw&format=parquet&{WINDOW}")
    )
    window = local_ms("2024-10-14"), local_ms("2024-10-30")

    for source, signal in (("m1", "com_ap"), ("B1", "bms1_p1_v2")):
        own = found.filter(pl.col("signal") == signal)
        assert own["value"].to_list() == tiny[1][source].between(signal, *window).tolist()
        stamps = own["ts"].dt.epoch("ms").to_numpy()
        assert (
            stamps == tiny[1][source].ts[(tiny[1][source].ts >= window[0]) & (tiny[1][source].ts < window[1])]
        ).all()
    assert json.loads(told["packscope.units"]) == {"m1:com_ap": "kW", "B1:bms1_p1_v2": "V"}
    assert told["packscope.build_id"] == client.get("/api/health").json["build_id"]


def test_raw_rows_are_the_same_in_both_formats(client):
    path = f"/api/export?lines=B1:bms1_p1_v2&rows=raw&{WINDOW}"
    rows, (frame, _) = read_csv(client.get(path)), read_parquet(client.get(f"{path}&format=parquet"))

    assert [float(row["value"]) for row in rows] == frame["value"].to_list()
    assert rows[0]["ts"] == "2024-10-14T00:00:00.000+02:00"
    assert rows[-1]["ts"] == "2024-10-29T23:55:00.000+01:00"
    assert {row["unit"] for row in rows} == {"V"}


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("signal", ["m1:com_ap", "m1:pos_ae", "B1:bms1_p1_v2", "B1:fa1_FireLevel"])
def test_what_is_shown_is_what_the_chart_is_answered(client, format, signal):
    source, name = signal.split(":")
    asked = f"max_points=300&{WINDOW}"
    line = client.get(f"/api/series?source={source}&signal={name}&{asked}").json
    answer = client.get(f"/api/export?lines={signal}&format={format}&{asked}")
    if format == "csv":
        rows = [
            {key: float(row[key]) if row[key] else None for key in ("value", "min", "max")} for row in read_csv(answer)
        ]
    else:
        rows = read_parquet(answer)[0].select("value", "min", "max").to_dicts()

    assert len(rows) == len(line["ts"]) <= 300
    for key in ("value", "min", "max"):
        assert [row[key] for row in rows] == line[key]


def test_a_files_rows_add_up_to_those_of_the_window(client, tiny):
    frame, told = read_parquet(client.get(f"/api/export?lines=m1:com_ap&format=parquet&level=1d&{WINDOW}"))

    assert frame["rows"].sum() == len(tiny[1]["m1"].between("com_ap", local_ms("2024-10-14"), local_ms("2024-10-30")))
    assert told["packscope.level"] == "1d"


def test_a_pattern_stands_for_every_signal_of_its_form(client, tiny):
    frame, _ = read_parquet(client.get("/api/export?lines=B1:bms1_p1_v*,m1:pf&rows=raw&format=parquet"))
    counts = dict(frame.group_by("signal").len().iter_rows())

    assert counts == {
        name: len(tiny[1]["B1"].ts) for name in ("bms1_p1_v1", "bms1_p1_v2", "bms1_p1_v3", "bms1_p1_v4", "pf")
    }
    assert client.get("/api/export?lines=B1:nothing*").status_code == 404


def test_an_empty_window_is_a_file_without_rows(client):
    frame, _ = read_parquet(client.get("/api/export?lines=m1:com_ap&rows=raw&format=parquet&end=2001-01-01"))

    assert frame.columns == list(export.READINGS)
    assert frame.height == 0
    assert read_csv(client.get("/api/export?lines=m1:com_ap&rows=raw&start=2040-01-01")) == []


@pytest.mark.parametrize("rows", [7, 500, 100_000])
def test_stretches_of_history_add_up_whatever_their_length(tiny, monkeypatch, rows):
    monkeypatch.setattr(export, "CHUNK_ROWS", rows)
    with answering(tiny[0]):
        from app import loader

        frames = list(export.raw(loader.current(), export.Asked((("m1", "com_ap"),), None, None, 1)))

    assert pl.concat(frames)["value"].to_list() == tiny[1]["m1"].values["com_ap"].tolist()
    assert max(frame.height for frame in frames) <= max(rows, 288)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("lines=m1", 422),
        ("lines=m1:", 422),
        ("lines=m9:com_ap", 404),
        ("lines=m1:nothing", 404),
        ("lines=m1:com_ap&format=xlsx", 422),
        ("lines=m1:com_ap&rows=all", 422),
        ("lines=m1:com_ap&start=2024-10-15&end=2024-10-14", 422),
        ("lines=m1:com_ap&max_points=1", 422),
        ("lines=" + ",".join(["m1:com_ap"] * 1001), 422),
    ],
)
def test_what_cannot_be_exported_is_a_problem(client, query, status):
    answer = client.get(f"/api/export?{query}")

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_charts_own_table_is_written_as_it_is(client):
    body = {
        "title": "Residuals",
        "names": ["series", "x", "z [mV]"],
        "columns": [["a", "a"], ["2024-10-14", None], [1.25, None]],
    }
    frame, told = read_parquet(client.post("/api/export/table", json=body))

    assert frame.to_dicts() == [
        {"series": "a", "x": "2024-10-14", "z [mV]": 1.25},
        {"series": "a", "x": None, "z [mV]": None},
    ]
    assert told["packscope.title"] == "Residuals"
    assert told["packscope.build_id"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"names": [], "columns": []},
        {"names": ["a"], "columns": [1]},
        {"names": ["a"], "columns": [[1], [2]]},
        {"names": ["a", "a"], "columns": [[1], [2]]},
        {"names": ["a", "b"], "columns": [[1], [2, 3]]},
        {"names": ["a"], "columns": [[{"b": 1}], [2]]},
    ],
)
def test_what_is_no_table_is_refused(client, body):
    answer = client.post("/api/export/table", json=body)

    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


def test_a_table_that_is_too_large_is_refused(client, monkeypatch):
    monkeypatch.setattr("app.api.files.MOST_TABLE_BYTES", 10)

    assert client.post("/api/export/table", json={"names": ["a"], "columns": [[1.0]]}).status_code == 413


def test_numbers_beside_texts_are_written_as_texts():
    found = export.table(["x"], [[1, "two", None, np.nan]])

    assert found["x"].to_pylist() == ["1", "two", None, "nan"]
