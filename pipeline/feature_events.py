"""What happened: readings outside the safe range, and alarms. From raw rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS_DTYPE
from pipeline.feature_blocks import Block, Places, schema
from pipeline.feature_charge import Floats, Ints
from pipeline.feature_string import GAP_FACTOR, RawReader, stamps_of, values_of
from pipeline.signals import Kind

EXCURSIONS = schema(
    {
        "ts": TS_DTYPE,
        "kind": pl.String,
        "pack": pl.Int16,
        "cell": pl.Int16,
        "value": pl.Float64,
        "residual": pl.Float64,
        "before": pl.Float64,
        "after": pl.Float64,
        "limit": pl.Float64,
        "end": TS_DTYPE,
        "samples": pl.UInt32,
        "ambiguous": pl.Boolean,
    }
)
"""``kind``: voltage_spike, temperature_spike, over_voltage, under_voltage, over_temperature, under_temperature.
``value``, ``limit`` [V, °C]; ``residual``, ``before``, ``after`` [V, K]. A safe-range row stands for one cell and day;
pack and cell are null where the string's median itself was outside, or where many cells stand out at one instant
(``samples`` of them: readings taken one after the other while the current moved). ``ambiguous``: the string was near
empty or full, or its current was stepping, so that a sound or a merely weak cell may stand out for one reading."""

ALARMS = schema(
    {
        "ts": TS_DTYPE,
        "signal": pl.String,
        "end": TS_DTYPE,
        "peak": pl.Float64,
        "samples": pl.UInt32,
        "ongoing": pl.Boolean,
    }
)
"""One row per stretch in which a flag was above 0; ``end`` is the next reading's stamp."""

Singles = NDArray[np.float32]


def unsafe_rows(
    block: Block, median: Singles, safe: tuple[float, float], names: tuple[str, str], places: Places
) -> list[pl.DataFrame]:
    """Find readings outside the safe range: one row per cell and day, or one for the string where its median was out.

    Formula: reading below or above the safe range; one row for the string where its median was out. Units: V or °C.
    Source: safe range of the chemistry or of ``site.toml``. Longest sampling interval: any. Weakness: what lies between
    two readings is not seen.

    Parameters
    ----------
    names : tuple of str
        What below and above the range are called.
    """
    found: list[pl.DataFrame] = []
    for side, (kind, limit) in enumerate(zip(names, safe, strict=True)):
        with np.errstate(invalid="ignore"):
            beyond = block.values < limit if side == 0 else block.values > limit
            whole = median < limit if side == 0 else median > limit
        if not beyond.any():
            continue
        beyond &= ~whole[:, None]
        pick = np.argmin if side == 0 else np.argmax
        for _, low, high in block.day_edges:
            for column in np.flatnonzero(beyond[low:high].any(axis=0)):
                at = np.flatnonzero(beyond[low:high, column]) + low
                cell = (int(places.packs[column]), int(places.numbers[column]))
                stamps = block.stamps(at, int(column))
                found.append(_unsafe(kind, limit, stamps, block.values[:, column], median, at, pick, cell))
            at = np.flatnonzero(whole[low:high]) + low
            if len(at):
                found.append(_unsafe(kind, limit, block.ts[at], median, median, at, pick, None))
    return found


def _unsafe(
    kind: str,
    limit: float,
    stamps: Ints,
    values: Singles,
    median: Singles,
    at: Ints,
    pick: object,
    cell: tuple[int, int] | None,
) -> pl.DataFrame:
    worst = int(at[pick(values[at])])  # type: ignore[operator]
    return event_rows(
        {
            "ts": stamps[:1],
            "kind": [kind],
            "pack": [cell[0] if cell else None],
            "cell": [cell[1] if cell else None],
            "value": [float(values[worst])],
            "residual": [float(values[worst] - median[worst])],
            "before": [None],
            "after": [None],
            "limit": [limit],
            "end": stamps[-1:],
            "samples": [len(at)],
            "ambiguous": [False],
        }
    )


def event_rows(columns: dict[str, Any]) -> pl.DataFrame:
    """Lay columns out as rows of the table of excursions; NaN becomes null."""
    made = []
    for name, dtype in EXCURSIONS.items():
        series = pl.Series(name, columns[name], dtype=pl.Int64 if dtype == TS_DTYPE else None, strict=False)
        made.append(series.fill_nan(None).cast(dtype) if series.dtype.is_float() else series.cast(dtype))
    return pl.DataFrame(made)


def find_alarms(reader: RawReader) -> pl.DataFrame:
    """List the stretches in which each flag was above 0, over the whole history.

    Formula: from the first reading above 0 to the next at or below; a step of more than three median intervals ends it
    too, one interval after its last reading. Units: s. Source: own. Longest sampling interval: any. Weakness: an alarm
    shorter than one interval may not be in the data at all.
    """
    flags = [name for name in sorted(reader.series) if reader.series[name].kind is Kind.FLAG]
    if not flags:
        return pl.DataFrame(schema=ALARMS)
    frame = reader.read(flags, reader.first_ms, reader.last_ms + 1)
    stamps = stamps_of(frame)
    clock = _clock(stamps)
    rows = []
    for name in flags:
        values = values_of(frame, name)
        known = ~np.isnan(values)
        if known.all():
            rows += _stretches(name, clock, values)
        elif known.any():
            rows += _stretches(name, _clock(stamps[known]), values[known])
    made = pl.DataFrame(rows, schema=["ts", "signal", "end", "peak", "samples", "ongoing"], orient="row")
    return made.cast({"ts": pl.Int64, "end": pl.Int64}).cast(ALARMS).sort("ts", "signal")


@dataclass(frozen=True, slots=True)
class _Clock:
    """Stamps with a reading, and after which of them a gap begins."""

    stamps: Ints
    interval_ms: int
    gap: NDArray[np.bool_]


def _clock(stamps: Ints) -> _Clock:
    steps = np.diff(stamps)
    interval = int(np.median(steps)) if len(steps) else 0
    return _Clock(stamps, interval, np.r_[steps > GAP_FACTOR * interval, False])


def _stretches(name: str, clock: _Clock, values: Floats) -> list[tuple[int, str, int, float, int, bool]]:
    stamps, interval, gap = clock.stamps, clock.interval_ms, clock.gap
    on = values > 0
    if not on.any():
        return []
    begins = np.flatnonzero(on & ~np.r_[False, on[:-1] & ~gap[:-1]])
    ends = np.flatnonzero(on & np.r_[~on[1:] | gap[:-1], True])
    rows = []
    for first, last in zip(begins.tolist(), ends.tolist(), strict=True):
        is_last = last == len(stamps) - 1
        end = int(stamps[last]) + interval if is_last or gap[last] else int(stamps[last + 1])
        rows.append((int(stamps[first]), name, end, float(values[first : last + 1].max()), last - first + 1, is_last))
    return rows
