"""A string of cells in memory, of known truth: what feature extraction is tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.contract import TS_DTYPE, Series, Tally
from pipeline.physics import LFP
from pipeline.signals import describe, group_of

ZONE = "Europe/Berlin"
BEGIN_MS = 1_717_192_800_000
"""1 June 2024, midnight in Berlin."""
NOMINAL_AH = 280.0
DAY_MS = 86_400_000


@dataclass
class MemoryReader:
    """Raw rows held in memory: one frame per clock."""

    frames: list[pl.DataFrame]
    source: str = "BAT"
    zone: str = ZONE
    series: Mapping[str, Series] = field(init=False)
    first_ms: int = field(init=False)
    last_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self.series = {name: series_of(frame, name) for frame in self.frames for name in frame.columns[1:]}
        self.first_ms = min(one.first_ms for one in self.series.values())
        self.last_ms = max(one.last_ms for one in self.series.values())

    def read(self, signals: Sequence[str], start_ms: int, end_ms: int) -> pl.DataFrame:
        made = None
        for frame in self.frames:
            own = [name for name in signals if name in frame.columns]
            if own:
                inside = frame.select("ts", *own).filter(
                    pl.col("ts").to_physical().is_between(start_ms, end_ms, closed="left")
                )
                made = inside if made is None else made.join(inside, on="ts", how="full", coalesce=True)
        assert made is not None
        missing = [pl.lit(None, pl.Float32).alias(name) for name in signals if name not in made.columns]
        return made.with_columns(missing).sort("ts").select("ts", *signals)

    def until(self, end_ms: int) -> MemoryReader:
        """Return the same source as it was before its later rows arrived."""
        return MemoryReader([frame.filter(pl.col("ts").to_physical() < end_ms) for frame in self.frames])


def series_of(frame: pl.DataFrame, name: str) -> Series:
    known = frame.select("ts", name).drop_nulls()["ts"].to_physical().to_numpy()
    signal = describe(name)
    return Series(
        source="BAT",
        signal=name,
        group=group_of(name),
        kind=signal.kind,
        unit=signal.unit,
        label=signal.label,
        topic=signal.topic,
        known=True,
        pack=signal.pack,
        cell=signal.cell,
        kept=len(known),
        first_ms=int(known[0]),
        last_ms=int(known[-1]),
        interval_ms=int(np.median(np.diff(known))),
        gaps=0,
        coverage=1.0,
        stuck=0,
        tally=Tally(),
    )


@dataclass
class Truth:
    """What the string does, row by row, and what each cell is."""

    ts: np.ndarray
    current_a: np.ndarray
    soc: np.ndarray
    capacity_ah: float


def duty(days: int, step_min: int, capacity_ah: float) -> Truth:
    """Charge full each night with a taper, discharge to 6 % each evening; a current begins with its stamp."""
    rows = days * 1440 // step_min
    ts = BEGIN_MS + np.arange(rows, dtype=np.int64) * step_min * 60_000
    current, soc = np.zeros(rows), np.empty(rows)
    level, hours = 0.5, step_min / 60
    for row in range(rows):
        soc[row] = level
        hour = (row * step_min / 60) % 24
        if 1 <= hour < 10 and level < 0.9995:
            left = (1 - level) * capacity_ah
            current[row] = -min(60.0, max(left / hours, 0.1)) if left < 60 * hours else -60.0
            if left < 30:
                current[row] = -min(15.0, left / hours)
        elif 16 <= hour < 22 and level > 0.0605:
            current[row] = min(55.0, (level - 0.06) * capacity_ah / hours)
        level -= current[row] * hours / capacity_ah
    return Truth(ts, current, soc, capacity_ah)


def string(
    *,
    days: int = 40,
    step_min: int = 15,
    cells: int = 12,
    capacity_ah: float = 270.0,
    sign: int = 1,
    offsets: Mapping[int, float] | None = None,
    ohms: Mapping[int, float] | None = None,
    spikes: Mapping[tuple[int, int], float] | None = None,
    extra: Mapping[str, np.ndarray] | None = None,
    noise_mv: float = 0.0,
) -> tuple[MemoryReader, Truth]:
    """Make a string of one pack.

    Parameters
    ----------
    offsets : mapping
        Charge of a cell against the string's, by cell [1].
    ohms : mapping
        Resistance of a cell beyond the string's 0.4 mΩ, by cell [Ω].
    spikes : mapping
        Added to one reading, by (row, cell) [V].
    extra : mapping
        Further signals by name.
    """
    truth = duty(days, step_min, capacity_ah)
    rng = np.random.default_rng(0)
    columns: dict[str, np.ndarray] = {}
    for cell in range(1, cells + 1):
        soc = 100 * (truth.soc + (offsets or {}).get(cell, 0.0))
        volts = np.interp(soc, LFP.soc_pct, LFP.ocv_v) - truth.current_a * (4e-4 + (ohms or {}).get(cell, 0.0))
        volts = volts + noise_mv / 1000 * rng.standard_normal(len(volts))
        for (row, one), size in (spikes or {}).items():
            if one == cell:
                volts[row] += size
        columns[f"bms1_p1_v{cell}"] = np.round(volts, 3)
        columns[f"bms1_p1_t{cell}"] = np.round(22 + 0.1 * cell + 1e-3 * truth.current_a**2, 1)
    columns["bms1_c"] = sign * truth.current_a
    columns["bms1_soc"] = np.round(100 * truth.soc)
    columns["bms1_v"] = cells * np.interp(100 * truth.soc, LFP.soc_pct, LFP.ocv_v)
    columns |= dict(extra or {})
    stamps = pl.Series("ts", truth.ts).cast(TS_DTYPE)
    made = pl.DataFrame(
        [stamps, *(pl.Series(name, v.astype(np.float64)).fill_nan(None) for name, v in columns.items())]
    )
    return MemoryReader([made]), truth
