"""What the sample site knows about itself: ``truth.json``, ``site.toml`` and the marker."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.simulation.cells import OPEN_CIRCUIT
from pipeline.simulation.counters import Counter, rollover_row
from pipeline.simulation.devices import BMS_CURRENT_SIGN, CURRENT_OFFSET_A
from pipeline.simulation.drive import EMPTY_SOC, FULL_SOC, Drive
from pipeline.simulation.faults import Fault, FaultKind, faults_of
from pipeline.simulation.meters import ROLES
from pipeline.simulation.plan import (
    CELLS_PER_PACK,
    COMMISSIONED,
    NOMINAL_AH,
    NOMINAL_KWH,
    PACKS,
    ZONE,
    Plan,
    iso_local,
)
from pipeline.simulation.traits import Traits
from pipeline.simulation.write import dropouts, spaced_rows

GENERATOR_VERSION = 1
"""Changes whenever the same seed would give another site."""
MARKER_FILE = "packscope-sample.json"
TRUTH_FILE = "truth.json"
MONTH_DAYS = 30


@dataclass(frozen=True)
class Truth:
    """What was simulated, kept for comparison."""

    traits: dict[str, Traits]
    drives: dict[str, Drive]
    counters: dict[str, dict[str, Counter]]
    stamps_ms: dict[str, NDArray[np.int64]]


def write_truth(out: Path, plan: Plan, truth: Truth) -> None:
    """Write ``truth.json`` below ``out``."""
    content = {
        "rows": plan.rows,
        "open_circuit_v": [list(point) for point in OPEN_CIRCUIT],
        "faults": [_fault(plan, fault, truth) for fault in faults_of(plan)],
        "systems": {name: _system(plan, name, drive, truth) for name, drive in truth.drives.items()},
        "counters": {
            source: {
                signal: {"true_kwh": round(c.true_kwh, 4), "unknown_kwh": round(c.unknown_kwh, 4)}
                for signal, c in counters.items()
            }
            for source, counters in truth.counters.items()
        },
        "meters": ROLES,
        "dropouts": {source: [[r.start, r.stop] for r in dropouts(plan, source)] for source in truth.counters},
        "power_rule": "a power holds from its stamp to the next; counters count the powers as they are logged",
    }
    _write_json(out / TRUTH_FILE, content)


def _fault(plan: Plan, fault: Fault, truth: Truth) -> dict[str, object]:
    first, last = fault.first_row(plan), fault.last_row(plan)
    if fault.kind is FaultKind.COUNTER_ROLLOVER:
        first = rollover_row(plan, fault, truth.counters[fault.source][fault.signals].readings_kwh)
    clock = truth.stamps_ms.get(fault.source, plan.utc_ms)
    said = {key: value for key, value in asdict(fault).items() if value is not None and value != ""}
    said |= {
        "first": {"utc_ms": int(clock[first]), "local": iso_local(int(clock[first]))},
        "last": {"utc_ms": int(clock[last - 1]), "local": iso_local(int(clock[last - 1]))},
        "rows": last - first,
    }
    if fault.kind in (FaultKind.DUPLICATES, FaultKind.OUT_OF_ORDER):
        said["stamps_utc_ms"] = [int(clock[row]) for row in spaced_rows(plan, fault)]
    if fault.kind is FaultKind.SENSE_LEAD and fault.cell is not None:
        said["neighbour"] = fault.cell + 1
    return said


def _system(plan: Plan, name: str, drive: Drive, truth: Truth) -> dict[str, object]:
    days = np.arange(0, len(drive.midnights_s) - 1, MONTH_DAYS)
    mean_ah = drive.capacity_ah.mean(axis=1)
    charge, capacity, traits = drive.charge_ah, drive.capacity_ah, truth.traits[name]
    top, ohm = charge - capacity, traits.resistance_ohm + traits.joint_ohm.size
    usable = (charge - EMPTY_SOC * capacity).min(axis=1) - (charge - FULL_SOC * capacity).max(axis=1)
    ends = drive.at(np.array([0.0, plan.elapsed_s[-1]]))
    last = plan.whole_days - 1
    return {
        "current_positive": "discharge" if BMS_CURRENT_SIGN[name] > 0 else "charge",
        "current_offset_a": CURRENT_OFFSET_A[name],
        "efc": round(float(ends.throughput_ah[1]) / (2 * NOMINAL_AH), 3),
        "full_charges": int((drive.full_s <= plan.elapsed_s[-1]).sum()),
        "soh_start_pct": round(100 * mean_ah[0] / NOMINAL_AH, 3),
        "soh_end_pct": round(100 * mean_ah[last] / NOMINAL_AH, 3),
        "capacity": [
            {
                "utc_ms": int(1000 * (plan.start_s + drive.midnights_s[day])),
                "mean_ah": round(float(mean_ah[day]), 3),
                "usable_ah": round(float(usable[day]), 3),
            }
            for day in days
        ],
        "cell_top_offset_start_ah": np.round(top[0] - np.median(top[0]), 3).tolist(),
        "cell_top_offset_end_ah": np.round(top[last] - np.median(top[last]), 3).tolist(),
        "cell_relative_resistance": np.round(ohm / np.median(ohm), 4).tolist(),
        "cell_capacity_start_ah": np.round(capacity[0], 3).tolist(),
        "cell_capacity_end_ah": np.round(capacity[last], 3).tolist(),
    }


def write_site_file(out: Path, plan: Plan) -> None:
    """Write the ``site.toml`` of the sample site. Signs are left for the analysis to find."""
    lines = [
        "# A simulated site: see packscope-sample.json and truth.json beside this file.",
        "# Meters count import as positive. pcs1_ap and pcs1_dcc are positive when discharging. The sign of bms1_c is",
        "# not said here on purpose: it differs between the cabinets, and is found from the data.",
        f'zone = "{ZONE}"',
    ]
    for name in plan.systems:
        lines += [
            "",
            f"[sources.{name}]",
            'chemistry = "LFP"',
            f"nominal_ah = {NOMINAL_AH}",
            f"nominal_kwh = {NOMINAL_KWH}",
            f"commissioned = {COMMISSIONED.isoformat()}",
        ]
    (out / "site.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_marker(out: Path, plan: Plan) -> None:
    """Write the marker that says: this is a simulated site. It is written last."""
    content = {
        "simulated": True,
        "note": "Every number of this site is simulated, with known faults that truth.json lists.",
        "generator_version": GENERATOR_VERSION,
        "seed": plan.seed,
        "start": iso_local(int(plan.utc_ms[0])),
        "end": iso_local(int(plan.utc_ms[-1]) + plan.step_s * 1000),
        "days": plan.days,
        "step_s": plan.step_s,
        "zone": ZONE,
        "systems": list(plan.systems),
        "packs": PACKS,
        "cells_per_pack": CELLS_PER_PACK,
        "faults": len(faults_of(plan)),
    }
    _write_json(out / MARKER_FILE, content)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
