"""The commands that write or examine data: ``build``, ``sample`` and ``check``.

Exit status: 0 all well, 1 failed, 2 wrong usage, 3 built but some files were rejected.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from pipeline import build as builder
from pipeline import collector, contract, report
from pipeline.errors import PackscopeError, SettingsError
from pipeline.settings import Settings, read_settings
from pipeline.simulation.defaults import DEFAULT_DAYS, DEFAULT_SEED, DEFAULT_STEP_S
from pipeline.watch import LOOK_EVERY_S, Watcher

FAILED, REJECTED = 1, 3
HELP = """Turn a folder of battery and smart-meter CSVs into a dashboard that shows every cell.

Exit status: 0 all well, 1 failed, 2 wrong usage, 3 built but some files were rejected.
"""
SAMPLE_FOLDER = Path("data/sample")

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)

Roots = Annotated[str | None, typer.Option(help="Folders or s3:// prefixes with the CSVs, separated by commas.")]
Store = Annotated[Path | None, typer.Option(help="Folder of the store.")]


def parse_rules(text: str) -> tuple[str, ...]:
    """Read ``--rules``: the aggregated levels, separated by commas."""
    rules = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        levels = [contract.parse_level(rule) for rule in rules]
    except SettingsError as exc:
        raise typer.BadParameter(str(exc).removeprefix("--rules: "), param_hint="--rules") from exc
    if not levels:
        raise typer.BadParameter("name at least one level, like 5min,15min,1h,1d", param_hint="--rules")
    return rules


@commands.command()
def build(
    *,
    roots: Roots = None,
    store: Store = None,
    rules: Annotated[str, typer.Option(help="Aggregated levels.")] = ",".join(contract.DEFAULT_RULES),
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Groups of series built at once.")] = None,
    chunk_size: Annotated[
        int | None, typer.Option(min=1_000, max=50_000_000, help="Rows held at once per series.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Publish nothing when a file is rejected.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read everything anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, progress on stderr.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on: build again whenever files have changed.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="With --watch: how often to look, in seconds.")] = LOOK_EVERY_S,
) -> None:
    """Build the store from the CSVs, only what has changed."""
    names = parse_rules(rules)
    settings = read_settings(meter_roots=roots, store=store, max_workers=workers, chunk_size=chunk_size)
    if watch:
        keep_current(settings, names, every, strict=strict, rebuild=rebuild, as_json=as_json)
    else:
        raise typer.Exit(build_once(settings, names, strict=strict, rebuild=rebuild, as_json=as_json))


def keep_current(
    settings: Settings, rules: Sequence[str], every_s: float, *, strict: bool, rebuild: bool, as_json: bool
) -> None:
    """Build whenever files have changed, until asked to end; a build that fails is said, and tried again."""
    console = report.speaker(to_stderr=as_json)

    def update(first: bool) -> bool:
        try:
            status = build_once(
                settings, rules, strict=strict, rebuild=rebuild and first, as_json=as_json, in_one_line=not first
            )
        except (OSError, MemoryError, pl.exceptions.PolarsError) as exc:
            complain(exc)
            return False
        if first:
            console.print(f"Watching {', '.join(settings.meter_roots)} (Ctrl-C ends it).")
        return status != FAILED

    Watcher(settings, update, every_s).run()
    console.print("Ended; what was published stays.")


def build_once(
    settings: Settings,
    rules: Sequence[str] = contract.DEFAULT_RULES,
    *,
    strict: bool = False,
    rebuild: bool = False,
    as_json: bool = False,
    in_one_line: bool = False,
) -> int:
    """Build, say what came of it (in one line, and only if anything did, where so wished), return the exit status."""
    console = report.speaker(to_stderr=as_json)
    collector.search_seldom()
    try:
        with report.progress(console, "Building", silent=in_one_line) as tell:
            built = builder.build(settings, rules=rules, strict=strict, rebuild=rebuild, progress=tell)
    except PackscopeError as exc:
        complain(exc)
        if as_json:
            report.emit(report.error_as_json(str(exc)))
        return FAILED
    report.summarise(console, built, in_one_line=in_one_line)
    if as_json:
        report.emit(report.as_json(built))
    if not built.published:
        return FAILED
    return REJECTED if built.rejected else 0


@commands.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = SAMPLE_FOLDER,
    days: Annotated[float, typer.Option(min=0.1, max=10_000, help="Span in days.")] = DEFAULT_DAYS,
    step: Annotated[int, typer.Option(min=1, max=3_600, help="Logger interval in seconds.")] = DEFAULT_STEP_S,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = DEFAULT_SEED,
    systems: Annotated[int, typer.Option(min=1, max=3, help="How many cabinets.")] = 3,
) -> None:
    """Write a simulated site with known faults, marked as a sample wherever it is shown."""
    write_sample(out, days=days, step_s=step, seed=seed, systems=systems)


def write_sample(
    out: Path,
    *,
    days: float = DEFAULT_DAYS,
    step_s: int = DEFAULT_STEP_S,
    seed: int = DEFAULT_SEED,
    systems: int = 3,
) -> None:
    """Write the sample site and say so."""
    console = report.speaker()
    with report.progress(console, "Simulating") as tell:
        written = import_module("pipeline.sample").write_sample(
            out,
            days=days,
            step_s=step_s,
            seed=seed,
            systems=systems,
            progress=tell,
            workers=read_settings().max_workers,
        )
    console.print(
        f"{written.out}: a simulated site with known faults, {written.files:,} files, {written.bytes / 1e6:,.0f} MB, "
        f"{written.days:g} days from {written.start}. truth.json lists its faults."
    )


@commands.command()
def check(
    *,
    store: Store = None,
    roots: Roots = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every CSV and every part again, and compare.")] = False,
) -> None:
    """See whether the store is whole, and whether it is what the CSVs say."""
    console = report.speaker()
    settings = read_settings(meter_roots=roots, store=store)
    with report.progress(report.speaker(to_stderr=True), "Checking") as tell:
        found = import_module("pipeline.check").check(settings, deep=deep, progress=tell)
    for fault in found.faults:
        console.print(f"  {fault.where}: {fault.what}")
    console.print(
        f"Build {found.build_id}: {found.parts:,} parts, {found.files:,} files, {len(found.faults):,} faults."
    )
    raise typer.Exit(FAILED if found.faults else 0)


def complain(exc: Exception) -> None:
    """Say on stderr what went wrong, in one line."""
    report.speaker(to_stderr=True).print(f"packscope: {exc}")


def run(app: typer.Typer, name: str) -> None:
    """Run a command line; a foreseen failure is one plain line and status 1."""
    try:
        app(prog_name=name)
    except PackscopeError as exc:
        complain(exc)
        sys.exit(FAILED)
