"""How complete and how alive a signal's clock is: interval, gaps and stuck stretches of one cut of history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS

GAP_FACTOR = 3.0
"""A step longer than this many median steps is a gap."""

STUCK_MS = 24 * 3_600_000
"""Identical readings for this long are counted as stuck [ms]. A healthy sensor at 1 mV or 0.1 °C moves in a day."""

STUCK_PEERS = 0.5
"""… unless at least this share of the signals beside it stood still as well: then nothing happened to be seen."""

SCHEMA: dict[str, Any] = {
    "signal": pl.String,
    "kept": pl.Int64,
    "first_ms": pl.Int64,
    "last_ms": pl.Int64,
    "interval_ms": pl.Int64,
    "gaps": pl.Int64,
    "gap_ms": pl.Int64,
    "stuck": pl.Int64,
}


def quality(frame: pl.DataFrame, readings: NDArray[Any], judged: Collection[str] = ()) -> pl.DataFrame:
    """Describe each signal of a raw frame.

    Parameters
    ----------
    frame : DataFrame
        ``ts`` strictly increasing, and signals; null is no reading.
    readings : array, shape (rows, signals)
        The same readings; NaN is none.
    judged : collection of str
        Signals that should move, hence can be stuck.

    Returns
    -------
    DataFrame
        One row per signal: readings ``kept``, ``first_ms`` and ``last_ms`` [epoch ms UTC], the median step
        ``interval_ms`` [ms], ``gaps`` (steps longer than three medians), the time missing in them ``gap_ms`` [ms],
        and readings that are ``stuck``.
    """
    names = frame.columns[1:]
    ts = frame[TS].to_physical().to_numpy()
    present = ~np.isnan(readings)
    stuck = _stuck(ts, readings, [name in judged for name in names])
    shared = _clock(ts) if present.all() else None
    rows = [(name, *(shared or _clock(ts[present[:, at]])), int(stuck[at])) for at, name in enumerate(names)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _clock(ts: NDArray[np.int64]) -> tuple[int, int | None, int | None, int, int, int]:
    if len(ts) == 0:
        return 0, None, None, 0, 0, 0
    steps = np.diff(ts)
    if len(steps) == 0:
        return 1, int(ts[0]), int(ts[-1]), 0, 0, 0
    median = int(np.median(steps))
    long = steps[steps > GAP_FACTOR * median]
    return len(ts), int(ts[0]), int(ts[-1]), median, len(long), int((long - median).sum())


def _stuck(ts: NDArray[np.int64], readings: NDArray[Any], judged: Sequence[bool]) -> NDArray[np.int64]:
    """Count the readings of each signal that lie in long runs of one value while most of its peers moved."""
    if len(ts) < 3:
        return np.zeros(readings.shape[1], np.int64)
    suspects = np.flatnonzero(np.asarray(judged, bool) & _stood_still(ts, readings))
    spans = [(at, low, high) for at in suspects for low, high in _long_runs(ts, readings[:, at])]
    stuck = np.zeros(readings.shape[1], np.int64)
    for at, low, high in spans:
        window = readings[low : high + 1]
        still = np.nanmax(window, axis=0, initial=-np.inf) <= np.nanmin(window, axis=0, initial=np.inf)
        if still.sum() == 1 or still.mean() < STUCK_PEERS:
            stuck[at] += high - low + 1
    return stuck


def _stood_still(ts: NDArray[np.int64], readings: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the signals that may have a long run: a run of ``STUCK_MS`` covers a whole slot of half of it.

    A slot without rows could hide in a run, so where there is one every signal is marked.
    """
    slots = ts // (STUCK_MS // 2)
    starts = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
    if np.any(np.diff(slots[starts]) > 1):
        return np.ones(readings.shape[1], bool)
    still = np.maximum.reduceat(readings, starts) == np.minimum.reduceat(readings, starts)
    return np.asarray(still.any(axis=0))


def _long_runs(ts: NDArray[np.int64], values: NDArray[Any]) -> list[tuple[int, int]]:
    """List first and last row of the runs of one value that last ``STUCK_MS`` or longer."""
    breaks = np.flatnonzero(values[1:] != values[:-1])
    firsts, lasts = np.r_[0, breaks + 1], np.r_[breaks, len(values) - 1]
    long = ts[lasts] - ts[firsts] >= STUCK_MS
    return [(int(first), int(last)) for first, last in zip(firsts[long], lasts[long], strict=True)]
