"""Hot spots: sensors against their own past and against their place, with position and load taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.analytics.cells import onset, persistent_columns, since_when
from app.analytics.change import compare_levels
from app.analytics.grid import Floats, Grid, column_median, daily_z, first_valid, row_median
from app.analytics.limits import Limit
from app.analytics.robust import robust_z
from app.analytics.signs import WARNING, WATCH, Sign
from app.analytics.words import several

SENSOR_COLUMNS = ("t_mean", "t_max", "all_k", "heat_sxx", "heat_sxy", "rate_k_per_min")
"""Columns of the table ``sensor_day`` that the rules read."""
NEIGHBOURS = 4
"""Sensors on either side from which a place's normal temperature is taken."""
RATE_K_PER_MIN = 1.0
"""A rise faster than this over two successive steps is worth a look. Source: thermal runaway precursors exceed
1 K/min (UL 9540A, onset of self-heating)."""
CHANGE_FLOOR_K, CHANGE_MIN_K = 0.1, 0.6
"""Smallest spread of changes, and smallest change worth a warning [K]: sensors resolve 0.1 °C, days average it."""

WARMED = 3.0
"""A sensor whose neighbour has changed by more than this factor is warmed by it [1]."""


def load_free(grid: Grid, heat_a2: Floats) -> Floats:
    """Take position and load out of each sensor's daily residual.

    Formula: d = r − median of r over the first 30 valid days − β·(H − H over those days), β = Σ Sxy / Σ Sxx the
    sensor's slope on the smoothed squared current within days. The baseline is fixed: one that rolled along would
    swallow a slow rise. Units: K. Source: residual to position and load, docs/methods.md. Longest sampling interval: 30
    min. Weakness: a change of the cooling that reaches sensors differently is not load, and stays in.

    Parameters
    ----------
    grid : Grid
        Of sensors.
    heat_a2 : array, shape (days,)
        Mean of the smoothed squared current of each day [A²]; NaN where it is not known.
    """
    residual = grid["all_k"] - row_median(grid["all_k"])[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        sxx, sxy = np.nansum(grid["heat_sxx"], axis=0), np.nansum(grid["heat_sxy"], axis=0)
        slope = np.where(sxx > 0, sxy / sxx, 0.0)
    heat = np.where(np.isnan(heat_a2), np.nanmedian(heat_a2) if np.isfinite(heat_a2).any() else 0.0, heat_a2)
    unloaded = residual - slope[None, :] * heat[:, None]
    return np.asarray(unloaded - first_valid(unloaded, 30)[None, :])


def place_free(grid: Grid) -> Floats:
    """Compare each sensor's level with those beside it in its pack [K]: what is hot from the first day on.

    Formula: median residual less that of the sensors on either side. Units: K. Source: a heat source falls off along
    the row. Longest sampling interval: any. Weakness: two hot sensors side by side hide each other in part.
    """
    level = column_median(grid["all_k"] - row_median(grid["all_k"])[:, None])
    out = np.full(len(level), np.nan)
    for pack in np.unique(grid.packs):
        columns = grid.of_pack(int(pack))
        for at, column in enumerate(columns):
            beside = np.delete(columns[max(at - NEIGHBOURS, 0) : at + NEIGHBOURS + 1], min(at, NEIGHBOURS))
            if len(beside) >= 2:
                out[column] = (
                    level[column] - np.nanmedian(level[beside]) if np.isfinite(level[beside]).any() else np.nan
                )
    return out


def temperature_signs(grid: Grid, heat_a2: Floats, limits: Mapping[str, Limit]) -> list[Sign]:
    """Find sensors that are warmer (or colder) than their own past, or than their place, explains.

    Formula: days of ``load_free`` beyond the limit and far out of the string, persistently; levels of ``place_free``
    likewise; changes beyond the false-alarm budget; rises faster than the limit. Units: K. Source: limit
    ``temperature_variation_k`` of docs/limits.md. Longest sampling interval: 30 min. Weakness: a sensor that reads too
    high looks like a heat.
    """
    moved = load_free(grid, heat_a2)
    return [
        *_variation(grid, moved, limits),
        *_standing(grid, limits),
        *_changed(grid, moved, limits),
        *_rates(grid),
    ]


def _variation(grid: Grid, moved: Floats, limits: Mapping[str, Limit]) -> list[Sign]:
    limit = limits["temperature_variation_k"]
    needed, of_last = int(limits["persistent_days"].value), int(limits["persistent_of_days"].value)
    z = daily_z(moved, limits["spread_floor_k"].value)
    valid = ~np.isnan(z)
    with np.errstate(invalid="ignore"):
        beyond = (np.abs(moved) > limit.value) & (np.abs(z) > limits["robust_z_warning"].value)
    now = persistent_columns(beyond, valid, needed, of_last)
    signs = []
    for column in np.flatnonzero(now | (beyond.sum(axis=0) >= needed)):
        day = onset(beyond[:, column], valid[:, column], needed, of_last)
        if day is None:
            continue
        rows = beyond[:, column] if not now[column] else np.arange(len(moved)) >= len(moved) - 30
        level = float(np.nanmedian(moved[rows, column]))
        signs.append(
            _sign(
                grid,
                int(column),
                "temperature_variation",
                (level, limit.value),
                WARNING if now[column] else WATCH,
                day,
                float(np.nanmedian(z[rows, column])),
                int(beyond[:, column].sum()),
                f"{level:+.1f} K against its own first 30 valid days, position and load removed; beyond the limit on "
                f"{several(int(beyond[:, column].sum()), 'day')}.",
            )
        )
    return signs


def _standing(grid: Grid, limits: Mapping[str, Limit]) -> list[Sign]:
    limit = limits["temperature_variation_k"]
    level = place_free(grid)
    z = robust_z(level, limits["spread_floor_k"].value)
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero((np.abs(level) > limit.value) & (np.abs(z) > limits["robust_z_warning"].value))
    return [
        _sign(
            grid,
            int(column),
            "temperature_variation",
            (float(level[column]), limit.value),
            WARNING,
            0,
            float(z[column]),
            int((~np.isnan(grid["all_k"][:, column])).sum()),
            f"{level[column]:+.1f} K against the sensors beside it, over the whole history.",
        )
        for column in beyond
    ]


def _changed(grid: Grid, moved: Floats, limits: Mapping[str, Limit]) -> list[Sign]:
    days, budget = int(limits["baseline_days"].value), limits["false_alarms_per_year"].value
    change = compare_levels("all_k", moved, CHANGE_FLOOR_K, days, budget)
    if change is None:
        return []
    steps, scores, limit_z = change.step, change.z, change.limit
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero((np.abs(scores) > limit_z) & (np.abs(steps) > CHANGE_MIN_K))
    signs = []
    for column in beyond:
        severity = WATCH if _is_warmed(grid, steps, int(column)) else WARNING
        step, z = float(steps[column]), float(scores[column])
        series = moved[:, column] / step
        known = np.flatnonzero(~np.isnan(series))
        since = since_when(series[known] > 0.5)
        limit = max(abs(step / z) * float(limit_z[column]), CHANGE_MIN_K)
        window = change.windows[int(change.best[column])]
        text = (
            f"{step:+.1f} K against its first 30 valid days, over the last {window}: {abs(z):.1f} times the string's "
            "own spread of changes."
        )
        at = int(known[-1 if since is None else since])
        signs.append(_sign(grid, int(column), "change", (step, limit), severity, at, z, window, text))
    return signs


def _is_warmed(grid: Grid, steps: Floats, column: int) -> bool:
    """Whether a sensor beside it has changed far more the same way: its heat is that one's, fallen off on the way."""
    beside = [at for at in (column - 1, column + 1) if 0 <= at < len(steps) and grid.packs[at] == grid.packs[column]]
    return any(steps[at] * steps[column] > 0 and abs(steps[at]) > WARMED * abs(steps[column]) for at in beside)


def _rates(grid: Grid) -> list[Sign]:
    with np.errstate(invalid="ignore"):
        days, columns = np.nonzero(grid["rate_k_per_min"] > RATE_K_PER_MIN)
    signs = []
    for column in np.unique(columns):
        own = days[columns == column]
        fastest = float(np.nanmax(grid["rate_k_per_min"][own, column]))
        text = f"Rose by {fastest:.1f} K/min over two successive readings; so fast on {several(len(own), 'day')}."
        value = (fastest, RATE_K_PER_MIN)
        signs.append(_sign(grid, int(column), "temperature_rate", value, WATCH, int(own[0]), None, len(own), text))
    return signs


def _sign(
    grid: Grid,
    column: int,
    rule: str,
    value: tuple[float, float],
    severity: str,
    day: int,
    z: float | None,
    count: int,
    text: str,
) -> Sign:
    return Sign(
        rule=rule,
        pack=int(grid.packs[column]),
        number=int(grid.numbers[column]),
        value=value[0],
        limit=value[1],
        unit="K/min" if rule == "temperature_rate" else "K",
        severity=severity,
        at_ms=int(grid.days[day]),
        z=z,
        count=count,
        text=text,
        of_sensor=True,
    )


def cells_of_sensor(
    sensor: int, sensors: Sequence[int], cells: Sequence[int], said: Mapping[str, Sequence[int]]
) -> tuple[int, ...]:
    """Name the cells beside a sensor: as ``site.toml`` says, the same number, or by position along the row.

    Parameters
    ----------
    sensor : int
    sensors, cells : sequence of int
        Of its pack, in physical order.
    said : mapping
        ``sensor_cells`` of the source, keyed by the sensor's number.
    """
    if str(sensor) in said:
        return tuple(said[str(sensor)])
    if len(sensors) == len(cells) and sensor in cells:
        return (sensor,)
    if sensor not in sensors or not cells:
        return ()
    at = list(sensors).index(sensor)
    edges = np.linspace(0, len(cells), len(sensors) + 1)
    low, high = int(np.floor(edges[at])), max(int(np.ceil(edges[at + 1])), int(np.floor(edges[at])) + 1)
    return tuple(int(cell) for cell in cells[low:high])
