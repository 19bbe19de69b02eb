"""Shapes of the answers on efficiency and on charging (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.analytics.efficiency import Trip
from app.shapes.answer import Answer, Floats


@dataclass(frozen=True, kw_only=True)
class RoundTrips(Answer):
    """Round trips of a window at each boundary."""

    trips: tuple[Trip, ...]
    between: str | None
    start: str | None
    end: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChargeCurve:
    """One full charge: the mean cell's voltage over the charge that is still missing to full."""

    start: str
    late: bool
    """Whether it is one of the last sixty days."""
    mean_c_rate: float | None
    missing_ah: Floats
    cell_v: Floats


@dataclass(frozen=True, kw_only=True)
class ChargeCurves(Answer):
    """Charges of the first sixty days beside those of the last."""

    curves: tuple[ChargeCurve, ...]
