"""What of a cell stands out from its string, boiled down to the signs that name a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.analytics import neighbours
from app.analytics.change import Change
from app.analytics.grid import Floats, Grid
from app.analytics.limits import Limit
from app.analytics.signs import Profile, Sign

LEAD_FLOOR_MV = 3.0
"""Smallest residual at rest that may point to a sense lead [mV]."""


@dataclass(frozen=True)
class Context:
    """What the verdict on one cell is made from, beside its signs."""

    grid: Grid
    levels: dict[str, Floats]
    changes: list[Change]
    residual: dict[int, dict[int, float | None]]
    limits: Mapping[str, Limit]
    iso: Callable[[int], str]
    explained: bool = True


def profile_of(pack: int, cell: int, signs: Sequence[Sign], context: Context) -> Profile:
    """Boil a cell's signs and levels down to which way it stands out, and where."""
    solid = [sign for sign in signs if not sign.of_sensor and sign.rule in ("voltage_deviation", "change")]
    column = context.grid.place(pack, cell)
    at_rest = {
        one: value for one, value in context.residual.get(pack, {}).items() if value is not None and not np.isnan(value)
    }
    rest_seen = any(sign.regime in ("rest", "any") for sign in solid)
    return Profile(
        top=_direction(solid, ("charge_end",)),
        bottom=_direction(solid, ("discharge_end", "rest_empty")),
        rest=_direction(solid, ("rest", "any")),
        resistance=-_direction(solid, ("load",)) if not _changed_slope(solid) else _changed_slope(solid),
        drifts_down=_drifts_down(column, context),
        has_lead_partner=rest_seen and neighbours.is_sense_lead(cell, at_rest, LEAD_FLOOR_MV),
        is_hot=any(
            sign.of_sensor and sign.rule in ("temperature_variation", "change") and sign.value > 0 for sign in signs
        )
        or _is_lastingly_hot(signs),
        has_voltage_spike=any(sign.rule == "excursion" and sign.unit == "mV" for sign in signs),
        has_temperature_spike=any(sign.rule in ("excursion", "safe_range") and sign.of_sensor for sign in signs),
        shortfall=_shortfall(column, context),
    )


def _direction(signs: Sequence[Sign], regimes: tuple[str, ...]) -> int:
    """Which way a cell stands out in some regimes: by its severest deviation there, else by its change."""
    own = [sign for sign in signs if sign.regime in regimes and sign.rule == "voltage_deviation"]
    own = own or [sign for sign in signs if sign.regime in regimes]
    if not own:
        return 0
    return int(np.sign(max(own, key=lambda sign: abs(sign.z or 0.0)).value))


def _changed_slope(signs: Sequence[Sign]) -> int:
    own = [sign for sign in signs if sign.regime == "load" and sign.rule == "change"]
    return int(np.sign(own[0].value)) if own else 0


def _is_lastingly_hot(signs: Sequence[Sign]) -> bool:
    return any(sign.regime == "over_temperature" and sign.count > 1 for sign in signs)


def _drifts_down(column: int | None, context: Context) -> bool:
    """Whether a cell's charge falls against its string's: near empty, where the curve can tell; else at charge end."""
    if column is None:
        return False
    limit_z = 3.0  # a cell that already stands out needs less to be called growing
    by_measure = {change.measure: change for change in context.changes}
    for measure in ("low_pct", "bot_pct", "top_pct"):
        change = by_measure.get(measure)
        if change is not None and np.isfinite(change.z[column]):
            return bool(change.z[column] < -limit_z and change.step[column] < -0.3)
    return False


def _shortfall(column: int | None, context: Context) -> int:
    """Whether a cell lacks far more charge near empty than at charge end: capacity, not charge."""
    if column is None:
        return 0
    bottom = context.levels["low_pct"][column]
    bottom = context.levels["bot_pct"][column] if np.isnan(bottom) else bottom
    top = context.levels["top_pct"][column]
    return int(np.isfinite(bottom) and bottom < -1.0 and not top < 0.35 * bottom)
