"""From trials to what they show: detection against size, days to detection, names, and false alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np

from app.truthbench.conditions import LONG_DAYS, SIZES
from app.truthbench.trial import Outcome, Trial
from pipeline.simulation.faults import FaultKind

FOUND_SHARE = 0.95
"""A size counts as found when it is flagged in so many of its runs [1]."""


@dataclass(frozen=True, slots=True)
class Point:
    """One size of one kind of fault."""

    size: float
    runs: int
    found: float
    plain_found: float
    """Share of runs in which it was flagged, by the product and by the plain rule [1]."""
    low: float
    high: float
    """Wilson's 95 % interval of the product's share [1]."""
    delay_median_d: float
    delay_p95_d: float
    plain_delay_median_d: float
    plain_delay_p95_d: float
    """Days from onset to the first flag; a run that never flagged counts as infinite [d]."""
    named: float
    """Share of the flagged that carry the right name [1]; NaN without any."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Detection of one kind of fault."""

    kind: str
    unit: str
    points: tuple[Point, ...]

    @property
    def limit(self) -> Point | None:
        """Smallest size from which on every size is found in 95 % of runs."""
        return _smallest(self.points, lambda point: point.found)

    @property
    def plain_limit(self) -> Point | None:
        """Return the same for the plain rule."""
        return _smallest(self.points, lambda point: point.plain_found)


@dataclass(frozen=True, slots=True)
class Alarms:
    """False alarms over a number of strings."""

    strings: int
    cell_years: float
    """Healthy cells times years, in strings of 260 [1/(260 cells·year)]."""
    per_year: float
    """Healthy cells that were ever flagged, per 260 cells and year."""
    plain_per_year: float
    flagged_share: float
    """Of the healthy cells, flagged at the end [1]."""
    partners: int
    """Second cells of wrong leads that were flagged beside the first."""


def wilson(hits: int, runs: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (Wilson 1927)."""
    if runs == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / runs
    centre, half = share + z * z / (2 * runs), z * sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    return max((centre - half) / (1 + z * z / runs), 0.0), min((centre + half) / (1 + z * z / runs), 1.0)


def is_graded(trial: Trial) -> bool:
    """Whether a trial's faults begin within its data, over the long span."""
    return bool(trial.outcomes) and trial.condition["onset"] > 0 and trial.condition["days"] == LONG_DAYS


def curves_of(trials: Iterable[Trial], which: Callable[[Trial], bool] = is_graded) -> list[Curve]:
    """Make one curve for each kind of fault from the trials that ``which`` picks."""
    outcomes = [one for trial in trials if which(trial) for one in trial.outcomes]
    return [
        Curve(str(kind), unit, tuple(_point(size, _of(outcomes, kind, size)) for size in sizes))
        for kind, (sizes, unit) in SIZES.items()
    ]


def _of(outcomes: Sequence[Outcome], kind: FaultKind, size: float) -> list[Outcome]:
    return [one for one in outcomes if one.kind == kind and one.size == size]


def _point(size: float, outcomes: Sequence[Outcome]) -> Point:
    runs = len(outcomes)
    hits = [one for one in outcomes if one.found]
    low, high = wilson(len(hits), runs)
    delays = np.array([inf if one.delay_d is None else one.delay_d for one in outcomes])
    plain = np.array([inf if one.plain_delay_d is None else one.plain_delay_d for one in outcomes])
    return Point(
        size=size,
        runs=runs,
        found=len(hits) / runs if runs else float("nan"),
        plain_found=sum(one.plain_found for one in outcomes) / runs if runs else float("nan"),
        low=low,
        high=high,
        delay_median_d=_quantile(delays, 0.5),
        delay_p95_d=_quantile(delays, 0.95),
        plain_delay_median_d=_quantile(plain, 0.5),
        plain_delay_p95_d=_quantile(plain, 0.95),
        named=sum(one.named == one.kind for one in hits) / len(hits) if hits else float("nan"),
    )


def _quantile(values: np.ndarray[Any, np.dtype[np.float64]], share: float) -> float:
    return float(np.sort(values)[max(int(np.ceil(share * len(values))) - 1, 0)]) if len(values) else float("nan")


def _smallest(points: Sequence[Point], share: Callable[[Point], float]) -> Point | None:
    found: Point | None = None
    for point in reversed(points):
        if not share(point) >= FOUND_SHARE:
            break
        found = point
    return found


def alarms_of(trials: Sequence[Trial]) -> Alarms:
    """Count false alarms."""
    exposed = sum(trial.years * trial.healthy_cells / 260 for trial in trials)
    cells = sum(trial.healthy_cells for trial in trials)
    return Alarms(
        strings=len(trials),
        cell_years=exposed,
        per_year=sum(trial.false_alarms for trial in trials) / exposed if exposed else float("nan"),
        plain_per_year=sum(trial.plain_false_alarms for trial in trials) / exposed if exposed else float("nan"),
        flagged_share=sum(trial.false_at_end for trial in trials) / cells if cells else float("nan"),
        partners=sum(trial.partners_flagged for trial in trials),
    )


def above_limit(trials: Sequence[Trial], curves: Sequence[Curve]) -> tuple[float, float, float]:
    """Return recall, precision and share named right over all faults at or above the stated limits."""
    limits = {curve.kind: curve.limit.size for curve in curves if curve.limit is not None}
    graded = [trial for trial in trials if is_graded(trial)]
    above = [one for trial in graded for one in trial.outcomes if one.size >= limits.get(one.kind, inf)]
    hits = [one for one in above if one.found]
    wrong = sum(trial.false_at_end + trial.partners_flagged for trial in graded)
    recall = len(hits) / len(above) if above else float("nan")
    precision = len(hits) / (len(hits) + wrong) if hits else float("nan")
    named = sum(one.named == one.kind for one in hits) / len(hits) if hits else float("nan")
    return recall, precision, named


def conditions_of(trials: Iterable[Trial], curves: Sequence[Curve]) -> dict[str, dict[str, tuple[float, int]]]:
    """Return recall above the stated limits by condition, and of how many faults; every axis of the grid alone."""
    limits = {curve.kind: curve.limit.size for curve in curves if curve.limit is not None}
    axes: dict[str, Callable[[dict[str, Any]], str]] = {
        "logging interval": lambda one: f"{one['step_s']} s",
        "resolution": lambda one: f"{1000 * one['volt_step']:.0f} mV, {one['kelvin_step']:g} K",
        "gaps": lambda one: "eight gaps a year of three days" if one["gaps_per_year"] else "none",
        "full charges": lambda one: "none for 75 days" if one["is_unfilled"] else "all year",
        "leads": lambda one: "three pairs swapped" if one["is_swapped"] else "in order",
    }
    out: dict[str, dict[str, tuple[float, int]]] = {axis: {} for axis in axes}
    graded = [trial for trial in trials if is_graded(trial)]
    for axis, name_of in axes.items():
        for name in sorted({name_of(trial.condition) for trial in graded}):
            found = [
                one.found
                for trial in graded
                if name_of(trial.condition) == name
                for one in trial.outcomes
                if one.size >= limits.get(one.kind, inf)
            ]
            out[axis][name] = (float(np.mean(found)) if found else float("nan"), len(found))
    return out
