"""One source at a glance: what the tiles and the four questions of the Overview say of it. Plain values, no layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from app.answers import battery, kpis, meter
from app.errors import QuestionError
from app.scope import Scope
from app.shapes.kpis import AlarmEvent, BessKpis, MeterKpis, Stat
from app.shapes.packs import ComparisonAnswer
from app.shapes.verdicts import CellVerdict, CriticalAnswer, Finding
from app.view import DAY_MS

SEVERE = ("critical", "warning")
"""Severities that ask for somebody's attention."""
RANKS = {"critical": 0, "warning": 1, "watch": 2}
A = TypeVar("A")


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """A cell with findings, and where it sits."""

    system: str
    pack: int
    verdict: CellVerdict

    @property
    def worst(self) -> Finding:
        """The gravest of its findings, and of equally grave ones the furthest beyond its limit."""
        return min(self.verdict.findings, key=lambda row: (RANKS.get(row.severity, 3), -beyond(row)))


def beyond(finding: Finding) -> float:
    """Say how many times its limit a finding's value is [1]."""
    return abs(finding.value / finding.limit) if finding.limit else abs(finding.value)


@dataclass(frozen=True, kw_only=True)
class SystemGlance:
    """A battery system."""

    scope: Scope
    cells: int
    flagged: tuple[Flagged, ...]
    system_findings: tuple[Finding, ...]
    comparison: ComparisonAnswer | None
    kpis: BessKpis | None
    """Of the last seven days of data."""
    reasons: tuple[str, ...]
    """Why something is missing."""

    @property
    def counts(self) -> Counter[str]:
        """Number of flagged cells by severity."""
        return Counter(row.verdict.severity for row in self.flagged)

    @property
    def severity(self) -> str:
        """The gravest severity; fine when nothing was found, unknown when nothing could be asked."""
        found = [row.verdict.severity for row in self.flagged] + [row.severity for row in self.system_findings]
        if found:
            return min(found, key=lambda name: RANKS.get(name, 3))
        return "unknown" if self.comparison is None else "fine"

    def stat(self, topic: str, suffix: str) -> Stat | None:
        """Look up one figure of the last week, such as the state of charge; None where it is not logged."""
        group: Mapping[str, Stat] = getattr(self.kpis, topic, {}) if self.kpis else {}
        return next((row for name, row in group.items() if name.endswith(suffix)), None)

    @property
    def available_kwh(self) -> float | None:
        """Energy that could be discharged now, before losses [kWh]; None where a part of it is not known."""
        charge, voltage = self.stat("soc", "_soc"), self.stat("battery", "bms1_v")
        usable = self.comparison.system.provenance.get("usable_ah") if self.comparison else None
        if charge is None or voltage is None or charge.last is None or voltage.mean is None or usable is None:
            return None
        return charge.last / 100 * float(usable) * voltage.mean / 1000

    def alarms(self, days: float) -> tuple[AlarmEvent, ...] | None:
        """List the alarms of the last days of data; None when they are not known."""
        if self.kpis is None:
            return None
        since = self.scope.last_ms - days * DAY_MS
        return tuple(row for row in self.kpis.alarms if _ms(row.end) >= since)


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def _asked(question: Callable[[], A], reasons: list[str]) -> A | None:
    """Ask; a foreseen failure leaves its reason instead of an answer."""
    try:
        return question()
    except QuestionError as exc:
        reasons.append(str(exc))
        return None


def system_verdicts(scope: Scope) -> SystemGlance:
    """Collect the verdicts on a system alone, without its key figures."""
    return _system_glance(scope, figures=False)


def system_glance(scope: Scope) -> SystemGlance:
    """Collect what is known of a system.

    Parameters
    ----------
    scope : Scope
        The system and the period that verdicts are about; key figures are of its last seven days of data, from the
        beginning of an hour.
    """
    return _system_glance(scope, figures=True)


def _system_glance(scope: Scope, *, figures: bool) -> SystemGlance:
    name = str(scope.source)
    reasons: list[str] = []
    period = (scope.start_ms, scope.end_ms)
    compared = _asked(lambda: battery.comparison(name, *period), reasons)
    known = _asked(lambda: kpis.recent_kpis(name), reasons) if figures else None
    answers = {pack: _asked(_critical(name, pack, period), reasons) for pack in scope.packs}
    return SystemGlance(
        scope=scope,
        cells=compared.system.cells if compared else 0,
        flagged=worst_first(name, answers),
        system_findings=next((row.system_findings for row in answers.values() if row is not None), ()),
        comparison=compared,
        kpis=known,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _critical(name: str, pack: int, period: tuple[int | None, int | None]) -> Callable[[], CriticalAnswer]:
    return lambda: battery.critical(name, pack, *period)


def worst_first(system: str, answers: Mapping[int, CriticalAnswer | None]) -> tuple[Flagged, ...]:
    """Rank the flagged cells of all packs: by severity, then by score."""
    rows = [
        Flagged(system=system, pack=pack, verdict=verdict)
        for pack, answer in answers.items()
        if answer is not None
        for verdict in answer.cells
        if verdict.findings
    ]
    return tuple(sorted(rows, key=lambda row: (RANKS.get(row.verdict.severity, 3), -row.verdict.score)))


@dataclass(frozen=True, kw_only=True)
class MeterGlance:
    """A meter."""

    scope: Scope
    kpis: MeterKpis | None
    reasons: tuple[str, ...]

    @property
    def doubtful_steps(self) -> int:
        """Counter steps that are not plain energy: glitches, rollovers, resets, jumps."""
        if self.kpis is None:
            return 0
        odd = ("glitch", "rollover", "reset", "jump")
        return sum(count for steps in self.kpis.counter_steps.values() for name, count in steps.items() if name in odd)


def meter_glance(scope: Scope) -> MeterGlance:
    """Collect what is known of a meter in the period."""
    reasons: list[str] = []
    found = _asked(lambda: meter.meter_kpis(str(scope.source), scope.start_ms, scope.end_ms), reasons)
    return MeterGlance(scope=scope, kpis=found, reasons=tuple(reasons))


def need_attention(glances: Sequence[SystemGlance]) -> list[Flagged]:
    """List the cells of all systems that ask for attention, worst first."""
    rows = [row for glance in glances for row in glance.flagged if row.verdict.severity in SEVERE]
    return sorted(rows, key=lambda row: (RANKS.get(row.verdict.severity, 3), -row.verdict.score))
