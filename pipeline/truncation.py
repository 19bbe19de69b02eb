"""Whether a file's last line was cut off in the middle of a number."""

from __future__ import annotations

import re

from pipeline.dialect import Dialect

_SAMPLE_LINES = 200
_ENOUGH_LINES = 50
"""Lines before the last that must all have more decimals than it before it is taken for cut off."""
_TAIL_BYTES = 65_536


def breaks_off(block: bytes, dialect: Dialect) -> bool:
    """Whether the last line lacks its end and its last number looks shorter than those above.

    A number that stops at its decimal mark, or a field at its opening quote, is cut off. So is a number with fewer
    decimals than each of the lines before, where these are many: a logger with three decimals wrote ``3.287``, not
    ``3.2``.
    """
    newline = dialect.newline.encode()
    if not block or block.endswith(newline):
        return False
    tail = block[-_TAIL_BYTES:].decode("utf-8", "replace").split(dialect.newline)
    last = tail[-1]
    if last.endswith('"') and last.count('"') % 2:
        return True
    if last.count(dialect.separator) != dialect.width - 1:
        return False
    if re.search(r"\d[.,]$|[eE][+-]?$|\d[eE]$|[^\d][+-]$", last) and (dialect.separator != "," or last[-1] != ","):
        return True
    decimals = [_decimals(line, dialect) for line in tail[1:-1][-_SAMPLE_LINES:]]
    return len(decimals) >= _ENOUGH_LINES and _decimals(last, dialect) < min(decimals)


def _decimals(line: str, dialect: Dialect) -> int:
    token = line.rstrip("\r").rsplit(dialect.separator, 1)[-1]
    mark = "," if dialect.decimal_comma else "."
    return len(token) - token.index(mark) - 1 if mark in token else 0
