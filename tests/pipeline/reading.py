"""Reading a folder in tests: everything at once, with what was counted."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.contract import Rejected, ResumePoint, Tally
from pipeline.discover import discover
from pipeline.ingest import Chunk, read_files
from pipeline.site import Site

BERLIN = "Europe/Berlin"


def read(folder: Path, *, chunk_rows: int = 100_000, zone: str = BERLIN, site: Site | None = None) -> Read:
    return Read(folder, chunk_rows=chunk_rows, zone=zone, site=site or Site())


class Read:
    """Everything that is read from one folder."""

    def __init__(self, folder: Path, *, chunk_rows: int, zone: str, site: Site) -> None:
        found = discover([str(folder)], site)
        self.rejected: list[Rejected] = list(found.rejected)
        self.chunks: list[Chunk] = []
        for source in found.sources:
            self.chunks += read_files(source.name, source.files, zone=zone, chunk_rows=chunk_rows, site=site)
        self.rejected += [one for chunk in self.chunks for one in chunk.rejected]
        self.tallies: dict[Path, Tally] = {}
        self.resume: dict[Path, ResumePoint] = {}
        for chunk in self.chunks:
            self.tallies |= chunk.tallies
            self.resume |= chunk.resume

    def rows(self, signal: str) -> list[tuple[str, float]]:
        frames = [frame for chunk in self.chunks for frame in chunk.frames if signal in frame.columns]
        return [row for frame in frames for row in _rows(frame, signal)]


def _rows(frame: pl.DataFrame, signal: str) -> list[tuple[str, float]]:
    known = frame.select("ts", signal).drop_nulls()
    return [(f"{ts:%Y-%m-%dT%H:%M:%S}", value) for ts, value in known.iter_rows()]


def write(folder: Path, name: str, lines: list[str], header: str = "ts,com_ap") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path
