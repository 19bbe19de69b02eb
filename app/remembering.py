"""The cache, which may be elsewhere: where it cannot be reached, answers are computed instead; that is said once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from flask_caching import Cache

R = TypeVar("R")
AGAIN_AFTER_S = 10.0
"""A cache that failed is asked again after this long [s]: until then nobody waits for it."""
ANSWERS_WITHIN_S = 0.25
"""A cache elsewhere answers within this, or it counts as failed [s]: an answer takes a fifth of it to compute."""

_LOG = logging.getLogger(__name__)


class Remembering:
    """Reads and writes a cache; does without it while it cannot be reached."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._failures = failures()
        self._failed_at: float | None = None
        self._guard = threading.Lock()

    @property
    def is_reached(self) -> bool:
        """Whether the cache answered when it was last asked."""
        return self._failed_at is None

    def get(self, key: str) -> Any | None:  # noqa: ANN401 - whatever was remembered
        """Look an answer up; None where there is none, or no cache."""
        return self._ask(lambda: self._cache.get(key))

    def set(self, key: str, value: object) -> None:
        """Remember an answer, if there is a cache."""
        self._ask(lambda: self._cache.set(key, value))

    def _ask(self, question: Callable[[], R]) -> R | None:
        failed_at = self._failed_at
        if failed_at is not None and time.monotonic() - failed_at < AGAIN_AFTER_S:
            return None
        try:
            answer = question()
        except self._failures as exc:
            self._note(exc)
            return None
        if failed_at is not None:
            self._note(None)
        return answer

    def _note(self, failure: Exception | None) -> None:
        """Say once that the cache is gone, and once that it is back."""
        with self._guard:
            was_reached, self._failed_at = self.is_reached, None if failure is None else time.monotonic()
        if failure is not None and was_reached:
            _LOG.warning("The cache cannot be reached (%s). Every answer is computed until it is back.", failure)
        elif failure is None and not was_reached:
            _LOG.warning("The cache is back.")


def failures() -> tuple[type[Exception], ...]:
    """List what a cache raises that cannot be reached."""
    known: list[type[Exception]] = [OSError]
    if find_spec("redis") is not None:
        known.append(import_module("redis.exceptions").RedisError)
    return tuple(known)
