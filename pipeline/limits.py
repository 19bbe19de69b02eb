"""What bounds an energy counter's steps: the site's word, or the largest power ever seen beside it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.contract import GroupRecord, column
from pipeline.parts import read_part
from pipeline.signals import Kind, power_beside
from pipeline.stale import Job
from pipeline.work import Context, GroupPlan


def power_limits(
    context: Context, job: Job, records: Mapping[tuple[str, str], GroupRecord]
) -> dict[str, tuple[float | None, float | None]]:
    """Find what bounds each counter's steps: the site's word, else the largest power ever seen beside it [kW]."""
    analog = records.get((job.source, Kind.ANALOG.value))
    beside: dict[str, float | None] = {}
    limits: dict[str, tuple[float | None, float | None]] = {}
    for name in sorted({name for file in job.files for name in file.signals}):
        site_limit = context.site.correction(job.source, name).p_max_kw
        power = power_beside(name)
        if power not in beside:
            beside[power] = _power_extreme(context, analog, power) if analog else None
        limits[name] = site_limit, beside[power]
    return limits


def _power_extreme(context: Context, analog: GroupRecord, power: str) -> float | None:
    if power not in {one.signal for one in analog.series}:
        return None
    coarsest = context.levels[-1].name
    low, high = column(power, "min"), column(power, "max")
    extremes: list[float] = []
    for part in analog.group.parts:
        if part.level == coarsest:
            frame = read_part(context.writer.root, part)
            if high in frame.columns:
                peak = frame.select(pl.max_horizontal(pl.col(low).abs().max(), pl.col(high).abs().max())).item()
                extremes += [peak] if peak is not None else []
    return max(extremes, default=None)


def standing_limits(old: GroupRecord | None) -> dict[str, tuple[float, str]]:
    """Return the limits that a group's steps were classified with, and their sources [kW]."""
    if old is None:
        return {}
    return {
        one.signal: (one.p_max_kw, one.p_max_source)
        for one in old.series
        if one.p_max_kw is not None and one.p_max_source is not None
    }


def limits_moved(plan: GroupPlan, old: GroupRecord) -> bool:
    """Whether the power beside a counter has reached a new extreme since its steps were classified."""
    seen = {one.signal: one.power_seen_kw for one in old.series}
    return any(seen.get(name) != limit[1] for name, limit in plan.p_max_kw.items())
