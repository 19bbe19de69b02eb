"""Paths about batteries beyond the first ones: health through time, cells through time, the evidence of one cell."""

from __future__ import annotations

from typing import Any

from app import loader
from app.answers import audit, battery, cells, clocks, condition, detail, efficiency, frames, health, ledger, replays
from app.answers.window import NO_READINGS, iso
from app.api import parameters as p
from app.api.route import Route
from app.shapes.audit import AuditAnswer
from app.shapes.condition import PackSteps, ResistanceAnswer, ThermalAnswer
from app.shapes.efficiency import ChargeCurves, RoundTrips
from app.shapes.health import HealthAnswer
from app.shapes.limiting import LeakAnswer, LedgerAnswer
from app.shapes.quality import ClocksAnswer, ReplaysAnswer
from pipeline.contract import TS

_CELL = p.Parameter("cell", "Number of a cell.", p.integer, {"type": "integer"}, "path", required=True)


def cell_evidence(system: str, pack: int, cell: int, start_ms: int | None, end_ms: int | None) -> dict[str, Any]:
    """Answer ``/cell/pack/{system}/{pack}/{cell}/evidence``."""
    found = battery.cell_evidence(system, pack, cell, start_ms, end_ms)
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": battery.comparison(system, start_ms, end_ms).coverage,
        "reason": None if found.height else NO_READINGS,
        "ts": found[TS].dt.epoch("ms").to_numpy(),
        "cell": found["cell"].to_list(),
        "regime": found["regime"].to_list(),
        "residual_mv": found["residual_mv"].to_list(),
    }


def one_cell(system: str, pack: int, cell: int, start_ms: int | None, end_ms: int | None) -> dict[str, Any]:
    """Answer ``/cell/pack/{system}/{pack}/{cell}``."""
    found = detail.cell_detail(system, pack, cell, start_ms, end_ms)
    zone = loader.current().zone
    spikes = [{"at": iso(one.at_ms, zone), **{k: getattr(one, k) for k in _SPIKE}} for one in found.spikes]
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": battery.comparison(system, start_ms, end_ms).coverage,
        "reason": found.reason or (None if found.tracks else NO_READINGS),
        "verdict": found.verdict,
        "tracks": found.tracks,
        "spikes": spikes,
        "signals": found.signals,
        "valid_days": found.valid_days,
    }


_SPIKE = ("value", "residual", "unit", "signal")


BATTERY_ROUTES: tuple[Route, ...] = (
    Route(
        "/bess/{system}/health",
        "State of health through time",
        "Measured capacity and energy against nominal and against the first 30 valid days, each with its interval and "
        "its error budget; usable and recoverable capacity; the trend, its forecast to 80 % and steps. On the whole "
        "history: no period changes it.",
        (p.SYSTEM,),
        health.health,
        HealthAnswer,
        "comparison",
    ),
    Route(
        "/bess/{system}/limiting",
        "Which cells limit the string",
        "For each cycle the cell that was full first and the one that was empty first, by how much, and the charge and "
        "energy that this kept out of use; how often each cell was it, and how long balancing would take.",
        (p.SYSTEM, *p.WINDOW),
        ledger.ledger,
        LedgerAnswer,
        "critical",
    ),
    Route(
        "/bess/{system}/self-discharge",
        "Which cells lose charge by themselves",
        "As a current with its interval, beside the smallest leak that this data could show. On the whole history.",
        (p.SYSTEM,),
        ledger.self_discharge,
        LeakAnswer,
        "critical",
    ),
    Route(
        "/bess/{system}/efficiency",
        "Round-trip efficiency at three boundaries",
        "On the DC side, on the AC side, and with the auxiliaries, each with its reason where it cannot be had; notes "
        "say where the meters contradict each other.",
        (p.SYSTEM, *p.WINDOW),
        efficiency.round_trips,
        RoundTrips,
        "cycles",
    ),
    Route(
        "/bess/{system}/charging-curves",
        "How charging changed with time",
        "Charges of the first and of the last days, voltage over charge. On the whole history.",
        (p.SYSTEM,),
        efficiency.charging_curves,
        ChargeCurves,
        "cycles",
    ),
    Route(
        "/bess/{system}/audit",
        "What the battery reports, against other readings of the same thing",
        "Charge at the anchors, steps of the reported health, sums and extremes of cells, current, power against the "
        "converter and the meters. On the whole history.",
        (p.SYSTEM,),
        audit.audit,
        AuditAnswer,
        "comparison",
    ),
    Route(
        "/bess/{system}/thermal",
        "Temperatures with position and load taken out",
        "Every sensor against its own first 30 valid days and against its place, the days beyond the limit, whether it "
        "lasts and since when; the fastest rise with its stamp, or why none can be told. On the whole history.",
        (p.SYSTEM,),
        condition.thermal,
        ThermalAnswer,
        "critical",
    ),
    Route(
        "/bess/{system}/resistance",
        "Resistance by month",
        "Of every cell relative to the median cell, in ohms and at 25 °C; where the logger is too slow for ohms the "
        "reason, and the slope of each residual on the current. On the whole history.",
        (p.SYSTEM,),
        condition.resistance,
        ResistanceAnswer,
        "critical",
    ),
    Route(
        "/bess/{system}/steps",
        "Steps of packs against each other",
        "Change points of each pack's daily voltage, imbalance and temperature against the other packs: date, size and "
        "how sure. On the whole history.",
        (p.SYSTEM,),
        condition.pack_steps,
        PackSteps,
        "critical",
    ),
    Route(
        "/bess/{system}/clocks",
        "Clocks against each other",
        "How far the converter, the cells and the meters stand off from the battery's current, by the steps that they "
        "share, with the smallest shift that could be told; or why it cannot. On the whole history.",
        (p.SYSTEM,),
        clocks.clocks,
        ClocksAnswer,
        "quality",
    ),
    Route(
        "/bess/{system}/replays",
        "Readings played again",
        "Stretches of more than 60 readings that each equal the one 24 h earlier though they moved. On the whole "
        "history.",
        (p.SYSTEM,),
        replays.replays,
        ReplaysAnswer,
        "quality",
    ),
    Route(
        "/bess/{system}/frames",
        "Every cell of a system over time",
        "A row for each of at most 60 frames of equal length, a column for each cell or temperature sensor.",
        (
            p.SYSTEM,
            p.choice("quantity", "What is shown.", cells.QUANTITIES, "voltage"),
            p.choice("mode", "As it is, or held against the string or the cells beside.", cells.MODES, "deviation"),
            *p.WINDOW,
        ),
        frames.frames,
        frames.FramesAnswer,
        "surface",
    ),
    Route(
        "/cell/pack/{system}/{pack}/{cell}",
        "One cell",
        "Its verdict, what is known of it over time beside string and neighbours, and each reading that stood out.",
        (p.SYSTEM, p.PACK, _CELL, *p.WINDOW),
        one_cell,
        {
            "reason": "why there is none",
            "verdict": "severity, score, fault, findings, neighbours; null where nothing was found",
            "tracks": "key, unit, ts, value, low, high (of the string), neighbours, limit",
            "spikes": "at, value, residual, unit, signal",
            "signals": "its voltage, and the temperature of the sensor beside it",
            "valid_days": "days with a residual in the window",
        },
        "critical",
    ),
    Route(
        "/cell/pack/{system}/{pack}/{cell}/evidence",
        "What a cell's verdict rests on",
        "Daily residuals to the string's median at rest, charge end and discharge end, of the cell and of the two "
        "cells on either side; four lists of equal length.",
        (p.SYSTEM, p.PACK, _CELL, *p.WINDOW),
        cell_evidence,
        {
            "reason": "why there is none",
            "ts": "the site's midnight [epoch ms UTC]",
            "cell": "number of the cell",
            "regime": "rest, charge_end or discharge_end",
            "residual_mv": "distance from the string's median [mV]",
        },
        "critical",
    ),
)
"""Paths about batteries."""
