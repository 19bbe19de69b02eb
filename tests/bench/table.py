"""What a comparison measured, as a table, and its place in docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.bench.measure import Taken, medians

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- written by make bench -->", "<!-- end of what make bench writes -->"
FLOORS = ("parsing with Polars", "parsing with PyArrow")
LEVELS, FEATURES, PANDAS = "levels", "levels and features", "pandas preprocessor"
START_S = 1.0
"""What a bar allows a build for starting up, beside its multiple of the floor [s]."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that was run on the same files, round by round."""

    files: int
    size_mb: float
    rounds: Mapping[str, Sequence[Taken]]
    store_mb: float
    load: float
    """Mean load of the machine over the last minute when it ended [processes]."""

    def floor(self, measure: str) -> str:
        """Name the reader that was the faster one."""
        return min(FLOORS, key=lambda name: median(getattr(one, measure) for one in self.rounds[name]))

    def times_the_floor(self, name: str, measure: str) -> float:
        """Tell how often the floor's time something took: the median of the rounds' ratios [x]."""
        below = self.rounds[self.floor(measure)]
        pairs = zip(self.rounds[name], below, strict=True)
        return median(float(getattr(one, measure) / getattr(least, measure)) for one, least in pairs)

    def times_pandas(self, name: str, measure: str) -> float:
        """Tell how often pandas' rate something had: the median of the rounds' ratios [x]."""
        pairs = zip(self.rounds[name], self.rounds[PANDAS], strict=True)
        return median(float(getattr(other, measure) / getattr(one, measure)) for one, other in pairs)


def table(found: Comparison) -> str:
    """Write a comparison as Markdown."""
    count = len(found.rounds[LEVELS])
    lines = [
        f"{found.files:,} files, {found.size_mb:,.0f} MB, the page cache warm; medians of {count} rounds of everything "
        f"in turn, on {os.cpu_count()} cores ({platform.machine()}, load {found.load:.1f} at the end) with "
        f"Python {platform.python_version()}, Polars {version('polars')}, PyArrow {version('pyarrow')}, "
        f"pandas {version('pandas')}.",
        "",
        "| what | wall clock | processor | rate | times the floor (wall, processor) | times pandas' rate (the same) "
        "| peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in found.rounds.items():
        taken = medians(runs)
        floor = " | ".join(
            ", ".join(f"{ratio(name, measure):.1f}" for measure in ("wall_s", "processor_s"))
            for ratio in (found.times_the_floor, found.times_pandas)
        )
        lines.append(
            f"| {name} | {taken.wall_s:.1f} s | {taken.processor_s:.1f} s | {found.size_mb / taken.wall_s:,.0f} MB/s "
            f"| {floor} | {taken.peak_mb:,.0f} MB |"
        )
    lines += ["", _bars(found)]
    return "\n".join(lines) + "\n"


def _bars(found: Comparison) -> str:
    """Say the ratio of each build with a second taken off for starting up, and the store's size."""
    floor = medians(found.rounds[found.floor("wall_s")]).wall_s
    shares = [f"{name} {(medians(found.rounds[name]).wall_s - START_S) / floor:.1f} x" for name in (LEVELS, FEATURES)]
    return (
        f"Without the first second, which starting up is allowed: {', '.join(shares)} the floor. "
        f"The store takes 1/{found.size_mb / found.store_mb:.1f} of the CSVs' size."
    )


def write(found: Comparison, page: Path = PAGE) -> None:
    """Put the table into its place in the docs."""
    text = page.read_text(encoding="utf-8")
    place = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    page.write_text(place.sub(lambda _: f"{BEGIN}\n\n{table(found)}\n{END}", text), encoding="utf-8")
