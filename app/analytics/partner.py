"""The second cell of a wrong lead: the neighbour that is off by as much the other way, at rest or with the current."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.analytics import neighbours
from app.analytics.ends import Context
from app.analytics.grid import Floats
from app.analytics.resistance import SLOPE_DAYS, SLOPE_FLOOR_MV, slopes, working_rows
from app.analytics.robust import robust_z
from app.analytics.signs import Sign

LEAD_FLOOR_MV, LEAD_Z = 3.0, 3.0
"""Smallest residual at rest that may point to a sense lead [mV], and how far its partner has to stand out [1]."""


def lead_partner(pack: int, cell: int, signs: Sequence[Sign], context: Context) -> int | None:
    """Find the neighbour that a cell shares a wrong lead with: off by as much the other way.

    Formula: a neighbour whose residual at rest, or whose slope on the current, is opposite and alike in size (at least
    ``neighbours.LEAD_SHARE``), and beyond ``LEAD_Z`` itself; of a cell that has changed, by the changes. Units: mV, mΩ.
    Source: one lead is shared by two cells: what a wrong offset, or the drop across a bad contact, adds to one reading
    is taken from the other. Longest sampling interval: 30 min, as the slopes. Weakness: at the end of a pack there is
    no second cell; and two faulty neighbours of opposite sign look the same.

    Parameters
    ----------
    signs : sequence of Sign
        Of the cell's voltages.

    Returns
    -------
    int or None
        Number of the other cell.
    """
    rest = [sign for sign in signs if sign.regime in ("rest", "any")]
    at_rest = _partner_at_rest(pack, cell, rest, context) if rest else None
    load = [sign for sign in signs if sign.regime == "load"]
    return _partner_at_load(pack, cell, load, context) if at_rest is None and load else at_rest


def _partner_at_load(pack: int, cell: int, load: Sequence[Sign], context: Context) -> int | None:
    """Find the neighbour whose slope on the current is as far off the other way: its change, or its level."""
    column = context.grid.place(pack, cell)
    change = next((one for one in context.changes if one.measure == "slope"), None)
    if column is not None and change is not None and any(sign.rule == "change" for sign in load):
        window = int(change.best[column])
        return _opposite(pack, cell, change.steps[window], change.scores[window], 0.0, context)
    if context.typical_a is None:
        return None
    level = _slope_levels(context)
    return _opposite(pack, cell, level, robust_z(level, SLOPE_FLOOR_MV / context.typical_a), 0.0, context)


def _partner_at_rest(pack: int, cell: int, rest: Sequence[Sign], context: Context) -> int | None:
    """Find the neighbour that is off at rest by as much the other way: by its change where the cell has changed."""
    if (pack, cell) in context.pairs:
        return context.pairs[pack, cell]
    column = context.grid.place(pack, cell)
    change = next((one for one in context.changes if one.measure == "rest_mv"), None)
    if column is not None and change is not None and any(sign.rule == "change" for sign in rest):
        window = int(change.best[column])
        return _opposite(pack, cell, change.steps[window], change.scores[window], 0.0, context)
    levels = np.array(
        [
            np.nan if (value := context.residual.get(int(at), {}).get(int(one))) is None else value
            for at, one in zip(context.grid.packs, context.grid.numbers, strict=True)
        ]
    )
    return _opposite(pack, cell, levels, robust_z(levels, 1.0), LEAD_FLOOR_MV, context)


def shift_as(told: Sign, first: tuple[int, int], context: Context) -> tuple[float, float]:
    """Return how far a cell is off, and its z, as a sign tells of its neighbour: by its change, or by its level.

    In the sign's unit: mV at rest or at the typical current, mΩ of a changed slope.
    """
    at, beside = context.grid.place(*first), context.grid.place(told.pack, told.number)
    measure = "slope" if told.regime == "load" else "rest_mv"
    change = next((one for one in context.changes if one.measure == measure), None)
    if at is None or beside is None:
        return 0.0, 0.0
    by_change = told.rule == "change" or measure == "rest_mv"
    if change is not None and by_change and abs(change.z[beside]) > change.limit[beside]:
        window = int(change.best[beside])
        return float(change.steps[window, at]), float(change.scores[window, at])
    if measure == "slope" and context.typical_a is not None:
        level = _slope_levels(context)
        z = robust_z(level, SLOPE_FLOOR_MV / context.typical_a)
        return float(-level[at] * context.typical_a), float(z[at])
    levels = context.levels["rest_mv"]
    return float(levels[at]), float(robust_z(levels, 1.0)[at])


def _slope_levels(context: Context) -> Floats:
    """Return each cell's slope on the current against its string's, over the last working days [mΩ]."""
    level = slopes(context.grid, working_rows(context.grid)[-SLOPE_DAYS:])
    return np.asarray(level - np.nanmedian(level))


def _opposite(pack: int, cell: int, levels: Floats, scores: Floats, floor: float, context: Context) -> int | None:
    """Find the neighbour whose value is opposite and as large, and stands out itself."""
    places = {one: context.grid.place(pack, one) for one in (cell - 1, cell, cell + 1)}
    around = {one: None if at is None or np.isnan(levels[at]) else float(levels[at]) for one, at in places.items()}
    found = [
        one
        for one, at in places.items()
        if one != cell
        and at is not None
        and abs(scores[at]) > LEAD_Z
        and neighbours.is_sense_lead(cell, {cell: around[cell], one: around[one]}, floor)
    ]
    return max(found, key=lambda one: abs(around[one] or 0.0), default=None)
