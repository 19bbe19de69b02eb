"""Paths about meters beyond the key figures: energy by period, load, peaks, counters and what has to fit together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from app import loader
from app.answers import closure, counters, find, load, meter_power, omissions, quality
from app.answers import meter as meters
from app.answers.window import NO_READINGS, iso
from app.api import parameters as p
from app.api.parameters import Parameter
from app.api.route import Route
from pipeline.contract import TS

_SOURCE = Parameter("source", "Name of a meter or battery system.", p.text, {"type": "string"}, "query", required=True)
MOST_FOUND = 50
"""Signals that a search returns at most."""
_REASON = {"reason": "why there is none"}


def _answer(
    name: str, window: tuple[int | None, int | None], keys: Mapping[str, Any], *, known: bool
) -> dict[str, Any]:
    """Give keys what every data answer carries; coverage is that of the meter's key figures."""
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": meters.meter_kpis(name, *window).coverage,
        "reason": None if known else NO_READINGS,
        **keys,
    }


def energy_by(meter: str, by: meters.Unit, start_ms: int | None, end_ms: int | None) -> dict[str, Any]:
    """Answer ``/meter/{meter}/energy``."""
    found = meters.energy_by(meter, start_ms, end_ms, unit=by)
    counted = {name: found[name].to_list() for name in found.columns if name not in (TS, "start_ms")}
    keys = {"by": by, "start": _local(found["start_ms"]), "energy_kwh": counted}
    return _answer(meter, (start_ms, end_ms), keys, known=found.height > 0)


def _local(starts: pl.Series) -> list[str]:
    """Write instants [epoch ms UTC] as the site does, each with its offset."""
    zoned = (
        pl.from_epoch(starts, time_unit="ms").dt.replace_time_zone("UTC").dt.convert_time_zone(loader.current().zone)
    )
    return zoned.dt.to_string("%Y-%m-%dT%H:%M:%S%:z").to_list()


def load_of(meter: str, start_ms: int | None, end_ms: int | None) -> dict[str, Any]:
    """Answer ``/meter/{meter}/load``."""
    found = load.meter_load(meter, start_ms, end_ms)
    share, power = meter_power.load_duration(meter, start_ms, end_ms)
    days, hours = meter_power.day_by_hour(meter, start_ms, end_ms)
    zone = loader.current().zone
    rows = found.peaks.to_dicts() if found is not None else []
    keys = {
        "peaks": [{"start": iso(row["ts"], zone), **{k: v for k, v in row.items() if k != "ts"}} for row in rows],
        "base": None if found is None else found.base,
        "duration": {"share": share, "power_kw": power},
        "by_hour": {"days": np.datetime_as_string(days).tolist(), "mean_kw": hours},
    }
    return _answer(meter, (start_ms, end_ms), keys, known=len(share) > 0)


def steps(meter: str, start_ms: int | None, end_ms: int | None) -> dict[str, Any]:
    """Answer ``/meter/{meter}/counters``."""
    zone = loader.current().zone
    found = counters.counter_steps(meter, start_ms, end_ms)
    rows = [_step(row, zone) for row in found.to_dicts()]
    covered = meters.meter_kpis(meter, start_ms, end_ms)
    return _answer(meter, (start_ms, end_ms), {"steps": rows}, known=bool(covered.coverage))


def _step(row: dict[str, Any], zone: str) -> dict[str, Any]:
    stamps = {name: iso(row[f"{name}_ms"], zone) for name in ("from", "to")}
    return stamps | {name: value for name, value in row.items() if not name.endswith("_ms")}


def closed(meter: str, start_ms: int | None, end_ms: int | None) -> dict[str, Any]:
    """Answer ``/meter/{meter}/closure``."""
    found = closure.closure(meter, start_ms, end_ms)
    names = ("used_kwh", "own_kwh", "own_use", "self_sufficiency")
    derived = {name: None if found is None else getattr(found, name) for name in names}
    answer = _answer(meter, (start_ms, end_ms), {"closure": found, **derived}, known=found is not None)
    missing = "Import, export and solar counters are not all logged, or no hour of the window knows all three."
    return answer | {"reason": None if found is not None else missing}


def calendar(source: str) -> dict[str, Any]:
    """Answer ``/quality/calendar``."""
    found = quality.coverage_calendar(source)
    return {
        "build_id": loader.current().build_id,
        "level": "1d",
        "coverage": found["coverage"].mean(),
        "reason": None if found.height else NO_READINGS,
        "label": found["label"].to_list(),
        "day": found.select(pl.col("day").dt.to_string("%Y-%m-%d"))["day"].to_list(),
        "share": found["coverage"].to_list(),
    }


def omitted(source: str) -> dict[str, Any]:
    """Answer ``/quality/findings``."""
    found, noted = omissions.findings(source), omissions.omissions(source)
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": None,
        "reason": None,
        "findings": found,
        "omissions": noted,
    }


def search(text: str) -> dict[str, Any]:
    """Answer ``/find``."""
    found = find.find(text, most=MOST_FOUND)
    return {
        "build_id": loader.current().build_id,
        "level": None,
        "coverage": None,
        "reason": None if found else f"No signal has every word of {text!r} in its name, label, unit or topic.",
        "signals": [{name: getattr(one, name) for name in ("source", "signal", "label", "unit")} for one in found],
    }


METER_ROUTES: tuple[Route, ...] = (
    Route(
        "/meter/{meter}/energy",
        "Energy by hour, day, week or month",
        "What each counter counted in each period of the site's calendar: its steps at raw resolution, summed.",
        (p.METER, p.choice("by", "Length of a period.", meters.UNITS, "day"), *p.WINDOW),
        energy_by,
        _REASON
        | {"by": "length of a period", "start": "start of each", "energy_kwh": "by counter, one for each [kWh]"},
        "meter_kpis",
        {"by": "month"},
    ),
    Route(
        "/meter/{meter}/load",
        "Peaks, base load, load duration, and power by hour of the day",
        "From raw readings of power: the highest quarter hour of each day and direction, the base load, the share of "
        "time for which a power is reached, and the mean of each hour of each day by the site's clock.",
        (p.METER, *p.WINDOW),
        load_of,
        _REASON
        | {
            "peaks": "start, direction, demand_kw, extreme_kw, energy_kwh, coverage; the highest first",
            "base": "base load; null without power",
            "duration": "share of the time (0 to 1), power_kw reached or exceeded for it",
            "by_hour": "days, mean_kw of 24 hours x days",
        },
        "meter_kpis",
    ),
    Route(
        "/meter/{meter}/counters",
        "Steps of the counters that are not plain energy",
        "Gaps, glitches, rollovers, resets and jumps, with the readings before and after and what was counted across.",
        (p.METER, *p.WINDOW),
        steps,
        _REASON | {"steps": "signal, kind, from, to, before, odd, after, counted_kwh, rows"},
        "meter_kpis",
    ),
    Route(
        "/meter/{meter}/closure",
        "Whether import, export and solar energy fit together",
        "Hour by hour over the hours that know all three counters; nothing can be exported that was not produced.",
        (p.METER, *p.WINDOW),
        closed,
        _REASON
        | {
            "closure": "hours, energies, hours that contradict; null without the three counters",
            "used_kwh": "consumption on site [kWh]",
            "own_kwh": "produced and used on site [kWh]",
            "own_use": "share of what was produced, 0 to 1",
            "self_sufficiency": "share of what was consumed, 0 to 1",
        },
        "meter_kpis",
    ),
    Route(
        "/quality/findings",
        "What the readings themselves say against being trusted",
        "Findings on stuck or otherwise doubtful readings, and what was left out or remarked, by reason.",
        (_SOURCE,),
        omitted,
        _REASON
        | {"findings": "rule, subject, value, limit, unit, severity, at, text", "omissions": "by reason, with rows"},
        "quality",
        {"source": "m1"},
    ),
    Route(
        "/find",
        "Find signals by words",
        "Every word must be in the source's or signal's name, the label, the unit or the topic; best first.",
        (Parameter("text", "What is looked for.", p.text, {"type": "string"}, required=True),),
        search,
        _REASON | {"signals": "source, signal, label, unit"},
        "sources",
        {"text": "power"},
    ),
    Route(
        "/quality/calendar",
        "Coverage by day",
        "Share of the readings expected of each day that is there, by group of series; three lists of equal length.",
        (_SOURCE,),
        calendar,
        _REASON | {"label": "group of series", "day": "of the site's calendar", "share": "0 to 1"},
        "quality",
        {"source": "m1"},
    ),
)
"""Paths about meters and coverage."""
