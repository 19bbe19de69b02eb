"""The audit's hours: what a register follows by stretches of days, and the meter that follows the batteries."""

from __future__ import annotations

import numpy as np
import polars as pl

from app import query
from app.analytics.audit import Check, check, correlation, line, missing
from app.answers.efficiency import AUXILIARY, POWER, ac_sign, named
from app.language import mark
from app.shapes.answer import Floats, Ints
from app.store import Store
from pipeline.contract import TS, Level, column

FOLLOWS = 0.98
"""Correlation from which a meter follows the batteries [1]."""
STRETCH_MS = 10 * 86_400_000
"""Gains and offsets are drawn over so long a time each [ms]."""


def column_of(frame: pl.DataFrame, name: str) -> tuple[Ints, Floats]:
    """Take one column as stamps and values; of one that is not there, none."""
    if name not in frame.columns:
        return np.zeros(0, np.int64), np.zeros(0)
    ts = frame[TS].to_physical().to_numpy().astype(np.int64)
    return ts, frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def hours(store: Store, source: str, name: str) -> tuple[Ints, Floats]:
    """Read hourly means."""
    level = Level(name="1h", step_ms=3_600_000)
    series = store.series(source, name)
    if all(one.name != level.name for one in store.manifest.levels):
        level = store.manifest.levels[-1]
    frame = query.buckets(store, source, [name], ("mean",), level, series.first_ms - level.step_ms, series.last_ms)
    return column_of(frame, column(name, "mean"))


def by_stretch(ts: Ints, x: Floats, y: Floats, which: int = 0) -> tuple[Ints, Floats]:
    """Gain of y on x [%], or its offset [unit of y], by stretches of ten days."""
    if len(ts) == 0:
        return ts, np.zeros(0)
    stretch = (ts - ts[0]) // STRETCH_MS
    starts, found = [], []
    for one in np.unique(stretch):
        own = stretch == one
        drawn = line(x[own], y[own])
        starts.append(int(ts[own][0]))
        found.append(np.nan if drawn is None else drawn[which])
    return np.array(starts, np.int64), np.array(found)


def following_meter(store: Store) -> Check:
    """Compare the meter that follows the batteries best with what they and their auxiliaries take."""
    taken = _taken_kw(store)
    meters = [one.name for one in store.manifest.sources if one.kind == "meter" and store.has(one.name, "com_ap")]
    if taken is None or not meters:
        return missing("meter", mark("No meter logs power, or no converter does."))
    ts, expected = taken
    found = []
    for meter in meters:
        own_ts, power = hours(store, meter, "com_ap")
        both, here, there = np.intersect1d(ts, own_ts, return_indices=True)
        found.append((correlation(expected[here], power[there]), meter, both, expected[here], power[there]))
    best = max(found, key=lambda one: abs(one[0]))
    if abs(best[0]) < FOLLOWS:
        return missing("meter", f"No meter follows the batteries' power (the best is {best[1]}, r = {best[0]:.2f}).")
    sign = np.sign(best[0])
    stamps, gains = by_stretch(best[2].astype(np.int64), best[3], sign * best[4])
    return check("meter", stamps, gains, remark=f"{best[1]}, which follows all batteries together (r = {best[0]:.3f}).")


def _taken_kw(store: Store) -> tuple[Ints, Floats] | None:
    """Power that all batteries and their auxiliaries take, by hours in which all are known [kW]."""
    total: tuple[Ints, Floats] | None = None
    for source in store.manifest.sources:
        if source.kind != "bess":
            continue
        parts = _own_kw(store, source.name)
        if parts is None:
            return None
        if total is None:
            total = parts
            continue
        both, here, there = np.intersect1d(total[0], parts[0], return_indices=True)
        total = both.astype(np.int64), total[1][here] + parts[1][there]
    return total


def _own_kw(store: Store, system: str) -> tuple[Ints, Floats] | None:
    name, sign = named(store, system, POWER), ac_sign(system)
    if name is None or sign is None:
        return None
    ts, power = hours(store, system, name)
    taken = -sign * power
    if not store.has(system, AUXILIARY):
        return ts, taken
    aux_ts, aux_kw = hours(store, system, AUXILIARY)
    both, here, there = np.intersect1d(ts, aux_ts, return_indices=True)
    return both.astype(np.int64), taken[here] + aux_kw[there]
