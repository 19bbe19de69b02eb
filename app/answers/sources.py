"""What the store holds: sources, their geometry, and the catalogue of their signals."""

from __future__ import annotations

import re
from typing import Any

from app import loader
from app.answers.window import iso
from app.store import Store
from pipeline.contract import Series, Source

_PIECES = re.compile(r"(\d+)|(\D+)")


@loader.once_per_build
def list_sources() -> list[dict[str, Any]]:
    """List every meter and battery system, by kind and name.

    Returns
    -------
    list of dict
        ``name``, ``kind``, ``signals``, ``packs`` (``pack``, ``cells`` and ``sensors`` as counts, and their numbers),
        ``start`` and ``end`` (first and last stamp, ISO 8601 with the site's offset), ``sample``, ``coverage`` and
        ``notes``.

    Raises
    ------
    StoreMissing, StoreCorrupt
        The store cannot be read.
    """
    store = loader.current()
    return [_source(store, one) for one in sorted(store.manifest.sources, key=lambda one: (one.kind, one.name))]


def _source(store: Store, source: Source) -> dict[str, Any]:
    series = sorted(store.all_series(source.name), key=_natural)
    coverages = [one.coverage for one in series]
    return {
        "name": source.name,
        "kind": source.kind,
        "signals": [one.signal for one in series],
        "packs": [
            {
                "pack": pack.pack,
                "cells": len(pack.cells),
                "sensors": len(pack.sensors),
                "cell_ids": list(pack.cells),
                "sensor_ids": list(pack.sensors),
            }
            for pack in source.packs
        ],
        "start": iso(source.first_ms, store.zone),
        "end": iso(source.last_ms, store.zone),
        "sample": source.sample,
        "coverage": round(sum(coverages) / len(coverages), 6) if coverages else None,
        "current_sign": source.current_sign,
        "current_sign_source": source.current_sign_source,
        "notes": list(source.notes),
    }


def _natural(series: Series) -> list[tuple[int, str]]:
    """Order names by the numbers in them, so that cell 2 stands before cell 10."""
    return [(int(digits), "") if digits else (-1, text) for digits, text in _PIECES.findall(series.signal)]


@loader.once_per_build
def catalogue(source: str) -> list[dict[str, Any]]:
    """List what is known of each signal of a source.

    Returns
    -------
    list of dict
        ``signal``, ``label``, ``unit``, ``kind``, ``topic``, ``known`` (whether the catalogue knows the name),
        ``pack``, ``cell``, ``first`` and ``last`` (ISO 8601 with the site's offset), ``readings``, ``interval_s`` and
        ``coverage``.

    Raises
    ------
    UnknownSource
        There is none of that name.
    """
    store = loader.current()
    return [
        {
            "signal": one.signal,
            "label": one.label,
            "unit": one.unit,
            "kind": one.kind.value,
            "topic": one.topic,
            "known": one.known,
            "pack": one.pack,
            "cell": one.cell,
            "first": iso(one.first_ms, store.zone),
            "last": iso(one.last_ms, store.zone),
            "readings": one.kept,
            "interval_s": one.interval_ms / 1000,
            "coverage": round(one.coverage, 6),
        }
        for one in sorted(store.all_series(source), key=_natural)
    ]
