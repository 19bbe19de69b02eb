"""What a meter counted and measured: energy from its counters and from its power, its extremes, its factor."""

from __future__ import annotations

from typing import Literal

import polars as pl

from app import loader, query
from app.analytics import energy
from app.answers.meter_power import FACTOR, POWER, power_of
from app.answers.window import NO_READINGS, filled, share, source_of
from app.query import Energy
from app.shapes.kpis import MeterKpis
from app.store import Store
from pipeline.contract import TS, column, parse_level
from pipeline.signals import Kind

Unit = Literal["hour", "day", "week", "month"]
UNITS: tuple[Unit, ...] = ("hour", "day", "week", "month")
_TRUNCATE = {"day": "1d", "week": "1w", "month": "1mo"}

IMPORT, EXPORT = "pos_ae", "neg_ae"
HOUR, DAY = parse_level("1h"), parse_level("1d")
_READINGS = {"import_kwh": IMPORT, "export_kwh": EXPORT}


@loader.memoised
def meter_kpis(meter: str, start_ms: int | None = None, end_ms: int | None = None) -> MeterKpis:
    """Answer a meter's key figures.

    Energy is the sum of the counters' steps at raw resolution. Beside it stands what the power integrates to: each
    reading holds until the next, at most for three median intervals, import and export apart. Peak and lowest power
    are raw readings.

    Parameters
    ----------
    meter : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    source_of(store, meter, "meter")
    start, end = filled(store.all_series(meter), start_ms, end_ms)
    counters = [one.signal for one in store.all_series(meter) if one.kind is Kind.COUNTER]
    counted = query.energy(store, meter, counters, start, end)
    power = power_of(store, meter, start, end)
    found = _from_power(power, start, end)
    kwh = {name: counted[name].kwh if name in counted else None for name in (IMPORT, EXPORT)}
    coverage = _coverage(store, meter, counted, power, start, end)
    return MeterKpis(
        build_id=store.build_id,
        level=None,
        coverage=coverage,
        reason=_reason(power, counters, coverage),
        import_kwh=_rounded(kwh[IMPORT]),
        export_kwh=_rounded(kwh[EXPORT]),
        net_kwh=_net(kwh[IMPORT], kwh[EXPORT]),
        from_power=found,
        peak_kw=_reading(power, "max"),
        min_kw=_reading(power, "min"),
        mean_pf=_factor(power),
        counter_steps={name: one.steps for name, one in counted.items()},
        energy_kwh={name: _rounded(one.kwh) for name, one in counted.items()},
        notes=_notes(counted, power, kwh),
    )


def _from_power(power: pl.DataFrame | None, start_ms: int, end_ms: int) -> dict[str, float | None]:
    unknown: dict[str, float | None] = {"import_kwh": None, "export_kwh": None, "net_kwh": None, "coverage": None}
    if power is None:
        return unknown
    found = energy.integrate(power[POWER].to_numpy(), power["held"].to_numpy())
    if found.covered_ms == 0:
        return unknown | {"coverage": 0.0}
    return {
        "import_kwh": _rounded(found.import_kwh),
        "export_kwh": _rounded(found.export_kwh),
        "net_kwh": _rounded(found.import_kwh - found.export_kwh),
        "coverage": round(found.covered_ms / (end_ms - start_ms), 6),
    }


def _reading(power: pl.DataFrame | None, which: Literal["min", "max"]) -> float | None:
    inside = None if power is None else power.filter("inside")
    if inside is None or inside.height == 0:
        return None
    readings = inside[POWER].to_numpy()
    return float(f"{readings.max() if which == 'max' else readings.min():.7g}")


def _factor(power: pl.DataFrame | None) -> float | None:
    if power is None or FACTOR not in power.columns:
        return None
    both = power.filter(pl.col("inside") & pl.col(FACTOR).is_not_null())
    found = energy.mean_power_factor(both[POWER].to_numpy(), both[FACTOR].to_numpy())
    return None if found is None else round(found, 6)


def _rounded(kwh: float | None) -> float | None:
    """Cut what floating-point sums leave beyond a thousandth of a watt-hour."""
    return None if kwh is None else round(kwh, 6)


def _net(imported: float | None, exported: float | None) -> float | None:
    return None if imported is None or exported is None else _rounded(imported - exported)


def _coverage(
    store: Store, meter: str, counted: dict[str, Energy], power: pl.DataFrame | None, start_ms: int, end_ms: int
) -> float | None:
    """Coverage of what the figures rest on: the counters, else the power."""
    if end_ms <= start_ms:
        return None
    if counted:
        steps = {name: store.series(meter, name).interval_ms for name in counted}
        shares = [share(one.readings, steps[name], start_ms, end_ms) or 0.0 for name, one in counted.items()]
        return round(sum(shares) / len(shares), 6)
    return None if power is None else round(float(power["held"].sum()) / (end_ms - start_ms), 6)


def _reason(power: pl.DataFrame | None, counters: list[str], coverage: float | None) -> str | None:
    if not counters and power is None:
        return "This meter logs neither energy counters nor active power."
    return None if coverage else NO_READINGS


def _notes(counted: dict[str, Energy], power: pl.DataFrame | None, kwh: dict[str, float | None]) -> tuple[str, ...]:
    """Say why a figure is unknown."""
    found = []
    if power is None:
        found.append("The meter does not log active power (com_ap): nothing is integrated, and no peak is known.")
    elif FACTOR not in power.columns:
        found.append("The meter does not log a power factor (pf).")
    for name, word in ((IMPORT, "import"), (EXPORT, "export")):
        if name not in counted:
            found.append(f"The meter has no {word} counter ({name}).")
        elif kwh[name] is None:
            found.append(f"No step of the {word} counter is known in this window.")
    return tuple(found)


@loader.memoised
def energy_by(meter: str, start_ms: int | None = None, end_ms: int | None = None, *, unit: Unit) -> pl.DataFrame:
    """Sum every counter of a meter by hour, day, week or month.

    Parameters
    ----------
    meter : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC], cut exactly; the whole history where None.
    unit : {"hour", "day", "week", "month"}
        Days, weeks (from Monday) and months are those of the site's calendar.

    Returns
    -------
    DataFrame
        ``ts``, the start of each period in the site's wall time (naive, ms), ``start_ms``, the same as an instant
        [epoch ms UTC], which tells the two passes of a repeated hour apart, and ``<counter>_kwh`` for each counter
        [kWh]; null where no step of it is known. Periods without readings have no row.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    source_of(store, meter, "meter")
    start, end = filled(store.all_series(meter), start_ms, end_ms)
    counters = [one.signal for one in store.all_series(meter) if one.kind is Kind.COUNTER]
    if not counters:
        return pl.DataFrame(schema={TS: pl.Datetime("ms"), "start_ms": pl.Int64})
    rows = query.exact(store, meter, counters, HOUR if unit == "hour" else DAY, start, end)
    starts = pl.col(TS).dt.truncate("1h") if unit == "hour" else pl.col(TS)  # hours are cut in UTC
    zoned = starts.dt.convert_time_zone(store.zone)
    local = zoned if unit == "hour" else zoned.dt.truncate(_TRUNCATE[unit])
    sums = [
        pl.when(pl.col(column(name, "delta")).count() > 0)
        .then(pl.col(column(name, "delta")).sum())
        .alias(f"{name}_kwh")
        for name in counters
        if column(name, "delta") in rows.columns
    ]
    summed = rows.lazy().group_by(local.alias("start"), maintain_order=True).agg(sums).collect(engine="in-memory")
    instant = pl.col("start").dt.epoch("ms").alias("start_ms")
    return summed.select(pl.col("start").dt.replace_time_zone(None).alias(TS), instant, pl.col("^.*_kwh$"))
