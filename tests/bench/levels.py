"""A build without feature tables, to measure what the levels alone cost: ``python -m tests.bench.levels build …``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from unittest.mock import patch

from pipeline import collector


def _load() -> Callable[[], None]:
    loaded = import_module("pipeline.commands")
    patch.object(import_module("pipeline.course"), "is_battery", return_value=False).start()
    return partial(loaded.run, loaded.commands, "python -m tests.bench.levels")


if __name__ == "__main__":
    collector.run(_load)
