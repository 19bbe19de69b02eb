"""Python's search for cycles of objects, at the pace that a build needs."""

from __future__ import annotations

import gc
from collections.abc import Callable

_NEW_OBJECTS = 100_000
"""Objects made and still held before the youngest are searched. A manifest of 1,800 files alone holds as many, all of
which stay: searched at every 700, as usual, they took a sixth of the time of an update [objects]."""


def search_seldom() -> None:
    """Search for cycles of objects seldom, and never among what is there already (modules, and what they hold)."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 10)


def run(load: Callable[[], Callable[[], None]]) -> None:
    """Load a command line and run it, without a search while modules are loaded or when the process ends.

    What is loaded stays, and what is held at the end goes with the process: looking through both took 0.15 s.
    """
    gc.disable()
    command = load()
    search_seldom()
    try:
        command()
    finally:
        gc.freeze()
