"""What the readings themselves say against being trusted: series that stand still, or play their yesterday again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from app.analytics.signs import WARNING, WATCH
from app.analytics.words import several
from app.shapes.verdicts import Finding

REPLAY_SAMPLES = 60
"""Successive readings, each equal to the one 24 h earlier, above which a stretch is a replay [rows]."""
NAMED = 3
"""Series that a finding names; the others are counted."""
JOINED: dict[str, Any] = {"first": pl.Int64, "last": pl.Int64, "signals": pl.List(pl.String), "samples": pl.Int64}
"""Columns of joined replays: first and last reading [epoch ms UTC], the series, and their replayed readings."""
STUCK_DAYS = 1
"""Days that a series has to stand still on before it is worth a line [d]."""


def stuck_findings(table: pl.DataFrame, number: str, iso: Callable[[int], str]) -> tuple[Finding, ...]:
    """Report the series that stood still on whole days on which their string's median moved.

    Such days are left out of every rule. A cell counts as moving from 20 mV of its string on, a sensor from 1 K.

    Formula: whole days without any change while the string's median moved by 20 mV or 1 K. Units: d. Source: gates of
    docs/methods.md. Longest sampling interval: 2 h (``STUCK_MIN_READINGS``, ten a day). Weakness: a stretch shorter
    than a day is counted in the series' own quality, not here.

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
            text=f"Stood still on {several(row['days'], 'day')} on which the string moved: left out of every rule.",
        )
        for row in found.iter_rows(named=True)
    )


def join_replays(table: pl.DataFrame) -> pl.DataFrame:
    """Join the days of each series' replay, then the series that replay the same stretch.

    Parameters
    ----------
    table : DataFrame
        ``replays``: one row per signal and day, with ``first``, ``last`` and ``samples``.

    Returns
    -------
    DataFrame
        As ``JOINED``, by time.
    """
    if table.height == 0:
        return pl.DataFrame(schema=JOINED)
    whole = (
        table.sort("signal", "ts")
        .with_columns(pl.col("first", "last").dt.epoch("ms"))
        .with_columns(begins=(pl.col("first") > pl.col("last").shift(1).over("signal")).fill_null(value=True))
        .with_columns(stretch=pl.col("begins").cast(pl.UInt32).cum_sum().over("signal"))
        .group_by("signal", "stretch", maintain_order=True)
        .agg(pl.col("first").min(), pl.col("last").max(), pl.col("samples").sum())
    )
    joined = whole.group_by("first", "last").agg(pl.col("signal").sort().alias("signals"), pl.col("samples").sum())
    return pl.DataFrame(joined.select(list(JOINED)), schema_overrides=JOINED).sort("first", "last")


def replay_findings(joined: pl.DataFrame, iso: Callable[[int], str]) -> tuple[Finding, ...]:
    """Report each stretch whose readings are those of 24 h earlier.

    Formula: more than 60 successive readings equal those of a day before, though they changed at least 20 times and
    took five values, so that a rest, a night at zero or a slow sensor is none. Units: readings. Source: gates of
    docs/methods.md. Longest sampling interval: 23 min. Weakness: a series at rest cannot be told from its replay.
    """
    return tuple(_replay_finding(row, iso) for row in joined.iter_rows(named=True))


def _replay_finding(row: dict[str, Any], iso: Callable[[int], str]) -> Finding:
    signals, first, last = row["signals"], row["first"], row["last"]
    named = ", ".join(signals[:NAMED]) + (f" and {len(signals) - NAMED} more" if len(signals) > NAMED else "")
    each = row["samples"] // len(signals)
    return Finding(
        rule="data_quality",
        subject=named,
        value=float(each),
        limit=float(REPLAY_SAMPLES),
        unit="samples",
        severity=WARNING,
        at=iso(first),
        count=each,
        text=f"Replayed: from {_minute(iso(first))} to {_minute(iso(last))} every reading equals the one 24 h earlier. "
        "They are kept and counted, but they are no measurement: what happened then is unknown, and verdicts, cycles "
        "and energy of these hours rest on the day before.",
        evidence={"rule": "replayed", "until": iso(last), "signals": list(signals)},
    )


def _minute(stamp: str) -> str:
    return stamp[:16].replace("T", " ")
