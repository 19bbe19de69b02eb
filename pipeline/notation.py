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
POINT_THOUSANDS = r"[+-]?\d{1,3}(?:[,' \u00a0\u202f]\d{3})+(?:\.\d+)?"
COMMA_THOUSANDS = r"[+-]?\d{1,3}(?:[.' \u00a0\u202f]\d{3})+(?:,\d+)?"
_ANY_NUMBER = re.compile("|".join((NUMBER, COMMA_NUMBER, POINT_THOUSANDS, COMMA_THOUSANDS)))
_COMMA_DECIMAL = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?|[+-]?\d{1,3}(?:[.' \u00a0\u202f]\d{3})+(?:,\d+|\.\d{3})")
_POINT_DECIMAL = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")


def is_number(text: str) -> bool:
    """Whether a text is a number in any notation that Packscope reads."""
    return _ANY_NUMBER.fullmatch(text) is not None


def has_decimal_comma(tokens: Iterable[str]) -> bool:
    """Whether numbers are written with a decimal comma rather than a point."""
    balance = 0
    for token in tokens:
        balance += _COMMA_DECIMAL.fullmatch(token) is not None
        balance -= _POINT_DECIMAL.fullmatch(token) is not None
    return balance > 0
