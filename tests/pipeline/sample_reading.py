"""Read a sample site as plainly as can be, for tests of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.simulation.plan import CELLS_PER_PACK, PACKS, STAMP_FORMAT, SYSTEM_NAMES

A, B, C = SYSTEM_NAMES


def read(path: Path) -> pl.DataFrame:
    """Read a series as it was written, with UTC stamps resolved by row order."""
    frame = pl.read_csv(path, schema_overrides={"ts": pl.String})
    naive = frame["ts"].str.to_datetime(STAMP_FORMAT, time_unit="ms")
    # 27 October 2024, 02:00-02:59 is there twice: the first run of it is summer time, the second winter time.
    repeated = (naive.dt.strftime("%Y-%m-%d %H") == "2024-10-27 02").to_numpy()
    first = np.flatnonzero(repeated)
    turns = np.flatnonzero(np.diff(naive.dt.epoch("ms").to_numpy()[first]) < 0)
    later = np.zeros(len(frame), dtype=bool)
    if len(turns):
        later[first[turns[-1] + 1] :] = True
    earliest = naive.dt.replace_time_zone("Europe/Berlin", ambiguous="earliest").dt.epoch("ms")
    latest = naive.dt.replace_time_zone("Europe/Berlin", ambiguous="latest").dt.epoch("ms")
    return frame.with_columns(utc_ms=pl.Series(np.where(later, latest, earliest)))


def values(site: Path, source: str, signal: str) -> np.ndarray:
    folder = site / ("meter" if source.startswith("m") else "BESS") / source
    frame = pl.read_csv(folder / f"{signal}.csv", schema_overrides={"ts": pl.String})
    return frame[signal].to_numpy().astype(float)


def pack_matrix(site: Path, system: str, letter: str) -> np.ndarray:
    names = [f"bms1_p{pack}_{letter}{cell}" for pack in range(1, PACKS + 1) for cell in range(1, CELLS_PER_PACK + 1)]
    return np.stack([values(site, system, name) for name in names])


def fault(truth: dict[str, Any], kind: str, source: str, **more: object) -> dict[str, Any]:
    found = [f for f in truth["faults"] if f["kind"] == kind and f["source"] == source and more.items() <= f.items()]
    assert len(found) == 1
    return dict(found[0])


def at(site: Path, source: str, signal: str, utc_ms: int) -> float:
    folder = site / ("meter" if source.startswith("m") else "BESS") / source
    frame = read(folder / f"{signal}.csv").filter(pl.col("utc_ms") == utc_ms)
    assert len(frame) == 1
    return float(frame[signal][0])


def digest(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def common(site: Path, source: str, signal: str) -> np.ndarray:
    """Readings at the stamps that no series of the third cabinet lacks: all but one gap of one sensor."""
    stamps = read(site / "BESS" / source / "bms1_p2_t7.csv").select("utc_ms")
    return stamps.join(read(site / "BESS" / source / f"{signal}.csv"), on="utc_ms")[signal].to_numpy()


def pack_matrix_common(site: Path, source: str, letter: str) -> np.ndarray:
    names = [f"bms1_p{pack}_{letter}{cell}" for pack in range(1, PACKS + 1) for cell in range(1, CELLS_PER_PACK + 1)]
    return np.stack([common(site, source, name) for name in names])


def pack_matrix_rest(site: Path, system: str) -> np.ndarray:
    """Voltages at rest on the plateau, of the rows that the damaged series have too."""
    stamps = read(site / "BESS" / system / "bms1_p1_v3.csv").select("utc_ms")
    columns = []
    for pack in range(1, PACKS + 1):
        for cell in range(1, CELLS_PER_PACK + 1):
            name = f"bms1_p{pack}_v{cell}"
            frame = read(site / "BESS" / system / f"{name}.csv").unique("utc_ms", keep="last")
            columns.append(stamps.join(frame, on="utc_ms", maintain_order="left")[name].to_numpy())
    amps = stamps.join(read(site / "BESS" / system / "pcs1_dcc.csv"), on="utc_ms", maintain_order="left")
    cells = np.stack(columns)
    middle = np.median(cells, axis=0)
    return cells[:, (amps["pcs1_dcc"].to_numpy() == 0) & (middle > 3.27) & (middle < 3.32)]
