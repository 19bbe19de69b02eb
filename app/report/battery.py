"""The printed report of a battery system: key figures, charts, every cell, what was found, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from app import loader
from app.answers import battery, health, kpis, series
from app.answers import cycles as half_cycles
from app.answers.evidence import evidence_of
from app.answers.provenance import soh_uncertainty
from app.language import t
from app.numbers import NOTHING, cells_need_attention, counted, energy, known, number, percent, quantity
from app.report import cells
from app.report.asked import ATTENTION, Answers, at, cite
from app.report.charts import Dots, dot_chart, time_chart
from app.report.common import POINTS, about, cite_lines, period_of, reading
from app.report.document import Head, Notes, document, figure, figures, section, table
from app.shapes.cycles import CyclesAnswer
from app.shapes.kpis import BessKpis, Stat
from app.shapes.packs import PackReport

CHARTS = (
    ("Charge and power", ("bms1_soc", "pcs1_ap", "bms1_c")),
    ("Cells: extremes and spread", ("bms1_cell_max_v", "bms1_cell_min_v", "bms1_cell_v_diff")),
    ("Temperatures", ("bms1_cell_max_t", "bms1_cell_min_t", "ac1_outwater_t", "dh1_temp")),
)
"""Charts over time, and the signals that they show where they are logged."""
MOST_ALARMS = 40


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
        There is no such system; the end is before the start.
    """
    period = period_of(system, start_ms, end_ms)
    window = (start_ms, end_ms)
    found = Answers(
        period,
        kpis.bess_kpis(system, *window),
        battery.comparison(system, *window),
        {pack.pack: battery.critical(system, pack.pack, *window) for pack in period.source.packs},
        half_cycles.cycles(system, *window),
    )
    notes = Notes()
    body = [
        _figures(found, notes),
        cells.cells(found, notes),
        _over_time(found, notes),
        _health(found, notes),
        cells.limiting(found, notes),
        cells.evidence(found, notes),
        _alarms(found, notes),
        reading(period, notes),
    ]
    return document(_head(found, notes), [*body, notes.section()])


def _head(found: Answers, notes: Notes) -> Head:
    need = sum(one.severity in ATTENTION for _, one in found.flagged)
    cells = found.compared.system.cells
    words = cells_need_attention(need, cells) if cells else t("No cells logged")
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
        marks=(
            cite(found, notes, "critical", t("Cells")),
            cite(found, notes, "cycles", t("Energy and cycles")) + cite(found, notes, "bess_kpis", t("Readings")),
        ),
    )


def _total(cycles: CyclesAnswer, kind: str) -> float | None:
    there = [abs(one.kwh) for one in cycles.cycles if one.kind == kind and one.kwh is not None]
    return sum(there) if there else None


def _figures(found: Answers, notes: Notes) -> str:
    whole, cycles = found.compared.system, found.cycles
    sure = soh_uncertainty(whole.soh, whole.soh_reason)
    soh = cite(found, notes, "comparison", t("State of health"), coverage=whole.coverage, uncertainty=sure)
    counted_by = cite(found, notes, "cycles", t("Energy and cycles"), coverage=cycles.coverage)
    read = cite(found, notes, "bess_kpis", t("Readings"), coverage=found.figures.coverage)
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
    early, late = (at(one)[:7] if one else "…" for one in (dates.p10, dates.p90))
    return figure(
        t("80 % reached"), at(dates.p50)[:7], t("80 % of the draws between {a} and {b}", a=early, b=late), mark
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
    mark = cite(found, notes, "comparison", t("State of health"))
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


def _alarms(found: Answers, notes: Notes) -> str:
    alarms = found.figures.alarms
    mark = cite(found, notes, "bess_kpis", t("Readings"))
    rows = [[one.label, at(one.start), at(one.end), number(one.peak), number(one.samples)] for one in alarms]
    listed = table([t("Alarm"), t("From"), t("To"), t("Peak"), t("Samples")], rows[:MOST_ALARMS], numeric=[1, 2, 3, 4])
    more = f"<p>{t('and {n} more', n=number(len(rows) - MOST_ALARMS))}</p>" if len(rows) > MOST_ALARMS else ""
    coverage = percent(found.figures.coverage, 1)
    none = f"<p>{t('No alarm in this period; {coverage} of it is covered by readings.', coverage=coverage)}</p>"
    return section(t("Alarms"), f"{listed or none}{more}", mark=mark)
