"""``packscope bench truth``: detection, measured."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from pipeline.report import emit, speaker

QUICK_SEEDS, QUICK_HEALTHY, QUICK_DAYS, QUICK_FIRST = 1, 1, 130.0, 2
"""What ``--quick`` runs: enough to see that every part works [strings, d, seed]."""
SOH_RUNS, QUICK_SOH = 400, 4
"""Strings that intervals are measured on; and with ``--quick``."""


def bench_truth(
    seeds: Annotated[int, typer.Option(min=1, max=100_000, help="Strings with faults.")] = 150,
    healthy: Annotated[int, typer.Option(min=0, max=100_000, help="Strings without any.")] = 40,
    processes: Annotated[int, typer.Option(min=0, max=64, help="Side by side; 0: in this process.")] = 2,
    folder: Annotated[Path, typer.Option(help="Where results are kept, so that an ended run can go on.")] = Path(
        "data/bench"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="Two short strings, to see that it works.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write docs/detection.md and its picture.")] = False,
    soh: Annotated[
        bool, typer.Option("--soh", help="Measure the intervals of state of health instead; --write: docs/soh.md.")
    ] = False,
) -> None:
    """Measure detection: graded faults in simulated strings, judged as the app judges them."""
    # Loaded when it is asked for: statistics take longer to load than a build takes to find nothing new.
    bench = import_module("app.truthbench.run")
    if soh:
        document = import_module("app.truthbench.soh_document")
        found = import_module("app.truthbench.soh_coverage").run(range(QUICK_SOH if quick else SOH_RUNS))
    else:
        document = import_module("app.truthbench.document")
        jobs = (
            bench.jobs_of(QUICK_SEEDS, QUICK_HEALTHY, QUICK_DAYS, QUICK_FIRST)
            if quick
            else bench.jobs_of(seeds, healthy)
        )
        found = bench.run_jobs(jobs, folder, 0 if quick else processes, speaker(to_stderr=True).print)
    if write:
        document.write(found, bench.ROOT)
    emit(document.text_of(found))
