"""By how much charge a cell stands ahead of its string's median at the charge end, on the string's own curve.

Near full a voltage rises steeply, and how steeply differs between makes of cells, temperatures and ways of charging:
an open-circuit curve from a book is wrong there by a factor of four. So the curve is learned: how much charge went in
while the string's median rose, over the charges of the first month. What a falling current does to a voltage
(diffusion, which fades over tens of minutes) is taken out in the same regression. Then all cells are read on that
curve *at the same instant*, under the same current and history: their difference is a difference of charge, once what
a cell reads apart from the others on the plateau, where charge hardly shows, is taken out: a sense lead's or sensor's
error, and its own resistance times the current.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import DAY_MS
from pipeline.feature_blocks import Block, Places, row_median
from pipeline.feature_charge import Floats, Ints
from pipeline.feature_string import HOUR_MS, RawReader, Timeline, stamps_of
from pipeline.physics import NO_CURVE, OHM_AH, TOO_FEW, TOO_SLOW, Chemistry

if TYPE_CHECKING:
    from pipeline.feature_cells import RowState

BASE_SOC_PCT = 90.0
"""The plateau that a rise is counted from: the voltage of the chemistry's curve at this state of charge [%]."""
LEAST_RISE_V = 0.015
"""Below this rise over the plateau a millivolt stands for too much charge: nothing is read there [V]."""
FAR_RISE = 6.0
"""A cell is read up to this many times the highest rise of the median that the curve was learned from [1]."""
LEARN_MS = 2_400_000
"""The curve is learned from the last forty minutes of charges [ms]."""
LEARN_DAYS = 92
"""And from no more than the first three months, if the first thirty working days take that long [d]."""
FLAT_SOC_PCT = (75.0, 95.0)
FLAT_BELOW_V = 0.016
"""Upper plateau: between the chemistry's voltages at these states of charge, and so far below for the branch of
discharges; 1 % of charge shows there as some 0.3 mV [%, V]."""
FLAT_ROWS = 200
"""Rows of a day that a cell's own error is read from, at most, evenly spread; and at least six [1]."""
LEAST_FLAT_ROWS = 6
MOVED_A = 10.0
"""The current has to spread by this much for a cell's resistance to be told from its error [A]."""
READ_MS = 600_000
"""A lead is the mean over the last ten minutes of a charge [ms]."""
UNSURE_STEP = 0.0005
"""A charge is cut where its current changes so much between two readings that the charge of the step is uncertain by
more than this share of the capacity [1]."""
MOST_CELLS = 24
"""Cells whose median the curve is learned from: its shape does not depend on which [1]."""
LEAST_CHARGES = 8
"""Charges, or uncut stretches of them, that a curve is learned from, at least [1]."""
LONGEST_STEP = 0.005
"""Longest median step between two readings as a share of the capacity: at 0.3 % (5 min at C/28) leads come out within
25 % of the truth, at 0.9 % and more (15 min) they are off by up to a factor of three (on simulated strings) [1]."""
LARGEST_MISFIT = 0.002
"""Scatter of the counted charge around the learned curve, as a share of the capacity, at most [1]."""


@dataclass(frozen=True, slots=True)
class EndCurve:
    """Charge over the logarithm of the rise in voltage above the plateau: q = a·y + b·y², y = ln(V − V₀)."""

    base_v: float
    linear_ah: float
    square_ah: float
    highest_v: float
    """Highest rise that it was learned from [V]."""
    flat_v: tuple[float, float]
    """Upper plateau of the chemistry [V]."""

    def charge_ah(self, rise_v: Floats) -> Floats:
        """Read the charge at a rise [Ah]; NaN below ``LEAST_RISE_V``, far beyond the highest, and past a turn."""
        with np.errstate(invalid="ignore"):
            known = (rise_v >= LEAST_RISE_V) & (rise_v <= FAR_RISE * self.highest_v)
            y = np.log(np.where(known, rise_v, 1.0))
            rising = self.linear_ah + 2 * self.square_ah * y > 0
        return np.where(known & rising, self.linear_ah * y + self.square_ah * y**2, np.nan)


def learn_curve(
    reader: RawReader, timeline: Timeline | None, chemistry: Chemistry | None, places: Places, end_ms: int
) -> tuple[EndCurve | None, list[str]]:
    """Learn the charge-end curve of a string from its first month.

    Formula: least squares of the counted charge on y, y² and the current smoothed over half an hour, y the logarithm of
    the median's rise over the plateau (its resistive part taken out). Each stretch of a charge over which the count is
    sure has a constant of its own. Units: Ah. Source: own: the charge of the median cell near full, read off its own
    voltage. Longest sampling interval: some 5 min at C/28 (``LONGEST_STEP`` of the capacity a step). Weakness: needs a
    first month with full charges.

    Parameters
    ----------
    reader : RawReader
        Raw rows.
    timeline, chemistry
        Without either there is no curve.
    places : Places
        Of the cells.
    end_ms : int
        End of the calibration days [epoch ms].

    Returns
    -------
    curve, notes
        No curve, and the reason, where there are too few charges or the logger is too slow.
    """
    if timeline is None or chemistry is None or len(places.signals) < 2:
        return None, []
    rows = _top_rows(reader, timeline, chemistry, places, min(end_ms, reader.first_ms + LEARN_DAYS * DAY_MS))
    capacity = OHM_AH / timeline.scale.ohm
    if rows is None or rows.charge[-1] + 1 < LEAST_CHARGES:
        return None, [f"{TOO_FEW} (fewer than {LEAST_CHARGES})."]
    steps = np.diff(rows.charge_ah)[np.diff(rows.charge) == 0]
    share = float(np.median(np.abs(steps))) / capacity
    if share > LONGEST_STEP:
        said = f"{100 * share:.1f} % of the capacity between two readings, up to {100 * LONGEST_STEP:.1f} % can be told"
        return None, [f"{TOO_SLOW} ({said})."]
    low_v, high_v = np.interp(FLAT_SOC_PCT, chemistry.soc_pct, chemistry.ocv_v)
    curve, misfit_ah = _fitted(rows, (float(low_v) - FLAT_BELOW_V, float(high_v)))
    if curve is None or misfit_ah > LARGEST_MISFIT * capacity:
        return None, [f"{NO_CURVE} (they scatter by {misfit_ah:.1f} Ah)."]
    return curve, []


@dataclass(frozen=True, slots=True)
class _TopRows:
    """The median near the end of charges."""

    charge: NDArray[np.int64]
    """Which uncut stretch of a charge a row belongs to, from 0."""
    charge_ah: Floats
    rise_v: Floats
    lag_a: Floats
    base_v: float


def _top_rows(
    reader: RawReader, timeline: Timeline, chemistry: Chemistry, places: Places, end_ms: int
) -> _TopRows | None:
    signals = places.signals[:: -(-len(places.signals) // MOST_CELLS)]
    frame = reader.read(signals, reader.first_ms, end_ms)
    at, near = timeline.locate(stamps_of(frame))
    current = timeline.current_a[at]
    late = np.flatnonzero(near & (current < -timeline.scale.rest_a) & (timeline.ahead_ms[at] <= LEARN_MS))
    values = frame[late.tolist()].select(pl.col(signals).cast(pl.Float32)).to_numpy()
    at, base_v = at[late], _base_v(chemistry)
    rise = row_median(np.ascontiguousarray(values, np.float32)) + timeline.current_a[at] * timeline.scale.ohm - base_v
    with np.errstate(invalid="ignore"):
        kept = np.flatnonzero(rise >= LEAST_RISE_V)
    if len(kept) == 0:
        return None
    hours = np.diff(timeline.ts[at[kept]]) / HOUR_MS
    unsure = np.abs(np.diff(timeline.current_a[at[kept]])) * hours / 2 > UNSURE_STEP * OHM_AH / timeline.scale.ohm
    charge = np.cumsum(np.r_[0, (np.diff(late[kept]) > 1) | unsure])
    several = np.flatnonzero(np.bincount(charge)[charge] > 1)
    if len(several) == 0:
        return None
    number = np.unique(charge[several], return_inverse=True)[1].astype(np.int64)
    kept, at = kept[several], at[kept[several]]
    return _TopRows(number, -timeline.charge_ah[at], rise[kept].astype(np.float64), -timeline.lag_a[at], base_v)


def _base_v(chemistry: Chemistry) -> float:
    return float(np.interp(BASE_SOC_PCT, chemistry.soc_pct, chemistry.ocv_v))


def _fitted(rows: _TopRows, flat_v: tuple[float, float]) -> tuple[EndCurve | None, float]:
    """Fit the curve; diffusion never takes charge from a voltage: where it comes out so it is left out [Ah]."""
    y = np.log(rows.rise_v)
    columns = [_within(rows.charge, each) for each in (y, y**2, -rows.lag_a)]
    wanted = _within(rows.charge, rows.charge_ah)
    found = np.linalg.lstsq(np.column_stack(columns), wanted, rcond=None)[0]
    if found[2] < 0:
        found = np.r_[np.linalg.lstsq(np.column_stack(columns[:2]), wanted, rcond=None)[0], 0.0]
    misfit_ah = float(np.sqrt(np.mean((wanted - np.column_stack(columns) @ found) ** 2)))
    middle = float(np.median(y))
    if found[0] + 2 * found[1] * middle <= 0:
        return None, misfit_ah
    return EndCurve(rows.base_v, float(found[0]), float(found[1]), float(rows.rise_v.max()), flat_v), misfit_ah


def _within(group: NDArray[np.int64], values: Floats) -> Floats:
    """Take each charge's own mean out."""
    return np.asarray(values - (np.bincount(group, values) / np.bincount(group))[group])


def leads_ah(block: Block, residual_v: Floats, state: RowState, curve: EndCurve | None) -> Floats:
    """Measure each cell's lead at the charge end, by day: the mean over the last ten minutes of its full charges.

    Formula: q(V_m + r_i − e_i) − q(V_m) on the learned curve, with V_m the string's median, r_i the cell's residual at
    the same instant, and e_i its residual on the upper plateau of that day, taken to the current there by a line.
    Positive: the cell is full earlier, it holds more charge than the median [Ah]. NaN where the median was never near
    full, or the cell stayed on the plateau. Units: Ah. Source: own, on the learned curve. Longest sampling interval:
    some 5 min at C/28 (see ``LONGEST_STEP``). Weakness: a lead beyond what the median's own rise spans is extrapolated.

    Parameters
    ----------
    block : Block
        Raw rows of the string's cells.
    residual_v : array, shape (rows, cells)
        To the string's median; NaN where a reading stands out alone [V].
    state : RowState
        What the string does at each row.
    curve : EndCurve or None
        Without one there is no lead.

    Returns
    -------
    array, shape (days, cells)
        Charge [Ah].
    """
    out = np.full((len(block.days), block.values.shape[1]), np.nan)
    if curve is None:
        return out
    median_v = row_median(block.values).astype(np.float64)
    rise = median_v + np.nan_to_num(state.current_a) * state.ohm
    with np.errstate(invalid="ignore"):
        late = state.charging & (state.ahead_ms <= READ_MS) & (rise >= curve.base_v + LEAST_RISE_V)
        flat = (rise > curve.flat_v[0]) & (rise < curve.flat_v[1]) & ~late & ~np.isnan(state.current_a)
    for day in np.unique(block.day[late]):
        today = block.day == day
        rows, calm = np.flatnonzero(late & today), np.flatnonzero(flat & today)
        apart = residual_v[rows] - _own_error(residual_v, state.current_a, calm, state.current_a[rows])
        lead = curve.charge_ah(rise[rows, None] + apart - curve.base_v) - curve.charge_ah(
            rise[rows, None] - curve.base_v
        )
        known = np.isfinite(lead)
        with np.errstate(invalid="ignore"):
            out[day] = np.where(known, lead, 0.0).sum(axis=0) / known.sum(axis=0)
    return out


def _own_error(residual_v: Floats, current_a: Floats, rows: Ints, at_a: Floats) -> Floats:
    """Return what each cell reads apart on the plateau, at other currents, by a line through a day's rows [V].

    A cell with too few readings there is taken at its word.
    """
    rows = rows[:: max(len(rows) // FLAT_ROWS, 1)]
    readings, current = residual_v[rows].astype(np.float64), current_a[rows]
    known = np.isfinite(readings)
    count = known.sum(axis=0)
    if len(rows) < LEAST_FLAT_ROWS or not count.any():
        return np.zeros((len(at_a), residual_v.shape[1]))
    readings, weight = np.where(known, readings, 0.0), np.maximum(count, 1)
    mean_v, mean_a = readings.sum(axis=0) / weight, (known * current[:, None]).sum(axis=0) / weight
    spread = (known * (current[:, None] - mean_a) ** 2).sum(axis=0)
    along = (known * (current[:, None] - mean_a) * (readings - mean_v)).sum(axis=0)
    slope = np.where(spread > count * MOVED_A**2, along / np.maximum(spread, 1e-9), 0.0)
    error = mean_v + slope * (at_a[:, None] - mean_a)
    return np.asarray(np.where(count >= LEAST_FLAT_ROWS, error, 0.0))
