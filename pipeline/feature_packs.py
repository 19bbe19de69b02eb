"""One row per sensor and day, and per pack and day: temperatures against the string's median, and the imbalance."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.contract import TS_DTYPE
from pipeline.feature_blocks import Block, Mask, Places, day_extremes, day_means, day_regression, schema
from pipeline.feature_cells import RowState, Singles, stands_still, table_rows
from pipeline.feature_charge import Floats, Ints

STUCK_MOVED_K = 1.0
"""A day on which a sensor never moves while the string's median moves more than this is stuck [K]."""
SOC_LOW_PCT, SOC_HIGH_PCT = 20.0, 90.0
"""Between these states of charge the imbalance of a pack is read [%]."""

SENSOR_DAY = schema(
    {
        "ts": TS_DTYPE,
        "pack": pl.Int16,
        "sensor": pl.Int16,
        "n": pl.UInt32,
        "t_mean": pl.Float32,
        "t_min": pl.Float32,
        "t_min_ts": TS_DTYPE,
        "t_max": pl.Float32,
        "t_max_ts": TS_DTYPE,
        "all_k": pl.Float32,
        "heat_sxx": pl.Float32,
        "heat_sxy": pl.Float32,
        "rate_k_per_min": pl.Float32,
        "stuck": pl.Boolean,
    }
)
"""``all_k`` mean residual [K]; ``heat_*`` sums of the residual [K] on the smoothed squared current [A²];
``rate_k_per_min`` the fastest rise over two successive steps, from loggers of a minute or faster."""

PACK_DAY = schema(
    {
        "ts": TS_DTYPE,
        "pack": pl.Int16,
        "n": pl.UInt32,
        "v_mean": pl.Float32,
        "imbalance_mv": pl.Float32,
        "imbalance_n": pl.UInt32,
    }
)
"""``imbalance_mv``: the day's median of (max − min over the pack's cells) while |I| < C/20 and SOC is 20-90 %."""


def sensor_days(block: Block, median_k: Singles, residual_k: Singles, state: RowState, places: Places) -> pl.DataFrame:
    """Make the sensor rows of a block's days; the residual is to the median over the string's sensors [K]."""
    days = len(block.days)
    mean, count = day_means(block.values, block.day, days)
    columns: dict[str, Floats | Ints | Mask] = {"n": count, "t_mean": mean}
    columns |= {f"t_{name}": values for name, values in day_extremes(block).items()}
    columns["all_k"] = day_means(residual_k, block.day, days, narrow=True)[0]
    rows = np.flatnonzero(~np.isnan(state.heat_a2))
    sxx, sxy, _ = day_regression(state.heat_a2[rows], residual_k[rows], block.day[rows], days)
    columns |= {"heat_sxx": sxx, "heat_sxy": sxy, "rate_k_per_min": _rates(block)}
    columns["stuck"] = stands_still(block, median_k, columns["t_min"], columns["t_max"], count, STUCK_MOVED_K)
    return table_rows(block, columns, places, SENSOR_DAY, "sensor")


def _rates(block: Block) -> Floats:
    """Fastest rise over two successive steps by day [K/min]; NaN where a step is longer than a minute."""
    out = np.full((len(block.days), block.values.shape[1]), np.nan)
    if len(block.ts) < 3 or float(np.median(np.diff(block.ts))) > 60_000:
        return out
    minutes = (block.ts[2:] - block.ts[:-2]) / 60_000
    first, second = block.values[1:-1] - block.values[:-2], block.values[2:] - block.values[1:-1]
    rising = np.where((first > 0) & (second > 0), (first + second) / minutes[:, None], 0.0)
    rising[minutes > 3.0] = 0.0
    for day, low, high in block.day_edges:
        inside = rising[low : max(high - 2, low)]
        if len(inside):
            out[day] = np.nanmax(inside, axis=0, initial=0.0)
    return out


def pack_days(block: Block, state: RowState, places: Places, imbalance_a: float) -> pl.DataFrame:
    """Make the pack rows of a block's days.

    Formula: imbalance: daily median of (max − min over the pack's cells) while |I| < C/20 and the state of charge is
    20-90 %. Units: mV. Source: definition of docs/methods.md. Longest sampling interval: any. Weakness: on the plateau
    some 90 mV span 80 % of charge, so that it says little of charge.
    """
    with np.errstate(invalid="ignore"):
        quiet = np.abs(state.current_a) < imbalance_a
        middle = (state.soc_pct >= SOC_LOW_PCT) & (state.soc_pct <= SOC_HIGH_PCT)
    usable = quiet & (middle | np.isnan(state.soc_pct))
    rows = [
        row
        for pack in np.unique(places.packs)
        for row in _pack_rows(block, block.values[:, places.packs == pack], int(pack), usable)
    ]
    made = pl.DataFrame(rows, schema=[*PACK_DAY.names()], orient="row")
    return made.select(
        pl.col("ts").cast(pl.Int64).cast(TS_DTYPE),
        *(pl.col(name).cast(PACK_DAY[name]) for name in PACK_DAY.names()[1:]),
    )


def _pack_rows(
    block: Block, values: Singles, pack: int, usable: Mask
) -> list[tuple[int, int, int, float | None, float | None, int]]:
    present = ~np.isnan(values)
    whole = bool(present.all())
    spread = _spread_mv(values, whole=whole)
    rows = []
    for day, low, high in block.day_edges:
        own = spread[low:high][usable[low:high]]
        own = own[~np.isnan(own)]
        count = (high - low) * values.shape[1] if whole else int(present[low:high].sum())
        total = float(np.nansum(values[low:high], dtype=np.float64))
        level = float(np.median(own)) if len(own) else None
        rows.append((int(block.days[day]), pack, count, total / count if count else None, level, len(own)))
    return rows


def _spread_mv(values: Singles, *, whole: bool) -> Floats:
    """Spread of each row, highest minus lowest; NaN below two readings [mV]."""
    if whole and values.shape[1] >= 2:
        return np.asarray(1000 * (values.max(axis=1) - values.min(axis=1)).astype(np.float64))
    low = np.where(np.isnan(values), np.inf, values).min(axis=1)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=1)
    enough = (~np.isnan(values)).sum(axis=1) >= 2
    spread = np.where(enough, high, np.nan) - np.where(enough, low, np.nan)
    return np.asarray(1000 * spread.astype(np.float64))
