"""What loggers and spreadsheets write: names of the stamp column, words for "no reading", numbers in every notation."""

from __future__ import annotations

import re
from collections.abc import Iterable

STAMP_NAMES = frozenset(
    (
        *("ts", "time", "timestamp", "time_stamp", "date", "datetime", "date_time", "zeit", "zeitstempel", "datum"),
        *("datumzeit", "uhrzeit", "messzeit", "utc", "stamp", "t", "epoch", "unixtime", "unix", "local_time", "when"),
        *("localtime", "time_utc", "timestamp_utc", "ts_utc", "ts_ms", "ts_local", "timestamp_ms", "datetime_utc"),
    )
)
"""What loggers call the column of stamps, in small letters."""
MISSING_TOKENS = (
    *("", "NAN", "INF", "+INF", "-INF", "INFINITY", "+INFINITY", "-INFINITY", "NONE", "NULL", "NIL", "ERR", "ERROR"),
    *("-", "--", "---", "–", "—", "?", "*", "NA", "N/A", "#N/A", "#NV", "#VALUE!", "<NA>", "-NAN", "BAD", "NODATA"),
)
"""What loggers write for "no reading", in capitals."""

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
COMMA_NUMBER = r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?"
_IN_THREES = r"[+-]?\d{1,3}(?:(?:%s\d{3})+|(?:'\d{3})+|(?:[ \u00a0\u202f]\d{3})+)"
_POINT_GROUPS, _COMMA_GROUPS = _IN_THREES % ",", _IN_THREES % r"\."
POINT_THOUSANDS = rf"{_POINT_GROUPS}(?:\.\d+)?"
COMMA_THOUSANDS = rf"{_COMMA_GROUPS}(?:,\d+)?"
_ANY_NUMBER = re.compile("|".join((NUMBER, COMMA_NUMBER, POINT_THOUSANDS, COMMA_THOUSANDS)))
_COMMA_DECIMAL = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_POINT_DECIMAL = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_COMMA_SURELY = re.compile(rf"{_COMMA_GROUPS},\d+|[+-]?\d{{1,3}}(?:\.\d{{3}}){{2,}}")
_POINT_SURELY = re.compile(rf"{_POINT_GROUPS}\.\d+|[+-]?\d{{1,3}}(?:,\d{{3}}){{2,}}")


def is_number(text: str) -> bool:
    """Whether a text is a number in any notation that Packscope reads."""
    return _ANY_NUMBER.fullmatch(text) is not None


def has_decimal_comma(tokens: Iterable[str]) -> bool:
    """Whether numbers are written with a decimal comma, not a point; those with two kinds of marks tell first."""
    every = list(tokens)
    surely = _balance(every, _COMMA_SURELY, _POINT_SURELY)
    return (surely or _balance(every, _COMMA_DECIMAL, _POINT_DECIMAL)) > 0


def _balance(tokens: list[str], comma: re.Pattern[str], point: re.Pattern[str]) -> int:
    return sum((comma.fullmatch(token) is not None) - (point.fullmatch(token) is not None) for token in tokens)
