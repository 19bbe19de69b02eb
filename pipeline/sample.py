"""The sample site: a simulated one with known faults, marked as a sample wherever it is shown.

Three cabinets of 260 cells and six meters, as CSV files with the habits of real loggers: local stamps without an
offset, hence both changes of clock; gaps, duplicates, sentinels; counters that are reset. ``truth.json`` says what
is true, so that every answer can be judged. The constants of the simulation are chosen so that it behaves like
cabinets of this kind; they are no measurements of any of them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

import numpy as np
import polars as pl

from pipeline.errors import SettingsError
from pipeline.simulation.cells import KELVIN_DIGITS, VOLT_DIGITS, simulate_pack
from pipeline.simulation.counters import Counter
from pipeline.simulation.defaults import DEFAULT_DAYS, DEFAULT_SEED, DEFAULT_STEP_S
from pipeline.simulation.devices import CellSummary, simulate_cabinet, summarise
from pipeline.simulation.drive import Drive, run_string
from pipeline.simulation.faults import FAULTS, Fault
from pipeline.simulation.meters import simulate_meters
from pipeline.simulation.plan import CELLS_PER_PACK, PACKS, SYSTEM_NAMES, Floats, Plan, Singles, stamps
from pipeline.simulation.traits import Traits, draw_traits
from pipeline.simulation.truth import MARKER_FILE, Truth, write_marker, write_site_file, write_truth
from pipeline.simulation.weather import coolant_c, outside_c
from pipeline.simulation.write import SeriesWriter

DEFAULT_START, LONG_START, LONG_DAYS = date(2024, 10, 10), date(2023, 10, 10), 264.0
"""First day of the default span, which holds both changes of clock, and of spans longer than ``LONG_DAYS`` [days]."""
BLOCK_ROWS = 8_640
"""Rows of one pack that are held at once: 30 days at 5 min [rows]."""

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what was done last."""


@dataclass(frozen=True)
class SampleReport:
    """What was written."""

    out: Path
    files: int
    rows: int
    """Rows of all files together, headers not counted, as planned before gaps and duplicates."""
    bytes: int
    start: date
    days: float
    step_s: int
    seed: int
    systems: tuple[str, ...]


class _Steps:
    """Count steps from several threads and tell the caller."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = Lock()

    def done(self, what: str) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total, what)


@dataclass(frozen=True)
class _System:
    """One cabinet while it is simulated."""

    name: str
    traits: Traits
    drive: Drive
    coolant_c: Floats
    folder: Path


def default_start(days: float) -> date:
    """Return the first local day of a span for which none is named."""
    return LONG_START if days > LONG_DAYS else DEFAULT_START


def write_sample(
    out: Path,
    *,
    days: float = DEFAULT_DAYS,
    step_s: int = DEFAULT_STEP_S,
    seed: int = DEFAULT_SEED,
    systems: int = 3,
    start: date | None = None,
    faults: tuple[Fault, ...] = FAULTS,
    dropouts: bool | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    block_rows: int = BLOCK_ROWS,
) -> SampleReport:
    """Write a whole simulated site.

    The site is written beside ``out`` and put in its place when it is complete, so a killed run leaves nothing that
    could be mistaken for a site. The same arguments give the same bytes, whatever ``workers`` and ``block_rows``.

    Parameters
    ----------
    out : Path
        Folder of the site. It must not exist, or be empty, or hold an earlier sample site, which is replaced.
    days : float
        Elapsed days of 24 hours from the local midnight of ``start``.
    step_s : int
        Logging interval; a day must hold a whole number of them [s].
    seed : int
        What makes this site differ from another.
    systems : int
        How many cabinets, 1 to 3.
    start : date, optional
        First local day; by default one from which the span crosses both changes of clock.
    faults : tuple of Fault
        What is wrong with the site; by default one table with every kind of fault.
    dropouts : bool, optional
        Whether loggers fail to answer now and then; by default where there are faults.
    progress : callable, optional
        Called as work is done, from several threads, one at a time.
    workers : int, optional
        Threads; as many as there are cores by default.
    block_rows : int
        Rows of one pack that are held at once.

    Raises
    ------
    SettingsError
        The span, the interval or the number of systems cannot be, or ``out`` holds something else.
    """
    plan = _plan(start or default_start(days), days, step_s, seed, systems, faults, dropouts)
    _check_free(out)
    partial = _fresh_folder(out)
    blocks = [range(at, min(at + block_rows, plan.rows)) for at in range(0, plan.rows, block_rows)]
    steps = _Steps(systems * (PACKS * len(blocks) + 1) + 1, progress)
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        _write_site(partial, plan, blocks, steps, pool)
    report = _report(out, partial, plan)
    _swap(partial, out)
    return report


def _plan(
    start: date, days: float, step_s: int, seed: int, systems: int, faults: tuple[Fault, ...], dropouts: bool | None
) -> Plan:
    if not 1 <= systems <= len(SYSTEM_NAMES):
        raise SettingsError(f"--systems {systems}: a sample site has 1 to {len(SYSTEM_NAMES)} systems.")
    drops_out = bool(faults) if dropouts is None else dropouts
    return Plan(start, days, step_s, seed, SYSTEM_NAMES[:systems], faults, drops_out)


def _fresh_folder(out: Path) -> Path:
    """Make the folder beside ``out`` in which the site grows; what a killed run left there goes."""
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def _check_free(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER_FILE).is_file():
        raise SettingsError(f"{out}: holds something that is no sample site; name an empty folder.")
    if out.exists() and not out.is_dir():
        raise SettingsError(f"{out}: is a file; name a folder.")


def _swap(partial: Path, out: Path) -> None:
    if out.exists():
        old = out.with_name(f".{out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
        partial.rename(out)
        shutil.rmtree(old)
    else:
        partial.rename(out)


def _write_site(folder: Path, plan: Plan, blocks: list[range], steps: _Steps, pool: ThreadPoolExecutor) -> None:
    ts, air_c = stamps(plan.utc_ms), outside_c(plan)
    truth = Truth({}, {}, {}, {})
    battery_kw = np.zeros(plan.rows)
    cabinets = list(pool.map(lambda name: _prepare(plan, name, air_c, folder), plan.systems))
    tasks = [
        [pool.submit(_write_pack, plan, cabinet, pack, blocks, ts, steps) for pack in range(1, PACKS + 1)]
        for cabinet in cabinets
    ]
    for cabinet, packs in zip(cabinets, tasks, strict=True):
        cells = summarise([task.result() for task in packs])
        kw, counters = _write_devices(plan, cabinet, cells, air_c, ts)
        battery_kw += kw
        truth.traits[cabinet.name] = cabinet.traits
        truth.drives[cabinet.name] = cabinet.drive
        truth.counters[cabinet.name] = counters
        steps.done(cabinet.name)
    _write_meters(folder, plan, air_c, battery_kw, truth)
    steps.done("meters")
    write_truth(folder, plan, truth)
    write_site_file(folder, plan)
    write_marker(folder, plan)


def _prepare(plan: Plan, name: str, air_c: Floats, folder: Path) -> _System:
    traits = draw_traits(plan, name)
    drive = run_string(plan, name, traits)
    return _System(name, traits, drive, coolant_c(plan, name, air_c), folder / "BESS" / name)


def _write_pack(
    plan: Plan, cabinet: _System, pack: int, blocks: list[range], ts: pl.Series, steps: _Steps
) -> CellSummary:
    """Simulate and write one pack block by block; return what the battery management reports of it."""
    writer = SeriesWriter(plan, cabinet.name, cabinet.folder, ts)
    names = [(f"bms1_p{pack}_v{cell}", f"bms1_p{pack}_t{cell}") for cell in range(1, CELLS_PER_PACK + 1)]
    parts = []
    with ExitStack() as stack:
        handles = {name: stack.enter_context(writer.open(name)) for pair in names for name in pair}
        for rows in blocks:
            coolant = cabinet.coolant_c[rows.start : rows.stop]
            readings = simulate_pack(plan, cabinet.name, cabinet.traits, cabinet.drive, coolant, pack, rows)
            for place, (volt, kelvin) in enumerate(names):
                writer.append(handles[volt], volt, readings.volts[place], VOLT_DIGITS, rows)
                writer.append(handles[kelvin], kelvin, readings.celsius[place], KELVIN_DIGITS, rows)
            parts.append(_summary(readings.true_sum_v, readings.volts, readings.celsius))
            steps.done(f"{cabinet.name} pack {pack}")
    return _join(parts)


def _summary(sum_v: Floats, volts: Singles, celsius: Singles) -> CellSummary:
    return CellSummary(
        sum_v,
        volts.mean(axis=0, dtype=np.float64),
        volts.max(axis=0).astype(np.float64),
        volts.min(axis=0).astype(np.float64),
        celsius.mean(axis=0, dtype=np.float64),
        celsius.max(axis=0).astype(np.float64),
        celsius.min(axis=0).astype(np.float64),
    )


def _join(parts: list[CellSummary]) -> CellSummary:
    fields = CellSummary.__dataclass_fields__
    return CellSummary(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in fields})


def _write_devices(
    plan: Plan, cabinet: _System, cells: CellSummary, air_c: Floats, ts: pl.Series
) -> tuple[Floats, dict[str, Counter]]:
    """Write everything beside the cells; return the power the cabinet takes, and its counters."""
    made = simulate_cabinet(plan, cabinet.name, cabinet.traits, cabinet.drive, cells, air_c, cabinet.coolant_c)
    writer = SeriesWriter(plan, cabinet.name, cabinet.folder, ts)
    for name, column in made.columns.items():
        writer.write_column(name, column)
    return made.aux_kw - made.pcs_kw, made.counters


def _write_meters(folder: Path, plan: Plan, air_c: Floats, battery_kw: Floats, truth: Truth) -> None:
    for name, meter in simulate_meters(plan, air_c, battery_kw).items():
        writer = SeriesWriter(plan, name, folder / "meter" / name, stamps(meter.utc_ms))
        for signal, column in meter.columns.items():
            writer.write_column(signal, column)
        truth.counters[name] = meter.counters
        truth.stamps_ms[name] = meter.utc_ms


def _report(out: Path, partial: Path, plan: Plan) -> SampleReport:
    sizes = [path.stat().st_size for path in partial.rglob("*.csv")]
    return SampleReport(
        out, len(sizes), len(sizes) * plan.rows, sum(sizes), plan.start, plan.days, plan.step_s, plan.seed, plan.systems
    )


def read_marker(folder: Path) -> dict[str, object] | None:
    """Return what the marker of a sample site says; None when ``folder`` is no sample site."""
    path = folder / MARKER_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
