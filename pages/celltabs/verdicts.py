"""What the Cell Analyzer's tabs share: the verdicts on every pack of a system, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.answers import battery, cells
from app.language import mark, t
from app.numbers import cells_need_attention, counted, quantity
from app.scope import Scope, scope_of
from app.shapes.pictures import HeatmapAnswer
from app.shapes.verdicts import CellVerdict, CriticalAnswer
from app.view import DAY_MS
from pipeline.contract import day_starts

RANK = {"critical": 0, "warning": 1, "watch": 2}
"""Worst first."""
ATTENTION = ("critical", "warning")
"""Severities that need attention; *watch* does not yet."""
FAULTS = {
    "low_capacity": mark("low capacity"),
    "high_resistance": mark("high resistance"),
    "self_discharge": "self-discharge",
    "imbalance": "imbalance",
    "hot_spot": mark("hot spot"),
    "voltage_spike": mark("voltage spike"),
    "temperature_spike": mark("temperature spike"),
    "sense_lead": mark("sense lead"),
    "unknown": mark("no single cause"),
}
RULES = {
    "voltage_deviation": mark("Voltage deviation"),
    "temperature_variation": mark("Temperature variation"),
    "degradation_rate": mark("Degradation rate"),
    "soh": mark("State of health"),
    "change": mark("Change from its own past"),
    "excursion": mark("Single excursion"),
    "safe_range": mark("Outside the safe range"),
    "data_quality": mark("Data quality"),
}
REGIMES = {"charge_end": mark("charge end"), "discharge_end": mark("discharge end"), "rest": mark("rest")}


HOUR_MS = 3_600_000
WHOLE_HOURS_DAYS, WHOLE_DAYS_DAYS = 2, 60
"""From so many days on a picture begins with a whole hour, and with a whole day [d]."""


def modes() -> dict[str, str]:
    """Name what a cell's number can be held against, in the language of the request."""
    return {
        "deviation": t("From the median"),
        "neighbours": t("From neighbours"),
        "z": t("Robust z"),
        "absolute": t("Absolute"),
    }


STEP_LIMITS = {
    "V": "voltage_deviation_mv",
    "mV": "voltage_deviation_mv",
    "°C": "temperature_variation_k",
    "K": "temperature_variation_k",
    "1": "robust_z_watch",
}
"""Limit that the change of a number is held against, by the number's unit."""


def metric_of(scope: Scope) -> cells.Metric:
    """Read which number of each cell the view asks for."""
    return next((one for one in cells.METRICS if one == scope.view.get("metric", "deviation")), "deviation")


def against_of(scope: Scope) -> cells.Mode:
    """Read what the view holds the cells' numbers against."""
    return next((one for one in cells.MODES if one == scope.view.get("against", "absolute")), "absolute")


def selected(scope: Scope) -> tuple[int, int] | None:
    """Read the selected cell, as pack and cell; None where none is, or where sensors are shown."""
    cell = scope.view.cell
    shown = scope.pack is not None and cell is not None and metric_of(scope) != "temperature"
    return (int(scope.pack or 0), int(cell or 0)) if shown else None


def beside_sensors(scope: Scope) -> dict[tuple[int, int], int]:
    """Name the cell that each temperature sensor lies beside, where sensors are shown: the middle one of several."""
    if metric_of(scope) != "temperature":
        return {}
    near = cells.sensor_cells(str(scope.source))
    return {place: own[len(own) // 2] for place, own in near.items() if own}


def marked(scope: Scope) -> dict[tuple[int, int], str]:
    """Return the severity of each flagged cell; of none where sensors are shown."""
    return {} if metric_of(scope) == "temperature" else severities(flagged_cells(criticals(scope)))


def step_limit(scope: Scope, answers: Mapping[int, HeatmapAnswer]) -> float | None:
    """Return the limit that a change of the chosen number is held against, in the number's unit (mV for volts)."""
    unit = next(iter(answers.values())).unit
    name = STEP_LIMITS.get(unit)
    pack = next(iter(scope.packs), None)
    if name is None or pack is None:
        return None
    found = battery.critical(str(scope.source), pack, scope.start_ms, scope.end_ms).limits.get(name, {})
    return found.get("value")


NAMED_MAX = 5
"""Cells that a headline names."""


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """One cell with findings, and the pack that it is in."""

    pack: int
    verdict: CellVerdict

    @property
    def name(self) -> str:
        """The cell as the user reads it: ``pack 2 cell 17``."""
        return t("pack {pack} cell {verdict}", pack=self.pack, verdict=self.verdict.cell)

    @property
    def words(self) -> str:
        """The cell with its severity and the fault that its signs fit."""
        fault = t(FAULTS.get(self.verdict.fault, self.verdict.fault))
        return f"{self.name} ({t(self.verdict.severity)}, {fault})"


def asked_scope(asked: Mapping[str, str]) -> Scope:
    """Resolve what a tab was asked: the query of the address, without what the tab does not depend on."""
    return scope_of(asked["search"], "bess")


def criticals(scope: Scope) -> dict[int, CriticalAnswer]:
    """Ask for the critical cells of every pack of the system; a period without readings takes no verdict back."""
    system = str(scope.source)
    return {pack: battery.standing(system, pack, scope.start_ms, scope.end_ms) for pack in scope.packs}


def flagged_cells(answers: Mapping[int, CriticalAnswer]) -> list[Flagged]:
    """List every cell with findings, worst first over all packs."""
    rows = [Flagged(pack=pack, verdict=verdict) for pack, answer in answers.items() for verdict in answer.cells]
    return sorted(rows, key=lambda row: (RANK[row.verdict.severity], -row.verdict.score, row.pack, row.verdict.cell))


def severities(rows: Sequence[Flagged]) -> dict[tuple[int, int], str]:
    """Map each flagged cell to its severity, worst first."""
    return {(row.pack, row.verdict.cell): row.verdict.severity for row in rows}


def needing(rows: Sequence[Flagged]) -> list[Flagged]:
    """Keep the cells that need attention."""
    return [row for row in rows if row.verdict.severity in ATTENTION]


def attention_words(rows: Sequence[Flagged], cells: int) -> str:
    """Answer the page's question in one sentence."""
    urgent = needing(rows)
    if not urgent:
        return t("None of {cells} needs attention", cells=counted(cells, "cell"))
    return cells_need_attention(len(urgent), cells)


def named_words(rows: Sequence[Flagged]) -> str:
    """Name the worst cells, and count what is only watched."""
    urgent = needing(rows)
    watched = len(rows) - len(urgent)
    named = "; ".join(row.words for row in urgent[:NAMED_MAX])
    more = t("; and {urgent} more", urgent=len(urgent) - NAMED_MAX) if len(urgent) > NAMED_MAX else ""
    parts = [f"{named[:1].upper()}{named[1:]}{more}."] if urgent else []
    if watched:
        parts.append(t("{watched} to watch.", watched=counted(watched, "more cell" if urgent else "cell")))
    return " ".join(parts)


def unknown_words(answers: Mapping[int, CriticalAnswer]) -> str | None:
    """Say which packs could not be judged, and why; None when all could."""
    reasons = {pack: answer.reason for pack, answer in answers.items() if answer.reason}
    if not reasons:
        return None
    if len(set(reasons.values())) == 1 and len(reasons) == len(answers):
        return next(iter(reasons.values()))
    return "; ".join(t("pack {pack}: {reason}", pack=pack, reason=reason) for pack, reason in reasons.items())


def drawn_window(scope: Scope) -> tuple[int | None, int | None]:
    """Return the window that a picture over time is asked for: a standing period begins with a whole day or hour.

    So its first row is read from a level like all others, instead of from the raw readings of a whole month.
    """
    start, _ = scope.asked
    span = scope.asked[1] - start
    if scope.start_ms is None or scope.view.when == "custom" or span < WHOLE_HOURS_DAYS * DAY_MS:
        return scope.start_ms, scope.end_ms
    whole = day_starts(start, start, scope.zone)[0] if span > WHOLE_DAYS_DAYS * DAY_MS else start - start % HOUR_MS
    return whole, scope.end_ms


def beside(verdict: CellVerdict) -> str:
    """Say what the cells beside a cell do; nothing where none is known."""
    told = [f"{cell}: {quantity(value, 'mV')}" for cell, value in verdict.neighbours.items()]
    return t("Cells beside it: {told}.", told=", ".join(told)) if told else ""
