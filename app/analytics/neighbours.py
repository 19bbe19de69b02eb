"""Cells beside each other: whether a deviation is shared, falls off with distance, or belongs to a sense lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analytics.robust import robust_z, spread

Floats = NDArray[np.floating[Any]]

PERMUTATIONS = 999
BESIDE = 2
"""Cells on either side that are shown."""
LEAD_SHARE = 0.6
"""A neighbour's residual of opposite sign and at least this share of the cell's speaks for their common sense lead."""
LEAD_Z = 2.5
"""Each cell of a pair has to be so far from its string itself [robust standard deviations]."""
LEAD_FLOOR = 0.5
"""Smallest spread of half the difference between neighbours that a string is credited with [mV]."""
FALL_OFF_SHARE = 0.3
"""A neighbour's residual of the same sign and at least this share of the cell's speaks for something they share."""


@dataclass(frozen=True, slots=True)
class Moran:
    """Spatial autocorrelation along a physical row."""

    i: float | None
    p: float | None
    """Two-sided, from permutations."""
    reason: str | None = None


def morans_i(residuals: Floats, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Moran:
    """Return Moran's I of residuals along the row, with neighbours at distance 1 (Moran 1950).

    Formula: I = n/Σw · Σ_ij w_ij z_i z_j / Σ z², z the residual minus its mean; p from permutations. Units: 1. Source:
    Moran (1950). Longest sampling interval: any. Weakness: raw voltages correlate at about 1 everywhere, so only
    residuals mean anything; one large outlier makes it small.

    Parameters
    ----------
    residuals : array
        In physical order [mV or K]; NaN is unknown.
    """
    known = ~np.isnan(residuals)
    if known.sum() < 8:
        return Moran(None, None, "Fewer than eight cells are known.")
    z = np.where(known, residuals - np.nanmean(residuals), 0.0)
    if not np.any(z):
        return Moran(None, None, "All cells are equal.")
    statistic = _moran(z[None, :], known)[0]
    rng = np.random.default_rng(seed)
    shuffled = np.zeros((permutations, len(z)))
    values = z[known]
    shuffled[:, known] = values[np.argsort(rng.random((permutations, len(values))), axis=1)]
    others = _moran(shuffled, known)
    centre = float(np.mean(others))
    extreme = int((np.abs(others - centre) >= abs(statistic - centre)).sum())
    return Moran(float(statistic), (extreme + 1) / (permutations + 1))


def _moran(z: Floats, known: NDArray[np.bool_]) -> Floats:
    pairs = int((known[1:] & known[:-1]).sum())
    statistic: Floats = known.sum() / max(pairs, 1) * (z[:, 1:] * z[:, :-1]).sum(axis=1) / (z**2).sum(axis=1)
    return statistic


def beside(cell: int, residuals: Mapping[int, float | None]) -> dict[str, float | None]:
    """Return the residuals of the two cells on either side, keyed by cell number; None where there is no reading."""
    return {
        str(one): residuals[one] for one in range(cell - BESIDE, cell + BESIDE + 1) if one != cell and one in residuals
    }


def is_sense_lead(cell: int, residuals: Mapping[int, float | None], floor: float) -> bool:
    """Whether a neighbour is off by about as much the other way: the lead between them reads wrong, no cell is faulty.

    Formula: a neighbour's residual of opposite sign, alike in size, both above the floor. Units: mV. Source: as
    ``lead_pairs``. Longest sampling interval: any. Weakness: two faulty neighbours of opposite sign look the same.

    Parameters
    ----------
    cell : int
    residuals : mapping
        By cell [mV].
    floor : float
        Smallest residual that means anything [mV].
    """
    own = residuals.get(cell)
    if own is None or abs(own) < floor:
        return False
    return any(
        other is not None and own * other < 0 and LEAD_SHARE * abs(own) <= abs(other) <= abs(own) / LEAD_SHARE
        for other in (residuals.get(cell - 1), residuals.get(cell + 1))
    )


def lead_pairs(residuals: Floats, packs: NDArray[np.integer[Any]], limit_z: float, least: float) -> list[int]:
    """Find pairs of neighbours that are off by as much in opposite ways, further than the string's pairs are.

    Formula: d = (r_i − r_{i+1}) / 2, z over all pairs of the string; both residuals opposite, and alike in size to
    ``LEAD_SHARE``. A wrong lead moves both its cells, so that d stands out where neither residual does alone. Units:
    mV. Source: geometry of sense leads: one lead is shared by two cells. Longest sampling interval: any. Weakness: at
    the ends of a pack there is one neighbour only, so that half of the wrong leads there move one cell.

    Parameters
    ----------
    residuals : array
        Level of each cell at rest, in physical order [mV].
    packs : array
        Of each cell: packs share no lead.
    limit_z, least : float
        Smallest distance that counts, in robust standard deviations and in the residuals' unit.

    Returns
    -------
    list of int
        Place of the first cell of each pair.
    """
    first, second = residuals[:-1], residuals[1:]
    half = np.where(packs[:-1] == packs[1:], (first - second) / 2, np.nan)
    with np.errstate(invalid="ignore"):
        small, large = np.minimum(np.abs(first), np.abs(second)), np.maximum(np.abs(first), np.abs(second))
        alike = (first * second < 0) & (small >= LEAD_SHARE * large)
        alike &= small > LEAD_Z * spread(residuals, LEAD_FLOOR)
        beyond = (np.abs(robust_z(half, LEAD_FLOOR)) > limit_z) & (np.abs(half) > least)
    return [int(at) for at in np.flatnonzero(alike & beyond)]


def falls_off(cell: int, residuals: Mapping[int, float | None]) -> bool:
    """Whether the cells beside deviate the same way, less: heat, or a shared busbar, rather than the cell alone.

    Formula: the cells beside have the same sign and less of it. Units: mV or K. Source: decay with distance of a common
    cause (docs/methods.md). Longest sampling interval: any. Weakness: needs a neighbour that is known on either side.
    """
    own = residuals.get(cell)
    near = [one for one in (residuals.get(cell - 1), residuals.get(cell + 1)) if one is not None]
    if own is None or own == 0 or not near:
        return False
    return all(FALL_OFF_SHARE <= one / own < 1.0 for one in near)
