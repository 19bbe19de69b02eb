"""Python's search for cycles of objects, at the pace that a build needs."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 100_000
"""Objects made and still held before the youngest are searched. A manifest of 1,800 files alone holds as many, all of
which stay: searched at every 700, as usual, they took a sixth of the time of an update [objects]."""


def search_seldom() -> None:
    """Search for cycles of objects seldom, and never among what is there already (modules, and what they hold)."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 10)
