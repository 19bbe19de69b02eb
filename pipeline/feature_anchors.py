"""The anchors of charge counting: instants at which the median cell's state of charge can be read from its voltage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS_DTYPE
from pipeline.feature_blocks import as_schema, schema
from pipeline.feature_cells import RUN_END_MS, RowState
from pipeline.feature_charge import Floats, Ints
from pipeline.physics import OHM_AH, Chemistry

HYSTERESIS_V = 0.0075
"""Half the distance between LFP's charge and discharge branches at rest, taken out of a rest after discharge [V].
Measured distances are 5-25 mV over the whole; half of 15 mV is assumed."""
EMPTY_REST_MS = 2_700_000
"""A rest this long below the lower knee anchors the charge: most of the diffusion is over [ms]."""
FULL_SOC_PCT, EMPTY_SOC_PCT = 98.0, 11.0
"""Anchors lie above and below these states of charge, where the curve is steep enough to read [%]."""

ANCHORS = schema(
    {
        "ts": TS_DTYPE,
        "kind": pl.String,
        "soc_pct": pl.Float64,
        "v_med": pl.Float64,
        "current_a": pl.Float64,
        "charge_ah": pl.Float64,
        "kwh_in": pl.Float64,
        "kwh_out": pl.Float64,
        "gap_s": pl.Float64,
        "t_med": pl.Float64,
        "pack": pl.Int16,
        "cell": pl.Int16,
        "margin_mv": pl.Float64,
    }
)
"""Instants at which the median cell's state of charge can be read from its voltage: ``kind`` full or empty.
``charge_ah`` (discharged is positive), ``kwh_in``, ``kwh_out`` and ``gap_s`` run from the first reading, so that the
charge between any two anchors is a difference. ``pack`` and ``cell`` name the limiting cell, ``margin_mv`` its lead
over the next."""


@dataclass(frozen=True)
class StringRows:
    """The string at the cells' stamps: what anchors are found from."""

    ts: Ints
    median_v: Floats
    state: RowState
    median_t: Floats
    highest: tuple[NDArray[np.int64], Floats]
    """Column of the highest cell of each row, and its lead over the next [mV]; the same for the lowest below."""
    lowest: tuple[NDArray[np.int64], Floats]


def find_anchors(rows: StringRows, chemistry: Chemistry) -> pl.DataFrame:
    """Find the instants at which the median cell's charge can be read from its voltage.

    Formula: full: within the last half hour of a charge, the row with the highest median voltage, its current's share
    taken out, above 98 % on the curve. Empty: the last row of a rest of at least 45 minutes, below 11 %, half the
    hysteresis added. Units: %, Ah, kWh. Source: open-circuit curve of the chemistry; the state of charge never comes
    from the battery's own report. Longest sampling interval: 15 min. Weakness: a string that never rests near empty has
    no lower anchor.
    """
    state = rows.state
    corrected = rows.median_v + np.nan_to_num(state.current_a) * state.ohm
    with np.errstate(invalid="ignore"):
        full = state.charging & (state.ahead_ms <= RUN_END_MS)
        empty = state.resting & (state.rest_ms >= EMPTY_REST_MS)
    corrected = np.where(state.resting, corrected + HYSTERESIS_V, corrected)
    soc = np.asarray(chemistry.soc_of(corrected))
    full &= soc >= FULL_SOC_PCT
    empty &= soc <= EMPTY_SOC_PCT
    picked = [(int(run[np.argmax(corrected[run])]), _after(state, int(run[-1])), "full") for run in _runs(full)]
    picked += [(int(run[-1]), int(run[-1]), "empty") for run in _runs(empty)]
    made = [
        _anchor(rows, at, end, kind, float(soc[at] + _still_pct(state, at, end))) for at, end, kind in sorted(picked)
    ]
    if not made:
        return pl.DataFrame(schema=ANCHORS)
    return pl.DataFrame(made, schema=list(ANCHORS.names()), orient="row", infer_schema_length=None).select(
        as_schema(ANCHORS)
    )


def _runs(mask: NDArray[np.bool_]) -> list[Ints]:
    """Cut the rows of a mask into runs without other rows between."""
    rows = np.flatnonzero(mask)
    if len(rows) == 0:
        return []
    broken = np.diff(rows) > 1
    return [run.astype(np.int64) for run in np.split(rows, np.flatnonzero(broken) + 1)]


def _after(state: RowState, last: int) -> int:
    """Return the first row after a charge, or its last one where readings are missing or the charge goes on."""
    after = min(last + 1, len(state.charging) - 1)
    whole = state.gap_ms[after] == state.gap_ms[last]
    return after if whole and not state.charging[after] and np.isfinite(state.charge_ah[after]) else last


def _still_pct(state: RowState, at: int, end: int) -> float:
    """Return what is still charged between two rows, of the capacity to which the resistance was scaled [%]."""
    return 100 * float(state.charge_ah[at] - state.charge_ah[end]) * state.ohm / OHM_AH


def _anchor(rows: StringRows, at: int, end: int, kind: str, soc: float) -> tuple[object, ...]:
    """Make an anchor: voltage and limiting cell as read in row ``at``, charge and energy as counted up to ``end``."""
    column, margin = rows.highest if kind == "full" else rows.lowest
    return (
        int(rows.ts[end]),
        kind,
        min(max(soc, 0.0), 100.0),
        float(rows.median_v[at]),
        float(rows.state.current_a[at]),
        float(rows.state.charge_ah[end]),
        float(rows.state.kwh_in[end]),
        float(rows.state.kwh_out[end]),
        float(rows.state.gap_ms[end]) / 1000,
        float(rows.median_t[at]),
        int(column[at]),
        int(column[at]),
        float(margin[at]),
    )
