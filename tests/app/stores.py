"""One tiny site for all tests of the reading side, with the readings that went in kept as plain arrays.

A meter and a battery of two packs, every 5 min from 12 October 2024 on, over the day of 25 hours; a day is missing,
and one reading of power, one alarm and one cell's voltage stand out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from flask import Flask

from app import api, loader
from pipeline.build import build
from pipeline.settings import Settings
from tests.pipeline.sites import settings, write_csv

STEP = 300_000
DAYS = 24
ZONE = "Europe/Berlin"
FIRST = int(datetime(2024, 10, 11, 22, tzinfo=UTC).timestamp() * 1000)
"""Midnight of 12 October 2024 in Berlin [epoch ms UTC]."""
GAP_DAYS = (6, 7)
"""The seventh day is missing."""
PACKS, CELLS, SENSORS = 2, 4, 2
PEAK_AT, ALARM_AT, SPIKE_AT = 3_000, 3_200, 3_300
"""Rows of the one peak of power, the one sample of alarm and the one spike of a voltage."""


@dataclass(frozen=True, repr=False)
class Truth:
    """What went in: stamps [epoch ms UTC] and, of each signal, its readings."""

    ts: np.ndarray
    values: dict[str, np.ndarray]

    def between(self, signal: str, start_ms: int, end_ms: int) -> np.ndarray:
        """Readings of a window."""
        return self.values[signal][(self.ts >= start_ms) & (self.ts < end_ms)]


def stamps() -> np.ndarray:
    """All stamps, those of the missing day left out."""
    ts = FIRST + STEP * np.arange(DAYS * 288, dtype=np.int64)
    return np.delete(ts, np.arange(GAP_DAYS[0] * 288, GAP_DAYS[1] * 288))


def readings(ts: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Make every signal of both sources."""
    rng = np.random.default_rng(7)
    rows = len(ts)
    hours = (ts - FIRST) / 3_600_000
    power = np.round(20 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(0, 1, rows), 2)
    power[PEAK_AT] = 99.5
    steps = np.round(np.maximum(power, 0) / 12, 2)
    meter = {
        "com_ap": power,
        "pf": np.round(0.9 + rng.uniform(0, 0.1, rows), 3),
        "pos_ae": np.round(1_000 + np.r_[0, steps[:-1].cumsum()], 2),
        "neg_ae": np.round(500 + np.r_[0, np.round(np.maximum(-power, 0) / 12, 2)[:-1].cumsum()], 2),
    }
    soc = np.round(50 + 40 * np.sin(hours / 24 * 2 * np.pi))
    battery = {"bms1_soc": soc, "bms1_soh": np.full(rows, 98.0), "pcs1_ap": power, "aux_m_ap": np.full(rows, 1.5)}
    for pack in range(1, PACKS + 1):
        for cell in range(1, CELLS + 1):
            offset = 0.002 * cell + 0.001 * pack
            battery[f"bms1_p{pack}_v{cell}"] = np.round(3.25 + 0.001 * soc + offset + rng.normal(0, 0.001, rows), 3)
        for sensor in range(1, SENSORS + 1):
            battery[f"bms1_p{pack}_t{sensor}"] = np.round(25 + sensor + rng.normal(0, 0.2, rows), 1)
    battery["bms1_p1_v2"][SPIKE_AT] = 3.9
    battery["fa1_FireLevel"] = np.zeros(rows)
    battery["fa1_FireLevel"][ALARM_AT] = 2
    return {"m1": meter, "B1": battery}


def write_site(root: Path, ts: np.ndarray, every: dict[str, dict[str, np.ndarray]]) -> None:
    """Write one CSV for each signal."""
    words = [datetime.fromtimestamp(one / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in ts.tolist()]
    for source, signals in every.items():
        folder = root / ("meter" if source.startswith("m") else "BESS") / source
        for signal, values in signals.items():
            write_csv(folder / f"{signal}.csv", zip(words, values.tolist(), strict=True))


def build_site(folder: Path, rows: int | None = None) -> tuple[Settings, dict[str, Truth]]:
    """Write the site, or its first rows, and build its store.

    Returns
    -------
    tuple
        Settings of the store, and the truth of each source.
    """
    ts = stamps()[:rows]
    every = {source: {name: v[:rows] for name, v in own.items()} for source, own in readings(stamps()).items()}
    write_site(folder / "site", ts, every)
    chosen = settings(folder / "site", folder / "store")
    build(chosen)
    return chosen, {source: Truth(ts, own) for source, own in every.items()}


def local_ms(text: str) -> int:
    """Stamp of a wall time of the site [epoch ms UTC]."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def serve(chosen: Settings) -> Flask:
    """Make a server with the API alone."""
    server = Flask("test")
    loader.init_app(server, chosen)
    api.register(server)
    return server


@contextmanager
def answering(chosen: Settings) -> Iterator[Flask]:
    """Let answers be asked for within the block."""
    server = serve(chosen)
    with server.app_context():
        yield server
