"""Tiny sites for tests: a few CSVs of known content, and what a store holds of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from pipeline.contract import Manifest
from pipeline.parts import read_part
from pipeline.publish import read_manifest
from pipeline.settings import Settings


def settings(root: Path, store: Path, **given: object) -> Settings:
    """Settings that read nothing from the machine's environment but what a test says."""
    values = {"meter_roots": (str(root),), "store": store, "max_workers": 2, "parquet_threads": 2} | given
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]


def write_csv(path: Path, rows: Iterable[tuple[object, object]], header: str | None = None) -> Path:
    """Write one signal's file: ``ts,<stem>`` and a line per row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [header or f"ts,{path.stem}", *(f"{stamp},{value}" for stamp, value in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stamps(start: str, count: int, minutes: float = 5) -> list[str]:
    """List naive stamps at a fixed step."""
    first = datetime.fromisoformat(start)
    return [str(first + timedelta(minutes=minutes * at)) for at in range(count)]


def manifest_of(store: Path) -> Manifest:
    """Read what is published; a test without it fails here."""
    manifest = read_manifest(store)
    assert manifest is not None
    return manifest


def level_of(store: Path, source: str, group: str, level: str) -> pl.DataFrame:
    """Read a whole level of a group, clocks side by side."""
    manifest = manifest_of(store)
    parts = [
        part
        for one in manifest.groups
        if (one.source, one.name) == (source, group)
        for part in one.parts
        if part.level == level
    ]
    frames = [read_part(store, part) for part in parts]
    return pl.concat(frames, how="diagonal_relaxed").sort("ts") if frames else pl.DataFrame()


def content(store: Path) -> Mapping[tuple[str, str, str], pl.DataFrame]:
    """Read everything that a store says, in one canonical order, to compare two stores by."""
    manifest = manifest_of(store)
    keys = {(group.source, group.name, part.level) for group in manifest.groups for part in group.parts}
    tables = {}
    for key in sorted(keys):
        frame = level_of(store, *key)
        frame = frame.select(sorted(frame.columns))
        tables[key] = frame.sort(
            [name for name, dtype in frame.schema.items() if not dtype.is_nested()], nulls_last=True
        )
    return tables
