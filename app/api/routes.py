"""The paths of the API, as data: the server, the OpenAPI document and the docs are all made from this one table."""

from __future__ import annotations

from typing import Any

from app import loader
from app.answers import battery, cells, kpis, meter, quality, series, sources
from app.answers import cycles as half_cycles
from app.answers.bases import BASES
from app.answers.provenance import holds_data, provenance_of, window_of_question, words_of
from app.answers.window import NO_READINGS, pack_of, source_of
from app.api import parameters as p
from app.api.battery_routes import BATTERY_ROUTES
from app.api.meter_routes import METER_ROUTES
from app.api.parameters import Parameter
from app.api.route import Route
from app.scope import scope_of
from app.shapes.cycles import CyclesAnswer
from app.shapes.kpis import BessKpis, MeterKpis
from app.shapes.packs import ComparisonAnswer
from app.shapes.pictures import HeatmapAnswer, SurfaceAnswer
from app.shapes.series import SeriesAnswer
from app.shapes.verdicts import CriticalAnswer

SURFACE_POINTS = 500
"""Rows of a pack's surface by default: what compresses to under 200 kB for 52 cells [points]."""


def list_sources() -> dict[str, Any]:
    """Answer ``/sources``."""
    found = sources.list_sources()
    known = [row["coverage"] for row in found if row["coverage"] is not None]
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": round(sum(known) / len(known), 6) if known else None,
        "reason": None if found else "The store holds no source.",
        "zone": loader.current().zone,
        "levels": [level.name for level in loader.current().manifest.levels],
        "sources": found,
    }


def list_signals(source: str) -> dict[str, Any]:
    """Answer ``/sources/{source}/signals``."""
    found = sources.catalogue(source)
    known = [row["coverage"] for row in found]
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": round(sum(known) / len(known), 6) if known else None,
        "source": source,
        "signals": found,
    }


def line(max_points: int | None, **arguments: Any) -> SeriesAnswer:  # noqa: ANN401
    """Answer ``/series``."""
    most = loader.settings().max_points if max_points is None else max_points
    return series.series(max_points=most, **arguments)


def rests_on(
    question: str,
    source: str | None,
    signals: tuple[str, ...] | None,
    pack: int | None,
    view: str | None,
    kind: str,
    start_ms: int | None,
    end_ms: int | None,
    level: str | None,
) -> dict[str, Any]:
    """Answer ``/provenance``; what is not said is taken from ``view``, the address of a page."""
    if source is not None and pack is not None:
        pack_of(loader.current().source(source), pack)
    if view is not None:
        scope = scope_of(view, kind, source=source)
        source, (start_ms, end_ms) = scope.source if kind != "all" else source, (scope.start_ms, scope.end_ms)
    readings, coverage = window_of_question(question, source, signals or (), pack, start_ms, end_ms)
    found = provenance_of(
        question,
        source,
        signals=signals or (),
        pack=pack,
        start_ms=start_ms,
        end_ms=end_ms,
        level=level,
        readings=readings,
        coverage=coverage,
    )
    said = [{"label": label, "text": text} for label, text in words_of(found)]
    return {
        "build_id": found.build_id,
        "level": found.level,
        "coverage": found.coverage,
        "reason": None if holds_data(source, start_ms, end_ms) else NO_READINGS,
        "said": said,
        "provenance": found,
    }


def cycles(system: str, pack: int, start_ms: int | None, end_ms: int | None) -> CyclesAnswer:
    """Answer ``/cell/pack/{system}/{pack}/cycles``: one string, so every pack shares the system's."""
    pack_of(source_of(loader.current(), system, "bess"), pack)
    return half_cycles.cycles(system, start_ms, end_ms)


ROUTES: tuple[Route, ...] = (
    Route(
        "/sources",
        "Every meter and battery system",
        "What the store holds: names, signals, packs with their cells and sensors, first and last data.",
        (),
        list_sources,
        {
            "sources": "name, kind (meter or bess), signals, packs (pack, cells, sensors), start, end, sample",
            "zone": "the site's time zone",
            "levels": "levels of detail, finest first",
            "reason": "why there is none",
        },
        "sources",
    ),
    Route(
        "/sources/{source}/signals",
        "The signals of one source",
        "What is known of each signal: label, unit, kind, topic, first and last reading, coverage.",
        (Parameter("source", "Name of a meter or battery system.", p.text, {"type": "string"}, "path", required=True),),
        list_signals,
        {"source": "its name", "signals": "signal, label, unit, kind, topic, known, pack, cell, first, last, coverage"},
        "quality",
    ),
    Route(
        "/series",
        "One line of a time chart",
        "At most max_points points. Each stands for a slice of the window: its minimum, maximum and number of raw "
        "rows are those of the whole slice, so the envelope is exact, and the rows add up to those of the window. "
        "Value is the mean of a bucket, the energy of a counter's slice, or the maximum of a flag.",
        (p.SOURCE, p.SIGNAL, *p.WINDOW, p.points_parameter(None, "Points"), p.LEVEL),
        line,
        SeriesAnswer,
        "series",
        {"source": "m1", "signal": "com_ap", "max_points": "500"},
    ),
    Route(
        "/meter/{meter}/kpis",
        "Energy and power of a meter",
        "Energy from the counters (their steps at raw resolution, summed over exactly the window), the same "
        "integrated from power, the raw extremes of power, and the count of each class of counter step.",
        (p.METER, *p.WINDOW),
        meter.meter_kpis,
        MeterKpis,
        "meter_kpis",
    ),
    Route(
        "/bess/{system}/kpis",
        "Key figures of a battery system",
        "The last, mean, lowest and highest reading of each signal in the window, by topic, and the alarms.",
        (p.SYSTEM, *p.WINDOW),
        kpis.bess_kpis,
        BessKpis,
        "bess_kpis",
    ),
    Route(
        "/cell/system/{system}/comparison",
        "The packs of a system side by side",
        "Health, imbalance, temperature and degradation of each pack and of the whole system.",
        (p.SYSTEM, *p.WINDOW),
        battery.comparison,
        ComparisonAnswer,
        "comparison",
    ),
    Route(
        "/cell/pack/{system}/{pack}/3d",
        "A pack over time",
        "A row for each time, a column for each cell (or temperature sensor): the mean of the bucket, or for a "
        "deviation its signed extreme.",
        (
            p.SYSTEM,
            p.PACK,
            p.choice("quantity", "What is drawn.", cells.QUANTITIES, "voltage"),
            p.choice("mode", "As it is, or from the median.", cells.MODES, "absolute"),
            *p.WINDOW,
            p.points_parameter(SURFACE_POINTS, "Rows"),
        ),
        cells.surface,
        SurfaceAnswer,
        "surface",
        {"quantity": "voltage", "mode": "deviation"},
    ),
    Route(
        "/cell/pack/{system}/{pack}/heatmap",
        "One value for each cell of a pack",
        "Cells in physical order; the statistic says what each value is.",
        (
            p.SYSTEM,
            p.PACK,
            p.choice("metric", "What is shown.", cells.METRICS, "voltage"),
            p.choice("mode", "As it is, or held against the string or the cells beside.", cells.MODES, "absolute"),
            *p.WINDOW,
        ),
        cells.heatmap,
        HeatmapAnswer,
        "heatmap",
        {"metric": "deviation"},
    ),
    Route(
        "/cell/pack/{system}/{pack}/critical",
        "The cells that need attention",
        "Only cells with findings, worst first, each finding with its rule, value, limit and time.",
        (p.SYSTEM, p.PACK, *p.WINDOW),
        battery.critical,
        CriticalAnswer,
        "critical",
    ),
    Route(
        "/cell/pack/{system}/{pack}/cycles",
        "Charges and discharges",
        "Half cycles with depth and energy, equivalent full cycles, and the round-trip efficiency.",
        (p.SYSTEM, p.PACK, *p.WINDOW),
        cycles,
        CyclesAnswer,
        "cycles",
    ),
    Route(
        "/provenance",
        "What a number rests on",
        "Files, rows, exclusions, rule and period behind a question's answer, as keys and as sentences.",
        (
            p.choice("question", "What is asked.", tuple(BASES), "quality"),
            p.ANY_SOURCE,
            p.SIGNALS,
            p.ANY_PACK,
            p.VIEW,
            p.choice("kind", "Of the sources that a page shows.", ("bess", "meter", "any", "all"), "any"),
            *p.WINDOW,
            p.LEVEL,
        ),
        rests_on,
        {"said": "label and text of each line, in the reader's language", "reason": "why there is no reading"},
        "quality",
        {"question": "meter_kpis", "kind": "meter"},
    ),
    Route(
        "/quality",
        "What was read and what was left out",
        "For each series its rows, gaps, exclusions by reason and coverage; the files that were rejected; warnings.",
        (p.ANY_SOURCE,),
        quality.quality,
        {
            "series": "signal, rows, gaps, duplicates, out_of_order, out_of_range, sentinels, stuck, coverage",
            "rejected_files": "file, line, reason",
            "warnings": "sentences",
            "source": "what was asked about; null for all",
            "reason": "why there is none",
        },
        "quality",
    ),
    *BATTERY_ROUTES,
    *METER_ROUTES,
)
