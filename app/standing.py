"""Answers for the standing periods, computed as soon as a build is there rather than when somebody asks.

Intervals and permutations are resampled: some tenths of a second for a system. A thread beside the server does it
once for each build, for the complete range, the beginning and the recent days, so that nobody waits for it.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from typing import TYPE_CHECKING

import polars as pl

from app import loader
from app.answers import audit, battery, efficiency, health, kpis, ledger, quality, strings
from app.view import View
from pipeline.errors import PackscopeError

if TYPE_CHECKING:
    from flask import Flask

LOOK_EVERY_S = 2.0
"""How often the thread looks for a new build [s]; a look is one call of stat."""
PERIODS = ("complete", "beginning", "recent")

_LOG = logging.getLogger(__name__)


def keep(server: Flask) -> threading.Thread:
    """Start the thread that answers the standing questions of every build; it ends with the process."""
    thread = threading.Thread(target=_follow, args=(server,), name="standing", daemon=True)
    thread.start()
    return thread


def _follow(server: Flask) -> None:
    done = None
    while True:
        with server.app_context():
            try:
                build = loader.current().build_id
                if build != done:
                    answer_all()
                    _settle()
                    done = build
            except (PackscopeError, OSError, pl.exceptions.PolarsError) as exc:
                _LOG.info("standing answers wait: %s", exc)
        time.sleep(LOOK_EVERY_S)


def _settle() -> None:
    """Keep what lives as long as a build out of the collector's walks: each took 0.14 s of somebody's request."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def answer_all() -> None:
    """Answer the standing questions of the current build, within an application context."""
    store = loader.current()
    for source in store.manifest.sources:
        quality.coverage_calendar(source.name)
        if source.kind != "bess":
            continue
        health.health(source.name)
        ledger.self_discharge(source.name)
        audit.audit(source.name)
        efficiency.charging_curves(source.name)
        strings.keep_days(source.name)
        kpis.recent_kpis(source.name)
        for period in PERIODS:
            start, end = View(when=period).period(source.first_ms, source.last_ms, store.zone)
            battery.comparison(source.name, start, end)
            ledger.ledger(source.name, start, end)
            efficiency.round_trips(source.name, start, end)
            for pack in source.packs:
                battery.critical(source.name, pack.pack, start, end)
