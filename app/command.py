"""Where the command ``packscope`` begins."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from pipeline import collector


def main() -> None:
    """Run the command line."""
    collector.run(_load)


def _load() -> Callable[[], None]:
    command: Callable[[], None] = import_module("app.cli").main
    return command
