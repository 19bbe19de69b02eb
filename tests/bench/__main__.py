"""``python -m tests.bench``: a build beside merely parsing, and beside pandas. ``make bench`` runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline import report
from pipeline.sample import write_sample
from tests.bench import table
from tests.bench.compare import compare, slice_of


def main(
    roots: Annotated[str | None, typer.Option(help="Folders with CSVs of one signal each, by commas.")] = None,
    series: Annotated[int | None, typer.Option(min=1, help="So many of them, in packs from all over the site.")] = None,
    days: Annotated[float, typer.Option(min=1, help="Without roots: span of the simulated site in days.")] = 60,
    step: Annotated[int, typer.Option(min=1, help="Without roots: logger interval in seconds.")] = 300,
    systems: Annotated[int, typer.Option(min=1, max=3, help="Without roots: how many cabinets.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 3,
    write: Annotated[bool, typer.Option("--write", help="Put the table into docs/performance.md.")] = False,
) -> None:
    """Measure a build beside merely parsing the same files, and beside the old pandas preprocessor."""
    say = report.speaker(to_stderr=True).print
    with tempfile.TemporaryDirectory(prefix="packscope-bench-") as name:
        folder = Path(name)
        if roots is None:
            say("simulating the site")
            write_sample(folder / "sample", days=days, step_s=step, systems=systems)
        found = [Path(root) for root in roots.split(",")] if roots else [folder / "sample"]
        slice_of(found, series, folder / "site")
        measured = compare(folder / "site", folder / "out", rounds=rounds, say=say)
    report.speaker().print(table.table(measured))
    if write:
        table.write(measured)


if __name__ == "__main__":
    typer.run(main)
