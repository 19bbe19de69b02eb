"""What the readings themselves say against being trusted: series that stand still while their string moves."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from app.analytics.signs import WATCH
from app.shapes import Finding

STUCK_DAYS = 1
"""Days that a series has to stand still on before it is worth a line [d]."""


def stuck_findings(table: pl.DataFrame, number: str, iso: Callable[[int], str]) -> tuple[Finding, ...]:
    """Report the series that stood still on whole days on which their string's median moved.

    Such days are left out of every rule. A cell counts as moving from 20 mV of its string on, a sensor from 1 K.

    Parameters
    ----------
    table : DataFrame
        ``cell_day`` or ``sensor_day``.
    number : str
        ``cell`` or ``sensor``.
    iso : callable
        Writes a stamp [epoch ms UTC] as ISO 8601 with the site's offset.
    """
    if table.height == 0:
        return ()
    still = table.filter(pl.col("stuck"))
    found = still.group_by("pack", number, maintain_order=True).agg(pl.len().alias("days"), pl.col("ts").first())
    return tuple(
        Finding(
            rule="data_quality",
            subject=f"pack {row['pack']} {number} {row[number]}",
            value=float(row["days"]),
            limit=float(STUCK_DAYS),
            unit="days",
            severity=WATCH,
            at=iso(round(row["ts"].timestamp() * 1000)),
            count=int(row["days"]),
            text=f"Stood still on {row['days']} days on which the string moved: left out of every rule.",
        )
        for row in found.iter_rows(named=True)
    )
