"""Findings on a string as a whole: what all of its cells share is no fault of any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from app.analytics.excursions import EXCURSION_KINDS, shared_rows, unit_of
from app.analytics.limits import Limit
from app.analytics.signs import WARNING, WATCH
from app.analytics.words import several
from app.shapes.answer import Interval
from app.shapes.verdicts import Finding


def system_findings(
    soh: Interval,
    trend: Interval,
    excursions: pl.DataFrame,
    last_ms: int,
    limits: Mapping[str, Limit],
    iso: Callable[[int], str],
) -> tuple[Finding, ...]:
    """Judge the string as a whole: uniform ageing is one finding, not one for each cell.

    Formula: the string's measured interval wholly below the limit; its rate's interval wholly beyond it; medians
    outside the safe range. Units: %, % a month, V, °C. Source: docs/limits.md. Longest sampling interval: 15 min, as
    the state of health. Weakness: where the median leaves the safe range, cells are not named one by one here.

    Parameters
    ----------
    soh : Interval
        Measured state of health of the string [%].
    trend : Interval
        Of its capacity [% of the baseline a month].
    excursions : DataFrame
        Table ``excursions`` of the whole history.
    last_ms : int
        The last day's midnight [epoch ms UTC].
    """
    found = [*_low_health(soh, limits["soh_pct"], iso(last_ms))]
    found += _fast_loss(trend, limits["degradation_pct_per_month"], iso(last_ms))
    whole = excursions.filter(pl.col("pack").is_null())
    for (kind,), rows in sorted(whole.partition_by("kind", as_dict=True).items()):
        found.append(_whole_finding(str(kind), rows, iso))
    together = excursions.filter(shared_rows(excursions))
    for (kind,), rows in sorted(together.partition_by("kind", as_dict=True).items()):
        found.append(_together(str(kind), rows, iso))
    return tuple(found)


def _low_health(soh: Interval, limit: Limit, at: str) -> list[Finding]:
    if soh.value is None or soh.high is None or soh.high >= limit.value:
        return []
    text = f"Measured state of health {soh.value:.1f} % ({soh.low:.1f}-{soh.high:.1f} %), below {limit.value:.0f} %."
    return [_warned("soh", round(soh.value, 2), limit.value, limit.unit, at, text)]


def _fast_loss(trend: Interval, fastest: Limit, at: str) -> list[Finding]:
    if trend.value is None or trend.high is None or trend.high >= -fastest.value:
        return []
    text = f"Capacity moves by {trend.value:+.2f} % a month ({trend.low:+.2f} to {trend.high:+.2f} %)."
    return [_warned("degradation_rate", round(trend.value, 4), -fastest.value, fastest.unit, at, text)]


def _warned(rule: str, value: float, limit: float, unit: str, at: str, text: str) -> Finding:
    return Finding(rule=rule, subject="system", value=value, limit=limit, unit=unit, severity=WARNING, at=at, text=text)


def _together(kind: str, rows: pl.DataFrame, iso: Callable[[int], str]) -> Finding:
    cells = rows.select("pack", "cell").n_unique()
    days = rows["ts"].dt.truncate("1d").n_unique()
    limit, unit = float(rows["limit"][0]), unit_of(kind)
    size = (rows["value"] - limit).abs()
    return Finding(
        rule="safe_range",
        subject="system",
        value=round(float(rows["value"][int(size.arg_max() or 0)]), 4),
        limit=limit,
        unit=unit,
        severity=WARNING,
        at=iso(int(rows["ts"].sort().to_physical()[0])),
        count=days,
        text=f"{cells} cells were outside the safe range together ({kind.replace('_', ' ')}, limit {limit:g} {unit}) "
        f"on {several(days, 'day')}: what the string does, rather than any of them.",
    )


def _whole_finding(kind: str, rows: pl.DataFrame, iso: Callable[[int], str]) -> Finding:
    first = rows.row(0, named=True)
    if kind in EXCURSION_KINDS:
        times = several(rows.height, "time")
        text = f"Many cells stood out at one instant, {times}: readings taken while the current moved."
        severity = WATCH
    else:
        days = several(rows.height, "day")
        text = f"The string's median was outside the safe range ({kind.replace('_', ' ')}) on {days}."
        severity = WARNING
    return Finding(
        rule="excursion" if kind in EXCURSION_KINDS else "safe_range",
        subject="system",
        value=round(float(first["residual"] if kind in EXCURSION_KINDS else first["value"]), 4),
        limit=float(first["limit"]),
        unit="K" if kind == "temperature_spike" else unit_of(kind),
        severity=severity,
        at=iso(int(rows["ts"].to_physical()[0])),
        count=rows.height,
        text=text,
    )
