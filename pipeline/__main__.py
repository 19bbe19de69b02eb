"""``python -m pipeline build|sample|check``: the pipeline without the dashboard."""

from collections.abc import Callable
from functools import partial
from importlib import import_module

from pipeline import collector


def _load() -> Callable[[], None]:
    loaded = import_module("pipeline.commands")
    return partial(loaded.run, loaded.commands, "python -m pipeline")


if __name__ == "__main__":
    collector.run(_load)
