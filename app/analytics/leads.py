"""Sense leads: one wrong lead misreads two sound cells. Which pairs those are, and which cell is named for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.analytics.grid import Floats, Grid, last_valid, row_median
from app.analytics.limits import Limit
from app.analytics.neighbours import lead_pairs
from app.analytics.robust import MAD_TO_SIGMA
from app.analytics.signs import CRITICAL, WARNING, WATCH, Fault, Profile, Sign
from app.analytics.standing import standing_z

Key = tuple[int, int]

LEAD_DAYS = 30
"""Valid days whose median residual is compared between neighbours [d]."""
LEAD_MIN_MV = 3.5
"""Smallest offset of a lead that is worth a warning: three times what readings of 1 mV resolve [mV]."""
NO_LEAD_REGIMES = ("charge_end", "discharge_end", "rest_empty", "load")
"""Where a lead's few millivolts are next to no charge, and no slope."""
COARSE_STEPS = 1.5
"""A coarse reading has to be off by so many of its steps [1]."""
AT_REST = ("rest", "any")
LEAD_RULES = frozenset({"voltage_deviation", "change"})


def lead_signs(grid: Grid, found: Mapping[Key, Sequence[Sign]], limits: Mapping[str, Limit]) -> list[Sign]:
    """Find pairs of neighbours at rest that a wrong lead between them explains.

    Formula: pairs of ``lead_pairs`` beyond ``standing_z``; a cell whose charge stands out further belongs to no pair.
    Units: mV. Source: a wrong lead moves two neighbours by as much in opposite ways. Longest sampling interval: any.
    Weakness: two neighbours with sensor errors of opposite sign look the same, which is why the distance is from all
    pairs.
    """
    rest = grid["rest_mv"]
    if not np.isfinite(rest).any():
        return []
    levels = last_valid(rest - row_median(rest)[:, None], LEAD_DAYS)
    spread = max(MAD_TO_SIGMA * float(np.nanmedian(np.abs(levels))), limits["spread_floor_mv"].value)
    signs: list[Sign] = []
    least = max(LEAD_MIN_MV, COARSE_STEPS * grid.coarse_mv)
    for at in _apart(lead_pairs(levels, grid.packs, standing_z(len(levels)), least), levels):
        pair = [_sign(grid, one, other, levels.tolist(), spread) for one, other in ((at, at + 1), (at + 1, at))]
        if not any(_is_overruled(sign, found.get((sign.pack, sign.number), ())) for sign in pair):
            signs += pair
    return signs


def _apart(pairs: Sequence[int], levels: Floats) -> list[int]:
    """Leave, of pairs that share a cell, the one whose cells lie furthest apart."""
    kept: list[int] = []
    for at in sorted(pairs, key=lambda one: -abs(float(levels[one] - levels[one + 1]))):
        if not {at - 1, at, at + 1} & set(kept):
            kept.append(at)
    return sorted(kept)


def _is_overruled(sign: Sign, others: Sequence[Sign]) -> bool:
    """Whether a cell's charge, or its slope on current, stands out further than its offset at rest."""
    clear = [abs(one.z or 0.0) for one in others if one.severity != WATCH and one.regime in NO_LEAD_REGIMES]
    return max(clear, default=0.0) > abs(sign.z or 0.0)


def _sign(grid: Grid, column: int, other: int, levels: Sequence[float], spread: float) -> Sign:
    known = np.flatnonzero(np.isfinite(grid["rest_mv"][:, column]))
    return Sign(
        rule="voltage_deviation",
        pack=int(grid.packs[column]),
        number=int(grid.numbers[column]),
        value=levels[column],
        limit=LEAD_MIN_MV,
        unit="mV",
        severity=WARNING,
        at_ms=int(grid.days[known[0]]),
        z=levels[column] / spread,
        count=min(LEAD_DAYS, len(known)),
        regime="rest",
        text=f"{levels[column]:+.1f} mV from the string at rest, and cell {int(grid.numbers[other])} beside it "
        f"{levels[other]:+.1f} mV: as much the other way.",
    )


def named_for_leads(
    profiles: Mapping[Key, Profile], faults: Mapping[Key, Fault], signs: Mapping[Key, list[Sign]]
) -> dict[Key, Key]:
    """Settle which cell of each pair is named for its lead; return the other ones, each with the cell that is.

    Both deviate by the same amount, so that which of them is the faulty one cannot be told: the fault is between them.
    One finding names both, at the first along the row.
    """
    partners: dict[Key, Key] = {}
    for key in sorted(profiles):
        beside = profiles[key].lead_partner
        other = (key[0], beside or 0)
        is_pair = beside is not None and faults[key] is Fault.SENSE_LEAD and other not in partners
        if not is_pair or key in partners or other not in profiles or not _warns(signs[other]):
            continue
        if _warns(signs[key]):
            partners[max(key, other)] = min(key, other)
    return partners


def unspoken(
    profiles: Mapping[Key, Profile], faults: Mapping[Key, Fault], signs: Mapping[Key, list[Sign]]
) -> Iterator[tuple[Key, Key]]:
    """Name the pairs of which only the second cell along the row warns: first cell, second cell."""
    for key, profile in profiles.items():
        first = (key[0], profile.lead_partner or 0)
        is_second = profile.lead_partner is not None and first < key and faults[key] is Fault.SENSE_LEAD
        if is_second and _warns(signs[key]) and not _warns(signs.get(first, ())):
            yield first, key


def clearest_of(signs: Sequence[Sign]) -> Sign:
    """Return what tells of a lead most clearly: what is off at rest, else the slope on the current.

    Raises
    ------
    ValueError
        None of the signs is of either.
    """
    own = [sign for sign in signs if sign.regime in AT_REST] or [sign for sign in signs if sign.regime == "load"]
    return max(own, key=lambda sign: abs(sign.z or 0.0))


def mirrored(first: Key, second: Key, told: Sign, value: float, z: float | None) -> Sign:
    """Write for a pair's first cell what its second cell's clearest sign says of their lead.

    Parameters
    ----------
    value, z : float
        The first cell's own deviation, in the sign's unit, and its distance from the string.
    """
    where, digits = ("with the current", 2) if told.regime == "load" else ("at rest", 1)
    text = (
        f"{value:+.{digits}f} {told.unit} {where}, about as much as cell {second[1]} beside it the other way "
        f"({told.value:+.{digits}f} {told.unit})."
    )
    return replace(told, number=first[1], value=value, z=z, severity=WARNING, text=text)


def _warns(signs: Sequence[Sign]) -> bool:
    return any(sign.severity != WATCH and sign.rule in LEAD_RULES and not sign.of_sensor for sign in signs)


def settle(signs: Sequence[Sign], profile: Profile, named: Key | None) -> list[Sign]:
    """Rewrite the signs of a cell that a lead misreads.

    Parameters
    ----------
    named : tuple of int, optional
        The cell that is named for the lead, where it is not this one: what its lead explains is then only watched.

    Notes
    -----
    No sign of a lead is critical: it misreads sound cells.
    """
    out = []
    for sign in signs:
        if sign.of_sensor or sign.rule not in LEAD_RULES:
            out.append(sign)
        elif named is not None:
            text = f"{sign.text} Explained by the lead that it shares with cell {named[1]}, where it is reported."
            out.append(replace(sign, severity=WATCH, text=text))
        else:
            text = sign.text
            if profile.lead_partner is not None and sign.regime in ("rest", "any", "load"):
                text = f"{text} The lead shared with cell {profile.lead_partner} reads wrong: both cells are sound."
            out.append(replace(sign, severity=WARNING if sign.severity == CRITICAL else sign.severity, text=text))
    return out
