"""The view: what is shown, and when. The page's address holds all of it, so a link shows a colleague the same thing.

An address such as ``/cells?system=C1&pack=2&when=recent`` is read into a frozen `View` and written back from one.
Times in it are the site's wall time, as the user sees and types them; `View.period` and `View.window` turn them into
UTC once the zone and the span of the data are known. Nothing here knows of Dash, of the store or of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from app.language import mark

DAY_MS = 86_400_000
BEGINNING_DAYS = 150
"""Length of the standing period at the start of the data [days]."""
RECENT_DAYS = 200
"""Length of the standing period at the end of the data [days]."""
POINTS_MIN, POINTS_MAX = 100, 20_000
"""Bounds of the point budget of a line [points]."""

PRESETS: dict[str, str] = {
    "complete": mark("Complete"),
    "beginning": f"First {BEGINNING_DAYS} days",
    "recent": f"Last {RECENT_DAYS} days",
    "1m": mark("30 days"),
    "7d": mark("7 days"),
    "1d": mark("24 hours"),
    "custom": mark("Exact"),
}
"""The periods on offer, with their words."""
_LAST_DAYS = {"recent": RECENT_DAYS, "1m": 30, "7d": 7, "1d": 1}
_PLAIN = ("system", "meter", "source", "when", "start", "end", "zoom", "tab")
_NUMBERS = ("pack", "cell", "points")
_LISTS = ("sources", "signals")
_KEPT = ("system", "meter", "pack", "when", "start", "end", "points")
"""What stays put when another page is opened."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What the address says. None and empty mean "not said": the page then takes the first that exists."""

    system: str | None = None
    """Battery system, for Battery and Cells."""
    meter: str | None = None
    """Meter, for Meter."""
    source: str | None = None
    """Meter or system, where a page shows either (Data quality)."""
    pack: int | None = None
    cell: int | None = None
    sources: tuple[str, ...] = ()
    """Sources laid side by side (Compare)."""
    signals: tuple[str, ...] = ()
    """Signals as ``source:signal`` (Explore), or bare names (Compare)."""
    when: str = "complete"
    """One of `PRESETS`."""
    start: str | None = None
    end: str | None = None
    """The exact range when ``when`` is ``custom``: site wall time, ISO 8601; ``end`` is exclusive."""
    zoom: str | None = None
    """Part of the period that time charts show, as ``<from>~<to>`` in site wall time."""
    points: int | None = None
    """Point budget of a line; the setting's when it is not said."""
    tab: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    """Whatever else a page keeps in the address, such as ``metric``; sorted by key."""

    @classmethod
    def parse(cls, search: str | None) -> View:
        """Read the query part of an address, with or without its ``?``; what cannot be read is left out."""
        found: dict[str, Any] = {}
        extra: dict[str, str] = {}
        for key, text in parse_qsl((search or "").lstrip("?")):
            if key in _PLAIN:
                found[key] = text
            elif key in _LISTS:
                found[key] = tuple(part for part in text.split(",") if part)
            elif key not in _NUMBERS:
                extra[key] = text
            elif text.isdigit() and len(text) <= 9:
                found[key] = int(text)
        return _mended(cls(**found, extra=tuple(sorted(extra.items()))))

    @classmethod
    def of(cls, **query: str) -> View:
        """Read what a page's ``layout`` is given: the query as keyword arguments."""
        return cls.parse(urlencode(query))

    def search(self) -> str:
        """Write the query part of the address, with its ``?``; empty when nothing is said. Inverse of `parse`."""
        said: list[tuple[str, str]] = []
        for row in fields(self):
            value = getattr(self, row.name)
            if row.name == "extra" or value == row.default:
                continue
            said.append((row.name, ",".join(value) if isinstance(value, tuple) else str(value)))
        query = urlencode([*said, *self.extra], safe=",:~")
        return f"?{query}" if query else ""

    def get(self, key: str, default: str) -> str:
        """Look up one of the page's own entries (`extra`)."""
        return dict(self.extra).get(key, default)

    def change(self, **changes: object) -> View:
        """Return the view with fields changed; unknown names go to `extra`, where None removes one."""
        names = {row.name for row in fields(self)}
        extra = dict(self.extra) | {key: value for key, value in changes.items() if key not in names}
        kept = tuple(sorted((key, str(value)) for key, value in extra.items() if value is not None))
        own: dict[str, Any] = {"extra": kept} | {key: value for key, value in changes.items() if key in names}
        return replace(self, **own)

    def href(self, path: str, **changes: object) -> str:
        """Link to a page: *what* and *when* stay put, all else is dropped unless it is given."""
        kept = View(**{name: getattr(self, name) for name in _KEPT})
        return path + kept.change(**changes).search()

    def period(self, first_ms: int, last_ms: int, zone: str) -> tuple[int | None, int | None]:
        """Turn *when* into UTC; what a verdict is asked about.

        Parameters
        ----------
        first_ms, last_ms : int
            First and last stamp of the data [epoch ms, UTC].
        zone : str
            The site's zone, in which an exact range is read.

        Returns
        -------
        tuple of int or None
            Start and exclusive end [epoch ms, UTC]; None where the data's own end counts, so the complete range,
            and the open ends of the others, ask the same question however the data grows.
        """
        if self.when == "beginning":
            return None, first_ms + BEGINNING_DAYS * DAY_MS
        if self.when in _LAST_DAYS:
            return last_ms - _LAST_DAYS[self.when] * DAY_MS, None
        if self.when == "custom":
            return wall_to_ms(self.start, zone), wall_to_ms(self.end, zone, late=True)
        return None, None

    def window(self, first_ms: int, last_ms: int, zone: str) -> tuple[int | None, int | None]:
        """Turn the zoom into UTC; the period where nothing is zoomed. What a time chart draws."""
        if self.zoom and "~" in self.zoom:
            start, end = self.zoom.split("~", 1)
            zoomed = wall_to_ms(start, zone), wall_to_ms(end, zone, late=True)
            if zoomed[0] is not None and zoomed[1] is not None and zoomed[0] < zoomed[1]:
                return zoomed
        return self.period(first_ms, last_ms, zone)


def _mended(view: View) -> View:
    """Replace what cannot be: an unknown preset, an exact range without an end, a point budget out of bounds."""
    when = view.when if view.when in PRESETS else "complete"
    if when == "custom" and not (_wall(view.start) or _wall(view.end)):
        when = "complete"
    exact = when == "custom"
    return replace(
        view,
        when=when,
        start=view.start if exact and _wall(view.start) else None,
        end=view.end if exact and _wall(view.end) else None,
        points=None if view.points is None else min(max(view.points, POINTS_MIN), POINTS_MAX),
    )


def _wall(text: str | None) -> datetime | None:
    try:
        stamp = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return stamp if 1 < stamp.year < 9999 else None


def wall_to_ms(text: str | None, zone: str, *, late: bool = False) -> int | None:
    """Read a time as the user writes it.

    Parameters
    ----------
    text : str or None
        ISO 8601; without an offset it is wall time of ``zone``, a bare date its midnight.
    zone : str
        The site's zone.
    late : bool
        Which of the two a wall time means that autumn repeats: the second one, so that a range ends after it.

    Returns
    -------
    int or None
        Epoch ms, UTC; None when nothing readable is said.
    """
    stamp = _wall(text)
    if stamp is None:
        return None
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=ZoneInfo(zone), fold=int(late))
    return round(stamp.timestamp() * 1000)


def ms_to_wall(stamp_ms: int, zone: str) -> str:
    """Write a time as site wall time to the minute, such as ``2024-05-03T14:05``."""
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp_ms)
    return local.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
