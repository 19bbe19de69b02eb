"""What of a cell stands out from its string, boiled down to the signs that name a fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from app.analytics.ends import Context, Ends, charge_levels, clarity, ends_of, grows_down, lacks_charge
from app.analytics.grid import Grid, row_median
from app.analytics.partner import LEAD_FLOOR_MV, lead_partner
from app.analytics.signs import WATCH, Profile, Sign, worst
from app.analytics.standing import NEAR_EMPTY

OFFSET_MV_PER_PCT = 12.0
"""More than this at rest between the knees is no difference in charge, where the curve is flatter [mV/%]."""
LEAST_CHARGE_PCT = 0.3
"""Charge that a cell is credited with before its offset at rest is called one of its reading [%]."""
BENT_MV_PER_PCT = 5.0
"""A slope that makes less than this at the typical current, for each per cent that a cell's charge lies apart, is the
curve's [mV/%]."""
STEADY_SHARE, STEADY_MV = 0.25, 1.5
"""A wrong reading is wrong by the same amount on most days: to this share of it, and so much [1, mV]."""
STEADY_OF = (10.0, 90.0)
"""Percentiles of the days between which it is [%]."""
RESIDUAL_DAYS = 30
"""Last days at rest that tell a steady residual [d]."""
HEALTH_RULES = frozenset({"soh", "degradation_rate"})


def profile_of(pack: int, cell: int, signs: Sequence[Sign], context: Context) -> Profile:
    """Boil a cell's signs and levels down to which way it stands out, and where."""
    solid = [sign for sign in signs if not sign.of_sensor and sign.rule in ("voltage_deviation", "change")]
    if worst(solid) == WATCH and worst(signs) != WATCH and not any(sign.rule in HEALTH_RULES for sign in signs):
        solid = []  # what is only watched does not name what warns
    column = context.grid.place(pack, cell)
    ends = ends_of(column, solid, context)
    drifts_down = grows_down(column, solid, context)
    rest = [sign for sign in solid if sign.regime in ("rest", "any")]
    return Profile(
        top=_direction(solid, ("charge_end",)),
        bottom=_direction(solid, ("discharge_end", "rest_empty")),
        rest=_direction(rest, ("rest", "any")),
        resistance=_slope_direction(solid),
        drifts_down=drifts_down,
        lead_partner=lead_partner(pack, cell, solid, context),
        is_offset=_is_offset(rest, ends, [] if column is None else charge_levels(column, context))
        and not _is_overfull(solid)
        and _is_steady(column, rest, context.grid),
        is_hot=any(
            sign.of_sensor and sign.rule in ("temperature_variation", "change") and sign.value > 0 for sign in signs
        )
        or _is_lastingly_hot(signs),
        heat_leads=_clearest(sign for sign in signs if sign.of_sensor) > _clearest(solid),
        is_worn=any(sign.rule in HEALTH_RULES for sign in signs),
        has_voltage_spike=any(sign.rule == "excursion" and sign.unit == "mV" for sign in signs),
        has_temperature_spike=any(sign.rule in ("excursion", "safe_range") and sign.of_sensor for sign in signs),
        shortfall=ends.is_shortfall and not lacks_charge(column, solid, drifts_down, context),
        is_bent=_is_bent(column, solid, context),
    )


def _clearest(signs: Iterable[Sign]) -> float:
    return max((clarity(sign) for sign in signs), default=0.0)


def _is_offset(rest: Sequence[Sign], ends: Ends, levels: Sequence[float]) -> bool:
    """Whether a residual at rest is more than any difference in charge makes there: a wrong reading, then."""
    if not rest or (np.isnan(ends.top) and np.isnan(ends.bottom)):
        return False
    level = max(abs(sign.value) for sign in rest)
    known = [ends.top, ends.bottom] if all(sign.rule == "change" for sign in rest) else [ends.top, ends.bottom, *levels]
    charge = max(LEAST_CHARGE_PCT, *(float(np.nan_to_num(abs(one))) for one in known))
    return bool(level > max(OFFSET_MV_PER_PCT * charge, LEAD_FLOOR_MV))


def _is_bent(column: int | None, solid: Sequence[Sign], context: Context) -> bool:
    """Whether a slope on the current is no more than a charge that lies apart makes of the curve.

    Held against the charge at rest near empty, where a resistance shows nothing, and the residual at rest.
    """
    if column is None or context.typical_a is None:
        return False
    at_load = max((_at_load(sign, context.typical_a) for sign in solid if sign.regime == "load"), default=0.0)
    apart = abs(float(np.nan_to_num(context.levels["low_pct"][column])))
    above = max((sign.value for sign in solid if sign.regime in ("rest", "any")), default=0.0)
    return at_load < max(BENT_MV_PER_PCT * apart, above)


def _at_load(sign: Sign, typical_a: float) -> float:
    """Return the voltage that a slope takes at the typical current [mV]."""
    return sign.value * typical_a if sign.rule == "change" else -sign.value


def _is_overfull(solid: Sequence[Sign]) -> bool:
    """Whether a cell is as far above its string near empty as at rest: it holds more, and reads right."""
    own = [sign for sign in solid if sign.rule == "voltage_deviation" and sign.severity != WATCH]
    return any(sign.regime in NEAR_EMPTY and sign.value > 0 for sign in own)


def _is_steady(column: int | None, rest: Sequence[Sign], grid: Grid) -> bool:
    """Whether a residual at rest is much the same on most days since it began, as that of a wrong reading is."""
    if column is None or not rest:
        return False
    residual = (grid["rest_mv"][:, column] - row_median(grid["rest_mv"]))[grid.days >= min(one.at_ms for one in rest)]
    known = residual[np.isfinite(residual)][-RESIDUAL_DAYS:]
    if len(known) == 0:
        return True
    low, high = np.percentile(known, STEADY_OF)
    return bool(high - low < STEADY_SHARE * abs(np.median(known)) + STEADY_MV)


def _direction(signs: Sequence[Sign], regimes: tuple[str, ...]) -> int:
    """Which way a cell stands out in some regimes: by its severest deviation there, else by its change."""
    own = [sign for sign in signs if sign.regime in regimes and sign.rule == "voltage_deviation"]
    own = own or [sign for sign in signs if sign.regime in regimes]
    if not own:
        return 0
    return int(np.sign(max(own, key=lambda sign: abs(sign.z or 0.0)).value))


def _slope_direction(signs: Sequence[Sign]) -> int:
    """Which way a cell's slope on the current stands out: by its level; where that is sound, by its change.

    A resistance that is too high shrinks with every warmer month, and is too high all the same.
    """
    own = [sign for sign in signs if sign.regime == "load"]
    level = [sign for sign in own if sign.rule == "voltage_deviation" and sign.severity != WATCH]
    clearest = max(level or own, key=clarity, default=None)
    if clearest is None:
        return 0
    return int(np.sign(clearest.value)) * (1 if clearest.rule == "change" else -1)


def _is_lastingly_hot(signs: Sequence[Sign]) -> bool:
    return any(sign.regime == "over_temperature" and sign.count > 1 for sign in signs)
