"""One pack of a simulated string in memory, with its truth: what charges and energies are judged against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from pipeline.contract import TS
from pipeline.simulation.cells import simulate_pack
from pipeline.simulation.devices import logged_current, soc_percent
from pipeline.simulation.drive import EMPTY_SOC, Drive, run_string
from pipeline.simulation.memory import StringReader, describe_series
from pipeline.simulation.plan import CELLS_PER_PACK, NOMINAL_AH, SYSTEM_NAMES, Plan, random, utc_series
from pipeline.simulation.traits import draw_traits
from pipeline.simulation.weather import coolant_c, outside_c

SYSTEM = SYSTEM_NAMES[0]


@dataclass(frozen=True)
class Pack:
    """A pack's raw rows, and what is true of it."""

    reader: StringReader
    plan: Plan
    drive: Drive

    @property
    def midnights_ms(self) -> np.ndarray:
        """Start of each day [epoch ms]."""
        return (1000 * (self.plan.start_s + self.drive.midnights_s)).astype(np.int64)

    @property
    def top_ah(self) -> np.ndarray:
        """Charge of each cell over the pack's median when the string is full, by day [Ah]."""
        held = (self.drive.charge_ah - self.drive.capacity_ah)[:, :CELLS_PER_PACK]
        return held - np.median(held, axis=1)[:, None]

    @property
    def bottom_ah(self) -> np.ndarray:
        """The same when it is empty [Ah]."""
        held = (self.drive.charge_ah - EMPTY_SOC * self.drive.capacity_ah)[:, :CELLS_PER_PACK]
        return held - np.median(held, axis=1)[:, None]

    @property
    def efc(self) -> float:
        """Equivalent full cycles over the whole span [1]."""
        throughput = self.drive.at(np.array([0.0, self.plan.elapsed_s[-1]])).throughput_ah
        return float(throughput[1] - throughput[0]) / (2 * NOMINAL_AH)


def one_pack(
    step_s: int,
    days: float,
    *,
    held_ah: Mapping[int, float] | None = None,
    read_mv: Mapping[int, float] | None = None,
    resists: Mapping[int, float] | None = None,
    seed: int = 1,
) -> Pack:
    """Simulate the first pack of a string.

    Parameters
    ----------
    step_s : int
        Logging interval [s].
    days : float
        Length [d], from 3 June 2024.
    held_ah : mapping, optional
        Charge that a cell holds more than it would, by its number [Ah].
    read_mv : mapping, optional
        What is added to a cell's readings [mV].
    resists : mapping, optional
        How many times its resistance a cell has [1].
    seed : int
        Of the simulation.
    """
    plan = Plan(date(2024, 6, 3), days, step_s, seed, (SYSTEM,), dropouts=False)
    traits = draw_traits(plan, SYSTEM)
    offsets = traits.top_offset_ah.copy()
    for cell, held in (held_ah or {}).items():
        offsets[cell - 1] += held
    ohms = traits.resistance_ohm.copy()
    for cell, factor in (resists or {}).items():
        ohms[cell - 1] *= factor
    traits = replace(traits, top_offset_ah=offsets, resistance_ohm=ohms)
    drive = run_string(plan, SYSTEM, traits)
    coolant = coolant_c(plan, SYSTEM, outside_c(plan))
    read = simulate_pack(plan, SYSTEM, traits, drive, coolant, 1, range(plan.rows))
    columns = {
        f"bms1_p1_v{at + 1}": read.volts[at] + np.float32((read_mv or {}).get(at + 1, 0.0) / 1000)
        for at in range(CELLS_PER_PACK)
    }
    columns |= {f"bms1_p1_t{at + 1}": read.celsius[at] for at in range(CELLS_PER_PACK)}
    state = drive.at(plan.elapsed_s)
    noise = random(seed, "current noise", SYSTEM).standard_normal(plan.rows)
    columns["bms1_c"] = np.round(logged_current(SYSTEM, state.current_a, noise), 1)
    columns["bms1_soc"] = np.round(soc_percent(plan, SYSTEM, drive, state))
    columns["bms1_v"] = np.round(read.true_sum_v, 1)
    frame = pl.DataFrame({TS: utc_series(plan.utc_ms), **columns})
    described = {name: describe_series(SYSTEM, name, plan.utc_ms) for name in columns}
    first, last = int(plan.utc_ms[0]), int(plan.utc_ms[-1])
    return Pack(StringReader(frame, SYSTEM, described, first, last, _stamps=plan.utc_ms), plan, drive)
