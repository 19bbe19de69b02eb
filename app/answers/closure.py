"""Closure of a household's counters: what was imported, exported and produced has to add up to a consumption."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from app import loader
from app.answers.meter import EXPORT, IMPORT, energy_by

SOLAR = "pv_ae"
"""Counter of what was produced on site."""
DIGIT_KWH = 0.01
"""More than two last digits of a usual meter: by less, export does not contradict what was produced [kWh]."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Energies of a window that have to fit together, over the hours in which all three counters are known."""

    hours: int
    """Hours with a known step of all three."""
    import_kwh: float
    export_kwh: float
    solar_kwh: float
    impossible_hours: int
    """Hours in which more was exported than produced."""
    impossible_kwh: float
    """By how much, in sum [kWh]."""
    worst_kwh: float
    """By how much in the worst such hour [kWh]."""
    worst_at: str | None
    """Its start, site wall time to the minute."""

    @property
    def used_kwh(self) -> float:
        """What was consumed on site: import + solar − export [kWh]."""
        return self.import_kwh + self.solar_kwh - self.export_kwh

    @property
    def own_kwh(self) -> float:
        """What was produced and used on site: solar − export [kWh]."""
        return self.solar_kwh - self.export_kwh

    @property
    def own_use(self) -> float | None:
        """Share of what was produced that was used on site; None without production."""
        return self.own_kwh / self.solar_kwh if self.solar_kwh > 0 else None

    @property
    def self_sufficiency(self) -> float | None:
        """Share of the consumption that was produced on site; None without consumption."""
        return self.own_kwh / self.used_kwh if self.used_kwh > 0 else None


@loader.memoised
def closure(meter: str, start_ms: int | None = None, end_ms: int | None = None) -> Closure | None:
    """Check a meter's import, export and solar counters against each other, hour by hour.

    With the energies of an hour, consumption is import + solar − export. Behind one connection without storage nothing
    can be exported that was not produced in the same hour, so an hour with more export than solar energy is a
    contradiction: a clock that runs apart, a counter that stood still, or a store of energy behind the meter.

    Parameters
    ----------
    meter : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.

    Returns
    -------
    Closure or None
        None where one of the three counters is not logged, or no hour knows all of them.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    if not all(store.has(meter, name) for name in (IMPORT, EXPORT, SOLAR)):
        return None
    bought, sold, made = (pl.col(f"{name}_kwh") for name in (IMPORT, EXPORT, SOLAR))
    hours = energy_by(meter, start_ms, end_ms, unit="hour")
    if not {f"{name}_kwh" for name in (IMPORT, EXPORT, SOLAR)} <= set(hours.columns):
        return None
    rows = hours.filter(bought.is_not_null() & sold.is_not_null() & made.is_not_null())
    if rows.height == 0:
        return None
    odd = rows.with_columns(over=sold - made).filter(pl.col("over") > DIGIT_KWH).sort("over", descending=True)
    totals = rows.select(bought.sum(), sold.sum(), made.sum()).row(0)
    return Closure(
        hours=rows.height,
        import_kwh=totals[0],
        export_kwh=totals[1],
        solar_kwh=totals[2],
        impossible_hours=odd.height,
        impossible_kwh=float(odd["over"].sum()),
        worst_kwh=float(odd["over"][0]) if odd.height else 0.0,
        worst_at=odd["ts"][0].strftime("%Y-%m-%d %H:%M") if odd.height else None,
    )
