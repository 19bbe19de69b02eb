"""Key figures of a battery system, grouped by what they are about, and its alarms."""

from __future__ import annotations

from typing import Any

import polars as pl

from app import loader, query
from app.analytics.alarms import kind_of
from app.answers.window import NO_READINGS, filled, iso, share, source_of
from app.shapes.kpis import AlarmEvent, BessKpis, Stat
from app.store import Store
from pipeline.contract import DAY_MS, TS, Series
from pipeline.signals import Kind

TOPICS = ("soc", "soh", "temperature", "pcs", "aux", "environment", "battery")
"""Topics of the catalogue that have a group of their own; those of fire detection stand with the environment."""
_GROUP_OF = {"fire": "environment"}
ALARMS = "alarms"
RECENT_DAYS = 7
"""What the Overview calls the last days of data [d]."""
HOUR_MS = 3_600_000


@loader.memoised
def bess_kpis(system: str, start_ms: int | None = None, end_ms: int | None = None) -> BessKpis:
    """Answer a system's key figures: last, mean, least and highest reading of each signal, and its alarms.

    Parameters
    ----------
    system : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC], cut exactly; the whole history where None.

    Returns
    -------
    BessKpis
        Cells and energy counters have answers of their own. An alarm counts where any of it lies in the window, with
        the times of the whole stretch.

    Raises
    ------
    UnknownSource
        There is no such system.
    """
    store = loader.current()
    source_of(store, system, "bess")
    every = [one for one in store.all_series(system) if _is_summarised(one)]
    start, end = filled(store.all_series(system), start_ms, end_ms)
    summary = query.summary(store, system, [one.signal for one in every], start, end)
    rows = {row["signal"]: row for row in summary.iter_rows(named=True)}
    groups: dict[str, dict[str, Stat]] = {topic: {} for topic in TOPICS}
    for one in every:
        groups[_GROUP_OF.get(one.topic, one.topic)][one.signal] = _stat(one, rows[one.signal], start, end)
    shares = [stat.coverage for group in groups.values() for stat in group.values() if stat.coverage is not None]
    coverage = round(sum(shares) / len(shares), 6) if shares else None
    return BessKpis(
        build_id=store.build_id,
        level=None,
        coverage=coverage,
        reason=None if coverage else NO_READINGS,
        alarms=_alarms(store, system, start, end),
        **groups,
    )


@loader.once_per_build
def recent_kpis(system: str) -> BessKpis:
    """Answer a system's key figures of the last seven days of its data, from the beginning of an hour.

    Parameters
    ----------
    system : str
        Name.

    Raises
    ------
    UnknownSource
        There is no such system.
    """
    since = loader.current().source(system).last_ms - RECENT_DAYS * DAY_MS
    return bess_kpis(system, since // HOUR_MS * HOUR_MS, None)  # no raw rows of a month for a part of an hour


def _is_summarised(series: Series) -> bool:
    return series.kind is not Kind.COUNTER and _GROUP_OF.get(series.topic, series.topic) in TOPICS


def _stat(series: Series, row: dict[str, Any], start_ms: int, end_ms: int) -> Stat:
    return Stat(
        last=row["last"],
        mean=row["mean"],
        min=row["min"],
        max=row["max"],
        unit=series.unit,
        label=series.label,
        coverage=share(row["n"], series.interval_ms, start_ms, end_ms),
    )


def _alarms(store: Store, system: str, start_ms: int, end_ms: int) -> tuple[AlarmEvent, ...]:
    table = loader.table(system, ALARMS)
    if table.height == 0:
        return ()
    begun, ended = pl.col(TS).dt.epoch("ms"), pl.col("end").dt.epoch("ms")
    inside = table.filter((begun < end_ms) & ((ended > start_ms) | (begun >= start_ms)))
    rows = inside.with_columns(begun.alias("begun_ms"), ended.alias("ended_ms")).sort("begun_ms", "signal")
    return tuple(
        AlarmEvent(
            signal=row["signal"],
            label=store.series(system, row["signal"]).label,
            start=iso(row["begun_ms"], store.zone),
            end=iso(row["ended_ms"], store.zone),
            peak=row["peak"],
            samples=row["samples"],
            ongoing=row["ongoing"],
            kind=kind_of(row["signal"]),
            lasted_s=(row["ended_ms"] - row["begun_ms"]) / 1000,
        )
        for row in rows.iter_rows(named=True)
    )
