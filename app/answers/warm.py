"""Answers made before they are asked for: verdicts over the standing periods, once per build, beside the requests."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app import loader
from app.answers import battery
from pipeline.contract import DAY_MS, Source
from pipeline.errors import PackscopeError

if TYPE_CHECKING:
    from flask import Flask

BEGINNING_DAYS, RECENT_DAYS = 150, 200
"""Standing periods beside the complete one: the first and the last so many days [d]."""
_LOG = logging.getLogger(__name__)


def standing_periods(source: Source) -> tuple[tuple[int | None, int | None], ...]:
    """Return the standing periods of a source: complete, beginning, recent [epoch ms UTC; None is the data's end]."""
    return (
        (None, None),
        (None, source.first_ms + BEGINNING_DAYS * DAY_MS),
        (source.last_ms - RECENT_DAYS * DAY_MS, None),
    )


def answer_ahead() -> None:
    """Make every system's verdicts over the standing periods; they are remembered until the next build.

    Raises
    ------
    PackscopeError
        The store cannot be read.
    """
    for source in loader.current().manifest.sources:
        if source.kind != "bess":
            continue
        for start_ms, end_ms in standing_periods(source):
            battery.comparison(source.name, start_ms, end_ms)
            battery.cycles(source.name, start_ms, end_ms)
            for pack in source.packs:
                battery.critical(source.name, pack.pack, start_ms, end_ms)


class Warmer:
    """Makes the standing answers of each new build in the background.

    Parameters
    ----------
    server : Flask
        The server whose store is looked at; call ``begin`` before each request (it costs next to nothing).
    """

    def __init__(self, server: Flask) -> None:
        self._server = server
        self._seen: str | None = None
        self._guard = threading.Lock()

    def begin(self) -> None:
        """Start on the present build, unless that has been done; a missing store is none of its business."""
        with self._server.app_context():
            try:
                build_id = loader.current().build_id
            except PackscopeError:
                return
        with self._guard:
            if build_id == self._seen:
                return
            self._seen = build_id
        threading.Thread(target=self._run, name="standing-answers", daemon=True).start()

    def _run(self) -> None:
        with self._server.app_context():
            try:
                answer_ahead()
            except PackscopeError as exc:
                _LOG.warning("standing answers: %s", exc)
