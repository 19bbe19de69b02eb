"""The window of a question: open ends filled in, times as the site writes them, the share that holds readings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app import query
from app.errors import BadParameter, UnknownPack, UnknownSource
from app.store import Store
from pipeline.contract import Pack, Series, Source

NO_READINGS = "No readings in this window."


def iso(stamp_ms: int, zone: str) -> str:
    """Write a stamp as ISO 8601 with the site's offset."""
    local = datetime.fromtimestamp(stamp_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    return local.isoformat(timespec="milliseconds" if stamp_ms % 1000 else "seconds")


def source_of(store: Store, name: str, kind: str) -> Source:
    """Return a source of one kind.

    Raises
    ------
    UnknownSource
        There is none of that name and kind; the message lists those of the kind.
    """
    known = [one.name for one in store.manifest.sources if one.kind == kind]
    if name not in known:
        raise UnknownSource(name, known)
    return store.source(name)


def pack_of(source: Source, number: int) -> Pack:
    """Return a pack of a system.

    Raises
    ------
    UnknownPack
        The system has no such pack.
    """
    found = next((pack for pack in source.packs if pack.pack == number), None)
    if found is None:
        raise UnknownPack(number, [pack.pack for pack in source.packs])
    return found


def filled(series: Sequence[Series], start_ms: int | None, end_ms: int | None) -> tuple[int, int]:
    """Fill in an open window from the history of several series; a window of length 0 where there is none.

    Raises
    ------
    BadParameter
        The end is before the start, where both are given.
    """
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise BadParameter("end", end_ms, "it must not be before start")
    spans = [query.span(one, start_ms, end_ms) for one in series]
    if not spans:
        start = start_ms or 0
        return start, start if end_ms is None else end_ms
    start, end = min(low for low, _ in spans), max(high for _, high in spans)
    return start, max(start, end)


def share(readings: int, interval_ms: int, start_ms: int, end_ms: int) -> float | None:
    """Share of a window that holds readings (0 to 1); None for a window of no length."""
    if end_ms <= start_ms:
        return None
    return round(min(1.0, readings * max(interval_ms, 1) / (end_ms - start_ms)), 6)
