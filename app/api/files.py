"""Files of the API: what a chart shows and the raw rows behind it, as CSV or Parquet."""

from __future__ import annotations

import fnmatch
import re
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

import pyarrow.parquet as pq
from flask import Response, request

from app import loader
from app.answers import export
from app.answers.window import iso
from app.api import parameters as p
from app.api.parameters import Parameter
from app.api.problems import problem
from app.errors import BadParameter
from app.store import Store
from pipeline.errors import StoreMissing

MOST_TABLE_BYTES = 32_000_000
"""A chart's own table is refused above this: no chart draws so much [bytes]."""
MOST_LINES = 1_000
"""Signals of one file at most [signals]."""
TITLE = "A file of signals"
DESCRIPTION = (
    "CSV or Parquet: the points that a chart of these lines draws (value, min, max and rows of each slice), or every "
    "raw reading of the window, streamed. Parquet carries build id, units, zone and window in its metadata."
)
_LIST = {"type": "array", "items": {}}
TABLE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "source": {"type": "string"},
        "names": {"type": "array", "items": {"type": "string"}},
        "columns": {"type": "array", "items": _LIST, "description": "One list for each name, all equally long."},
    },
    "required": ["names", "columns"],
}
PIECE_BYTES = 1 << 16
_PARQUET = "application/vnd.apache.parquet"


def lines(name: str, said: str) -> tuple[tuple[str, str], ...]:
    """Read ``source:signal,source:signal``; a source's name may hold a colon, a signal's may not.

    Raises
    ------
    BadParameter
        A line is not of that form, or there are too many.
    """
    words = [word.strip() for word in said.split(",") if word.strip()]
    found = tuple((source, signal) for source, _, signal in (word.rpartition(":") for word in words))
    if not found or not all(source and signal for source, signal in found):
        raise BadParameter(name, said, "write source:signal, several separated by commas")
    if len(found) > MOST_LINES:
        raise BadParameter(name, len(found), f"write at most {MOST_LINES} lines")
    return found


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "lines",
        "Signals as source:signal, separated by commas; a * stands for any letters, as in B1:bms1_p1_v*.",
        lines,
        {"type": "string", "examples": ["m1:com_ap,m1:pf"]},
        required=True,
    ),
    *p.WINDOW,
    p.choice("rows", "What a chart of these lines draws, or every reading behind it.", ("shown", "raw"), "shown"),
    p.choice("format", "Of the file.", ("csv", "parquet"), "csv"),
    p.points_parameter(None, "Points of each line"),
    p.LEVEL,
)


def answer() -> Response:
    """Answer ``/export``."""
    store = loader.current()
    said = p.read_all(PARAMETERS, {}, request.args)
    points = loader.settings().max_points if said["max_points"] is None else said["max_points"]
    named = tuple(line for source, signal in said["lines"] for line in _named(store, source, signal))
    if len(named) > MOST_LINES:
        raise BadParameter("lines", len(named), f"write at most {MOST_LINES} lines")
    asked = export.Asked(named, said["start_ms"], said["end_ms"], points, said["level"])
    frames = export.raw(store, asked) if said["rows"] == "raw" else iter((export.shown(asked),))
    name = f"{_plain(asked.lines)}-{said['rows']}.{said['format']}"
    if said["format"] == "csv":
        response = Response(export.csv_chunks(frames, store.zone), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it has been sent)
    export.write_parquet(frames, _told(store, asked, said), file)
    return _sent(file, name)


def _named(store: Store, source: str, signal: str) -> list[tuple[str, str]]:
    """Name the signals that a pattern stands for; one without a ``*`` stands for itself.

    Raises
    ------
    UnknownSource, UnknownSignal
        There is none.
    """
    found = fnmatch.filter((one.signal for one in store.all_series(source)), signal) if "*" in signal else []
    return [(source, name) for name in found] or [(source, store.series(source, signal).signal)]


def _sent(file: IO[bytes], name: str) -> Response:
    """Send a file that was just written, piece by piece, and close it."""
    size = file.tell()
    file.seek(0)

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    response = Response(pieces(), content_type=_PARQUET)
    response.call_on_close(file.close)
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _told(store: Store, asked: export.Asked, said: Mapping[str, Any]) -> dict[str, object]:
    units = {f"{source}:{signal}": store.series(source, signal).unit for source, signal in asked.lines}
    return {
        "build_id": store.build_id,
        "version": loader.VERSION,
        "rows": said["rows"],
        "units": units,
        "zone": store.zone,
        "start": "" if asked.start_ms is None else iso(asked.start_ms, store.zone),
        "end": "" if asked.end_ms is None else iso(asked.end_ms, store.zone),
        "max_points": asked.max_points,
        "level": asked.level or "",
    }


def _plain(asked: tuple[tuple[str, str], ...]) -> str:
    words = "-".join(f"{source}-{signal}" for source, signal in asked[:2])
    more = f"-and-{len(asked) - 2}-more" if len(asked) > 2 else ""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", words)[:80].strip("-") + more


def convert() -> Response:
    """Answer ``/export/table``: write the table that a chart shows as Parquet. Nothing is kept."""
    if (request.content_length or 0) > MOST_TABLE_BYTES:
        return problem(413, f"A table of at most {MOST_TABLE_BYTES:,} bytes can be written.")
    body = request.get_json(silent=True)
    try:
        names, columns, told = _read(body)
        found = export.table(names, columns)
    except (ValueError, TypeError) as exc:
        return problem(422, f"Send title, names, units and columns of a table: {exc}.")
    try:
        told["build_id"] = loader.current().build_id
    except StoreMissing:
        told["build_id"] = ""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it has been sent)
    pq.write_table(found.replace_schema_metadata(export.metadata(told)), file, compression="zstd")
    return _sent(file, "chart.parquet")


def _read(body: object) -> tuple[list[str], list[list[object]], dict[str, object]]:
    """Read the body of a conversion.

    Raises
    ------
    ValueError, TypeError
        It is not of the form that the docs say.
    """
    if not isinstance(body, dict) or not all(isinstance(body.get(key), list) for key in ("names", "columns")):
        raise ValueError("names and columns are lists")
    names, columns = [str(one) for one in body["names"]], body["columns"]
    if not names or not all(isinstance(one, list) for one in columns):
        raise ValueError("every column is a list")
    told = {key: str(body.get(key) or "") for key in ("title", "source")}
    return names, columns, {**told, "version": loader.VERSION, "rows": "shown"}
