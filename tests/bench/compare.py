"""A build beside its floor and beside pandas, on the same files in the same run.

The floor is what the faster of Polars and PyArrow takes to parse the files into typed columns and throw them away. It
is measured within its process, imports left out; builds and pandas are measured from outside, start and all.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import measure, table
from tests.bench.measure import Taken

Say = Callable[[str], None]
TOGETHER = 52
"""A slice is taken in runs of neighbouring files, as many as a pack has cells: builds read those side by side."""


def slice_of(roots: Sequence[Path], series: int | None, folder: Path) -> list[Path]:
    """Lay out links to a site's CSVs, or to so many of them, in packs from all over it.

    Returns
    -------
    list of Path
        The links below ``folder``, in their own sources' folders.
    """
    found = [(root, path) for root in roots for path in sorted(root.rglob("*.csv"))]
    if series is not None:
        packs = [found[at : at + TOGETHER] for at in range(0, len(found), TOGETHER)]
        every = max(len(found) // series, 1)
        found = [one for pack in packs[::every] for one in pack][:series]
    links = []
    for root, path in found:
        link = folder / root.name / path.relative_to(root)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
        links.append(link)
    return links


def compare(site: Path, out: Path, *, rounds: int, say: Say) -> table.Comparison:
    """Measure everything in turn, so that what else the machine does strikes all alike.

    Parameters
    ----------
    site : Path
        CSVs with ``ts`` and one signal each.
    out : Path
        A folder for what is written; emptied before every run.
    rounds : int
        How often.
    say : callable
        Told what is being done.

    Raises
    ------
    PackscopeError
        Something failed.
    """
    paths = sorted(site.rglob("*.csv"))
    size = measure.warm(paths)
    taken: dict[str, list[Taken]] = defaultdict(list)
    store_mb = 0.0
    for number in range(1, rounds + 1):
        for name, work in _contenders(site, out).items():
            say(f"round {number} of {rounds}: {name}")
            shutil.rmtree(out, ignore_errors=True)
            taken[name].append(work())
            if name == table.FEATURES:
                store_mb = sum(part.stat().st_size for part in out.rglob("*.parquet")) / 1e6
    shutil.rmtree(out, ignore_errors=True)
    return table.Comparison(len(paths), size / 1e6, taken, store_mb, os.getloadavg()[0])


def _contenders(site: Path, out: Path) -> dict[str, Callable[[], Taken]]:
    build = ("build", "--json", "--roots", str(site), "--store", str(out))
    polars, pyarrow = table.FLOORS
    return {
        polars: lambda: _floor("polars", site),
        pyarrow: lambda: _floor("pyarrow", site),
        table.LEVELS: lambda: measure.run(("tests.bench.levels", *build)),
        table.FEATURES: lambda: measure.run(("pipeline", *build)),
        table.PANDAS: lambda: measure.run(("tests.bench.preprocessor", str(site), str(out))),
    }


def _floor(reader: str, site: Path) -> Taken:
    taken = measure.run(("tests.bench.floor", reader, str(site)))
    wall_s, processor_s = map(float, taken.said.split())
    return Taken(wall_s, processor_s, taken.peak_mb)
