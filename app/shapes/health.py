"""What an answer about a battery's health looks like: see ``app.answers.health``."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.shapes.answer import Answer, Floats, Interval, Ints


@dataclass(frozen=True, kw_only=True)
class Month:
    """The counts of one month."""

    start: str
    median_pct: float
    low_pct: float
    high_pct: float
    counts: int


@dataclass(frozen=True, kw_only=True)
class ForecastDates:
    """When the state of health reaches 80 %: dates by which 10, 50 and 90 % of the draws have; or the reason."""

    p10: str | None
    p50: str | None
    p90: str | None
    reason: str | None
    ts: Ints
    low: Floats
    middle: Floats
    high: Floats
    """The fan: 10th, 50th and 90th percentile of the state of health at ``ts`` [%]."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step in a daily series."""

    at: str
    size: float
    z: float
    """Its size in standard uncertainties."""


@dataclass(frozen=True, kw_only=True)
class ShiftedCell:
    """A cell whose voltage at full charge moved against its string."""

    pack: int
    cell: int
    now_mv: Interval
    baseline_mv: float
    shift_mv: Interval
    drift_mv_per_month: Interval
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class HealthAnswer(Answer):
    """A system's health."""

    soh: Interval
    """Measured, against the nominal capacity [%]; the band of its interval is ``band``."""
    band: str
    of_baseline: Interval
    """Capacity against the level of the first 30 valid days [%]."""
    capacity_ah: Interval
    """Of the mean cell: ageing."""
    baseline_ah: Interval
    usable_ah: float | None
    """Between the first full and the first empty cell."""
    recoverable_ah: float | None
    """What balancing would give back."""
    energy_kwh: Interval
    energy_soh: Interval
    """Energy of a full discharge against the nominal one [%]."""
    model: Interval
    bms: float | None
    bms_band: str
    bms_steps: tuple[Step, ...]
    bms_note: str
    budget: dict[str, float]
    """Standard uncertainties of the capacity by part [%]."""
    offset_a: float | None
    charge_excess_pct: float | None
    trend: Interval
    """[% of the baseline a month]"""
    year_on_year: Interval
    forecast: ForecastDates
    ts: Ints
    counts_pct: Floats
    """Each count against the nominal capacity, else against the baseline [%]."""
    reference: str
    """What ``counts_pct`` and ``months`` are relative to."""
    months: tuple[Month, ...]
    capacity_steps: tuple[Step, ...]
    saturation: tuple[ShiftedCell, ...]
    notes: tuple[str, ...] = field(default=())
