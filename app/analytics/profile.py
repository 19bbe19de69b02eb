"""What of a cell stands out from its string, boiled down to the signs that name a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.analytics import neighbours
from app.analytics.change import Change
from app.analytics.grid import DAY_MS, Floats, Grid, row_median
from app.analytics.growth import keeps_falling
from app.analytics.limits import Limit
from app.analytics.robust import robust_z
from app.analytics.signs import WATCH, Profile, Sign, worst
from app.analytics.standing import NEAR_EMPTY

LEAD_FLOOR_MV, LEAD_Z = 3.0, 3.0
"""Smallest residual at rest that may point to a sense lead [mV], and how far its partner has to stand out [1]."""
OFFSET_MV_PER_PCT = 12.0
"""More than this at rest between the knees is no difference in charge, where the curve is flatter [mV/%]."""
LEAST_CHARGE_PCT = 0.3
"""Charge that a cell is credited with before its offset at rest is called one of its reading [%]."""
KEPT_AT_TOP = 0.7
"""A cell that lacks less than this share at charge end of what it lacks near empty lacks capacity, not charge [1]."""
UNSEEN_Z = 3.0
"""Nor does one whose charge end is not even this far from its string's [1]."""
SHIFT_WINDOW = 15
"""Valid days over which the two ends of a change are compared [d]."""
BASELINE_DAYS, LEAST_BEFORE, LATE_DAYS = 30, 3, 2
"""Days before an onset that it is held against, how many it takes, and how late is too late to have days after [d]."""
TOP_FLOOR_PCT = 0.15
"""Smallest spread of charges at charge end that a string is credited with [%]."""
GROWTH_PCT = 0.3
"""Smallest growth of what a cell lacks that is called growth [%]."""
GROWN_SHARE = 0.4
"""Of what a cell that stands out by its level lacks, at least so much has to have grown to be called growth [1]."""
EMPTY_MEASURES, CHARGE_MEASURES = ("low_pct", "bot_pct"), ("low_pct", "bot_pct", "top_pct")
HEALTH_RULES = frozenset({"soh", "degradation_rate"})
CHARGE_REGIMES = ("charge_end", "discharge_end", "rest_empty")


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
    pairs: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """The neighbour that a cell shares a wrong lead with, by pack and cell, where all pairs were compared."""


def profile_of(pack: int, cell: int, signs: Sequence[Sign], context: Context) -> Profile:
    """Boil a cell's signs and levels down to which way it stands out, and where."""
    solid = [sign for sign in signs if not sign.of_sensor and sign.rule in ("voltage_deviation", "change")]
    if worst(solid) == WATCH and worst(signs) != WATCH and not any(sign.rule in HEALTH_RULES for sign in signs):
        solid = []  # what is only watched does not name what warns
    column = context.grid.place(pack, cell)
    ends = _ends(column, solid, context)
    drifts_down = _grows_down(column, solid, context)
    rest = [sign for sign in solid if sign.regime in ("rest", "any")]
    return Profile(
        top=_direction(solid, ("charge_end",)),
        bottom=_direction(solid, ("discharge_end", "rest_empty")),
        rest=_direction(rest, ("rest", "any")),
        resistance=-_direction(solid, ("load",)) if not _changed_slope(solid) else _changed_slope(solid),
        drifts_down=drifts_down,
        lead_partner=_lead_partner(pack, cell, rest, context),
        is_offset=_is_offset(rest, ends, [] if column is None else _levels(column, context)),
        is_hot=any(
            sign.of_sensor and sign.rule in ("temperature_variation", "change") and sign.value > 0 for sign in signs
        )
        or _is_lastingly_hot(signs),
        heat_leads=_clearest(sign for sign in signs if sign.of_sensor) > _clearest(solid),
        is_worn=any(sign.rule in HEALTH_RULES for sign in signs),
        has_voltage_spike=any(sign.rule == "excursion" and sign.unit == "mV" for sign in signs),
        has_temperature_spike=any(sign.rule in ("excursion", "safe_range") and sign.of_sensor for sign in signs),
        shortfall=ends.is_shortfall and not _lacks_charge(column, solid, drifts_down, context),
        is_discharged=_is_discharged(solid),
    )


def _clearest(signs: Iterable[Sign]) -> float:
    return max((_clarity(sign) for sign in signs), default=0.0)


@dataclass(frozen=True, slots=True)
class Ends:
    """What a cell has more than its string at charge end, and near empty [%]; NaN where it is not known."""

    top: float
    bottom: float
    top_z: float

    @property
    def is_shortfall(self) -> bool:
        """Whether the cell lacks near empty what it does not lack at charge end."""
        is_unseen = not abs(self.top_z) > UNSEEN_Z
        return self.bottom < 0 and (is_unseen or not self.top < KEPT_AT_TOP * self.bottom)


def _ends(column: int | None, solid: Sequence[Sign], context: Context) -> Ends:
    """Compare both ends of a cell's charge with its string's.

    Of a cell that stands out by its change, by how much it has changed: what it always was says nothing of the fault.
    """
    if column is None:
        return Ends(np.nan, np.nan, np.nan)
    by_measure = {change.measure: change for change in context.changes}
    if _stands_by_level(solid):
        levels = _levels(column, context)
        top_z = float(robust_z(context.levels["top_pct"], TOP_FLOOR_PCT)[column])
        return Ends(levels[2], levels[1] if np.isnan(levels[0]) else levels[0], top_z)
    onset = min((one.at_ms for one in solid if one.rule == "change" and one.regime in CHARGE_REGIMES), default=None)
    moved = {name: _moved_most(by_measure.get(name), column) for name in EMPTY_MEASURES}
    moved["top_pct"] = _moved_since(onset, by_measure.get("top_pct"), column, context.grid)
    near_empty = [moved[name][0] for name in EMPTY_MEASURES if not np.isnan(moved[name][0])]
    return Ends(moved["top_pct"][0], max(near_empty, key=abs, default=np.nan), moved["top_pct"][1])


def _lacks_charge(column: int | None, solid: Sequence[Sign], drifts_down: bool, context: Context) -> bool:
    """Whether it is charge that a cell lacks, whatever its two ends say side by side.

    It warns of lacking as much where charges end; or it falls further behind, and no charge has ended high since.
    """
    since = min((one.at_ms for one in solid if one.regime in CHARGE_REGIMES), default=None)
    if column is None or since is None:
        return False
    if any(_lacks_at_top(sign, solid, _levels(column, context)) for sign in solid):
        return True
    if not drifts_down:
        return False
    full = context.grid.days[np.isfinite(context.grid["top_pct"][:, column])]
    return not bool((full >= since).any())


def _lacks_at_top(sign: Sign, solid: Sequence[Sign], levels: Sequence[float]) -> bool:
    """Whether a sign warns of charge that is lacking at charge end, about as much as near empty."""
    if sign.regime != "charge_end" or sign.value >= 0 or sign.severity == WATCH:
        return False
    if sign.rule == "change":
        near_empty = [one.value for one in solid if one.rule == "change" and one.regime in NEAR_EMPTY]
        return sign.value < KEPT_AT_TOP * min(near_empty, default=0.0)
    near_empty = [one for one in levels[:2] if not np.isnan(one)]
    return levels[2] < KEPT_AT_TOP * min(near_empty, default=0.0)


def _stands_by_level(solid: Sequence[Sign]) -> bool:
    """Whether a cell's distance from its string is at least as clear, in charge, as its change; or is what shrinks."""
    own = [one for one in solid if one.regime in CHARGE_REGIMES]
    level = max((one for one in own if one.rule == "voltage_deviation"), key=_clarity, default=None)
    change = max((one for one in own if one.rule == "change"), key=_clarity, default=None)
    if level is None or change is None:
        return change is None
    return _clarity(change) <= _clarity(level) or (level.severity != WATCH and change.value * level.value < 0)


def _clarity(sign: Sign) -> float:
    return abs(sign.z or 0.0)


def _levels(column: int, context: Context) -> list[float]:
    """Return a cell's present charge against its string's, in the order of ``CHARGE_MEASURES`` [%]."""
    return [float(context.levels[name][column]) for name in CHARGE_MEASURES]


def _moved_most(change: Change | None, column: int) -> tuple[float, float]:
    """Return a measure's change and its z: at its best window where that is a finding, else over ``SHIFT_WINDOW``."""
    if change is not None and abs(change.z[column]) > change.limit[column]:
        return float(change.step[column]), float(change.z[column])
    return _moved(change, column)


def _moved_since(onset: int | None, change: Change | None, column: int, grid: Grid) -> tuple[float, float]:
    """Return how far a measure lies from its first days since an onset [epoch ms], and z; NaN without a day since."""
    step, z = _moved(change, column)
    if change is None or onset is None or onset > grid.days[-1] - LATE_DAYS * DAY_MS or not z:
        return step, z
    series = grid[change.measure][:, column] - row_median(grid[change.measure])
    known, since = np.isfinite(series), grid.days >= onset
    before, after = series[known & ~since][:BASELINE_DAYS], series[known & since][-SHIFT_WINDOW:]
    if len(before) < LEAST_BEFORE:
        return step, z
    if len(after) == 0:
        return np.nan, np.nan
    moved = float(np.median(after) - np.median(before))
    return moved, moved * z / step


def _moved(change: Change | None, column: int) -> tuple[float, float]:
    """Return a measure's change and its z over ``SHIFT_WINDOW`` valid days, or over fewer where there are no more."""
    if change is None:
        return np.nan, np.nan
    known = np.flatnonzero(np.isfinite(change.steps[: change.windows.index(SHIFT_WINDOW) + 1, column]))
    if len(known) == 0:
        return np.nan, np.nan
    return float(change.steps[known[-1], column]), float(change.scores[known[-1], column])


def _is_offset(rest: Sequence[Sign], ends: Ends, levels: Sequence[float]) -> bool:
    """Whether a residual at rest is more than any difference in charge makes there: a wrong reading, then."""
    if not rest or (np.isnan(ends.top) and np.isnan(ends.bottom)):
        return False
    level = max(abs(sign.value) for sign in rest)
    known = [ends.top, ends.bottom] if all(sign.rule == "change" for sign in rest) else [ends.top, ends.bottom, *levels]
    charge = max(LEAST_CHARGE_PCT, *(float(np.nan_to_num(abs(one))) for one in known))
    return bool(level > max(OFFSET_MV_PER_PCT * charge, LEAD_FLOOR_MV))


def _lead_partner(pack: int, cell: int, rest: Sequence[Sign], context: Context) -> int | None:
    """Find the neighbour that is off by as much the other way: by its change where the cell has changed."""
    if not rest:
        return None
    if (pack, cell) in context.pairs:
        return context.pairs[pack, cell]
    column = context.grid.place(pack, cell)
    change = next((one for one in context.changes if one.measure == "rest_mv"), None)
    if column is not None and change is not None and any(sign.rule == "change" for sign in rest):
        window = int(change.best[column])
        return _opposite(pack, cell, change.steps[window], change.scores[window], 0.0, context)
    levels = np.array(
        [
            np.nan if (value := context.residual.get(int(at), {}).get(int(one))) is None else value
            for at, one in zip(context.grid.packs, context.grid.numbers, strict=True)
        ]
    )
    return _opposite(pack, cell, levels, robust_z(levels, 1.0), LEAD_FLOOR_MV, context)


def rest_shift(first: tuple[int, int], second: tuple[int, int], context: Context) -> tuple[float, float]:
    """Return how far a cell is off at rest, and its z, as its neighbour is: by its change, or by its level [mV]."""
    at, beside = context.grid.place(*first), context.grid.place(*second)
    change = next((one for one in context.changes if one.measure == "rest_mv"), None)
    if at is None or beside is None:
        return 0.0, 0.0
    if change is not None and abs(change.z[beside]) > change.limit[beside]:
        window = int(change.best[beside])
        return float(change.steps[window, at]), float(change.scores[window, at])
    levels = context.levels["rest_mv"]
    return float(levels[at]), float(robust_z(levels, 1.0)[at])


def _opposite(pack: int, cell: int, levels: Floats, scores: Floats, floor: float, context: Context) -> int | None:
    """Find the neighbour whose value is opposite and as large, and stands out itself."""
    places = {one: context.grid.place(pack, one) for one in (cell - 1, cell, cell + 1)}
    around = {one: None if at is None or np.isnan(levels[at]) else float(levels[at]) for one, at in places.items()}
    found = [
        one
        for one, at in places.items()
        if one != cell
        and at is not None
        and abs(scores[at]) > LEAD_Z
        and neighbours.is_sense_lead(cell, {cell: around[cell], one: around[one]}, floor)
    ]
    return max(found, key=lambda one: abs(around[one] or 0.0), default=None)


def _is_discharged(solid: Sequence[Sign]) -> bool:
    """Whether a cell lacks charge at rest or at charge end, where a resistance shows nothing, or the other way."""
    own = [sign for sign in solid if sign.regime in ("charge_end", "rest_empty") and sign.value < 0]
    load = [abs(sign.z or 0.0) for sign in solid if sign.regime == "load"]
    return bool(own) and max(abs(sign.z or 0.0) for sign in own) > 0.5 * max(load, default=0.0)


def _grows_down(column: int | None, solid: Sequence[Sign], context: Context) -> bool:
    """Whether a cell's charge falls further and further behind its string's."""
    changed = [change for change in context.changes if change.measure in CHARGE_MEASURES]
    if column is None or not changed:
        return False
    if not any(sign.regime in CHARGE_REGIMES for sign in solid):
        return False
    with np.errstate(invalid="ignore"):
        furthest = max(changed, key=lambda one: np.nan_to_num(abs(one.z[column]), nan=-1.0))
    if not furthest.step[column] < -GROWTH_PCT:
        return False
    if _stands_by_level(solid) and not furthest.step[column] < GROWN_SHARE * context.levels[furthest.measure][column]:
        return False
    matrix = context.grid[furthest.measure]
    days = (context.grid.days - context.grid.days[0]) / DAY_MS
    return keeps_falling(days, matrix[:, column] - row_median(matrix), GROWTH_PCT)


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
