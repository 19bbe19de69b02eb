"""One thing at a time in a process of its own: how long it took, of what processor time, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil

from pipeline.errors import PackscopeError
from pipeline.settings import environment

ACCEPTED = (0, 3)
"""Exit statuses of a build that published: all well, or some files rejected."""
SAMPLE_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took."""

    wall_s: float
    processor_s: float
    peak_mb: float
    """Of the whole process tree, resident [MB]."""
    said: str = ""


def run(command: Sequence[str], **settings: object) -> Taken:
    """Run a Python module in a process of its own.

    Parameters
    ----------
    command : sequence of str
        Module and arguments.
    **settings
        Settings of Packscope that hold in it.

    Raises
    ------
    PackscopeError
        It failed.
    """
    begun = perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        watch = _Watch(process.pid)
        said = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = perf_counter() - begun
    peak_mb = watch.stop()  # not ru_maxrss: that begins with what this process held when it started the other
    if process.returncode not in ACCEPTED:
        raise PackscopeError(
            f"{' '.join(command)} ended with status {process.returncode}; run it by itself to see why."
        )
    return Taken(wall_s, usage.ru_utime + usage.ru_stime, peak_mb, said)


class _Watch:
    """Samples the resident memory of a process and all below it."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Stop sampling; return the peak [MB]."""
        self._over.set()
        self._thread.join()
        return self._peak / 1e6

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_EVERY_S):
            try:
                every = [self._process, *self._process.children(recursive=True)]
                self._peak = max(self._peak, sum(one.memory_info().rss for one in every))
            except psutil.NoSuchProcess:
                continue


def warm(paths: Sequence[Path]) -> int:
    """Read files once, so that they are in the page cache for everyone; return their size [bytes]."""
    size = 0
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                size += len(chunk)
    return size


def medians(runs: Sequence[Taken]) -> Taken:
    """Take the median of each time, and the largest peak."""
    return Taken(
        median(one.wall_s for one in runs),
        median(one.processor_s for one in runs),
        max(one.peak_mb for one in runs),
    )
