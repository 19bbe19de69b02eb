"""The preprocessor that Packscope's users come from, as the comparison: pandas, one series and one statistic at a time.

Each CSV is read with PyArrow's engine, resampled to every level with a single statistic (of flags the maximum, of
counters the last reading, else the mean), and each level written as snappy Parquet. It checks nothing, keeps no
extremes and knows no second reading at one stamp: what it does is the least that such a preprocessor can do.

Run as ``python -m tests.bench.preprocessor ROOT OUT``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.signals import Kind, describe

RULES = {"5min": "5min", "15min": "15min", "1h": "1h", "1d": "1D"}
STATISTICS = {Kind.FLAG: "max", Kind.COUNTER: "last"}


def preprocess(paths: Iterable[Path], root: Path, out: Path) -> None:
    """Write every level of every file.

    Parameters
    ----------
    paths : iterable of Path
        CSVs below ``root``, each with ``ts`` and one signal.
    root, out : Path
        Where they are, and where the levels go: ``<out>/<folders>/<signal>/<level>.parquet``.
    """
    for path in paths:
        readings = pd.read_csv(path, engine="pyarrow", parse_dates=["ts"]).set_index("ts").iloc[:, 0]
        folder = out / path.relative_to(root).with_suffix("")
        folder.mkdir(parents=True, exist_ok=True)
        statistic = STATISTICS.get(describe(path.stem).kind, "mean")
        for level, rule in RULES.items():
            summed = readings.resample(rule).agg(statistic)
            summed.to_frame().to_parquet(folder / f"{level}.parquet", compression="snappy")


if __name__ == "__main__":
    site = Path(sys.argv[1])
    preprocess(sorted(site.rglob("*.csv")), site, Path(sys.argv[2]))
