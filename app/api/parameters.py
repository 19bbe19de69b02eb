"""What a request may say, as data: each parameter knows how it is read and how it is documented."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from app import loader
from app.errors import LISTED, BadParameter

MIN_POINTS, MAX_POINTS = 100, 20_000
EARLIEST_MS = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp() * 1000)
LATEST_MS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""No logger has written before or after: windows are cut to this [epoch ms UTC]."""

_INTEGER = re.compile(r"-?[0-9]{1,9}")
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})$")
"""An offset whose ``+`` was not escaped arrives as a blank."""

TIME_TEXT = "write ISO 8601, such as 2025-03-01, 2025-03-01T12:00 (the site's time) or 2025-03-01T11:00:00Z"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a path or a query."""

    name: str
    description: str
    read: Callable[[str, str], Any]
    """From name and text to the value; raises BadParameter."""
    schema: Mapping[str, Any]
    place: Literal["path", "query"] = "query"
    required: bool = False
    argument: str = ""
    """Name of the argument that takes it, where that differs."""
    default: Any = None


def text(_: str, said: str) -> str:
    """Read a text as it is."""
    return said


def listed(_: str, said: str) -> tuple[str, ...]:
    """Read words that are separated by commas."""
    return tuple(word.strip() for word in said.split(",") if word.strip())


def integer(name: str, said: str) -> int:
    """Read a whole number.

    Raises
    ------
    BadParameter
        It is none.
    """
    if not _INTEGER.fullmatch(said):
        raise BadParameter(name, said, "write a whole number")
    return int(said)


def points(name: str, said: str) -> int:
    """Read a number of points.

    Raises
    ------
    BadParameter
        It is none, or lies outside of what is allowed.
    """
    value = integer(name, said)
    if not MIN_POINTS <= value <= MAX_POINTS:
        raise BadParameter(name, value, f"write a whole number from {MIN_POINTS} to {MAX_POINTS}")
    return value


def level(name: str, said: str) -> str:
    """Read the name of a level of the current store.

    Raises
    ------
    BadParameter
        The store has no such level.
    """
    return _one_of(name, said, [one.name for one in loader.current().manifest.levels])


def one_of(*allowed: str) -> Callable[[str, str], str]:
    """Make a reader of one of a few words."""
    return lambda name, said: _one_of(name, said, allowed)


def _one_of(name: str, said: str, allowed: list[str] | tuple[str, ...]) -> str:
    if said not in allowed:
        raise BadParameter(name, said, f"write one of {', '.join(allowed)}")
    return said


def stamp(name: str, said: str) -> int:
    """Read an instant: ISO 8601, in the site's zone where it names none.

    Returns
    -------
    int
        Epoch ms UTC, cut to years in which there are loggers.

    Raises
    ------
    BadParameter
        It is no time.
    """
    return stamp_ms(name, said, loader.current().zone)


def stamp_ms(name: str, said: str, zone: str) -> int:
    """Read an instant, in ``zone`` where it names none; of an hour that runs twice, the first [epoch ms UTC].

    Raises
    ------
    BadParameter
        It is no time.
    """
    try:
        found = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", said.strip()))
        local = found.replace(tzinfo=ZoneInfo(zone)) if found.tzinfo is None else found
        value = _epoch_ms(local)
    except ValueError as exc:
        raise BadParameter(name, said, TIME_TEXT) from exc
    after = int(name == "end")  # so that a window before or after all loggers is empty, not reversed
    return min(max(value, EARLIEST_MS + after), LATEST_MS + after)


def _epoch_ms(moment: datetime) -> int:
    """Turn a moment into a stamp; one that no calendar can shift into UTC (year 1, year 9999) only falls outside."""
    if moment.year <= 1900:
        return EARLIEST_MS - 1
    return LATEST_MS + 1 if moment.year >= 2200 else round(moment.timestamp() * 1000)


SOURCE = Parameter("source", "Name of a meter or battery system.", text, {"type": "string"}, required=True)
ANY_SOURCE = Parameter("source", "Name of a meter or battery system; all of them by default.", text, {"type": "string"})
SIGNALS = Parameter(
    "signals", "Names of signals of the source, separated by commas.", listed, {"type": "string"}, default=None
)
ANY_PACK = Parameter("pack", "Number of a pack; all of them by default.", integer, {"type": "integer"})
VIEW = Parameter("view", "Query part of a page's address: what it shows and of when.", text, {"type": "string"})
SIGNAL = Parameter("signal", "Name of a signal of the source.", text, {"type": "string"}, required=True)
METER = Parameter("meter", "Name of a meter.", text, {"type": "string"}, "path", required=True)
SYSTEM = Parameter("system", "Name of a battery system.", text, {"type": "string"}, "path", required=True)
PACK = Parameter("pack", "Number of a pack.", integer, {"type": "integer"}, "path", required=True)
START = Parameter(
    "start",
    "First instant: ISO 8601; without an offset the site's time, a bare date its midnight. By default the first data.",
    stamp,
    {"type": "string", "examples": ["2025-03-01", "2025-03-01T12:00:00+01:00"]},
    argument="start_ms",
)
END = Parameter(
    "end",
    "End of the window, exclusive, in the same forms. By default the last data.",
    stamp,
    {"type": "string", "examples": ["2025-04-01"]},
    argument="end_ms",
)
WINDOW = (START, END)
LEVEL = Parameter(
    "level",
    "Level to use as it is, such as raw, 5min, 15min, 1h or 1d; by default the finest that is not too long.",
    level,
    {"type": "string"},
)


def points_parameter(default: int | None, what: str) -> Parameter:
    """Make the parameter that bounds how many points come back.

    Parameters
    ----------
    default : int or None
        Used when nothing is said; None for the setting ``MAX_POINTS``.
    what : str
        What is counted.
    """
    schema = {"type": "integer", "minimum": MIN_POINTS, "maximum": MAX_POINTS}
    said = f"{default}" if default is not None else "the setting MAX_POINTS"
    return Parameter("max_points", f"{what} at most; by default {said}.", points, schema, default=default)


def choice(name: str, description: str, allowed: tuple[str, ...], default: str | None = None) -> Parameter:
    """Make a parameter that is one of a few words."""
    schema: dict[str, Any] = {"type": "string", "enum": list(allowed)}
    if default is not None:
        schema["default"] = default
    return Parameter(name, description, one_of(*allowed), schema, required=default is None, default=default)


def read_all(
    parameters: tuple[Parameter, ...], in_path: Mapping[str, str], in_query: Mapping[str, str]
) -> dict[str, Any]:
    """Read what a request says into the arguments of its answer.

    Raises
    ------
    BadParameter
        Something is missing or cannot be; the message says what is allowed.
    """
    arguments: dict[str, Any] = {}
    for one in parameters:
        said = (in_path if one.place == "path" else in_query).get(one.name, "")
        if said.strip() == "" and one.required:
            raise _missing(one, arguments)
        arguments[one.argument or one.name] = one.read(one.name, said) if said.strip() else one.default
    _check_window(arguments, in_query.get("end", ""))
    return arguments


def _missing(one: Parameter, arguments: Mapping[str, Any]) -> BadParameter:
    """Say that a parameter is missing, and what it could be."""
    store = loader.current()
    known = {"source": [source.name for source in store.manifest.sources]}
    if one.name == "signal" and "source" in arguments:
        known["signal"] = [series.signal for series in store.all_series(arguments["source"])]
    there = known.get(one.name, [])
    listed = f"; there is: {', '.join(there[:LISTED])}" if there else ""
    more = f" (and {len(there) - LISTED} more)" if len(there) > LISTED else ""
    return BadParameter(one.name, "", f"it is required{listed}{more}")


def _check_window(arguments: dict[str, Any], said: str) -> None:
    start, end = arguments.get("start_ms"), arguments.get("end_ms")
    if start is not None and end is not None and end < start:
        raise BadParameter("end", said, "it must not be before start")
