"""How long building takes on this machine, beside merely parsing the same files.

The floor is the time that the faster of Polars and PyArrow needs to parse every CSV into typed columns and throw them
away, in the same run on the same machine: a build can hardly be faster, so the ratio says what its work costs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import polars as pl
import pyarrow as pa
from pyarrow import csv

from pipeline.contract import TS
from pipeline.errors import PackscopeError
from pipeline.sample import write_sample
from pipeline.settings import environment
from pipeline.simulation.plan import DAY_S, STAMP_FORMAT

AT_ONCE = 52
"""Files parsed together: a pack's voltages [files]."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that was measured."""

    name: str
    value: float
    unit: str


def measure_build(folder: Path, *, days: float, step_s: int, systems: int, say: Say) -> list[Measure]:
    """Simulate a site in ``folder``, and build, update and look for nothing new.

    Parameters
    ----------
    folder : Path
        An empty folder; the site and the store stay in it.
    days, step_s, systems : float, int, int
        Size of the site [days, s, cabinets].
    say : callable
        Told what is being done.

    Raises
    ------
    PackscopeError
        A build failed.
    """
    site, store = folder / "site", folder / "store"
    say("simulating the site")
    write_sample(site, days=days, step_s=step_s, systems=systems)
    paths = sorted(site.rglob("*.csv"))
    last_day = [_cut_off(path, DAY_S // step_s) for path in paths]
    size_mb = sum(path.stat().st_size for path in paths) / 1e6
    say("parsing its files")
    floor_s = min(_timed(lambda: parse_polars(paths)), _timed(lambda: parse_pyarrow(paths)))
    say("building")
    full_s, peak_mb = _build(site, store)
    nothing_s, _ = _build(site, store)
    for path, rows in zip(paths, last_day, strict=True):
        with path.open("ab") as file:
            file.write(rows)
    say("building one day more")
    day_s, _ = _build(site, store)
    return [
        Measure("files", len(paths), "files"),
        Measure("size", size_mb, "MB"),
        Measure("merely parsing", floor_s, "s"),
        Measure("full build", full_s, "s"),
        Measure("full build / merely parsing", full_s / floor_s, "x"),
        Measure("rate of the full build", size_mb / full_s, "MB/s"),
        Measure("peak memory of the full build", peak_mb, "MB"),
        Measure("nothing new", nothing_s, "s"),
        Measure("one day more", day_s, "s"),
        Measure("size of the store", sum(part.stat().st_size for part in store.rglob("*.parquet")) / 1e6, "MB"),
    ]


def _cut_off(path: Path, rows: int) -> bytes:
    """Cut the last rows off a file, and return them."""
    lines = path.read_bytes().splitlines(keepends=True)
    cut = max(len(lines) - rows, 1)
    path.write_bytes(b"".join(lines[:cut]))
    return b"".join(lines[cut:])


def _timed(work: Callable[[], None]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def parse_polars(paths: Sequence[Path]) -> None:
    """Parse files into typed columns with Polars, a pack's worth at once."""
    for at in range(0, len(paths), AT_ONCE):
        scans = [
            pl.scan_csv(path, schema={TS: pl.String, path.stem: pl.Float64}).with_columns(
                pl.col(TS).str.to_datetime(STAMP_FORMAT, time_unit="ms", cache=False)
            )
            for path in paths[at : at + AT_ONCE]
        ]
        pl.collect_all(scans)


def parse_pyarrow(paths: Sequence[Path]) -> None:
    """Parse files into typed columns with PyArrow, one on each core."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for at in range(0, len(paths), AT_ONCE):
            list(pool.map(_parse_one, paths[at : at + AT_ONCE]))


def _parse_one(path: Path) -> pa.Table:
    types = {TS: pa.timestamp("ms"), path.stem: pa.float64()}
    return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types))


def _build(site: Path, store: Path) -> tuple[float, float]:
    """Build in a process of its own; return the time [s] and its peak memory [MB]."""
    command = [sys.executable, "-m", "pipeline", "build", "--json"]
    begun = perf_counter()
    with subprocess.Popen(
        command,
        env=environment(meter_roots=(str(site),), store=store),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise PackscopeError(f"The build ended with status {process.returncode}; run it by itself to see why.")
    return perf_counter() - begun, usage.ru_maxrss * 1024 / 1e6
