"""What the report of a battery asks, once, and how its parts cite and name things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.answers.provenance import provenance_of
from app.language import t
from app.report.common import Period
from app.report.document import Notes
from app.shapes.cycles import CyclesAnswer
from app.shapes.kpis import BessKpis
from app.shapes.packs import ComparisonAnswer
from app.shapes.verdicts import CellVerdict, CriticalAnswer

RANK = {"critical": 0, "warning": 1, "watch": 2}
ATTENTION = ("critical", "warning")
"""Severities, worst first, and those that need attention."""


@dataclass(frozen=True)
class Answers:
    """What was asked, once."""

    period: Period
    figures: BessKpis
    compared: ComparisonAnswer
    critical: Mapping[int, CriticalAnswer]
    cycles: CyclesAnswer

    @property
    def flagged(self) -> list[tuple[int, CellVerdict]]:
        """Cells with findings and their packs, worst first."""
        rows = [(pack, one) for pack, answer in self.critical.items() for one in answer.cells if one.findings]
        return sorted(rows, key=lambda row: (RANK.get(row[1].severity, 3), -row[1].score))


def cite(found: Answers, notes: Notes, question: str, title: str, **more: Any) -> str:  # noqa: ANN401
    """Return the mark that leads to what an answer rests on; ``more`` as `provenance_of` takes it."""
    period = found.period
    basis = provenance_of(question, period.source.name, start_ms=period.start_ms, end_ms=period.end_ms, **more)
    return notes.cite(question, title, basis)


def place(pack: int, cell: int) -> str:
    """Name a cell."""
    return t("Pack {pack} cell {cell}", pack=pack, cell=cell)


def at(stamp: str) -> str:
    """Write a stamp by the site's clock; a midnight stands for its whole day."""
    return stamp[:10] if stamp[11:16] == "00:00" else stamp[:16].replace("T", " ")
