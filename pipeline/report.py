"""What the commands say: progress while they work, and what came of it. Words go to people, JSON to programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from pipeline.build import BuildReport

Tell = Callable[[int, int, str], None]
"""Called with what is done, what there is in all (in one unit), and what was just finished."""

PLAIN_STEP_PCT = 10
"""Without a terminal, progress is one line each time this much more is done [%]."""
LISTED = 20
"""Rejected files and warnings that a summary lists; all of them stand in the JSON and on the data-quality page."""


def speaker(*, to_stderr: bool = False) -> Console:
    """Make a console that prints text as it is: no markup, no wrapping of paths."""
    return Console(stderr=to_stderr, soft_wrap=True, markup=False, highlight=False, emoji=False)


@contextmanager
def progress(console: Console, verb: str, *, silent: bool = False) -> Iterator[Tell]:
    """Show progress: a bar on a terminal, plain lines otherwise, or nothing."""
    if silent:
        yield lambda done, total, what: None
        return
    if not console.is_terminal:
        yield _plain(console, verb)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(verb, total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=f"{verb} {what}")


def _plain(console: Console, verb: str) -> Tell:
    said_pct = 0

    def tell(done: int, total: int, what: str) -> None:
        nonlocal said_pct
        pct = 100 * done // max(total, 1)
        if pct >= said_pct + PLAIN_STEP_PCT or done >= total:
            said_pct = pct
            console.print(f"{verb}: {pct} % ({what})")

    return tell


def as_json(report: BuildReport) -> str:
    """Write a build's report as one JSON object."""
    return json.dumps(
        {
            "build_id": report.build_id,
            "published": report.published,
            "store": str(report.store),
            "built": report.built,
            "kept": report.kept,
            "removed": report.removed,
            "files": report.files,
            "rows": report.rows,
            "seconds": round(report.seconds, 3),
            "rejected_files": [{"file": one.path, "line": one.line, "reason": one.reason} for one in report.rejected],
            "warnings": list(report.warnings),
        }
    )


def error_as_json(message: str) -> str:
    """Write a build that failed as one JSON object with the keys of one that did not."""
    empty = dict.fromkeys(("build_id", "store", "built", "kept", "removed", "files", "rows", "seconds"))
    return json.dumps({**empty, "published": False, "rejected_files": [], "warnings": [], "error": message})


def summarise(console: Console, report: BuildReport, *, in_one_line: bool = False) -> None:
    """Say what was built, kept and rejected, and why; or the same in one line, nothing where nothing is new."""
    if in_one_line:
        if report.built or report.removed or not report.published:
            console.print(_line(report))
        return
    console.print(
        f"Series: {report.built:,} built, {report.kept:,} kept, {report.removed:,} removed. "
        f"Files: {report.files:,} with {report.rows:,} rows, {len(report.rejected):,} rejected. {report.seconds:.1f} s."
    )
    where = [f"{one.path}:{one.line}" if one.line else one.path for one in report.rejected]
    _list(console, "rejected", [f"{at}: {one.reason}" for at, one in zip(where, report.rejected, strict=True)])
    _list(console, "warning", list(report.warnings))
    if report.published and not report.built and not report.removed:
        console.print(f"Nothing new: build {report.build_id} in {report.store} is up to date.")
    elif report.published:
        console.print(f"Published build {report.build_id} in {report.store}.")
    else:
        console.print("Not published: with --strict a rejected file stops the build. The store is as it was.")


def _line(report: BuildReport) -> str:
    state = f"published build {report.build_id}" if report.published else "not published: a file was rejected"
    return (
        f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {state}: {report.built:,} series built, "
        f"{report.removed:,} removed, {len(report.rejected):,} files rejected, in {report.seconds:.1f} s."
    )


def _list(console: Console, word: str, lines: list[str]) -> None:
    for line in lines[:LISTED]:
        console.print(f"  {word}: {line}")
    if len(lines) > LISTED:
        console.print(f"  and {len(lines) - LISTED:,} more; --json lists them all.")


def emit(text: str) -> None:
    """Put one line alone on stdout."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
