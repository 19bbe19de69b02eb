"""The printed report of a meter: energy, power over time, energy by month, its counters, and what it rests on."""

from __future__ import annotations

from html import escape

from app import loader
from app.answers import meter, series
from app.answers.provenance import energy_uncertainty, provenance_of
from app.language import t
from app.numbers import counted, energy, number, percent, quantity
from app.report.charts import bar_chart, time_chart
from app.report.common import POINTS, Period, about, cite_lines, label_of, period_of, reading
from app.report.document import Head, Notes, document, figure, figures, section, table
from app.shapes.kpis import MeterKpis

SIGNALS = ("com_ap", "pf")
"""Signals that are drawn over time, where they are logged."""
WORDS = {"pos_ae_kwh": "Import", "neg_ae_kwh": "Export", "pv_ae_kwh": "Solar"}
"""Counters whose energy is drawn by month."""


def meter_report(name: str, start_ms: int | None = None, end_ms: int | None = None) -> str:
    """Write the report of a meter as one HTML file.

    Parameters
    ----------
    name : str
        Name of a meter.
    start_ms, end_ms : int, optional
        Window [epoch ms UTC); the whole history where None.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such meter; the end is before the start.
    """
    period = period_of(name, start_ms, end_ms)
    found = meter.meter_kpis(name, start_ms, end_ms)
    notes = Notes()
    body = [
        _figures(period, found, notes),
        _over_time(period, notes),
        _by_month(period, notes),
        _counters(period, found, notes),
        reading(period, notes),
    ]
    return document(_head(period, found, notes), [*body, notes.section()])


def _head(period: Period, found: MeterKpis, notes: Notes) -> Head:
    parts = [
        t("{energy} imported", energy=energy(found.import_kwh)) if found.import_kwh is not None else "",
        t("{energy} exported", energy=energy(found.export_kwh)) if found.export_kwh is not None else "",
        t("peak {power}", power=quantity(found.peak_kw, "kW")) if found.peak_kw is not None else "",
    ]
    said = ", ".join(part for part in parts if part) or found.reason or t("No energy was counted")
    lead = t("{coverage} of the period is covered by readings.", coverage=percent(found.coverage, 1))
    mark = _cite(period, notes, found)
    return Head(
        title=period.source.name,
        headline=said,
        lead=lead,
        about=about(period),
        sample=period.source.sample,
        marks=(mark, mark),
    )


def _cite(period: Period, notes: Notes, found: MeterKpis) -> str:
    basis = provenance_of(
        "meter_kpis",
        period.source.name,
        start_ms=period.start_ms,
        end_ms=period.end_ms,
        coverage=found.coverage,
        uncertainty=energy_uncertainty(found.import_kwh, found.from_power.get("import_kwh")),
    )
    return notes.cite("meter_kpis", t("Energy and power"), basis)


def _figures(period: Period, found: MeterKpis, notes: Notes) -> str:
    mark = _cite(period, notes, found)
    power = found.from_power
    rows = [
        figure(t("Import"), energy(found.import_kwh), _from(power.get("import_kwh")), mark),
        figure(t("Export"), energy(found.export_kwh), _from(power.get("export_kwh")), mark),
        figure(t("Net"), energy(found.net_kwh), _from(power.get("net_kwh")), mark),
        *(
            figure(label_of(period, name), energy(kwh), t("from its counter"), mark)
            for name, kwh in found.energy_kwh.items()
            if name not in ("pos_ae", "neg_ae") and kwh is not None
        ),
        figure(t("Peak"), quantity(found.peak_kw, "kW"), t("lowest {kw}", kw=quantity(found.min_kw, "kW")), mark),
        figure(t("Power factor"), number(found.mean_pf, 3), t("weighted by power"), mark),
    ]
    notes_said = "".join(f'<p class="soft">{escape(text)}</p>' for text in found.notes)
    return section(t("Key figures"), figures(rows) + notes_said, mark=mark)


def _from(kwh: float | None) -> str:
    return t("{energy} from power", energy=energy(kwh)) if kwh is not None else ""


def _over_time(period: Period, notes: Notes) -> str:
    there = {one.signal for one in loader.current().all_series(period.source.name)}
    lines = [
        series.series(period.source.name, name, period.start_ms, period.end_ms, max_points=POINTS)
        for name in SIGNALS
        if name in there
    ]
    if not lines:
        return ""
    note = t("The line is the mean, the band runs from the lowest to the highest reading behind it.")
    chart = time_chart(lines, period.window, period.zone, t("Power"))
    return section(t("Power"), chart, note=note, mark=cite_lines(period, notes, lines))


def _by_month(period: Period, notes: Notes) -> str:
    rows = meter.energy_by(period.source.name, period.start_ms, period.end_ms, unit="month")
    kinds = [name for name in WORDS if name in rows.columns]
    if rows.height == 0 or not kinds:
        return ""
    labels = [f"{day:%Y-%m}" for day in rows[rows.columns[0]].to_list()]
    bars = {t(WORDS[name]): rows[name].to_list() for name in kinds}
    listed = [[label, *(energy(values[at]) for values in bars.values())] for at, label in enumerate(labels)]
    mark = notes.cite("meter_kpis", t("Energy and power"), provenance_of("meter_kpis", period.source.name))
    body = bar_chart(labels, bars, t("Energy by month [kWh]")) + table([t("Month"), *bars], listed, numeric=[1, 2])
    return section(t("Energy by month"), body, mark=mark)


def _counters(period: Period, found: MeterKpis, notes: Notes) -> str:
    if not found.counter_steps:
        return ""
    kinds = sorted({kind for steps in found.counter_steps.values() for kind, count in steps.items() if count})
    rows = [
        [label_of(period, name), *(number(steps.get(kind, 0)) for kind in kinds)]
        for name, steps in found.counter_steps.items()
    ]
    odd = sum(
        count
        for steps in found.counter_steps.values()
        for kind, count in steps.items()
        if kind not in ("energy", "gap")
    )
    words = t("{n} that are neither plain energy nor a gap.", n=counted(odd, t("step"), t("steps")))
    mark = _cite(period, notes, found)
    listed = table([t("Counter"), *(t(kind) for kind in kinds)], rows, numeric=range(1, len(kinds) + 1))
    return section(t("Steps of the counters"), f"<p>{words}{mark}</p>{listed}")
