"""How a meter is loaded: its demand over quarter hours, the peaks of each day, and the base load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader
from app.analytics import energy, load
from app.answers.meter_power import POWER
from app.answers.window import filled, source_of
from app.query import GAP_FACTOR
from app.store import Store
from pipeline import contract
from pipeline.contract import RAW_LEVEL, TS

PEAKS = {
    "ts": pl.Int64,
    "direction": pl.String,
    "demand_kw": pl.Float64,
    "extreme_kw": pl.Float64,
    "energy_kwh": pl.Float64,
    "coverage": pl.Float64,
}
"""Columns of the peaks: start of the quarter hour [epoch ms UTC], import or export, its mean power, the reading
furthest in that direction, its energy, and the share of it that readings cover."""


@dataclass(frozen=True, slots=True)
class Load:
    """Peaks and base load of a window."""

    peaks: pl.DataFrame
    """See `PEAKS`: the highest quarter hour of each day and direction, the highest first."""
    base: load.BaseLoad
    step_ms: int
    """Median interval of the readings [ms]: with more than a quarter of an hour, demand is no finer than they."""


@loader.memoised
def meter_load(meter: str, start_ms: int | None = None, end_ms: int | None = None) -> Load | None:
    """Answer the peaks and the base load of a meter, from raw readings of power.

    Parameters
    ----------
    meter : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.

    Returns
    -------
    Load or None
        None where the meter logs no active power.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    source_of(store, meter, "meter")
    if not store.has(meter, POWER):
        return None
    start, end = filled(store.all_series(meter), start_ms, end_ms)
    begin, power, held, step_ms = _readings(store, meter, start, end)
    found = load.demand(begin, power, held)
    days = np.asarray(contract.day_starts(start, max(end - 1, start), store.zone), np.int64)
    day = np.searchsorted(days, found.start_ms, side="right") - 1
    day = np.maximum(day, 0)
    base = load.base_load(day, found.mean_kw, np.diff(days))
    return Load(_peaks(found, day, begin, power), base, step_ms)


def _readings(
    store: Store, meter: str, start_ms: int, end_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], int]:
    """Read raw power with the time that each reading holds in the window."""
    interval = max(store.series(meter, POWER).interval_ms, 1)
    longest = GAP_FACTOR * interval
    frame = store.read(meter, [POWER], RAW_LEVEL, (), start_ms - int(longest), end_ms)
    if POWER not in frame.columns:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), interval
    rows = frame.filter(pl.col(POWER).is_not_null())
    ts = rows[TS].to_physical().to_numpy()
    held = energy.holding_ms(ts, start_ms, end_ms, longest)
    kept = held > 0
    power = rows[POWER].cast(pl.Float64).to_numpy()
    return np.maximum(ts, start_ms)[kept], power[kept], held[kept], interval


def _peaks(
    found: load.Demand, day: NDArray[np.int64], begin: NDArray[np.int64], power: NDArray[np.float64]
) -> pl.DataFrame:
    """Pick the highest quarter hour of each day, of import and of export."""
    if len(found.start_ms) == 0:
        return pl.DataFrame(schema=PEAKS)
    frames = []
    for direction, sign in (("import", 1.0), ("export", -1.0)):
        signed = sign * found.mean_kw
        starts = np.flatnonzero(np.diff(day, prepend=-1))
        best = np.repeat(np.maximum.reduceat(signed, starts), np.diff(starts, append=len(day)))
        hits = np.flatnonzero((signed == best) & (signed > 0))
        chosen = hits[np.unique(day[hits], return_index=True)[1]]
        frames.append(
            pl.DataFrame(
                {
                    "ts": found.start_ms[chosen],
                    "direction": [direction] * len(chosen),
                    "demand_kw": found.mean_kw[chosen].round(4),
                    "extreme_kw": (sign * _furthest(found.start_ms[chosen], begin, sign * power)).round(4),
                    "energy_kwh": ((found.mean_kw * found.covered)[chosen] * load.QUARTER_MS / load.HOUR_MS).round(4),
                    "coverage": found.covered[chosen],
                },
                schema=PEAKS,
            )
        )
    return pl.concat(frames).sort(pl.col("demand_kw").abs(), descending=True)


def _furthest(starts: NDArray[np.int64], begin: NDArray[np.int64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find the highest reading that holds in each quarter hour [kW]."""
    low = np.maximum(np.searchsorted(begin, starts, side="right") - 1, 0)
    high = np.searchsorted(begin, starts + load.QUARTER_MS, side="left")
    return np.array([power[a:b].max() for a, b in zip(low, np.maximum(high, low + 1), strict=True)], np.float64)
