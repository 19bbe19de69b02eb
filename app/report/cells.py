"""The report's parts about cells: every one in its place, which limit the string, and the evidence behind findings."""

from __future__ import annotations

from html import escape

import polars as pl

from app.answers import battery, ledger
from app.language import t
from app.numbers import counted, energy, number, quantity
from app.report.asked import RANK, Answers, at, cite, place
from app.report.charts import Dots, cell_map, dot_chart
from app.report.document import Notes, remarks, section, table
from app.shapes.limiting import LedgerAnswer
from app.shapes.verdicts import CellVerdict
from pipeline.contract import TS

MOST_CELLS = 12
"""Cells whose evidence is drawn; of the others the findings are listed."""


def cells(found: Answers, notes: Notes) -> str:
    """Draw every cell in its place, and list those with findings."""
    period = found.period
    packs = {
        pack.pack: battery.cell_values(period.source.name, pack.pack, period.start_ms, period.end_ms, "deviation")
        for pack in period.source.packs
    }
    if not any(packs.values()):
        return section(t("Cells"), f"<p>{t('No cell voltages are logged: cells cannot be judged.')}</p>")
    mark = cite(found, notes, "heatmap", t("Deviation of each cell"), unit="V", coverage=found.compared.coverage)
    judged = cite(found, notes, "critical", t("Findings on cells"), coverage=found.compared.coverage)
    flags = {(pack, one.cell): one.severity for pack, one in found.flagged}
    title = t("Median distance of each cell from the string's median, at rest where it rests")
    body = f'<p class="soft">{title}{mark}</p>{cell_map(packs, flags, "mV", title)}<h3>{t("Findings")}{judged}</h3>'
    rows = [
        [place(pack, one.cell), t(one.severity), t(one.fault.replace("_", " ")), _worst(one)]
        for pack, one in found.flagged
    ]
    listed = table([t("Cell"), t("Severity"), t("Signs fit"), t("Why")], rows)
    return section(t("Every cell"), body + (listed or f"<p>{t('No cell exceeds a limit.')}</p>") + _system(found))


def _system(found: Answers) -> str:
    """List findings on the system as a whole."""
    whole = next((answer.system_findings for answer in found.critical.values()), ())
    rows = [[one.subject, t(one.severity), one.text] for one in whole]
    listed = table([t("Subject"), t("Severity"), t("Finding")], rows)
    return listed + remarks(
        note.replace("Along the row", t("Along pack {n}", n=pack))
        for pack, answer in found.critical.items()
        for note in answer.notes
    )


def _worst(one: CellVerdict) -> str:
    found = min(one.findings, key=lambda row: RANK.get(row.severity, 3))
    return found.text or f"{found.rule} {quantity(found.value, found.unit)}"


def limiting(found: Answers, notes: Notes) -> str:
    """List the cells that were full or empty first, and what that kept out of use."""
    period = found.period
    kept = ledger.ledger(period.source.name, period.start_ms, period.end_ms)
    rows = [
        [
            place(one.pack, one.cell),
            t(one.kind.replace("_", " ")),
            t("{n} of {total}", n=number(one.times), total=number(one.of)),
            quantity(one.margin_mv, "mV"),
            f"{at(one.first_at)[:10]} – {at(one.last_at)[:10]}",
        ]
        for one in kept.limiting[:MOST_CELLS]
    ]
    if not rows:
        return ""
    lost = " ".join(_charge_said(kept))
    header = [t("Cell"), t("Was first"), t("Times"), t("Ahead by"), t("Seen")]
    mark = cite(found, notes, "critical", t("Findings on cells"), coverage=found.compared.coverage)
    body = f"<p>{escape(lost)}</p>" + table(header, rows, numeric=[2, 3, 4]) + remarks(kept.notes)
    return section(t("Which cells limit the string"), body, mark=mark)


def _charge_said(kept: LedgerAnswer) -> list[str]:
    """Say what imbalance costs, or why that is not told."""
    said = []
    if kept.lost_ah is not None:
        ah, lost = quantity(kept.lost_ah, "Ah"), energy(kept.lost_kwh)
        said.append(t("{ah} ({energy}) of a cycle were kept out of use.", ah=ah, energy=lost))
    if kept.balancing_hours is not None:
        said.append(t("Levelling the cells takes about {hours}.", hours=quantity(kept.balancing_hours, "h", 0)))
    return said + [t(text) for text in kept.untold]


def evidence(found: Answers, notes: Notes) -> str:
    """Draw the residuals of the worst cells against those beside them, with every finding."""
    pieces = []
    for pack, one in found.flagged[:MOST_CELLS]:
        rows = [
            [
                t(row.rule.replace("_", " ")),
                quantity(row.value, row.unit),
                quantity(row.limit, row.unit),
                at(row.at),
                row.text,
            ]
            for row in one.findings
        ]
        listed = table([t("Rule"), t("Value"), t("Limit"), t("First seen"), t("Finding")], rows, numeric=[1, 2, 3])
        title = f"{place(pack, one.cell)}: {t(one.severity)}, {t(one.fault.replace('_', ' '))}"
        pieces.append(f'<div class="keep"><h3>{title}</h3>{_residuals(found, pack, one)}</div>{listed}')
    mark = cite(found, notes, "critical", t("Findings on cells"), coverage=found.compared.coverage)
    left = len(found.flagged) - MOST_CELLS
    more = f"<p>{t('and {n} more, listed above', n=counted(left, t('cell'), t('cells')))}</p>" if left > 0 else ""
    return section(t("Evidence of flagged cells"), "".join(pieces) + more, new=True, mark=mark)


def _residuals(found: Answers, pack: int, one: CellVerdict) -> str:
    """Draw a cell among those beside it, in the regime of its gravest finding that has one."""
    period, cell = found.period, one.cell
    rows = battery.cell_evidence(period.source.name, pack, cell, period.start_ms, period.end_ms)
    there = rows.filter(pl.col("cell") == cell)["regime"].unique().sort().to_list()
    if not there:
        return ""
    ranked = sorted(one.findings, key=lambda row: RANK.get(row.severity, 3))
    regime = next((row.regime for row in ranked if row.regime in there), there[-1])
    own = rows.filter(pl.col("regime") == regime)
    others = sorted(set(own["cell"].to_list()) - {cell})
    lines = [_line(own, one, t("cell {n}", n=one), faint=True) for one in others]
    lines.append(_line(own, cell, t("cell {n}", n=cell), faint=False))
    title = t("Distance from the string's median, {regime} [mV]", regime=t(str(regime).replace("_", " ")))
    return dot_chart(lines, period.window, period.zone, title, height=80)


def _line(rows: pl.DataFrame, cell: int, name: str, *, faint: bool) -> Dots:
    own = rows.filter(pl.col("cell") == cell).sort(TS)
    stamps = own[TS].dt.epoch("ms").to_list()
    return Dots(name=name, ts=stamps, values=own["residual_mv"].to_list(), joined=True, faint=faint)
