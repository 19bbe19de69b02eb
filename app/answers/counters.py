"""Counter forensics: every step of an energy counter that is not plain energy, with what was read and what was done."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader, query
from app.answers.window import filled, source_of
from app.store import Store
from pipeline.contract import DAY_MS, RAW_LEVEL, STEP_CLASSES, TS, Level, column, parse_level
from pipeline.signals import Kind

ODD = tuple(name for name in STEP_CLASSES if name != "energy")
"""Classes of steps that are listed."""
_GLITCH, _PENDING = STEP_CLASSES.index("glitch"), STEP_CLASSES.index("pending")
MOST_WINDOWS = 24
"""Stretches that are read one by one; of more, the whole window is read at once."""
AROUND_MS = DAY_MS + DAY_MS // 24
"""How far around a day its steps may reach: a glitch returns within 24 h [ms]."""
STEPS = {
    "signal": pl.String,
    "kind": pl.String,
    "from_ms": pl.Int64,
    "to_ms": pl.Int64,
    "before": pl.Float64,
    "odd": pl.Float64,
    "after": pl.Float64,
    "counted_kwh": pl.Float64,
    "rows": pl.Int64,
}
"""Columns of the steps: counter, class, stamps of the readings before and after [epoch ms UTC], these readings, the
odd reading between them furthest from both (glitches alone) [kWh], the energy counted across, and how many rows."""


@loader.memoised
def counter_steps(meter: str, start_ms: int | None = None, end_ms: int | None = None) -> pl.DataFrame:
    """List the steps of a meter's counters that are not plain energy, in the order of time.

    Parameters
    ----------
    meter : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window on the steps' beginnings [epoch ms UTC]; the whole history where None.

    Returns
    -------
    DataFrame
        See `STEPS`. The rows of one glitch are one event, and so are those of an undecided end.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    source_of(store, meter, "meter")
    counters = [one.signal for one in store.all_series(meter) if one.kind is Kind.COUNTER]
    start, end = filled(store.all_series(meter), start_ms, end_ms)
    found = [pl.DataFrame(schema=STEPS)]
    for low, high in _windows(store, meter, counters, start, end) if counters else ():
        frame = store.read(meter, counters, RAW_LEVEL, ("delta", "class"), low - AROUND_MS, high + AROUND_MS)
        found += [_events(frame, name, max(low, start), min(high, end)) for name in counters if name in frame.columns]
    return pl.concat(found).sort("from_ms", "signal")


def _windows(store: Store, meter: str, counters: list[str], start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Find the days on which a step is not plain energy, those next to each other as one stretch [epoch ms)."""
    day = next((level for level in store.manifest.levels if level.is_calendar_day), parse_level("1d"))
    stats = [f"n_{name}" for name in ODD]
    rows = query.exact(store, meter, counters, day, start_ms, end_ms, stats)
    there = [name for name in rows.columns if name != TS]
    odd = rows.filter(pl.sum_horizontal(pl.col(there)) > 0) if there else rows.clear()
    if odd.height > MOST_WINDOWS:
        return [(start_ms, end_ms)]
    return _joined(odd[TS].to_physical().to_list(), day, store.zone)


def _joined(days: list[int], day: Level, zone: str) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for begin in days:
        low, high = query.floor(begin, day, zone), query.bucket_end(query.floor(begin, day, zone), day, zone)
        if stretches and stretches[-1][1] == low:
            stretches[-1] = (stretches[-1][0], high)
        else:
            stretches.append((low, high))
    return stretches


def _events(frame: pl.DataFrame, name: str, low: int, high: int) -> pl.DataFrame:
    """List the odd steps of one counter that begin in a stretch."""
    rows = frame.filter(pl.col(name).is_not_null())
    ts = rows[TS].to_physical().to_numpy()
    reading = rows[name].cast(pl.Float64).to_numpy()
    delta = rows[column(name, "delta")].to_numpy()
    classes = rows[column(name, "class")].to_numpy()
    sound = np.flatnonzero(classes != _GLITCH)
    events = []
    for first, last in _runs(classes):
        if not low <= ts[first] < high:
            continue
        glitch = bool(classes[first] == _GLITCH)
        at = int(np.searchsorted(sound, first)) - 1
        before = int(sound[at]) if glitch and at >= 0 else first
        after = int(sound[min(int(np.searchsorted(sound, last, side="right")), len(sound) - 1)])
        odd = _oddest(reading[first : last + 1], reading[before]) if glitch else None
        told = (ts[before], ts[after], reading[before], odd, reading[after], delta[before], last - first + 1)
        events.append((name, STEP_CLASSES[int(classes[first])], *map(_plain, told)))
    return pl.DataFrame(events, schema=STEPS, orient="row")


def _plain(value: object) -> object:
    """Turn NumPy's numbers into plain ones; what is not a number is unknown."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and np.isnan(plain) else plain


def _oddest(readings: NDArray[np.float64], before: float) -> float:
    return float(readings[np.argmax(np.abs(readings - before))])


def _runs(classes: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Find the odd steps: first and last row of each, rows of one glitch or of an undecided end together."""
    runs: list[tuple[int, int]] = []
    for row in np.flatnonzero((classes > 0) & (classes < len(STEP_CLASSES))).tolist():
        if runs and runs[-1][1] == row - 1 and classes[row] == classes[row - 1] and classes[row] in (_GLITCH, _PENDING):
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
