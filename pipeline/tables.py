"""Feature tables of each battery: extracted side by side, written by year, kept where nothing has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from pipeline import contract, features
from pipeline.catalogue import Traits
from pipeline.contract import Manifest
from pipeline.history import History
from pipeline.parts import is_whole, read_part
from pipeline.work import Context, Outcome


def extract_features(
    context: Context, outcomes: Sequence[Outcome], standing: Manifest | None
) -> tuple[list[contract.Group], dict[str, Traits]]:
    """Extract the features of every battery whose rows have changed, side by side."""
    by_source: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_source[outcome.record.group.source].append(outcome)
    standing_tables = {g.source: g for g in standing.groups if is_sound(context, g)} if standing else {}
    standing_sources = {s.name: s for s in standing.sources} if standing else {}
    batteries = {name: own for name, own in by_source.items() if _is_battery(own)}
    with ThreadPoolExecutor(context.settings.max_workers, thread_name_prefix="features") as pool:
        running = {
            name: pool.submit(_extract_one, context, own, standing_tables.get(name), standing_sources.get(name))
            for name, own in batteries.items()
        }
        done = {name: future.result() for name, future in running.items()}
    return [group for group, _ in done.values()], {name: traits for name, (_, traits) in done.items()}


def is_sound(context: Context, group: contract.Group) -> bool:
    """Whether a group holds tables, all of them whole."""
    return group.name == contract.TABLE_GROUP and all(is_whole(context.writer.root, part) for part in group.parts)


def _is_battery(outcomes: Sequence[Outcome]) -> bool:
    return any(
        one.pack is not None or one.topic in ("soc", "soh", "battery", "pcs", "fire")
        for outcome in outcomes
        for one in outcome.record.series
    )


def _extract_one(
    context: Context,
    outcomes: Sequence[Outcome],
    tables: contract.Group | None,
    source: contract.Source | None,
) -> tuple[contract.Group, Traits]:
    if tables is not None and source is not None and not any(outcome.changed for outcome in outcomes):
        return tables, Traits(source.current_sign, source.current_sign_source, source.notes)
    name = outcomes[0].record.group.source
    changed = [outcome.changed_from_ms for outcome in outcomes if outcome.changed]
    known = [stamp for stamp in changed if stamp is not None]
    since = min(known) if tables is not None and len(known) == len(changed) else None
    history = History(
        context.writer.root,
        name,
        context.zone,
        [outcome.record.group for outcome in outcomes],
        [one for outcome in outcomes for one in outcome.record.series],
    )
    extraction = features.extract(history, context.site.source(name), context.site.chemistries, since)
    parts = [
        part
        for table, frame in sorted(extraction.tables.items())
        for part in _write_table(context, name, table, frame, tables, extraction.from_ms.get(table))
    ]
    group = contract.Group(source=name, name=contract.TABLE_GROUP, cut="month", interval_ms=0, parts=tuple(parts))
    return group, Traits(extraction.current_sign, extraction.current_sign_source, extraction.notes)


def _write_table(
    context: Context,
    source: str,
    table: str,
    frame: pl.DataFrame,
    standing: contract.Group | None,
    from_ms: int | None,
) -> list[contract.Part]:
    """Write a table's rows from ``from_ms`` on, by year; earlier ones stay where they are."""
    old = [part for part in standing.parts if part.level == table] if standing and from_ms is not None else []
    kept = [part for part in old if part.last_ms < (from_ms or 0)]
    straddling = [part for part in old if part.last_ms >= (from_ms or 0)]
    remains = [read_part(context.writer.root, part).filter(pl.col("ts").to_physical() < from_ms) for part in straddling]
    whole = pl.concat([*remains, frame], how="vertical_relaxed").sort("ts", maintain_order=True)
    folder = (source, contract.TABLE_GROUP)
    if whole.height == 0:
        # A table without rows still says which columns it has.
        return kept or [context.writer.write(whole, folder, table, start_ms=0, zone=context.zone).result()]
    first, last = (int(whole["ts"].to_physical()[at]) for at in (0, -1))
    start, written = contract.period_start(first, "year", context.zone), []
    while start <= last:
        end = contract.period_end(start, "year", context.zone)
        rows = whole.filter(pl.col("ts").to_physical().is_between(start, end, closed="left"))
        if rows.height:
            written.append(context.writer.write(rows, folder, table, start_ms=start, zone=context.zone))
        start = end
    return [*kept, *(future.result() for future in written)]
