"""The command ``packscope``: the pipeline's commands, and the dashboard's.

Exit status: 0 all well, 1 failed, 2 wrong usage, 3 built but some files were rejected.
"""

from __future__ import annotations

import json
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from app import launch
from app.truthbench.command import bench_truth
from pipeline import report
from pipeline.commands import FAILED, HELP, SAMPLE_FOLDER, Roots, Store, build_once, commands, write_sample
from pipeline.commands import run as run_commands
from pipeline.settings import Settings, read_settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
cli.add_typer(commands)
bench_commands = typer.Typer(invoke_without_command=True, help="Measure this machine, or `truth`: what is detected.")
cli.add_typer(bench_commands, name="bench")
bench_commands.command("truth")(bench_truth)

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(min=1, max=65_535, help="Port to listen on.")]
Threads = Annotated[int, typer.Option(min=1, max=256, help="Requests answered at once.")]


def _say_version(wanted: bool) -> None:
    if wanted:
        report.emit(f"packscope {import_module('importlib.metadata').version('packscope')}")
        raise typer.Exit


@cli.callback(help=HELP)
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Read what comes before the command."""


@cli.command()
def serve(store: Store = None, host: Host = None, port: Port = None, threads: Threads = launch.THREADS) -> None:
    """Serve the dashboard from the store as it is; a new build is noticed by itself."""
    settings = launch.settings_for_serving(store=store, host=host, port=port)
    _say_address(settings)
    launch.serve(settings, threads)


@cli.command()
def run(
    roots: Roots = None,
    store: Store = None,
    host: Host = None,
    port: Port = None,
    threads: Threads = launch.THREADS,
) -> None:
    """Everything: a sample site if there is no data, the build, the dashboard."""
    settings = launch.settings_for_serving(meter_roots=roots, store=store, host=host, port=port)
    settings = launch.choose_roots(settings, SAMPLE_FOLDER, _write_sample)
    if build_once(settings) == FAILED:
        raise typer.Exit(FAILED)
    _say_address(settings)
    launch.serve(settings, threads)


@bench_commands.callback()
def bench(
    context: typer.Context,
    days: Annotated[float, typer.Option(min=2, max=10_000, help="Span of the simulated site in days.")] = 60,
    step: Annotated[int, typer.Option(min=1, max=3_600, help="Logger interval in seconds.")] = 300,
    systems: Annotated[int, typer.Option(min=1, max=3, help="How many cabinets.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure building and answering on this machine, with a simulated site in a folder of its own."""
    if context.invoked_subcommand is not None:
        return
    say = report.speaker(to_stderr=True).print
    with tempfile.TemporaryDirectory(prefix="packscope-bench-") as name:
        folder = Path(name)
        measured = import_module("pipeline.bench").measure_build(
            folder, days=days, step_s=step, systems=systems, say=say
        )
        settings = read_settings(meter_roots=(str(folder / "site"),), store=folder / "store", port=launch.free_port())
        measured += import_module("app.bench").measure_answers(settings, say)
    if as_json:
        report.emit(json.dumps({one.name: {"value": one.value, "unit": one.unit} for one in measured}))
    else:
        for one in measured:
            report.speaker().print(f"{one.name:44} {one.value:12,.2f} {one.unit}")


@cli.command("report")
def report_of(
    source: Annotated[str, typer.Argument(help="A battery system or meter.")],
    out: Annotated[Path, typer.Option(help="File to write: .html, or .pdf where there is a Chromium.")],
    start: Annotated[str | None, typer.Option(help="First instant, ISO 8601; by default the first data.")] = None,
    end: Annotated[str | None, typer.Option(help="End, exclusive; by default the last data.")] = None,
    store: Store = None,
) -> None:
    """Write the printable report of a battery system or a meter."""
    if out.suffix not in (".html", ".pdf"):
        raise typer.BadParameter(f"{out} ends in neither .html nor .pdf.", param_hint="--out")
    settings = read_settings() if store is None else read_settings(store=store)
    written = import_module("app.report.command")  # what draws is loaded for those alone who ask for it
    size = written.write_file(settings, source, out, start, end)
    report.speaker().print(f"{out}: {size / 1e6:,.2f} MB")


def _write_sample(folder: Path) -> None:
    report.speaker().print("No CSVs in data/raw, and METER_ROOTS is not set: simulating a site to look at.")
    write_sample(folder)


def _say_address(settings: Settings) -> None:
    report.speaker().print(f"The dashboard is on {launch.address(settings)} (Ctrl-C stops it).")


def main() -> None:
    """Run the command line."""
    run_commands(cli, "packscope")
