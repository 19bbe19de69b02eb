"""Grids of known truth: a string of sound cells, into which a test puts one fault."""

from __future__ import annotations

import numpy as np

from app.analytics.cells import CELL_COLUMNS
from app.analytics.grid import DAY_MS, Grid
from app.analytics.thermal import SENSOR_COLUMNS

BEGIN_MS = 1_704_063_600_000
"""1 January 2024, midnight in Berlin."""
TYPICAL_A = 80.0


def cell_grid(days: int = 120, packs: int = 2, cells: int = 52, seed: int = 0) -> Grid:
    """Make sound cells: 0.6 mV of offset between sensors, 0.5 % of capacity, 0.1 % of charge at the top."""
    rng = np.random.default_rng(seed)
    count = packs * cells
    offset, capacity, top = rng.normal(0, 0.6, count), rng.normal(0, 0.5, count), rng.normal(0, 0.1, count)
    shape = (days, count)
    rest = offset + rng.normal(0, 0.1, shape)
    top_pct = top + rng.normal(0, 0.03, shape)
    low_pct = top + capacity + rng.normal(0, 0.05, shape)
    sxx = np.full(shape, 2e5)
    slope = rng.normal(0, 2e-5, count) + rng.normal(0, 4e-6, shape)
    columns = {
        "v_mean": 3.3 + rest / 1000,
        "all_mv": rest.copy(),
        "rest_mv": rest,
        "top_mv": 40 * top_pct,
        "top_pct": top_pct,
        "bot_mv": 25 * low_pct,
        "bot_pct": low_pct + rng.normal(0, 0.1, shape),
        "low_mv": 25 * low_pct,
        "low_pct": low_pct,
        "k_sxx": sxx,
        "k_sxy": -slope * sxx,
        "step_sxx": np.zeros(shape),
        "step_sxy": np.zeros(shape),
    }
    assert set(columns) == set(CELL_COLUMNS)
    return Grid(
        BEGIN_MS + DAY_MS * np.arange(days, dtype=np.int64),
        np.repeat(np.arange(1, packs + 1), cells),
        np.tile(np.arange(1, cells + 1), packs),
        columns,
    )


def sensor_grid(days: int = 120, packs: int = 2, sensors: int = 20, seed: int = 0) -> Grid:
    """Make sound sensors: 0.5 K between the middle and the ends of a pack, 0.1 K of noise a day."""
    rng = np.random.default_rng(seed)
    place = np.tile(0.5 * (1 - np.linspace(-1, 1, sensors) ** 2), packs) + rng.normal(0, 0.1, packs * sensors)
    residual = place + rng.normal(0, 0.1, (days, packs * sensors))
    columns = {
        "t_mean": 22 + residual,
        "t_max": 26 + residual,
        "all_k": residual,
        "heat_sxx": np.full(residual.shape, 1e8),
        "heat_sxy": rng.normal(0, 1e2, residual.shape),
        "rate_k_per_min": np.full(residual.shape, np.nan),
    }
    assert set(columns) == set(SENSOR_COLUMNS)
    return Grid(
        BEGIN_MS + DAY_MS * np.arange(days, dtype=np.int64),
        np.repeat(np.arange(1, packs + 1), sensors),
        np.tile(np.arange(1, sensors + 1), packs),
        columns,
    )
