"""What the battery's verdicts rest on: feature tables laid out once per build, and the verdicts made from them once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from app import loader
from app.analytics import degradation
from app.analytics.capacity import Capacity, measure_capacity
from app.analytics.cycles import equivalent_full_cycles
from app.analytics.gather import cells_of, heat_of, sensors_of, typical_a
from app.analytics.grid import Floats, Grid
from app.analytics.judge import Evidence, Judged, judge
from app.analytics.limits import Limit, limits
from app.analytics.soh import age_years
from app.answers.window import iso, source_of
from app.shapes.answer import Interval
from pipeline.contract import Source
from pipeline.physics import OHM_AH, Chemistry, chemistry_of
from pipeline.site import SohModel, SourceSettings

REMEMBERED = 16
"""Systems whose evidence stays laid out in memory."""


@dataclass(frozen=True)
class SystemEvidence:
    """One system of one build: its tables, laid out, and what the site says of it."""

    source: Source
    said: SourceSettings
    model: SohModel
    zone: str
    limits: Mapping[str, Limit]
    cells: Grid
    sensors: Grid | None
    heat_a2: Floats
    readings: Floats
    """Readings of each day and cell."""
    interval_ms: float
    typical_a: float | None
    capacity: Capacity
    chemistry: Chemistry | None = None
    """Whose curve the anchors were read on; None where it is not described."""

    @property
    def nominal_ah(self) -> float | None:
        """Nominal capacity [Ah], as the site says."""
        return self.said.nominal_ah

    def table(self, name: str) -> pl.DataFrame:
        """Return one of the system's feature tables; without rows where the build made none."""
        return loader.table(self.source.name, name)

    def stamp(self, stamp_ms: int) -> str:
        """Write a stamp as ISO 8601 with the site's offset."""
        return iso(stamp_ms, self.zone)

    @property
    def age_years(self) -> float:
        """Years from commissioning (or the first data) to the last data."""
        begun = self.source.first_ms
        if self.said.commissioned is not None:
            begun = int(datetime.combine(self.said.commissioned, time(), ZoneInfo(self.zone)).timestamp() * 1000)
        return age_years(begun, self.source.last_ms)

    @property
    def efc_total(self) -> float | None:
        """Equivalent full cycles since the first data."""
        return equivalent_full_cycles(self.table("system_day"), self.nominal_ah)

    def soh(self, capacity: Interval) -> Interval:
        """Turn a capacity into a state of health against the nominal one [%]."""
        return soh_of(capacity, self.nominal_ah)


def soh_of(capacity: Interval, nominal_ah: float | None) -> Interval:
    """Relate a capacity [Ah] to the nominal one; the reason where either is unknown."""
    if capacity.value is None or capacity.low is None or capacity.high is None:
        return Interval(value=None, reason=capacity.reason)
    if nominal_ah is None:
        return Interval(value=None, reason="The nominal capacity is unknown: say nominal_ah in site.toml.")
    return Interval(
        value=100 * capacity.value / nominal_ah,
        low=100 * capacity.low / nominal_ah,
        high=100 * capacity.high / nominal_ah,
    )


def evidence_of(system: str) -> SystemEvidence:
    """Return a system's evidence, laid out once per build.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    store = loader.current()
    source_of(store, system, "bess")
    return _evidence_of(loader.key_of(store), system)


@lru_cache(maxsize=REMEMBERED)
def _evidence_of(_key: str, system: str) -> SystemEvidence:
    store = loader.current()
    said = store.site.source(system)
    chemistry = chemistry_of(said, store.site.chemistries)
    cells, readings = cells_of(loader.table(system, "cell_day"))
    sensors = sensors_of(loader.table(system, "sensor_day"))
    days = loader.table(system, "system_day")
    intervals = [one.interval_ms for one in store.all_series(system) if one.pack is not None and one.unit == "V"]
    return SystemEvidence(
        source=store.source(system),
        said=said,
        model=store.site.soh_model,
        zone=store.zone,
        limits=limits(store.site.thresholds),
        cells=cells,
        sensors=sensors,
        heat_a2=heat_of(sensors, days),
        readings=readings,
        interval_ms=float(np.median(intervals)) if intervals else 0.0,
        typical_a=typical_a(days),
        capacity=measure_capacity(loader.table(system, "anchors"), chemistry=chemistry, nominal_ah=said.nominal_ah),
        chemistry=chemistry,
    )


def judged(system: str) -> Judged:
    """Return the verdicts on a system's cells, made once per build.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence_of(system)
    return _judged(loader.key_of(loader.current()), system)


@lru_cache(maxsize=REMEMBERED)
def _judged(_key: str, system: str) -> Judged:
    evidence = evidence_of(system)
    ohm = OHM_AH / evidence.nominal_ah if evidence.nominal_ah else None
    return judge(
        Evidence(
            cells=evidence.cells,
            sensors=evidence.sensors,
            heat_a2=evidence.heat_a2,
            excursions=evidence.table("excursions"),
            typical_a=evidence.typical_a,
            typical_ohm=ohm,
            sensor_cells=evidence.said.sensor_cells,
            soh=evidence.soh(evidence.capacity.now),
            trend=degradation.rate(
                evidence.capacity.days, evidence.capacity.values, baseline=evidence.capacity.baseline.value
            ),
            limits=evidence.limits,
        ),
        evidence.stamp,
    )
