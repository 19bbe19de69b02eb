"""Merely parsing: ``python -m tests.bench.floor polars|pyarrow ROOT`` says how long it took, imports left out."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter, process_time

from pipeline import report
from pipeline.bench import parse_polars, parse_pyarrow

PARSERS = {"polars": parse_polars, "pyarrow": parse_pyarrow}

if __name__ == "__main__":
    parse, paths = PARSERS[sys.argv[1]], sorted(Path(sys.argv[2]).rglob("*.csv"))
    wall, processor = perf_counter(), process_time()
    parse(paths)
    report.emit(f"{perf_counter() - wall} {process_time() - processor}")
