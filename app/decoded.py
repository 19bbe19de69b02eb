"""Columns of parts that were read lately, decoded as they were: a chart that is zoomed asks for the same ones again.

A part never changes, so what is held of one is true for as long as the part is; how much is held is bounded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

import polars as pl

from pipeline.contract import Part

MOST_BYTES = 128 << 20
"""What is held at most [bytes]: the hourly levels of two cabinets' cells, or some months of their raw rows."""


class Decoded:
    """Holds columns of parts; those that were not asked for the longest make room for new ones."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        """Held now [bytes]."""
        self._held: OrderedDict[tuple[str, str, str], tuple[pl.Series, int]] = OrderedDict()
        self._guard = threading.Lock()

    def take(self, part: Part, names: Iterable[str]) -> dict[str, pl.Series]:
        """Return those of a part's columns that are held."""
        found = {}
        with self._guard:
            for name in names:
                key = part.path, part.checksum, name
                held = self._held.get(key)
                if held is not None:
                    self._held.move_to_end(key)
                    found[name] = held[0]
        return found

    def keep(self, part: Part, columns: Iterable[pl.Series]) -> None:
        """Hold columns of a part."""
        sized = [(one, int(one.estimated_size())) for one in columns]
        with self._guard:
            for one, size in sized:
                key = part.path, part.checksum, one.name
                self.bytes += size - self._held.get(key, (one, 0))[1]
                self._held[key] = one, size
                self._held.move_to_end(key)
            while self.bytes > self.most_bytes and self._held:
                self.bytes -= self._held.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Let go of everything."""
        with self._guard:
            self._held.clear()
            self.bytes = 0
