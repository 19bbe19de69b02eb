"""The printed report of a battery system: key figures, charts, every cell, what was found, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from app import loader
from app.answers import battery, health, kpis, ledger, series
from app.answers.evidence import evidence_of
from app.answers.provenance import provenance_of, soh_uncertainty
from app.language import t
from app.numbers import NOTHING, counted, energy, known, number, percent, quantity
from app.report.charts import Dots, cell_map, dot_chart, time_chart
from app.report.common import POINTS, Period, about, cite_lines, period_of, reading
from app.report.document import Head, Notes, document, figure, figures, remarks, section, table
from app.shapes import BessKpis, CellVerdict, ComparisonAnswer, CriticalAnswer, CyclesAnswer, PackReport, Stat
from pipeline.contract import TS

CHARTS = (
    ("Charge and power", ("bms1_soc", "pcs1_ap", "bms1_c")),
    ("Cells: extremes and spread", ("bms1_cell_max_v", "bms1_cell_min_v", "bms1_cell_v_diff")),
    ("Temperatures", ("bms1_cell_max_t", "bms1_cell_min_t", "ac1_outwater_t", "dh1_temp")),
)
"""Charts over time, and the signals that they show where they are logged."""
MOST_CELLS = 12
"""Cells whose evidence is drawn; of the others the findings are listed."""
MOST_ALARMS = 40
RANK = {"critical": 0, "warning": 1, "watch": 2}
ATTENTION = ("critical", "warning")


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


def battery_report(system: str, start_ms: int | None = None, end_ms: int | None = None) -> str:
    """Write the report of a system as one HTML file.

    Parameters
    ----------
    system : str
        Name of a battery system.
    start_ms, end_ms : int, optional
        Window [epoch ms UTC); the whole history where None.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is not after the start.
    """
    period = period_of(system, start_ms, end_ms)
    window = (start_ms, end_ms)
    found = Answers(
        period,
        kpis.bess_kpis(system, *window),
        battery.comparison(system, *window),
        {pack.pack: battery.critical(system, pack.pack, *window) for pack in period.source.packs},
        battery.cycles(system, *window),
    )
    notes = Notes()
    body = [
        _figures(found, notes),
        _cells(found, notes),
        _over_time(found, notes),
        _health(found, notes),
        _limiting(found, notes),
        _evidence(found, notes),
        _alarms(found, notes),
        reading(period, notes),
    ]
    return document(_head(found), [*body, notes.section()])


def _head(found: Answers) -> Head:
    need = sum(one.severity in ATTENTION for _, one in found.flagged)
    cells = found.compared.system.cells
    words = (
        t("{n} of {total} cells need attention", n=number(need), total=number(cells)) if cells else t("No cells logged")
    )
    given = _total(found.cycles, "discharge")
    parts = [
        t("{energy} discharged", energy=energy(given)) if given is not None else t("no discharge was measured"),
        t("{n} equivalent full cycles", n=number(found.cycles.efc, 1)) if found.cycles.efc is not None else "",
        counted(len(found.figures.alarms), t("alarm"), t("alarms")),
    ]
    lead = ", ".join(part for part in parts if part) + "."
    return Head(
        title=found.period.source.name,
        headline=words,
        lead=lead,
        about=about(found.period),
        sample=found.period.source.sample,
    )


def _total(cycles: CyclesAnswer, kind: str) -> float | None:
    there = [abs(one.kwh) for one in cycles.cycles if one.kind == kind and one.kwh is not None]
    return sum(there) if there else None


def _cite(found: Answers, notes: Notes, question: str, title: str, **more: Any) -> str:  # noqa: ANN401
    period = found.period
    basis = provenance_of(question, period.source.name, start_ms=period.start_ms, end_ms=period.end_ms, **more)
    return notes.cite(question, title, basis)


def _figures(found: Answers, notes: Notes) -> str:
    whole, cycles = found.compared.system, found.cycles
    sure = soh_uncertainty(whole.soh, whole.soh_reason)
    soh = _cite(found, notes, "comparison", t("State of health"), coverage=whole.coverage, uncertainty=sure)
    counted_by = _cite(found, notes, "cycles", t("Energy and cycles"), coverage=cycles.coverage)
    read = _cite(found, notes, "bess_kpis", t("Readings"), coverage=found.figures.coverage)
    interval = f"{number(whole.soh.low, 1)} – {number(whole.soh.high, 1)} %" if known(whole.soh.low) else ""
    rows = [
        figure(t("Measured SOH"), quantity(whole.soh.measured, "%"), interval or whole.soh_reason or "", soh),
        figure(t("Model SOH"), quantity(whole.soh.model, "%"), t("an estimate, not measured"), soh),
        figure(t("BMS SOH"), quantity(whole.soh.bms, "%", 0), t("as the battery reports it"), soh),
        figure(t("Band"), t(whole.band or NOTHING), whole.soh_basis or "", soh),
        figure(t("Degradation"), quantity(whole.degradation_pct_per_month.value, "%/month", 2), _rate(whole), soh),
        _forecast(found, soh),
        figure(t("Imbalance"), quantity(whole.imbalance_mv, "mV"), t("of the pack where it is largest"), soh),
        figure(t("Discharged"), energy(_total(cycles, "discharge")), "", counted_by),
        figure(t("Charged"), energy(_total(cycles, "charge")), "", counted_by),
        figure(t("Round trip"), quantity(cycles.rte_pct, "%"), t("on the DC side"), counted_by),
        figure(t("Full cycles"), number(cycles.efc, 1), t("{n} in all", n=number(cycles.efc_total, 1)), counted_by),
        *(_stat(stat, read) for stat in _shown(found.figures)),
        figure(t("Alarms"), number(len(found.figures.alarms)), t("in the period"), read),
    ]
    return section(t("Key figures"), figures(rows))


def _forecast(found: Answers, mark: str) -> str:
    """Say when the state of health reaches 80 %, or why that cannot be said."""
    dates = health.health(found.period.source.name).forecast
    if dates.p50 is None:
        return figure(t("80 % reached"), NOTHING, dates.reason or t("not within the forecast"), mark)
    early, late = (_at(one)[:7] if one else "…" for one in (dates.p10, dates.p90))
    return figure(
        t("80 % reached"), _at(dates.p50)[:7], t("80 % of the draws between {a} and {b}", a=early, b=late), mark
    )


def _rate(report: PackReport) -> str:
    rate = report.degradation_pct_per_month
    return f"{number(rate.low, 2)} – {number(rate.high, 2)}" if known(rate.low) else rate.reason or ""


def _shown(found: BessKpis) -> list[Stat]:
    groups: tuple[tuple[Mapping[str, Stat], str], ...] = (
        (found.soc, "_soc"),
        (found.temperature, "_cell_max_t"),
        (found.battery, "_cell_v_diff"),
        (found.pcs, "_ap"),
    )
    return [stat for group, ending in groups for name, stat in group.items() if name.endswith(ending)]


def _stat(stat: Stat, mark: str) -> str:
    return figure(
        stat.label, quantity(stat.last, stat.unit), f"{number(stat.min, 2)} – {quantity(stat.max, stat.unit)}", mark
    )


def _cells(found: Answers, notes: Notes) -> str:
    """Draw every cell in its place, and list those with findings."""
    period = found.period
    packs = {
        pack.pack: battery.cell_values(period.source.name, pack.pack, period.start_ms, period.end_ms, "deviation")
        for pack in period.source.packs
    }
    if not any(packs.values()):
        return section(t("Cells"), f"<p>{t('No cell voltages are logged: cells cannot be judged.')}</p>")
    mark = _cite(found, notes, "heatmap", t("Deviation of each cell"), unit="V", coverage=found.compared.coverage)
    judged = _cite(found, notes, "critical", t("Findings on cells"), coverage=found.compared.coverage)
    flags = {(pack, one.cell): one.severity for pack, one in found.flagged}
    title = t("Median distance of each cell from the string's median, at rest where it rests")
    body = f'<p class="soft">{title}{mark}</p>{cell_map(packs, flags, "mV", title)}<h3>{t("Findings")}{judged}</h3>'
    rows = [
        [_place(pack, one.cell), t(one.severity), t(one.fault.replace("_", " ")), _worst(one)]
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


def _place(pack: int, cell: int) -> str:
    return t("Pack {pack} cell {cell}", pack=pack, cell=cell)


def _at(stamp: str) -> str:
    """Write a stamp by the site's clock; a midnight stands for its whole day."""
    return stamp[:10] if stamp[11:16] == "00:00" else stamp[:16].replace("T", " ")


def _worst(one: CellVerdict) -> str:
    found = min(one.findings, key=lambda row: RANK.get(row.severity, 3))
    return found.text or f"{found.rule} {quantity(found.value, found.unit)}"


def _over_time(found: Answers, notes: Notes) -> str:
    period = found.period
    there = {one.signal for one in loader.current().all_series(period.source.name)}
    charts = []
    for title, signals in CHARTS:
        lines = [
            series.series(period.source.name, name, period.start_ms, period.end_ms, max_points=POINTS)
            for name in signals
            if name in there
        ]
        if lines:
            mark = cite_lines(period, notes, lines)
            level = ", ".join(dict.fromkeys(line.level or "" for line in lines))
            words = f'<h3>{t(title)}{mark} <span class="soft">{t("level {level}", level=level)}</span></h3>'
            charts.append(f'<div class="keep">{words}{time_chart(lines, period.window, period.zone, t(title))}</div>')
    note = t("The line is the mean, the band runs from the lowest to the highest reading behind it.")
    return section(t("Over time"), "".join(charts), note=note)


def _health(found: Answers, notes: Notes) -> str:
    whole = found.compared.system
    mark = _cite(found, notes, "comparison", t("State of health"))
    rows = [
        [
            t("System") if one.pack is None else t("Pack {n}", n=one.pack),
            quantity(one.soh.measured, "%"),
            f"{number(one.soh.low, 1)} – {number(one.soh.high, 1)}" if known(one.soh.low) else NOTHING,
            quantity(one.soh.model, "%"),
            quantity(one.soh.bms, "%", 0),
            t(one.band or NOTHING),
            quantity(one.imbalance_mv, "mV"),
            quantity(one.max_t, "°C"),
            number(one.critical_cells),
        ]
        for one in (whole, *found.compared.packs)
    ]
    header = [
        t("Part"),
        t("Measured"),
        t("95 % interval"),
        t("Model"),
        t("BMS"),
        t("Band"),
        t("Imbalance"),
        t("Hottest"),
    ]
    body = table([*header, t("Flagged")], rows, numeric=range(1, 9))
    reason = f"<p>{escape(whole.soh_reason)}</p>" if whole.soh_reason else ""
    return section(t("State of health"), f"{_trend(found)}{reason}{body}", mark=mark)


def _trend(found: Answers) -> str:
    """Draw every count of the capacity."""
    evidence = evidence_of(found.period.source.name)
    capacity = evidence.capacity
    if not len(capacity.values):
        return ""
    rows = [Dots(name=t("counts"), ts=capacity.ts.tolist(), values=capacity.values.tolist())]
    limits = {t("nominal"): evidence.nominal_ah} if evidence.nominal_ah else {}
    return dot_chart(
        rows, found.period.window, found.period.zone, t("Capacity counted between anchors [Ah]"), limits=limits
    )


def _limiting(found: Answers, notes: Notes) -> str:
    """List the cells that were full or empty first, and what that kept out of use."""
    period = found.period
    kept = ledger.ledger(period.source.name, period.start_ms, period.end_ms)
    rows = [
        [
            _place(one.pack, one.cell),
            t(one.kind),
            t("{n} of {total}", n=number(one.times), total=number(one.of)),
            quantity(one.margin_mv, "mV"),
            f"{_at(one.first_at)[:10]} – {_at(one.last_at)[:10]}",
        ]
        for one in kept.limiting[:MOST_CELLS]
    ]
    if not rows:
        return ""
    lost = t(
        "{ah} ({energy}) of a cycle were kept out of use; levelling the cells takes about {hours}.",
        ah=quantity(kept.lost_ah, "Ah"),
        energy=energy(kept.lost_kwh),
        hours=quantity(kept.balancing_hours, "h", 0),
    )
    header = [t("Cell"), t("Was first"), t("Times"), t("Ahead by"), t("Seen")]
    mark = _cite(found, notes, "critical", t("Findings on cells"), coverage=found.compared.coverage)
    body = f"<p>{escape(lost)}</p>" + table(header, rows, numeric=[2, 3, 4]) + remarks(kept.notes)
    return section(t("Which cells limit the string"), body, mark=mark)


def _evidence(found: Answers, notes: Notes) -> str:
    """Draw the residuals of the worst cells against those beside them, with every finding."""
    pieces = []
    for pack, one in found.flagged[:MOST_CELLS]:
        rows = [
            [
                t(row.rule.replace("_", " ")),
                quantity(row.value, row.unit),
                quantity(row.limit, row.unit),
                _at(row.at),
                row.text,
            ]
            for row in one.findings
        ]
        listed = table([t("Rule"), t("Value"), t("Limit"), t("First seen"), t("Finding")], rows, numeric=[1, 2, 3])
        title = f"{_place(pack, one.cell)}: {t(one.severity)}, {t(one.fault.replace('_', ' '))}"
        pieces.append(f'<div class="keep"><h3>{title}</h3>{_residuals(found, pack, one)}</div>{listed}')
    mark = _cite(found, notes, "critical", t("Findings on cells"), coverage=found.compared.coverage)
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


def _alarms(found: Answers, notes: Notes) -> str:
    alarms = found.figures.alarms
    mark = _cite(found, notes, "bess_kpis", t("Readings"))
    rows = [[one.label, _at(one.start), _at(one.end), number(one.peak), number(one.samples)] for one in alarms]
    listed = table([t("Alarm"), t("From"), t("To"), t("Peak"), t("Samples")], rows[:MOST_ALARMS], numeric=[1, 2, 3, 4])
    more = f"<p>{t('and {n} more', n=number(len(rows) - MOST_ALARMS))}</p>" if len(rows) > MOST_ALARMS else ""
    coverage = percent(found.figures.coverage, 1)
    none = f"<p>{t('No alarm in this period; {coverage} of it is covered by readings.', coverage=coverage)}</p>"
    return section(t("Alarms"), f"{listed or none}{more}", mark=mark)
