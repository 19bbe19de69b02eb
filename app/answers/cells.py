"""A pack's cells over time as a surface; in their places they are told by `app.answers.heatmaps`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app import loader, query
from app.analytics import surface as shape
from app.analytics.limits import limits
from app.analytics.relative import MODES, Mode, measure_of
from app.analytics.surface import Rows
from app.answers import strings
from app.answers.heatmaps import METRICS, Metric, heatmap, heatmaps, sensor_cells
from app.answers.strings import QUANTITIES, Quantity
from app.answers.window import NO_READINGS, filled, pack_of, source_of
from app.shapes.pictures import SurfaceAnswer
from app.store import Store
from pipeline.contract import Level, Pack, Series

__all__ = [
    "METRICS",
    "MODES",
    "QUANTITIES",
    "Metric",
    "Mode",
    "Quantity",
    "heatmap",
    "heatmaps",
    "sensor_cells",
    "surface",
]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How a string over time is cut to rows."""

    quantity: Quantity
    mode: Mode
    level: Level
    window: tuple[int, int]
    width_ms: int
    """Width of a row [ms]."""
    floor: float
    """Smallest spread that a score divides by [V or °C]."""


def surface(
    system: str,
    pack: int,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    quantity: Quantity = "voltage",
    mode: Mode = "absolute",
    max_points: int,
    rows: int | None = None,
) -> SurfaceAnswer:
    """Answer a pack over time.

    Parameters
    ----------
    system : str
        Name.
    pack : int
        Its number.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC], cut exactly; the whole history where None.
    quantity : {"voltage", "temperature"}
        The cells' voltages, or the temperatures of the sensors.
    mode : {"absolute", "deviation", "neighbours", "z"}
        The mean of each bucket; or how far each cell strays in it from the median of the whole string, from the cells
        beside it, or from the string in robust standard deviations: the farthest, with its sign.
    max_points : int
        Point budget: the finest level that holds at most four buckets for each of them is read.
    rows : int, optional
        Rows at most; neighbouring buckets are merged into that many stretches of equal width. As ``max_points`` where
        None.

    Raises
    ------
    UnknownSource, UnknownPack
        There is no such system or pack.
    """
    return _surface(system, pack, start_ms, end_ms, quantity, mode, max_points, rows or max_points)


def _compared_with(store: Store, system: str, own: Pack, quantity: Quantity, mode: Mode) -> list[Series]:
    """List a pack's series, and behind them those of the packs that the string's median is made of."""
    others = () if mode in ("absolute", "neighbours") else source_of(store, system, "bess").packs
    packs = [own, *(one for one in others if one.pack != own.pack)]
    return [one for each in packs for one in strings.series_of(store, system, each, quantity)]


@loader.memoised
def _surface(
    system: str,
    pack: int,
    start_ms: int | None,
    end_ms: int | None,
    quantity: Quantity,
    mode: Mode,
    max_points: int,
    rows: int,
) -> SurfaceAnswer:
    store = loader.current()
    own = pack_of(source_of(store, system, "bess"), pack)
    mine = strings.series_of(store, system, own, quantity)
    numbers = tuple(one.cell for one in mine if one.cell is not None)
    answer = SurfaceAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=f"Pack {pack} of {system} logs no cell {quantity}.",
        ts=np.zeros(0, np.int64),
        cells=numbers,
        cells_of=strings.cells_of(store, system, own) if quantity == "temperature" else None,
        z=np.zeros((0, len(numbers)), np.float32),
        unit=strings.unit_of(quantity, mode),
        quantity=quantity,
        mode=mode,
    )
    if not mine:
        return answer
    start, end = filled(mine, start_ms, end_ms)
    level = query.choose_level(store, mine[0], start, end, max_points)
    string = _compared_with(store, system, own, quantity, mode)
    read = strings.read_rows(store, string, level, start, end)
    step = level.step_ms or max(mine[0].interval_ms, 1)
    cut = Cut(
        quantity=quantity,
        mode=mode,
        level=level,
        window=(start, end),
        width_ms=step * max(-(-(end - start) // (step * rows)), 1),
        floor=strings.floor_of(quantity, limits(store.site.thresholds)),
    )
    return _filled_in(answer, read, mine, string, cut)


def _filled_in(
    answer: SurfaceAnswer, read: Rows, mine: Sequence[Series], string: Sequence[Series], cut: Cut
) -> SurfaceAnswer:
    """Merge rows to those asked for, and lay them out."""
    own = read.columns(slice(len(mine)))
    there = own.count.sum(axis=1) > 0
    readings = int(own.count.sum())
    if answer.mode == "absolute":
        merged = shape.merged(own.rows(there), cut.width_ms)
        ts, z = merged.ts, merged.mean
    else:
        packs = np.array([one.pack for one in string], np.int64)
        stray = shape.deviations(read, slice(len(mine)), measure_of(cut.mode, packs, cut.floor))
        scale = strings.scale_of(cut.quantity, cut.mode)
        ts, z = shape.farthest_of(read.ts[there], stray[there] * scale, cut.width_ms)
        found = [] if cut.mode == "z" else strings.stray_readings(mine[0].source, cut.quantity, *cut.window)
        z = with_strays(ts, z, [(one.pack or 0, one.cell or 0) for one in mine], cut.width_ms, found, scale=scale)
    return replace(
        answer,
        level=cut.level.name,
        coverage=strings.share_of(readings, mine, cut.window),
        reason=None if readings else NO_READINGS,
        ts=ts,
        z=decimal(z, answer.unit),
    )


def with_strays(
    ts: NDArray[np.int64],
    z: NDArray[np.floating],
    places: Sequence[tuple[int, int]],
    width_ms: int,
    found: Sequence[tuple[int, tuple[int, int], float, float]],
    *,
    scale: float,
) -> NDArray[np.floating]:
    """Let a single reading that strayed stand in its stretch, where it lies farther out than what buckets tell."""
    column = {place: at for at, place in enumerate(places)}
    shown = np.array(z)
    for stamp, place, _, residual in found:
        row = int(np.searchsorted(ts, stamp, side="right")) - 1
        if place in column and row >= 0 and stamp < ts[row] + width_ms:
            at = row, column[place]
            shown[at] = shape.farther(shown[at], np.asarray(residual * scale))
    return shown


def decimal(z: NDArray[np.floating], unit: str) -> NDArray[np.float32]:
    """Round to a tenth of what the sensors resolve."""
    return np.round(z.astype(np.float64), {"V": 4, "mV": 1}.get(unit, 2)).astype(np.float32)
