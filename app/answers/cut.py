"""A battery system's evidence, cut to a window: its cells, its sensors, the capacity measured in it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.analytics.capacity import Capacity, measure_capacity
from app.analytics.grid import Floats, Grid, day_slice
from app.analytics.thermal import cells_of_sensor
from app.answers.evidence import SystemEvidence
from app.shapes.answer import Interval


@dataclass(frozen=True)
class Window:
    """A system over a window."""

    evidence: SystemEvidence
    start_ms: int
    end_ms: int
    rows: slice
    cells: Grid
    is_whole: bool
    """Whether neither end was given."""

    @cached_property
    def capacity(self) -> Capacity:
        """Capacity measured in the window; worked out for those who ask for it."""
        evidence = self.evidence
        if self.is_whole:
            return evidence.capacity
        anchors = evidence.table("anchors")
        return measure_capacity(anchors, self.start_ms, self.end_ms, evidence.chemistry, evidence.nominal_ah)

    @property
    def soh(self) -> Interval:
        """Measured state of health at the window's end [%]."""
        return self.evidence.soh(self.capacity.now)

    def columns(self, pack: int | None) -> NDArray[np.intp]:
        """Return the grid's columns of one pack, or all of them."""
        return np.arange(len(self.cells.numbers)) if pack is None else self.cells.of_pack(pack)

    def coverage(self, pack: int | None = None) -> float | None:
        """Share of the window's time that holds cell readings (0 to 1); None without any cell."""
        columns = self.columns(pack)
        span = self.end_ms - self.start_ms
        if len(columns) == 0 or span <= 0:
            return None
        read = float(self.evidence.readings[self.rows][:, columns].sum()) / len(columns)
        return round(min(1.0, read * self.evidence.interval_ms / span), 6)

    def mean_v(self) -> Floats:
        """Mean voltage of each cell [V]."""
        weight = np.where(np.isnan(self.cells["v_mean"]), 0.0, self.evidence.readings[self.rows])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((np.nan_to_num(self.cells["v_mean"]) * weight).sum(axis=0) / weight.sum(axis=0))

    def sensors(self) -> Grid | None:
        """Return the window's sensors."""
        whole = self.evidence.sensors
        return None if whole is None else whole.between(self.start_ms, self.end_ms)

    def temperatures(self) -> dict[tuple[int, int], float | None]:
        """Mean temperature of the sensors beside each cell [°C]."""
        sensors = self.sensors()
        found: dict[tuple[int, int], list[float]] = {}
        if sensors is None or len(sensors.days) == 0:
            return {}
        level = mean_known(sensors["t_mean"], 0)
        for pack in self.evidence.source.packs:
            columns = sensors.of_pack(pack.pack)
            for column in columns:
                beside = cells_of_sensor(
                    int(sensors.numbers[column]), pack.sensors, pack.cells, self.evidence.said.sensor_cells
                )
                for cell in beside:
                    if np.isfinite(level[column]):
                        found.setdefault((pack.pack, cell), []).append(float(level[column]))
        return {key: round(float(np.mean(values)), 3) for key, values in found.items()}


def window_of(evidence: SystemEvidence, start_ms: int | None, end_ms: int | None) -> Window:
    """Cut a system's evidence to a window; open ends are the data's own."""
    first, last = evidence.source.first_ms, evidence.source.last_ms + 1
    return Window(
        evidence=evidence,
        start_ms=first if start_ms is None else start_ms,
        end_ms=last if end_ms is None else end_ms,
        rows=day_slice(evidence.cells.days, start_ms, end_ms),
        cells=evidence.cells.between(start_ms, end_ms),
        is_whole=start_ms is None and end_ms is None,
    )


def mean_known(values: Floats, axis: int | None = None) -> Floats:
    """Mean of what is known; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nothing the mean is unknown
        return np.asarray(np.nanmean(values, axis=axis)) if values.size else np.asarray(np.nan)
