"""Which readings of a system are those of the day before, played again."""

from __future__ import annotations

from typing import Any

import polars as pl

from app import loader
from app.analytics.quality import join_replays, replay_findings
from app.answers.window import iso, source_of
from app.quality_shapes import Replay, ReplaysAnswer

NO_TABLE = "This store was built before replays were looked for: build it again."


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
    source_of(loader.current(), system, "bess")
    return _replays(system)


@loader.once_per_build
def _replays(system: str) -> ReplaysAnswer:
    store = loader.current()
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


def replayed_by_signal(system: str) -> dict[str, int]:
    """Count the replayed readings of each series of a source that has some; meters are not looked at."""
    table = loader.table(system, "replays")
    if table.width == 0:
        return {}
    counted = table.group_by("signal").agg(pl.col("samples").sum())
    return {str(name): int(count) for name, count in counted.iter_rows()}
