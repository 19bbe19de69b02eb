"""A simulated string as feature extraction reads it, without a CSV between: what detection is measured on.

The readings are those that the sample site would write; what a site does to them on the way (coarse registers, gaps,
leads on the wrong terminal, sensors that are off) is laid over them here, each on request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.contract import TS, Series, Tally
from pipeline.features import Extraction, extract
from pipeline.signals import describe, group_of
from pipeline.simulation.cells import simulate_pack
from pipeline.simulation.devices import logged_current, soc_percent
from pipeline.simulation.drive import run_string
from pipeline.simulation.plan import (
    CELLS,
    CELLS_PER_PACK,
    NOMINAL_AH,
    PACKS,
    ZONE,
    Floats,
    Plan,
    Singles,
    random,
    utc_series,
)
from pipeline.simulation.traits import draw_traits
from pipeline.simulation.weather import coolant_c, outside_c
from pipeline.site import ChemistrySettings, SourceSettings

BLOCK_ROWS = 100_000
"""Rows of one pack that are simulated at once [rows]."""
SAID = SourceSettings(chemistry="LFP", nominal_ah=NOMINAL_AH)
"""What the site says of a simulated string; the sign of its current is left to be found."""


@dataclass(frozen=True)
class Wear:
    """What a site does to readings, and the single readings that are wrong."""

    volt_step: float = 0.001
    """Resolution of voltages [V]."""
    kelvin_step: float = 0.1
    """Resolution of temperatures [K]."""
    volt_offset: float = 0.0
    kelvin_offset: float = 0.0
    """Spread of constant sensor errors beside the logger's own [V, K]."""
    gaps_per_year: float = 0.0
    gap_days: float = 3.0
    """Stretches without any reading: how many a year, and their mean length [1/year, d]."""
    swapped: tuple[tuple[int, int], ...] = ()
    """Columns whose voltage leads are on each other's terminals, from the first day on."""
    volt_spikes: tuple[tuple[int, int, float], ...] = ()
    kelvin_spikes: tuple[tuple[int, int, float], ...] = ()
    """Single readings: row, column, what is added [V, K]."""


@dataclass
class StringReader:
    """Raw rows of one simulated string, all on one clock."""

    frame: pl.DataFrame
    source: str
    series: Mapping[str, Series]
    first_ms: int
    last_ms: int
    zone: str = ZONE
    _stamps: np.ndarray[tuple[int], np.dtype[np.int64]] = field(default_factory=lambda: np.zeros(0, np.int64))

    def read(self, signals: Sequence[str], start_ms: int, end_ms: int) -> pl.DataFrame:
        """Read raw rows in ``[start_ms, end_ms)``."""
        low, high = np.searchsorted(self._stamps, [start_ms, end_ms])
        return self.frame.slice(int(low), int(high - low)).select(TS, *signals)


def simulate_string(plan: Plan, system: str, wear: Wear) -> StringReader:
    """Simulate one string's cells, sensors, current and state of charge.

    Parameters
    ----------
    plan : Plan
        With the faults of the cells.
    system : str
        One of the plan's systems.
    wear : Wear
        What happens to the readings.
    """
    traits = draw_traits(plan, system)
    drive = run_string(plan, system, traits)
    coolant = coolant_c(plan, system, outside_c(plan))
    keep = _kept_rows(plan, system, wear)
    columns: dict[str, Floats | Singles] = {}
    volts, kelvin = _readings(plan, system, (traits, drive, coolant), wear)
    for at in range(CELLS):
        pack, cell = at // CELLS_PER_PACK + 1, at % CELLS_PER_PACK + 1
        columns[f"bms1_p{pack}_v{cell}"] = volts[at][keep]
        columns[f"bms1_p{pack}_t{cell}"] = kelvin[at][keep]
    state = drive.at(plan.elapsed_s)
    noise = random(plan.seed, "current noise", system).standard_normal(plan.rows)
    columns["bms1_c"] = np.round(logged_current(system, state.current_a, noise), 1)[keep]
    columns["bms1_soc"] = np.round(soc_percent(plan, system, drive, state))[keep]
    stamps = plan.utc_ms[keep]
    frame = pl.DataFrame({TS: utc_series(stamps), **columns})
    described = {name: describe_series(system, name, stamps) for name in columns}
    return StringReader(frame, system, described, int(stamps[0]), int(stamps[-1]), _stamps=stamps)


def extract_string(plan: Plan, system: str, wear: Wear) -> Extraction:
    """Simulate one string and extract its feature tables as a build does."""
    return extract_read(simulate_string(plan, system, wear))


def extract_read(
    reader: StringReader, said: SourceSettings = SAID, chemistries: Mapping[str, ChemistrySettings] | None = None
) -> Extraction:
    """Extract the feature tables of a simulated string, read as a site says."""
    return extract(reader, said, chemistries or {})


def _readings(plan: Plan, system: str, parts: tuple[object, ...], wear: Wear) -> tuple[Singles, Singles]:
    traits, drive, coolant = parts
    volts = np.empty((CELLS, plan.rows), np.float32)
    kelvin = np.empty((CELLS, plan.rows), np.float32)
    for first in range(0, plan.rows, BLOCK_ROWS):
        rows = range(first, min(first + BLOCK_ROWS, plan.rows))
        for pack in range(PACKS):
            mine = slice(pack * CELLS_PER_PACK, (pack + 1) * CELLS_PER_PACK)
            read = simulate_pack(plan, system, traits, drive, coolant[rows.start : rows.stop], pack + 1, rows)  # type: ignore[arg-type,index]
            volts[mine, rows.start : rows.stop] = read.volts
            kelvin[mine, rows.start : rows.stop] = read.celsius
    _worn(plan, system, volts, kelvin, wear)
    return volts, kelvin


def _worn(plan: Plan, system: str, volts: Singles, kelvin: Singles, wear: Wear) -> None:
    """Lay a site's wear over the readings, in place."""
    rng = random(plan.seed, "wear", system)
    for values, spikes, spread, step, finest in (
        (volts, wear.volt_spikes, wear.volt_offset, wear.volt_step, 0.001),
        (kelvin, wear.kelvin_spikes, wear.kelvin_offset, wear.kelvin_step, 0.1),
    ):
        offsets = rng.standard_normal(CELLS).astype(np.float32) * np.float32(spread)
        for row, column, size in spikes:
            values[column, row] += np.float32(size)
        if spread > 0 or step > finest:
            np.add(values, offsets[:, None], out=values)
            np.round(values / np.float32(step), out=values)
            np.multiply(values, np.float32(step), out=values)
    for one, other in wear.swapped:
        volts[[one, other]] = volts[[other, one]]


def _kept_rows(plan: Plan, system: str, wear: Wear) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Leave out the rows of gaps, the first and last row kept."""
    keep = np.ones(plan.rows, bool)
    rng = random(plan.seed, "gaps", system)
    for _ in range(rng.poisson(wear.gaps_per_year * plan.days / 365.25)):
        begin = int(rng.uniform(0, plan.rows))
        keep[begin : begin + int(rng.exponential(wear.gap_days) * plan.rows_per_day)] = False
    for row in (0, plan.rows - 1, *(row for row, _, _ in wear.volt_spikes + wear.kelvin_spikes)):
        keep[max(row - 2, 0) : row + 3] = True
    return np.flatnonzero(keep)


def describe_series(system: str, name: str, stamps: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Series:
    """Describe one series as a build finds it."""
    signal = describe(name)
    return Series(
        source=system,
        signal=name,
        group=group_of(name),
        kind=signal.kind,
        unit=signal.unit,
        label=signal.label,
        topic=signal.topic,
        known=True,
        pack=signal.pack,
        cell=signal.cell,
        kept=len(stamps),
        first_ms=int(stamps[0]),
        last_ms=int(stamps[-1]),
        interval_ms=int(np.median(np.diff(stamps))),
        gaps=0,
        coverage=1.0,
        stuck=0,
        tally=Tally(),
    )
