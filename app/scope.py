"""What a page is about: the view, resolved against what the store holds. Every page begins with `scope_of`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import loader
from app.answers.sources import list_sources
from app.figures.clock import span_words
from app.view import View, wall_to_ms


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One source, and the stretch of its history that is asked about."""

    view: View
    kind: str
    """meter or bess."""
    source: str | None
    """None when the store holds none of the kind."""
    pack: int | None
    """The chosen pack, else the first; None for a meter."""
    packs: tuple[int, ...]
    signals: tuple[str, ...]
    sample: bool
    zone: str
    first_ms: int
    last_ms: int
    """First and last stamp of the source [epoch ms, UTC]."""
    start_ms: int | None
    end_ms: int | None
    """The period: what a verdict is asked about; None for the data's own end [epoch ms, UTC)."""
    window: tuple[int | None, int | None]
    """The zoom, else the period: what a time chart asks for [epoch ms, UTC)."""
    points: int
    """Point budget of a line."""

    @property
    def drawn(self) -> tuple[int, int]:
        """The window with the data's own ends filled in: the range of a time axis [epoch ms, UTC)."""
        start, end = self.window
        return (self.first_ms if start is None else start), (self.last_ms if end is None else end)

    @property
    def asked(self) -> tuple[int, int]:
        """The period with the data's own ends filled in [epoch ms, UTC)."""
        first = self.first_ms if self.start_ms is None else self.start_ms
        return first, (self.last_ms if self.end_ms is None else self.end_ms)

    @property
    def words(self) -> str:
        """The period as the user reads it."""
        return span_words(*self.asked, self.zone)


def scope_of(search: str | None, kind: str, *, source: str | None = None) -> Scope:
    """Resolve an address.

    Parameters
    ----------
    search : str or None
        Query part of the address.
    kind : str
        ``bess``, ``meter``, or ``any`` where the page shows either.
    source : str or None
        The source to resolve for; by default the one that the view names for this kind, else the first.

    Raises
    ------
    StoreMissing
        There is no store yet.
    """
    view = View.parse(search)
    sources = [row for row in list_sources() if kind in {"any", row["kind"]}]
    wanted = source or {"bess": view.system, "meter": view.meter}.get(kind, view.source)
    row = next((row for row in sources if row["name"] == wanted), sources[0] if sources else None)
    return _resolve(view, kind, row)


def scope_for(view: View, row: dict[str, Any]) -> Scope:
    """Resolve a view for one row of `list_sources`."""
    return _resolve(view, row["kind"], row)


def _resolve(view: View, kind: str, row: dict[str, Any] | None) -> Scope:
    zone = site_zone()
    first = wall_to_ms(row["start"], zone) if row else None
    last = wall_to_ms(row["end"], zone) if row else None
    first_ms, last_ms = first or 0, last or 0
    packs = tuple(int(pack["pack"]) for pack in row["packs"]) if row else ()
    start_ms, end_ms = view.period(first_ms, last_ms, zone)
    return Scope(
        view=view,
        kind=row["kind"] if row else kind,
        source=row["name"] if row else None,
        pack=view.pack if view.pack in packs else next(iter(packs), None),
        packs=packs,
        signals=tuple(row["signals"]) if row else (),
        sample=bool(row and row["sample"]),
        zone=zone,
        first_ms=first_ms,
        last_ms=last_ms,
        start_ms=start_ms,
        end_ms=end_ms,
        window=view.window(first_ms, last_ms, zone),
        points=view.points or loader.settings().max_points,
    )


def site_zone() -> str:
    """Zone of the site that is shown."""
    return loader.current().manifest.site_zone
