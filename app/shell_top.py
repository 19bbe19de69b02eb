"""The top bar, as the address has it: choices, values, and the words of what is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import Output, html
from dash.development.base_component import Component

from app.answers.sources import list_sources
from app.components import PageMeta
from app.figures.clock import span_words
from app.language import mark, t
from app.numbers import duration, number
from app.scope import Scope, scope_for, scope_of
from app.view import DAY_MS, View, ms_to_wall
from pipeline.errors import SiteFileError, StoreError

POINT_CHOICES = (500, 1_000, 2_000, 5_000, 10_000, 20_000)
_KINDS = {"system": "bess", "pack": "bess", "meter": "meter", "source": "any"}
_KEYS = {"system": "system", "pack": "system", "meter": "meter", "source": "source"}
_LABELS = {"system": mark("System"), "pack": mark("System"), "meter": mark("Meter"), "source": mark("Source")}
Layouts = Mapping[str, tuple[PageMeta, Callable[..., Component]]]

TOP = {
    "label": Output("what-label", "children"),
    "what_options": Output("what", "options"),
    "pack_options": Output("pack", "options"),
    "points_options": Output("points", "options"),
    "what": Output("what", "value"),
    "pack": Output("pack", "value"),
    "when": Output("when", "value"),
    "start": Output("start", "value"),
    "end": Output("end", "value"),
    "points": Output("points", "value"),
    "sample": Output("sample", "children"),
    "words": Output("range-words", "children"),
    "zoom": Output("zoom-words", "children"),
    "live": Output("live", "children"),
    "said": Output("said", "data"),
    "what_class": Output("what-field", "className"),
    "pack_class": Output("pack-field", "className"),
    "exact": Output("exact", "className"),
    "steps": Output("steps", "className"),
    "unzoom": Output("unzoom", "className"),
}
"""What `set_top` sets."""


def set_top(pathname: str | None, search: str | None, *, layouts: Layouts) -> dict[str, Any]:
    """Set the top bar from the address: choices, values, and the words of what is shown."""
    found = layouts.get(pathname or "/")
    what = found[0].what if found else "none"
    try:
        scope = scope_of(search, _KINDS.get(what, "any"))
    except (StoreError, SiteFileError):
        return dict.fromkeys(TOP, None) | _hidden(what_class=True, pack_class=True, exact=True, unzoom=True, steps=True)
    view, kind = scope.view, _KINDS.get(what, "any")
    sources = [row["name"] for row in list_sources() if kind in {"any", row["kind"]}]
    said = _said(scope, what)
    zoomed = scope.window != (scope.start_ms, scope.end_ms)
    return {
        "label": t(_LABELS.get(what, "Source")),
        "what_options": [{"label": name, "value": name} for name in sources],
        "pack_options": [{"label": t("Pack {pack}", pack=pack), "value": str(pack)} for pack in scope.packs],
        "points_options": _point_options(scope.points),
        **{name: said[name] for name in ("what", "pack", "when", "start", "end", "points")},
        "sample": html.Span(t("Sample site"), className="ps-sample")
        if any(row["sample"] for row in list_sources())
        else "",
        "words": _range_words(scope, getattr(view, _KEYS[what])) if what in _KINDS else _site_words(view, scope.zone),
        "zoom": t("Zoomed to {drawn}", drawn=duration(scope.drawn[1] - scope.drawn[0])) if zoomed else "",
        "live": t("Showing {source}, {words}", source=scope.source, words=scope.words) if scope.source else "",
        "said": said,
        **_hidden(what_class=what == "none" or not sources, pack_class=what != "pack" or len(scope.packs) < 2),
        **_hidden(exact=view.when != "custom", steps=view.when in {"complete"}, unzoom=not zoomed),
    }


def _point_options(points: int) -> list[dict[str, str]]:
    return [{"label": number(count), "value": str(count)} for count in sorted({*POINT_CHOICES, points})]


def _range_words(scope: Scope, wanted: str | None) -> str:
    missing = (
        t("There is no {wanted}; this is {source}. ", wanted=wanted, source=scope.source)
        if wanted and wanted != scope.source
        else ""
    )
    return f"{missing}{scope.words} · {scope.zone} · {duration(scope.asked[1] - scope.asked[0])}"


def _site_words(view: View, zone: str) -> str:
    """Say the period of a page that shows many sources; where their data end apart, each has its own."""
    asked = [scope_for(view, row).asked for row in list_sources()]
    if not asked:
        return zone
    first, last = min(start for start, _ in asked), max(end for _, end in asked)
    apart = max(end for _, end in asked) - min(end for _, end in asked) > DAY_MS
    own = t(" · each source to its own last reading") if apart and view.when != "custom" else ""
    return f"{span_words(first, last, zone)} · {zone} · {duration(last - first)}{own}"


_SHOWN = {
    "what_class": "ps-field",
    "pack_class": "ps-field",
    "exact": "ps-exact",
    "steps": "ps-steps",
    "unzoom": "ps-chip",
}


def _hidden(**rows: bool) -> dict[str, str]:
    return {name: "ps-hidden" if hidden else _SHOWN[name] for name, hidden in rows.items()}


def _said(scope: Scope, what: str) -> dict[str, Any]:
    """Note what the controls are set to, so that the browser can tell a choice of the user from our own setting."""
    view, (start_ms, end_ms) = scope.view, scope.asked
    return {
        "key": _KEYS.get(what, "source"),
        "what": scope.source if what in _KINDS else None,
        "pack": None if scope.pack is None else str(scope.pack),
        "when": view.when,
        "start": ms_to_wall(start_ms, scope.zone),
        "end": ms_to_wall(end_ms, scope.zone),
        "points": str(scope.points),
    }
