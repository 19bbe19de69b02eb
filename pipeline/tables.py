"""Feature tables of each battery: written by year, kept where nothing has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline import contract, features
from pipeline.catalogue import Traits
from pipeline.contract import Manifest
from pipeline.history import History
from pipeline.parts import is_whole, read_part
from pipeline.work import Context, Outcome


@dataclass(frozen=True, slots=True)
class Tables:
    """A battery's features, as they stand after this build."""

    group: contract.Group
    traits: Traits
    changed: bool


def is_battery(outcomes: Sequence[Outcome]) -> bool:
    """Whether a source's groups are those of a battery."""
    return any(
        one.pack is not None or one.topic in ("soc", "soh", "battery", "pcs", "fire")
        for outcome in outcomes
        for one in outcome.record.series
    )


def extract_features(context: Context, outcomes: Sequence[Outcome], standing: Manifest | None) -> Tables:
    """Extract a battery's features from its groups: kept where none has changed, extended where they have grown."""
    name = outcomes[0].record.group.source
    tables, traits = _standing(context, name, outcomes, standing)
    if tables is not None and traits is not None and not any(outcome.changed for outcome in outcomes):
        return Tables(tables, traits, changed=False)
    changed = [outcome.changed_from_ms for outcome in outcomes if outcome.changed]
    known = [stamp for stamp in changed if stamp is not None]
    since = min(known) if tables is not None and known and len(known) == len(changed) else None
    history = History(
        context.writer.root,
        name,
        context.zone,
        [outcome.record.group for outcome in outcomes],
        [one for outcome in outcomes for one in outcome.record.series],
    )
    said, learned = context.site.source(name), traits.learned if traits is not None else None
    extraction = features.extract(history, said, context.site.chemistries, since, learned)
    parts = [
        part
        for table, frame in sorted(extraction.tables.items())
        for part in _write_table(context, name, table, frame, tables, extraction.from_ms.get(table))
    ]
    group = contract.Group(source=name, name=contract.TABLE_GROUP, cut="month", interval_ms=0, parts=tuple(parts))
    sign, source = extraction.current_sign, extraction.current_sign_source
    return Tables(group, Traits(sign, source, extraction.notes, extraction.learned), changed=True)


def _standing(
    context: Context, name: str, outcomes: Sequence[Outcome], standing: Manifest | None
) -> tuple[contract.Group | None, Traits | None]:
    """Find a battery's tables in the published build: none where a part is damaged or a group has come or gone."""
    if standing is None:
        return None, None
    groups = {group.name: group for group in standing.groups if group.source == name}
    tables = groups.pop(contract.TABLE_GROUP, None)
    source = next((source for source in standing.sources if source.name == name), None)
    whole = tables is not None and all(is_whole(context.writer.root, part) for part in tables.parts)
    if source is None or not whole or groups.keys() != {outcome.record.group.name for outcome in outcomes}:
        return None, None
    return tables, Traits(source.current_sign, source.current_sign_source, source.notes, source.learned)


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
