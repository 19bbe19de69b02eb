"""Data quality: what was read of every signal, what was left out and why, and which days lack readings."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader, query
from app.answers import clocks, replays
from app.answers.replays import Replayed
from app.answers.window import iso
from app.shapes.verdicts import Finding
from app.store import Store
from pipeline import contract
from pipeline.contract import TS, Rejected, Series, column

MOST_SERIES = 60
"""Series of a group that a calendar shows at most."""
CALENDAR = {"label": pl.String, "day": pl.Date, "coverage": pl.Float64}
_TOPICS = {
    "soc": "State of charge",
    "soh": "State of health",
    "battery": "Battery",
    "temperature": "Temperatures",
    "pcs": "Power conversion",
    "aux": "Auxiliary supply",
    "environment": "Environment",
    "fire": "Fire detection",
    "power": "Power",
    "energy": "Energy counters",
    "other": "Unknown to the catalogue",
}
"""What the topics of the catalogue are called."""


@loader.once_per_build
def quality(source: str | None = None) -> dict[str, Any]:
    """Say what was read and what was left out.

    Parameters
    ----------
    source : str, optional
        Of this meter or system alone; of all when it is not given.

    Returns
    -------
    dict
        ``series`` (one row per signal), ``rejected_files`` (``file``, ``line``, ``reason``), ``warnings``, and what
        every data answer carries.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    store = loader.current()
    names = [one.name for one in store.manifest.sources] if source is None else [store.source(source).name]
    every = [series for name in names for series in store.all_series(name)]
    replayed = {name: replays.replayed_of(name) for name in names}
    rows = [_row(series, store.zone, replayed[series.source]) for series in every]
    known = [series.coverage for series in every]
    return {
        "build_id": store.build_id,
        "level": None,
        "coverage": round(sum(known) / len(known), 6) if known else None,
        "reason": None if rows else "The store holds no series.",
        "source": source,
        "series": rows,
        "rejected_files": [
            {"file": one.path, "line": one.line, "reason": one.reason} for one in _rejected(store, source)
        ],
        "warnings": [*_warnings(store, source), *(f"{one.subject}: {one.text}" for one in _told(store, names))],
    }


def _row(series: Series, zone: str, replayed: Replayed) -> dict[str, Any]:
    out, noted = series.tally.excluded, series.tally.noted
    return {
        "source": series.source,
        "signal": series.signal,
        "label": series.label,
        "unit": series.unit,
        "known": series.known,
        "rows": series.kept,
        "rows_found": series.tally.rows,
        "gaps": series.gaps,
        "duplicates": out.get("duplicates", 0) + out.get("conflicts", 0),
        "conflicts": out.get("conflicts", 0),
        "out_of_order": noted.get("out_of_order", 0),
        "out_of_range": out.get("out_of_range", 0),
        "sentinels": out.get("sentinel", 0),
        "stuck": series.stuck,
        "replayed": replayed.of(series.signal),
        "replayed_reason": replayed.reason,
        "coverage": round(series.coverage, 6),
        "first": iso(series.first_ms, zone),
        "last": iso(series.last_ms, zone),
        "excluded": dict(out),
        "noted": dict(noted),
    }


def _rejected(store: Store, source: str | None) -> list[Rejected]:
    """List rejected files, of one source those in its folder, and those of folders that came to no source at all."""
    if source is None:
        return list(store.manifest.rejected)
    others = [PurePath(one.folder) for one in store.manifest.sources if one.name != source]
    own = PurePath(store.source(source).folder)
    return [
        one
        for one in store.manifest.rejected
        if PurePath(one.path).is_relative_to(own) or not any(PurePath(one.path).is_relative_to(two) for two in others)
    ]


def _told(store: Store, names: list[str]) -> list[Finding]:
    """List what the readings of the systems say against being trusted: replays, and clocks that stand off."""
    systems = [name for name in names if store.source(name).kind == "bess"]
    return [one for name in systems for one in (*replays.replays(name).findings, *clocks.clocks(name).findings)]


def _warnings(store: Store, source: str | None) -> list[str]:
    """List the build's warnings, of one source those that name no other."""
    every = list(store.manifest.warnings)
    if source is None:
        return every
    others = [one.name for one in store.manifest.sources if one.name != source]
    own = [text for text in every if source in text or not any(name in text for name in others)]
    return [*own, *store.source(source).notes]


@loader.once_per_build
def coverage_calendar(source: str) -> pl.DataFrame:
    """Say what share of the readings expected of each day is there.

    A day's expected readings follow from each signal's median interval, from its first reading to its last.

    Parameters
    ----------
    source : str
        Name.

    Returns
    -------
    DataFrame
        ``label`` (group of series), ``day`` (of the site's calendar) and ``coverage`` (0 to 1); a day without any
        reading of a group has no row.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    store = loader.current()
    every = store.all_series(source)
    labels = np.array([group_of(one) for one in every])
    days, counted, expected = _by_day(store, every)
    frames = [pl.DataFrame(schema=CALENDAR)]
    for label in sorted(set(labels.tolist())):
        own = labels == label
        present = counted[:, own].sum(axis=1) > 0
        there = np.minimum(counted, expected)[present][:, own].sum(axis=1)
        shares = there / np.maximum(expected[present][:, own].sum(axis=1), 1e-9)
        row = {"label": [label] * len(shares), "day": days.filter(pl.Series(present)), "coverage": shares}
        frames.append(pl.DataFrame(row, schema=CALENDAR))
    return pl.concat(frames)


def groups(source: str) -> list[str]:
    """List the groups of series that `coverage_calendar` tells of a source, in its order.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    return sorted({group_of(one) for one in loader.current().all_series(source)})


@loader.once_per_build
def series_calendar(source: str, group: str) -> pl.DataFrame:
    """Say the same of each series of a group, the least covered first and at most `MOST_SERIES` of them.

    Parameters
    ----------
    source : str
        Name.
    group : str
        One of the groups that `coverage_calendar` tells.

    Returns
    -------
    DataFrame
        As of `coverage_calendar`; ``label`` is the signal, and days without a reading have no row.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    store = loader.current()
    every = [one for one in store.all_series(source) if group_of(one) == group]
    every = sorted(every, key=lambda one: (one.coverage, one.signal))[:MOST_SERIES]
    frames = [pl.DataFrame(schema=CALENDAR)]
    if every:
        days, counted, expected = _by_day(store, every)
        shares = np.minimum(counted, expected) / np.maximum(expected, 1e-9)
        for at, one in enumerate(every):
            present = counted[:, at] > 0
            row = {"label": [one.signal] * int(present.sum()), "day": days.filter(pl.Series(present))}
            frames.append(pl.DataFrame(row | {"coverage": shares[present, at]}, schema=CALENDAR))
    return pl.concat(frames)


def _by_day(store: Store, every: list[Series]) -> tuple[pl.Series, NDArray[np.float64], NDArray[np.float64]]:
    """List the days of several series of a source, with the readings of each day counted and expected."""
    first, last = min(one.first_ms for one in every), max(one.last_ms for one in every)
    starts = np.asarray(contract.day_starts(first, last, store.zone), np.int64)
    local = pl.Series("day", starts[:-1]).cast(contract.TS_DTYPE).dt.convert_time_zone(store.zone).dt.date()
    return local, _counted(store, every, starts), _expected(starts, every)


def group_of(series: Series) -> str:
    """Name the group that a series stands in: its pack's cells or sensors, else its topic."""
    if series.pack is None:
        return _TOPICS.get(series.topic, series.topic)
    return f"Pack {series.pack} {'voltages' if series.unit == 'V' else 'temperatures'}"


def _counted(store: Store, every: list[Series], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count the readings of each day (rows) and series (columns)."""
    names = [one.signal for one in every]
    level = store.manifest.levels[-1]
    frame = query.buckets(store, every[0].source, names, ("n",), level, int(starts[0]), int(starts[-1]))
    day = np.searchsorted(starts, frame[TS].to_physical().to_numpy(), side="right") - 1
    counted = np.zeros((len(starts) - 1, len(every)))
    known = set(frame.columns)
    there = [at for at, name in enumerate(names) if column(name, "n") in known]
    readings = frame.select(pl.col([column(names[at], "n") for at in there]).fill_null(0).cast(pl.Float64)).to_numpy()
    per_day = np.zeros((len(counted), len(there)))
    np.add.at(per_day, day, readings)
    counted[:, there] = per_day
    return counted


def _expected(starts: NDArray[np.int64], several: list[Series]) -> NDArray[np.float64]:
    """Work out how many readings each day (rows) should hold of each series (columns)."""
    first = np.array([one.first_ms for one in several])
    steps = np.array([max(one.interval_ms, 1) for one in several])
    end = np.array([one.last_ms for one in several]) + steps
    covered = np.minimum(starts[1:, None], end) - np.maximum(starts[:-1, None], first)
    return np.asarray(np.maximum(covered, 0) / steps)
