"""Questions about a battery: how healthy, how worn, which cells need attention, how much it cycled.

What a window decides, and what it does not: **verdicts on cells** use the whole history (excursions count for ever),
and **age and cycles in all** never depend on it. A window restricts what its answer *describes*: means, extremes,
imbalance, the degradation rate over it, the measured capacity at its end, and the cycles in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from app import loader
from app.analytics.cells import window_residuals
from app.analytics.grid import Grid, day_slice
from app.analytics.neighbours import Moran
from app.analytics.quality import stuck_findings
from app.analytics.resistance import step_resistances
from app.answers.cut import window_of
from app.answers.evidence import SystemEvidence, evidence_of, judged
from app.answers.packs import REGIME_COLUMNS, cell_rates, report_of
from app.answers.window import NO_READINGS, pack_of
from app.errors import BadParameter, UnknownCell
from app.shapes.packs import ComparisonAnswer
from app.shapes.verdicts import CriticalAnswer, Finding
from pipeline.contract import Pack

METRICS = ("deviation", "soh", "degradation", "voltage", "temperature")
"""What ``cell_values`` knows."""
NO_CELLS = "No cell voltages are logged: cells cannot be judged."
JUDGED_ON = "Judged on the whole history: the period changes no verdict on a cell."


@loader.once_per_build
def comparison(system: str, start_ms: int | None = None, end_ms: int | None = None) -> ComparisonAnswer:
    """Compare the packs of a system with each other and with the whole.

    Parameters
    ----------
    system : str
        Name of a battery system.
    start_ms, end_ms : int or None
        Window [epoch ms UTC); None for the whole history.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is before the start.
    """
    _check(start_ms, end_ms)
    evidence = evidence_of(system)
    window = window_of(evidence, start_ms, end_ms)
    verdicts = judged(system)
    reports = tuple(report_of(window, verdicts, pack) for pack in evidence.source.packs)
    whole = report_of(window, verdicts, None)
    return ComparisonAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=whole.coverage,
        reason=None if len(window.cells.days) else NO_READINGS,
        packs=reports,
        system=whole,
        start=evidence.stamp(window.start_ms),
        end=evidence.stamp(window.end_ms),
        notes=tuple(evidence.source.notes),
    )


@loader.memoised
def critical(system: str, pack: int, start_ms: int | None = None, end_ms: int | None = None) -> CriticalAnswer:
    """List the cells of a pack with findings, worst first.

    The verdicts rest on the whole history and do not depend on the window, unless it holds nothing: only the
    neighbours' residuals do.

    Raises
    ------
    UnknownSource, UnknownPack, BadParameter
        There is no such system or pack; the end is before the start.
    """
    _check(start_ms, end_ms)
    evidence = evidence_of(system)
    pack_of(evidence.source, pack)
    window = window_of(evidence, start_ms, end_ms)
    verdicts = judged(system)
    known, shown = evidence.cells.days, window.cells.days
    return CriticalAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=window.coverage(pack),
        reason=(None if len(shown) else NO_READINGS) if len(known) else NO_CELLS,
        cells=verdicts.by_pack.get(pack, ()) if len(shown) else (),
        system_findings=(*verdicts.system, *_stuck(system)),
        notes=_critical_notes(evidence, verdicts.moran.get(pack), is_whole=start_ms is None and end_ms is None),
        limits={
            limit.name: {
                "value": limit.value,
                "unit": limit.unit,
                "meaning": limit.meaning,
                "source": limit.source,
            }
            for limit in evidence.limits.values()
        },
    )


def standing(system: str, pack: int, start_ms: int | None = None, end_ms: int | None = None) -> CriticalAnswer:
    """List the cells of a pack with findings as `critical`, also for a window without readings: no verdict ends there.

    Raises
    ------
    UnknownSource, UnknownPack, BadParameter
        As `critical`.
    """
    found = critical(system, pack, start_ms, end_ms)
    return found if found.reason is None else critical(system, pack)


@loader.once_per_build
def _stuck(system: str) -> tuple[Finding, ...]:
    """Report series that stood still, from both tables."""
    evidence = evidence_of(system)
    return tuple(
        finding
        for name, number in (("cell_day", "cell"), ("sensor_day", "sensor"))
        for finding in stuck_findings(evidence.table(name), number, evidence.stamp)
    )


def _critical_notes(evidence: SystemEvidence, moran: Moran | None, *, is_whole: bool) -> tuple[str, ...]:
    reason = _no_resistance(evidence.source.name) if len(evidence.cells.days) else None
    said = [*evidence.source.notes, reason, _shared(moran), None if is_whole else JUDGED_ON]
    return tuple(note for note in said if note)


@loader.once_per_build
def _no_resistance(system: str) -> str | None:
    """Say why the cells' resistances cannot be told; None where they can."""
    evidence = evidence_of(system)
    return step_resistances(evidence.cells, evidence.interval_ms).reason


def _shared(moran: Moran | None) -> str | None:
    if moran is None or moran.i is None or moran.p is None:
        return None
    words = "neighbours share" if moran.p < 0.05 and moran.i > 0 else "neighbours do not share"
    return f"Along the row {words} their residuals (Moran's I {moran.i:.2f}, p {moran.p:.3f}, 999 permutations)."


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def cell_evidence(
    system: str, pack: int, cell: int, start_ms: int | None = None, end_ms: int | None = None
) -> pl.DataFrame:
    """Return the daily residuals behind a cell's verdict, with those of the two cells on either side.

    Returns
    -------
    DataFrame
        Long: ``ts`` (the site's midnight, UTC), ``cell``, ``regime`` (rest, charge_end, discharge_end) and
        ``residual_mv`` to the string's median [mV]; days without such a regime have no row.

    Raises
    ------
    UnknownSource, UnknownPack, UnknownCell, BadParameter
        There is no such system, pack or cell; the end is before the start.
    """
    _check(start_ms, end_ms)
    evidence = evidence_of(system)
    known = pack_of(evidence.source, pack)
    if cell not in known.cells:
        raise UnknownCell(cell, known.cells)
    grid = evidence.cells
    rows = day_slice(grid.days, start_ms, end_ms)
    wanted = [one for one in range(cell - 2, cell + 3) if one in known.cells]
    pieces = [
        pl.DataFrame({"ts": grid.days[rows], "cell": one, "regime": regime, "residual_mv": values[rows, place]})
        for one in wanted
        if (place := grid.place(pack, one)) is not None
        for regime, values in ((name, _regime_values(grid, name)) for name in REGIME_COLUMNS)
    ]
    schema = {"ts": pl.Int64, "cell": pl.Int64, "regime": pl.String, "residual_mv": pl.Float64}
    whole = pl.concat(pieces) if pieces else pl.DataFrame(schema=schema)
    stamped = whole.with_columns(pl.col("ts").cast(pl.Datetime("ms", "UTC")), pl.col("residual_mv").fill_nan(None))
    return stamped.drop_nulls("residual_mv")


def _regime_values(grid: Grid, regime: str) -> np.ndarray[Any, np.dtype[np.floating[Any]]]:
    if regime == "rest" and not np.isfinite(grid["rest_mv"]).any():
        return grid["all_mv"]
    return grid[REGIME_COLUMNS[regime]]


def cell_values(
    system: str, pack: int, start_ms: int | None = None, end_ms: int | None = None, metric: str = "deviation"
) -> dict[int, float | None]:
    """Return one number per cell of a pack, for heat maps.

    Parameters
    ----------
    metric : str
        ``deviation`` (median daily residual at rest, else over all readings [mV]), ``soh`` (as far as the charge
        offsets at both ends tell [%]), ``degradation`` (trend of that, % of the baseline a month; negative is loss),
        ``voltage`` (mean [V]) or ``temperature`` (mean of the sensors beside the cell [°C]).

    Raises
    ------
    UnknownSource, UnknownPack, BadParameter
        There is no such system, pack or metric; the end is before the start.
    """
    _check(start_ms, end_ms)
    if metric not in METRICS:
        raise BadParameter("metric", metric, f"there is {', '.join(METRICS)}")
    known = pack_of(evidence_of(system).source, pack)
    values = _cell_values(system, start_ms, end_ms, metric)
    return {cell: values.get((pack, cell)) for cell in known.cells}


@loader.memoised
def _cell_values(
    system: str, start_ms: int | None, end_ms: int | None, metric: str
) -> dict[tuple[int, int], float | None]:
    evidence = evidence_of(system)
    window = window_of(evidence, start_ms, end_ms)
    if metric == "temperature":
        return window.temperatures()
    if metric == "soh":
        level = judged(system).soh_pct if window.soh.value is not None else np.full(len(evidence.cells.numbers), np.nan)
    elif metric == "degradation":
        level = cell_rates(window)
    elif metric == "voltage":
        level = window.mean_v()
    else:
        level = window_residuals(window.cells)
    keys = zip(evidence.cells.packs.tolist(), evidence.cells.numbers.tolist(), strict=True)
    return {key: _rounded(value, 5) for key, value in zip(keys, np.asarray(level).tolist(), strict=True)}


def _check(start_ms: int | None, end_ms: int | None) -> None:
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise BadParameter("end", end_ms, "it must not be before start")


def packs_of(system: str) -> tuple[Pack, ...]:
    """Return the packs of a system, as discovered.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    return evidence_of(system).source.packs
