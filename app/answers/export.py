"""Files of what a chart shows, and of the raw rows behind it: tidy tables, one row for each point or reading.

Raw rows are read and written a stretch of history at a time, so that memory does not grow with the window.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from app import query
from app.answers.series import series
from app.shapes.answer import Floats
from app.store import Store
from pipeline.contract import DAY_MS, RAW_LEVEL, TS, TS_DTYPE

CHUNK_ROWS = 100_000
"""Readings of one signal held at once [rows]."""
SHOWN: dict[str, Any] = {
    "source": pl.String,
    "signal": pl.String,
    "unit": pl.String,
    TS: TS_DTYPE,
    "value": pl.Float64,
    "min": pl.Float64,
    "max": pl.Float64,
    "rows": pl.Int64,
}
"""Columns of what is shown: the points of `app.answers.series`."""
READINGS: dict[str, Any] = {
    "source": pl.String,
    "signal": pl.String,
    "unit": pl.String,
    TS: TS_DTYPE,
    "value": pl.Float64,
}
"""Columns of raw rows: every reading that was kept."""
_ROUND_TRIP = pl.Float32
_STAMP = "%Y-%m-%dT%H:%M:%S%.3f%:z"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file is to hold."""

    lines: tuple[tuple[str, str], ...]
    """Sources and their signals."""
    start_ms: int | None
    end_ms: int | None
    max_points: int
    level: str | None = None


def shown(asked: Asked) -> pl.DataFrame:
    """Return exactly the points that a chart of these lines draws.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    frames = [pl.DataFrame(schema=SHOWN)]
    for source, signal in asked.lines:
        line = series(source, signal, asked.start_ms, asked.end_ms, max_points=asked.max_points, level=asked.level)
        numbers = {name: _decimals(getattr(line, name)) for name in ("value", "min", "max")}
        table = {"ts": line.ts, **numbers, "rows": line.rows}
        own = pl.DataFrame(table).with_columns(
            pl.lit(source).alias("source"), pl.lit(signal).alias("signal"), pl.lit(line.unit).alias("unit")
        )
        frames.append(own.select(pl.col(name).cast(kind) for name, kind in SHOWN.items()))
    return pl.concat(frames)


def _decimals(values: Floats | pl.Series) -> pl.Series:
    """Turn Float32 readings back into the decimals that they stand for; NaN is null."""
    column = pl.Series(values)
    if column.dtype == _ROUND_TRIP:
        column = column.cast(pl.String).cast(pl.Float64)
    return column.cast(pl.Float64).fill_nan(None)


def raw(store: Store, asked: Asked) -> Iterator[pl.DataFrame]:
    """Yield every reading of the window, signal after signal, a bounded number of rows at a time.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    yield pl.DataFrame(schema=READINGS)
    for source, signal in asked.lines:
        known = store.series(source, signal)
        start, end = query.span(known, asked.start_ms, asked.end_ms)
        start, end = max(start, known.first_ms), min(end, known.last_ms + 1)
        step = max(CHUNK_ROWS * max(known.interval_ms, 1), DAY_MS)
        for low in range(start, end, step):
            frame = store.read(source, [signal], RAW_LEVEL, (), low, min(low + step, end))
            if signal in frame.columns:
                yield _readings(frame, source, signal, known.unit)


def _readings(frame: pl.DataFrame, source: str, signal: str, unit: str) -> pl.DataFrame:
    own = frame.select(TS, signal).drop_nulls(signal)
    return own.select(
        pl.lit(source).alias("source"),
        pl.lit(signal).alias("signal"),
        pl.lit(unit).alias("unit"),
        pl.col(TS),
        _decimals(own[signal]).alias("value"),
    )


def csv_chunks(frames: Iterator[pl.DataFrame], zone: str) -> Iterator[bytes]:
    """Write frames as one CSV, piece by piece; stamps are ISO 8601 with the site's offset."""
    for number, frame in enumerate(frames):
        stamped = frame.with_columns(pl.col(TS).dt.convert_time_zone(zone).dt.to_string(_STAMP))
        if number == 0 or frame.height:
            yield stamped.write_csv(include_header=number == 0).encode()


def write_parquet(frames: Iterator[pl.DataFrame], said: dict[str, object], file: IO[bytes]) -> None:
    """Write frames as one Parquet file, a row group each; what is ``said`` goes into its metadata."""
    first = next(frames)
    schema = first.to_arrow().schema.with_metadata(metadata(said))
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for frame in (first, *frames):
            if frame.height:
                writer.write_table(frame.to_arrow().cast(schema))


def metadata(said: dict[str, object]) -> dict[bytes, bytes]:
    """Write Parquet metadata: texts as they are, all else as JSON, each key below ``packscope.``."""
    return {
        f"packscope.{key}".encode(): (value if isinstance(value, str) else json.dumps(value)).encode()
        for key, value in said.items()
    }


def table(names: Sequence[str], columns: Sequence[Sequence[object]]) -> pa.Table:
    """Make a table of columns as a chart holds them: numbers where every value is one, else texts.

    Raises
    ------
    ValueError
        The columns differ in length, or a name is missing or appears twice.
    """
    if len(names) != len(columns) or len(set(names)) != len(names):
        raise ValueError("name every column, once")
    if len({len(one) for one in columns}) > 1:
        raise ValueError("columns differ in length")
    return pa.table({name: _column(values) for name, values in zip(names, columns, strict=True)})


def _column(values: Sequence[object]) -> pa.Array:
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())  # type: ignore[arg-type]
    return pa.array([None if value is None else str(value) for value in values], pa.string())
