"""What the battery's own registers are worth: each against another reading of the same thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.shapes.answer import Floats, Ints

WITHIN, OUTSIDE, UNKNOWN = "within", "outside", "unknown"
STRAY_SHARE = 0.01
"""A register is within its limit when no more than this share of its samples is beyond [1]."""
CUT_SHARE = 0.1
"""The same of single half cycles and anchors, each of which ends within a step of the logger [1]."""
MIN_SAMPLES = 3
"""Samples that a verdict needs [1]."""
TOO_FEW = "Fewer than three samples: no verdict."


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison, its limit and where that comes from."""

    name: str
    unit: str
    limit: float
    source: str
    stray: float = STRAY_SHARE
    """Share of the samples that may lie beyond the limit [1]."""


RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "soc_at_anchors",
            "%",
            5.0,
            "customary in data sheets of cabinets; the curve itself is sure to 2 points",
            CUT_SHARE,
        ),
        Rule("soh_steps", "%", 1.0, "a health reported in whole per cents falls by one at a time, and never rises"),
        Rule("sum_of_cells", "%", 0.5, "class 0.5 of a cluster's voltage sensor"),
        Rule("highest_cell", "mV", 2.0, "two digits of the register"),
        Rule("lowest_cell", "mV", 2.0, "two digits of the register"),
        Rule("current", "%", 1.0, "two sensors of class 0.5"),
        Rule("current_offset", "A", 1.0, "class 0.5 of a sensor for 200 A; 1 A is 24 Ah a day"),
        Rule("discharge_loss", "%", 6.0, "converters of this size lose 2 to 4 % at load, more at part load", CUT_SHARE),
        Rule("charge_loss", "%", 6.0, "converters of this size lose 2 to 4 % at load, more at part load", CUT_SHARE),
        Rule("meter", "%", 2.0, "a meter of class 1 and a converter's reading of class 1"),
        Rule("auxiliary_counter", "%", 1.0, "a counter against the power beside it: the same meter"),
    )
}
"""Every comparison of the audit, in its order. ``*_loss`` also has to be above 0: nothing gives more than it takes."""


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the audit."""

    rule: Rule
    measured: float | None
    """Median deviation of the samples, signed [the rule's unit]."""
    verdict: str
    samples: int
    beyond: int
    """Samples beyond the limit."""
    worst: float | None
    worst_ms: int | None
    reason: str | None
    """Why there is no verdict, or what else is to be known."""


def check(
    name: str,
    stamps: Ints,
    deviation: Floats,
    *,
    least: float | None = None,
    remark: str | None = None,
) -> Check:
    """Judge the deviations of one register.

    Formula: median of the deviations; outside where it lies beyond the limit, or more than the rule's stray share of
    the samples does: 1 %, and 10 % of half cycles (losses) and anchors, each of which ends within a step of the logger.
    One stray sample does not condemn a register, but it is named as the worst. Units: the rule's. Source: the rule's,
    named in its row of the audit. Longest sampling interval: any, as both sides are read over the same days or hours.
    Weakness: two registers fed by one sensor agree however wrong that sensor is.

    Parameters
    ----------
    name : str
        Of the rule.
    stamps : array
        Of the samples [epoch ms UTC].
    deviation : array
        Signed, in the rule's unit; NaN is no sample.
    least : float, optional
        Smallest deviation that can be; by default minus the limit.
    remark : str, optional
        What else is to be known.
    """
    rule = RULES[name]
    known = np.isfinite(deviation)
    stamps, values = stamps[known], deviation[known]
    if len(values) < MIN_SAMPLES:
        return missing(name, TOO_FEW)
    low = -rule.limit if least is None else least
    out = (values > rule.limit) | (values < low)
    middle = float(np.median(values))
    is_out = out.mean() > rule.stray or middle > rule.limit or middle < low
    worst = int(np.argmax(np.maximum(values - rule.limit, low - values)))
    return Check(
        rule,
        middle,
        OUTSIDE if is_out else WITHIN,
        len(values),
        int(out.sum()),
        float(values[worst]),
        int(stamps[worst]),
        remark,
    )


def missing(name: str, reason: str) -> Check:
    """Say why a comparison cannot be made."""
    return Check(RULES[name], None, UNKNOWN, 0, 0, None, None, reason)


def health_steps(stamps: Ints, soh_pct: Floats) -> Check:
    """Judge the steps of the battery's own state of health.

    Formula: differences between successive reported values, those that are not 0. Outside where it rises, or falls by
    more than one per cent at once. Units: %. Source: own: capacity does not come back, nor go by whole per cents
    overnight. Longest sampling interval: 1 d. Weakness: a reset by service looks the same as a fault.
    """
    known = np.isfinite(soh_pct)
    stamps, values = stamps[known], soh_pct[known].astype(np.float64)
    if len(values) == 0:
        return missing("soh_steps", "The battery reports no state of health.")
    change = np.diff(values)
    at = np.flatnonzero(change)
    rule = RULES["soh_steps"]
    out = (change[at] > 0) | (change[at] < -rule.limit)
    worst = int(at[np.argmax(np.where(change[at] > 0, 1e3, 0) + np.abs(change[at]))]) if len(at) else None
    return Check(
        rule,
        float(np.median(change[at])) if len(at) else 0.0,
        OUTSIDE if out.any() else WITHIN,
        len(at),
        int(out.sum()),
        None if worst is None else float(change[worst]),
        None if worst is None else int(stamps[worst + 1]),
        None if len(at) else "It never changed.",
    )


def line(x: Floats, y: Floats) -> tuple[float, float] | None:
    """Draw the least-squares line of y on x.

    Returns
    -------
    tuple of float, or None
        By how much y reads more than x [%], and what it reads where x is 0 [unit of y]; None where x does not move.
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < MIN_SAMPLES or float(np.ptp(x)) == 0.0:
        return None
    centred = x - x.mean()
    slope = float(centred @ (y - y.mean())) / float(centred @ centred)
    return 100 * (slope - 1), float(y.mean() - slope * x.mean())


def correlation(x: Floats, y: Floats) -> float:
    """Pearson's correlation of the samples that both know; 0 where one does not move [1]."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < MIN_SAMPLES or np.ptp(x[known]) == 0 or np.ptp(y[known]) == 0:
        return 0.0
    return float(np.corrcoef(x[known], y[known])[0, 1])
