"""``python -m tests.bench.history``: what answers take when the history is ten times as long.

Two simulated sites of the same shape, one with ten times the days, are asked the same questions over the same windows,
each with an empty cache. A question is compared with itself: the ratio of the processor times it takes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated

import typer

from pipeline import report
from pipeline.build import build
from pipeline.sample import write_sample
from pipeline.settings import Settings
from tests.bench.answers import Asked, Probe

LEAST_MS = 5.0
"""What takes less is left out: its ratio says more about the clock than about the answer [ms]."""
ROUNDS = 3
"""How often each question is asked; the shortest time counts."""


def store_of(folder: Path, days: float, step_s: int) -> Path:
    """Simulate a site of one system, and build it."""
    write_sample(folder / "site", days=days, step_s=step_s, systems=1)
    store = folder / "store"
    build(Settings(meter_roots=(str(folder / "site"),), store=store))
    return store


def shared(stores: Sequence[Path]) -> dict[str, tuple[str, str]]:
    """Name the stretch that every store has of each source, as ISO 8601: windows are cut out of it."""
    every = [{one["name"]: one for one in Probe(store, stands=False).sources} for store in stores]
    return {
        name: (max(one[name]["start"] for one in every), min(one[name]["end"] for one in every)) for name in every[0]
    }


def times_of(store: Path, stretches: Mapping[str, tuple[str, str]]) -> dict[str, float]:
    """Ask for everything over a month, a week and a day of some stretches; the median time of each question [ms]."""
    probe = Probe(store)
    kinds = {one["kind"]: one for one in reversed(probe.sources)}
    probe.sources = [one | dict(zip(("start", "end"), stretches[one["name"]], strict=True)) for one in kinds.values()]
    taken: dict[str, list[float]] = {}
    for one in (*probe.answers(Random(1)), *probe.callbacks(Random(1))):
        if _has_window(one):
            taken.setdefault(one.name, []).append(min(probe.take(one).processor_ms for _ in range(ROUNDS)))
    return {name: median(found) for name, found in taken.items()}


def ratios(short: dict[str, float], long: dict[str, float]) -> list[tuple[float, str]]:
    """List by how much each question takes longer, the worst first."""
    both = [name for name in short if name in long and max(short[name], long[name]) >= LEAST_MS]
    return sorted(((long[name] / short[name], name) for name in both), reverse=True)


def _has_window(one: Asked) -> bool:
    return one.name.rpartition("| ")[2] in ("30 d", "7 d", "1 d")


def main(
    days: Annotated[float, typer.Option(min=31, help="Span of the shorter site in days.")] = 63,
    times: Annotated[float, typer.Option(min=1, help="By how much the other is longer.")] = 10,
    step: Annotated[int, typer.Option(min=1, help="Logger interval in seconds.")] = 900,
    kept: Annotated[list[Path] | None, typer.Option(help="A short and a long store that are there already.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="So many of the worst are listed.")] = 10,
) -> None:
    """Compare the same answers of a short and of a long history."""
    say = report.speaker(to_stderr=True).print
    with tempfile.TemporaryDirectory(prefix="packscope-history-") as name:
        stores = kept
        if not stores:
            say(f"simulating and building {days:g} and {days * times:g} days")
            stores = [store_of(Path(name) / f"{span:g}", span, step) for span in (days, days * times)]
        stretches = shared(stores)
        measured = []
        for store in stores:
            say("asking")
            measured.append(times_of(store, stretches))
    found = ratios(*measured)
    for ratio, question in found[:worst]:
        report.speaker().print(f"{ratio:6.2f} x  {question}")
    whole = sum(measured[1].values()) / sum(measured[0].values())
    report.speaker().print(
        f"The longer history: all answers together {whole:.2f} x, the median answer "
        f"{median(ratio for ratio, _ in found):.2f} x"
    )


if __name__ == "__main__":
    typer.run(main)
