"""Which readings of a system are those of the day before, played again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from app import loader
from app.analytics.quality import join_replays, replay_findings
from app.answers.window import iso, source_of
from app.language import mark
from app.shapes.quality import Replay, ReplaysAnswer

METERS_LEFT = mark("Replays are looked for in batteries only: a household's or a fixed tariff's day may repeat itself.")
NO_TABLE = "This store was built before replays were looked for: build it again."


@loader.once_per_build
def replays(system: str) -> ReplaysAnswer:
    """List the stretches that were played again, on the whole history; series with the same stretch together.

    Parameters
    ----------
    system : str
        Name of a battery system.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    store = loader.current()
    source_of(store, system, "bess")
    found = join_replays(loader.table(system, "replays"))

    def stamp(at_ms: int) -> str:
        return iso(at_ms, store.zone)

    return ReplaysAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=NO_TABLE if loader.table(system, "replays").width == 0 else None,
        replays=tuple(_replay(row, store.zone) for row in found.iter_rows(named=True)),
        findings=replay_findings(found, stamp),
    )


def _replay(row: dict[str, Any], zone: str) -> Replay:
    return Replay(
        start=iso(row["first"], zone), end=iso(row["last"], zone), signals=tuple(row["signals"]), samples=row["samples"]
    )


@dataclass(frozen=True, slots=True)
class Replayed:
    """Replayed readings of a source's series, where they were looked for."""

    counts: Mapping[str, int]
    reason: str | None = None
    """Why they were not looked for; None where they were."""

    def of(self, signal: str) -> int | None:
        """Count those of one series; None where none were looked for."""
        return self.counts.get(signal, 0) if self.reason is None else None


def replayed_of(source: str) -> Replayed:
    """Count the replayed readings of each series of a source: unknown for meters, and in an older store."""
    if loader.current().source(source).kind != "bess":
        return Replayed({}, METERS_LEFT)
    table = loader.table(source, "replays")
    if table.width == 0:
        return Replayed({}, NO_TABLE)
    counted = table.group_by("signal").agg(pl.col("samples").sum())
    return Replayed({str(name): int(count) for name, count in counted.iter_rows()})
