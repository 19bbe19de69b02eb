"""Roots in object storage are copied, and copied again only when they have changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import discover as discovery
from pipeline.discover import discover
from pipeline.errors import SettingsError
from pipeline.remote import INDEX, RemoteObject, mirror, mirror_folder
from pipeline.site import Site

ROWS = b"ts,com_ap\n2024-01-01 00:00:00,1\n"
START = datetime(2024, 1, 1, tzinfo=UTC)


class Bucket:
    """Object storage in memory, which counts what is fetched."""

    def __init__(self, **objects: bytes):
        self.objects = {name.replace("__", "/") + ".csv": data for name, data in objects.items()}
        self.changes = dict.fromkeys(self.objects, 0)
        self.fetched: list[str] = []

    def put(self, path: str, data: bytes) -> None:
        self.objects[path] = data
        self.changes[path] = self.changes.get(path, 0) + 1

    def list(self) -> Iterator[RemoteObject]:
        for path, data in self.objects.items():
            when = START + timedelta(days=self.changes[path])
            yield RemoteObject(path, len(data), when, f"v{self.changes[path]}")

    def fetch(self, path: str) -> Iterator[bytes]:
        self.fetched.append(path)
        yield self.objects[path][:5]
        yield self.objects[path][5:]


def test_objects_become_files_with_their_own_times(tmp_path):
    mirror(Bucket(meter__m1__com_ap=ROWS), tmp_path)
    copy = tmp_path / "meter" / "m1" / "com_ap.csv"
    assert copy.read_bytes() == ROWS
    assert copy.stat().st_mtime == START.timestamp()


def test_only_what_changed_is_fetched_again_and_what_is_gone_goes(tmp_path):
    bucket = Bucket(a=ROWS, b=ROWS, c=ROWS)
    mirror(bucket, tmp_path)
    bucket.fetched.clear()
    bucket.put("b.csv", ROWS + b"2024-01-01 00:05:00,2\n")
    del bucket.objects["c.csv"]
    mirror(bucket, tmp_path)
    assert bucket.fetched == ["b.csv"]
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["a.csv", "b.csv"]
    assert json.loads((tmp_path / INDEX).read_text()) == {"a.csv": "v0", "b.csv": "v1"}


def test_nothing_is_written_outside_the_folder(tmp_path):
    bucket = Bucket()
    bucket.put("../evil.csv", ROWS)
    bucket.put("notes.docx", ROWS)
    mirror(bucket, tmp_path / "copies")
    assert bucket.fetched == []
    assert not (tmp_path / "evil.csv").exists()


def test_a_prefix_is_discovered_like_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "open_store", lambda _url: Bucket(m1__com_ap=ROWS))
    (source,) = discover(["s3://bucket/site"], Site(), tmp_path).sources
    assert source.name == "m1"
    assert source.files[0].path.is_relative_to(tmp_path)


def test_two_prefixes_have_folders_of_their_own():
    one, other = (mirror_folder(url, Path("x")) for url in ("s3://a/site", "s3://b/site"))
    assert one != other
    assert one.name == other.name == "site"


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(SettingsError, match=r"packscope\[s3\]"):
        discover(["s3://bucket/site"], Site())
