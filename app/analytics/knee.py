"""Rests above the upper knee: where a cell reads high only because the string rests where the curve bends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.analytics.grid import Grid, last_valid, row_median
from app.analytics.signs import WARNING, WATCH, Sign

AT_ALL_TIMES = 0.5
"""What reads high at rest, and by less than this share of it over all readings, is the knee's: a few tenths of a per
cent of charge make tens of millivolts there, and none elsewhere [1]. Source: a wrong lead reads wrong at all times (its
share was 0.6 and more in simulated strings)."""
LEAST_MV = 5.0
"""What reads less high than this at rest need not be the knee's [mV]: 2 % of charge on the plateau make as much."""
REST_DAYS = 30
"""Last valid days whose medians are compared [d]."""


def calmed(by_cell: Mapping[tuple[int, int], list[Sign]], grid: Grid) -> None:
    """Only watch the cells that read high at rest, and of which nothing else stands out.

    Formula: the median residual over all readings below ``AT_ALL_TIMES`` of that at rest, which is above ``LEAST_MV``,
    both of the last thirty valid days, where rest is all that a cell warns of. Units: mV. Source: the open-circuit
    curve, some 2 mV/% between the knees and 20 to 200 mV/% above the upper one. Longest sampling interval: any.
    Weakness: a small surplus of charge, seen at rest alone, is watched and not warned of.

    Parameters
    ----------
    by_cell : mapping
        Signs by pack and cell; changed in place.
    """
    rest, every = (
        last_valid(grid[name] - row_median(grid[name])[:, None], REST_DAYS) for name in ("rest_mv", "all_mv")
    )
    with np.errstate(invalid="ignore"):
        of_the_knee = (rest > LEAST_MV) & (every < AT_ALL_TIMES * rest)
    for (pack, cell), own in by_cell.items():
        column = grid.place(pack, cell)
        warned = [sign for sign in own if sign.severity == WARNING]
        if column is None or not of_the_knee[column] or not all(_is_high_rest(sign) for sign in warned):
            continue
        own[:] = [replace(sign, severity=WATCH) if _is_high_rest(sign) else sign for sign in own]


def _is_high_rest(sign: Sign) -> bool:
    return sign.regime == "rest" and sign.value > 0 and not sign.of_sensor
