"""What the manifest says of each series and source, from the quality rows of its group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS, Group, Learned, Pack, Series, Source, SourceFile, Tally
from pipeline.coverage import GAP_FACTOR
from pipeline.signals import describe

if TYPE_CHECKING:
    from pipeline.discover import FoundSource
    from pipeline.work import GroupPlan


@dataclass(frozen=True, slots=True)
class Traits:
    """What feature extraction found out about a battery as a whole."""

    current_sign: int | None
    current_sign_source: str | None
    notes: tuple[str, ...]
    learned: Learned | None = None


_TOTALS = ("kept", "gap_ms", "gaps", "stuck")
"""Columns of the quality rows that add up over the cuts."""


def series_of(
    quality: pl.DataFrame | None,
    group: Group,
    plan: GroupPlan,
    files: Sequence[SourceFile],
    limits: Mapping[str, tuple[float, str]],
) -> tuple[Series, ...]:
    """Describe the series of a group that hold at least one reading, from its quality rows."""
    if quality is None:
        return ()
    tallies: dict[str, list[Tally]] = defaultdict(list)
    for file in files:
        for name in file.signals:
            tallies[name].append(file.by_signal.get(name, file.tally))
    described = []
    by_signal = quality.filter(pl.col("kept") > 0).sort("signal", "first_ms")
    columns = {name: by_signal[name].to_numpy() for name in by_signal.columns if name not in (TS, "signal")}
    names = by_signal["signal"].to_list()
    starts = [at for at, name in enumerate(names) if at == 0 or name != names[at - 1]]
    totals = {name: np.add.reduceat(columns[name], starts).tolist() for name in _TOTALS} if names else {}
    for at, (low, high) in enumerate(zip(starts, [*starts[1:], len(names)], strict=True)):
        rows = {name: column[low:high] for name, column in columns.items()}
        total = {name: values[at] for name, values in totals.items()}
        described.append(_one(names[low], rows, total, group, plan, _add(tallies[names[low]]), limits))
    return tuple(described)


def _one(
    name: str,
    rows: Mapping[str, NDArray[np.int64]],
    total: Mapping[str, int],
    group: Group,
    plan: GroupPlan,
    tally: Tally,
    limits: Mapping[str, tuple[float, str]],
) -> Series:
    signal = plan.signals[name]
    interval = _weighted_median(rows["interval_ms"], rows["kept"]) or group.interval_ms
    first, last = int(rows["first_ms"][0]), int(rows["last_ms"][-1])
    between = rows["first_ms"][1:] - rows["last_ms"][:-1]
    seams = between[between > GAP_FACTOR * interval]
    missing = total["gap_ms"] + (int((seams - interval).sum()) if len(seams) else 0)
    limit = limits.get(name)
    return Series(
        source=group.source,
        signal=name,
        group=group.name,
        kind=signal.kind,
        unit=signal.unit,
        label=signal.label,
        topic=signal.topic,
        known=signal.known,
        pack=signal.pack,
        cell=signal.cell,
        kept=total["kept"],
        first_ms=first,
        last_ms=last,
        interval_ms=interval,
        gaps=total["gaps"] + len(seams),
        coverage=max(0.0, 1.0 - missing / max(last - first + interval, 1)),
        stuck=total["stuck"],
        tally=tally,
        p_max_kw=limit[0] if limit else None,
        p_max_source=limit[1] if limit else None,
        power_seen_kw=plan.p_max_kw.get(name, (None, None))[1],
    )


def _weighted_median(intervals: NDArray[np.int64], kept: NDArray[np.int64]) -> int:
    """Median step over the cuts of history, each weighing as many readings as it holds [ms]."""
    if intervals[0] > 0 and intervals.min() == intervals.max():
        return int(intervals[0])
    order = np.argsort(intervals, kind="stable")
    order = order[intervals[order] > 0]
    if len(order) == 0:
        return 0
    running = np.cumsum(kept[order])
    return int(intervals[order[np.searchsorted(running, running[-1] / 2)]])


def _add(tallies: Sequence[Tally]) -> Tally:
    if len(tallies) == 1:
        return tallies[0]
    excluded: dict[str, int] = defaultdict(int)
    noted: dict[str, int] = defaultdict(int)
    rows = kept = 0
    lines = []
    for tally in tallies:
        rows, kept = rows + tally.rows, kept + tally.kept
        for reason, count in tally.excluded.items():
            excluded[reason] += count
        for reason, count in tally.noted.items():
            noted[reason] += count
        lines += [tally.first_bad_line] if tally.first_bad_line is not None else []
    return Tally(
        rows=rows, kept=kept, excluded=dict(excluded), noted=dict(noted), first_bad_line=min(lines, default=None)
    )


def sources_of(
    found: Iterable[FoundSource], series: Sequence[Series], traits: Mapping[str, Traits]
) -> tuple[Source, ...]:
    """Describe every source that holds at least one reading."""
    own: dict[str, list[Series]] = defaultdict(list)
    for one in series:
        own[one.source].append(one)
    sources = []
    for source in sorted(found, key=lambda source: source.name):
        if not own[source.name]:
            continue
        trait = traits.get(source.name)
        sources.append(
            Source(
                name=source.name,
                kind=source.kind,
                folder=str(source.folder),
                sample=source.sample,
                packs=_packs({name for file in source.files for name in file.signals}),
                first_ms=min(one.first_ms for one in own[source.name]),
                last_ms=max(one.last_ms for one in own[source.name]),
                current_sign=trait.current_sign if trait else None,
                current_sign_source=trait.current_sign_source if trait else None,
                notes=trait.notes if trait else (),
                learned=trait.learned if trait else None,
            )
        )
    return tuple(sources)


def _packs(signals: Iterable[str]) -> tuple[Pack, ...]:
    """Lay out the geometry: every cell and sensor that has a file, those without a single reading included."""
    cells: dict[int, list[int]] = defaultdict(list)
    sensors: dict[int, list[int]] = defaultdict(list)
    for signal in map(describe, signals):
        if signal.pack is not None and signal.cell is not None:
            (cells if signal.is_cell_voltage else sensors)[signal.pack].append(signal.cell)
    return tuple(
        Pack(pack=pack, cells=tuple(sorted(cells[pack])), sensors=tuple(sorted(sensors[pack])))
        for pack in sorted({*cells, *sensors})
    )
