"""How often the intervals of capacity and its trend cover the truth, on simulated strings of which everything is known.

Each run draws a string (cells, duty, weather, ageing) and what reads it: the current sensor's offset and gain, an
error that all cell voltages share, noise and rounding, the logging interval, gaps, a season without a full charge. The
open-circuit curve on which it is read is the cells' own, wrong at either end by what measured curves differ by. What
is measured is what a build and the app would make of it: feature extraction, counts between anchors, the present
capacity, and its trend.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from app.analytics import degradation
from app.analytics.capacity import Capacity, measure_capacity
from app.analytics.cycles import equivalent_full_cycles
from pipeline.contract import TS
from pipeline.physics import LFP, chemistry_of
from pipeline.simulation.cells import OPEN_CIRCUIT, simulate_pack
from pipeline.simulation.devices import soc_percent
from pipeline.simulation.drive import Drive, run_string
from pipeline.simulation.memory import StringReader, describe_series, extract_read
from pipeline.simulation.plan import CELLS_PER_PACK, DAY_S, NOMINAL_AH, SYSTEM_NAMES, Floats, Plan, random, utc_series
from pipeline.simulation.traits import draw_traits
from pipeline.simulation.weather import coolant_c, outside_c
from pipeline.site import ChemistrySettings, SourceSettings

GAIN_PCT, OFFSET_A, SHARED_V = 0.5 / 1.96, 0.2, 0.003
"""The sensors: standard deviation of the gain (class 0.5 for 95 %), limit of the offset, limit of what all cells'
voltages share [%, A, V]."""
CURVE_V = 0.012 / 1.96
"""Standard deviation by which the curve in use is wrong at each end [V]."""
KNEES_V, BEND_V = (3.24, 3.34), 0.04
"""Below and above these voltages the curve may be wrong, in full from ``BEND_V`` on [V]."""
NOISE_A = 0.05
LONGEST_STEPS = 3
"""Nothing is counted over a longer stretch without readings [logging intervals]."""
LONGEST_GAP_DAYS = 10
MONTH_S = 30.44 * DAY_S


@dataclass(frozen=True)
class Scenario:
    """A way of logging."""

    name: str
    days: int
    step_s: int
    gaps: bool = False
    """A stretch of up to ten days is missing, and single rows."""
    unfilled: bool = False
    """A quarter of the span, at its end, without a full charge."""
    weight: int = 1
    """How many of each twenty runs are of this kind."""


SCENARIOS = (
    Scenario("5 min, half a year", 180, 300, weight=4),
    Scenario("15 min, half a year", 180, 900, weight=3),
    Scenario("15 min, 20 months", 610, 900, weight=5),
    Scenario("15 min, 14 months, gaps, no full charge in the last 3", 425, 900, gaps=True, unfilled=True, weight=4),
    Scenario("1 min, 4 months, gaps", 120, 60, gaps=True, weight=3),
    Scenario("10 s, 6 weeks", 42, 10, weight=1),
)
"""The ways in which runs take turns."""


def scenario_of(seed: int) -> Scenario:
    """Return the way of logging of one seed: twenty seeds in turn hold each by its weight."""
    turn = [one for one in SCENARIOS for _ in range(one.weight)]
    return turn[seed % len(turn)]


@dataclass(frozen=True)
class _Sensors:
    gain: float
    offset_a: float
    shared_v: float
    curve: tuple[tuple[float, float], ...]


def _draw_sensors(seed: int) -> _Sensors:
    rng = random(seed, "sensors of capacity runs")
    charge, volts = np.array(OPEN_CIRCUIT).T
    own = np.interp(np.asarray(LFP.soc_pct) / 100, charge, volts)
    at_empty, at_full = CURVE_V * rng.standard_normal(2)
    read = (
        own
        + at_empty * np.clip((KNEES_V[0] - own) / BEND_V, 0, 1)
        + at_full * np.clip((own - KNEES_V[1]) / BEND_V, 0, 1)
    )
    curve = tuple(zip(LFP.soc_pct, read.tolist(), strict=True))
    return _Sensors(
        gain=1 + GAIN_PCT / 100 * float(rng.standard_normal()),
        offset_a=float(rng.uniform(-OFFSET_A, OFFSET_A)),
        shared_v=float(rng.uniform(-SHARED_V, SHARED_V)),
        curve=curve,
    )


def _draw_plan(seed: int, scenario: Scenario) -> Plan:
    rng = random(seed, "plan of capacity runs")
    start = (
        date(2023, 10, 5 + int(rng.integers(0, 20))) if rng.random() < 0.5 else date(2024, int(rng.integers(1, 9)), 1)
    )
    unfilled = ((3 * scenario.days // 4, scenario.days),) if scenario.unfilled else ()
    return Plan(start, scenario.days, scenario.step_s, seed, (SYSTEM_NAMES[seed % 3],), unfilled=unfilled)


def _kept(plan: Plan, scenario: Scenario) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    keep = np.ones(plan.rows, bool)
    if scenario.gaps:
        rng = random(plan.seed, "gaps of capacity runs")
        begin, length = rng.uniform(0.1, 0.8), rng.uniform(1, LONGEST_GAP_DAYS)
        first = int(begin * plan.rows)
        keep[first : first + int(length * plan.rows_per_day)] = False
        keep[rng.integers(1, plan.rows - 1, plan.whole_days // 5)] = False
    return keep


def read_string(plan: Plan, drive: Drive, sensors: _Sensors, scenario: Scenario) -> StringReader:
    """Let the sensors of one run read the first pack of a string.

    Returns
    -------
    StringReader
        52 cells, their temperatures, the current and the battery's own state of charge.
    """
    system = plan.systems[0]
    keep = _kept(plan, scenario)
    coolant = coolant_c(plan, system, outside_c(plan))
    pack = simulate_pack(plan, system, draw_traits(plan, system), drive, coolant, 1, range(plan.rows))
    state = drive.at(plan.elapsed_s)
    noise = NOISE_A * random(plan.seed, "current of capacity runs").standard_normal(plan.rows)
    logged = np.round(sensors.gain * state.current_a + sensors.offset_a + noise, 1)
    columns = {"bms1_c": logged[keep], "bms1_soc": np.round(soc_percent(plan, system, drive, state))[keep]}
    for at in range(CELLS_PER_PACK):
        columns[f"bms1_p1_v{at + 1}"] = np.round(pack.volts[at][keep] + sensors.shared_v, 3)
        columns[f"bms1_p1_t{at + 1}"] = pack.celsius[at][keep].astype(np.float64)
    stamps = plan.utc_ms[keep]
    series = {name: describe_series(system, name, stamps) for name in columns}
    frame = pl.DataFrame({TS: utc_series(stamps), **columns})
    return StringReader(frame, system, series, int(stamps[0]), int(stamps[-1]), _stamps=stamps)


def run_one(seed: int) -> list[dict[str, object]]:
    """Simulate, extract and measure one string.

    Returns
    -------
    list of dict
        A row each for capacity (state of health, %), capacity against the baseline (%), its trend (% a month) and
        equivalent full cycles: ``truth``, ``value``, ``low``, ``high``; None where the app gives no number.
    """
    scenario, sensors = scenario_of(seed), _draw_sensors(seed)
    plan = _draw_plan(seed, scenario)
    drive = run_string(plan, plan.systems[0], draw_traits(plan, plan.systems[0]))
    said = SourceSettings(chemistry="drawn", nominal_ah=NOMINAL_AH)
    curve = {
        "drawn": ChemistrySettings(
            ocv=sensors.curve, safe_v=LFP.safe_v, safe_t=LFP.safe_t, full_v=LFP.full_v, empty_v=LFP.empty_v, source=""
        )
    }
    tables = extract_read(read_string(plan, drive, sensors, scenario), said, curve).tables
    found = measure_capacity(tables["anchors"], None, None, chemistry_of(said, curve), NOMINAL_AH)
    begun = {"seed": seed, "scenario": scenario.name}
    efc = equivalent_full_cycles(tables["system_day"], NOMINAL_AH)
    true_efc = _throughput(plan, drive, scenario) / (2 * NOMINAL_AH)
    return [
        *(begun | row for row in _capacity_rows(found, plan, drive)),
        begun | {"quantity": "efc", "truth": true_efc, "value": efc, "low": None, "high": None},
    ]


def _throughput(plan: Plan, drive: Drive, scenario: Scenario) -> float:
    """Charge that went in and out while somebody looked [Ah]."""
    stamps = plan.elapsed_s[_kept(plan, scenario)]
    seen = np.diff(stamps) <= LONGEST_STEPS * plan.step_s
    return float(np.diff(drive.at(stamps).throughput_ah)[seen].sum())


def _capacity_rows(found: Capacity, plan: Plan, drive: Drive) -> list[dict[str, object]]:
    if found.now.value is None or found.now.low is None or found.now.high is None:
        return [{"quantity": "soh", "truth": None, "value": None, "low": None, "high": None}]
    true_ah = drive.capacity_ah[:, :CELLS_PER_PACK].mean(axis=1)

    def at(stamps: Floats) -> Floats:
        return np.asarray(np.interp(stamps / 1000 - plan.start_s, drive.midnights_s, true_ah))

    stamps = found.ts.astype(np.float64)
    now, first = float(at(stamps[-1:])[0]), float(at(stamps[: _baseline_counts(found)]).mean())
    share = 100 / NOMINAL_AH
    rows: list[dict[str, object]] = [
        _row("soh", share * now, share * found.now.value, share * found.now.low, share * found.now.high),
        _row("of_baseline", 100 * now / first, found.of_baseline.value, found.of_baseline.low, found.of_baseline.high),
    ]
    trend = degradation.rate(found.days, found.values, baseline=found.baseline.value)
    seconds = (stamps - stamps[0]) / 1000
    slope = float(np.polyfit(seconds, at(stamps), 1)[0]) * MONTH_S / first * 100
    return [*rows, _row("rate", slope, trend.value, trend.low, trend.high)]


def _baseline_counts(found: Capacity) -> int:
    days = np.unique(found.ts // (1000 * DAY_S), return_index=True)[1]
    return int(days[30]) if len(days) > 30 else len(found.ts)


def _row(quantity: str, truth: float, value: float | None, low: float | None, high: float | None) -> dict[str, object]:
    return {"quantity": quantity, "truth": truth, "value": value, "low": low, "high": high}


def run(seeds: Iterable[int]) -> pl.DataFrame:
    """Run many strings, one after the other.

    Returns
    -------
    DataFrame
        The rows of ``run_one``, with ``covered`` where there is an interval.
    """
    schema = {"seed": pl.Int64, "scenario": pl.String, "quantity": pl.String}
    schema |= dict.fromkeys(("truth", "value", "low", "high"), pl.Float64)
    rows = [row for seed in seeds for row in run_one(seed)]
    inside = (pl.col("truth") >= pl.col("low")) & (pl.col("truth") <= pl.col("high"))
    return pl.DataFrame(rows, schema=schema).with_columns(inside.alias("covered"))


def summarise(runs: pl.DataFrame) -> pl.DataFrame:
    """Sum runs up by quantity and scenario, and over all scenarios.

    Returns
    -------
    DataFrame
        ``runs``, ``answered`` (with a number), ``coverage`` (share of intervals that hold the truth), ``bias``,
        ``error_95`` (95th percentile of the size of the error) and ``half_width`` (median half interval), in the
        quantity's unit; of ``efc`` the errors are in per cent.
    """
    relative = pl.when(pl.col("quantity") == "efc").then(100 / pl.col("truth")).otherwise(1.0)
    error = (pl.col("value") - pl.col("truth")) * relative
    told = runs.with_columns(error.alias("error"))
    every = told.with_columns(pl.lit("all").alias("scenario"))
    return (
        pl.concat([told, every])
        .group_by("quantity", "scenario", maintain_order=True)
        .agg(
            pl.len().alias("runs"),
            pl.col("value").count().alias("answered"),
            pl.col("covered").mean().alias("coverage"),
            pl.col("error").mean().alias("bias"),
            pl.col("error").abs().quantile(0.95).alias("error_95"),
            ((pl.col("high") - pl.col("low")) / 2).median().alias("half_width"),
        )
        .sort("quantity", maintain_order=True)
    )
