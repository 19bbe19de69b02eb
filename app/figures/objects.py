"""Plotly's figure and traces as the charts here use them: what is given is taken as it is.

Plotly compares each property with its schema whenever it is set, and copies what is there at each addition, which was
most of what drawing a chart took. A test builds the same figures with Plotly's checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import plotly.graph_objects as go


class Bar(go.Bar):  # type: ignore[misc]
    """Bars."""

    def __init__(self, **given: object) -> None:
        super().__init__(_validate=False, **given)


class Heatmap(go.Heatmap):  # type: ignore[misc]
    """Cells of a grid."""

    def __init__(self, **given: object) -> None:
        super().__init__(_validate=False, **given)


class Scatter(go.Scatter):  # type: ignore[misc]
    """Lines, markers or words."""

    def __init__(self, **given: object) -> None:
        super().__init__(_validate=False, **given)


class Scatter3d(go.Scatter3d):  # type: ignore[misc]
    """Lines in space."""

    def __init__(self, **given: object) -> None:
        super().__init__(_validate=False, **given)


class Surface(go.Surface):  # type: ignore[misc]
    """A surface over a grid."""

    def __init__(self, **given: object) -> None:
        super().__init__(_validate=False, **given)


class Figure(go.Figure):  # type: ignore[misc]
    """A figure of one plot, which takes its parts as they are; parts in rows and columns go Plotly's own way."""

    _data_objs: tuple[Any, ...]
    _data_defaults: list[dict[str, Any]]

    def __init__(self, traces: Any = None) -> None:  # noqa: ANN401 - a trace, or several
        bare = go.Layout(template={"layout": {}}, _validate=False)  # else Plotly copies its own of 7 kB into each
        super().__init__(layout=bare)
        self.layout._validate = False
        for trace in traces if isinstance(traces, list | tuple) else [traces] if traces is not None else []:
            self.add_trace(trace)

    def add_trace(self, trace: Any, **place: object) -> Self:  # noqa: ANN401 - any trace
        """Add a trace."""
        if place or not isinstance(trace, Bar | Heatmap | Scatter | Scatter3d | Surface):
            super().add_trace(trace, **place)
            return self
        self._data.append(trace.to_plotly_json())
        trace._trace_ind, trace._parent = len(self._data_objs), self
        trace._orphan_props.clear()
        self._data_defaults = [*self._data_defaults, {}]
        self._data_objs = (*self._data_objs, trace)
        return self

    def add_annotation(self, **given: Any) -> Self:  # noqa: ANN401 - whatever an annotation has
        """Write words into the plot."""
        return self._add("annotations", given)

    def add_shape(self, **given: Any) -> Self:  # noqa: ANN401 - whatever a shape has
        """Draw a line or a rectangle."""
        if "row" in given or "exclude_empty_subplots" in given:
            super().add_shape(**given)
            return self
        return self._add("shapes", given)

    def update_layout(self, entries: Mapping[str, Any] | None = None, **more: Any) -> Self:  # noqa: ANN401
        """Change entries of the layout; those of an entry that is there already are changed one by one."""
        for name, value in {**(entries or {}), **more}.items():
            head, _, rest = name.partition("_")
            changed = _changed(self._layout.get(head), {rest: value} if rest else value)
            self.layout[head] = value if head == "meta" else changed
        return self

    def update_xaxes(self, **entries: Any) -> Self:  # noqa: ANN401 - whatever an axis has
        """Change entries of every time or bottom axis."""
        return self._update_axes("xaxis", entries)

    def update_yaxes(self, **entries: Any) -> Self:  # noqa: ANN401 - whatever an axis has
        """Change entries of every upright axis."""
        return self._update_axes("yaxis", entries)

    def _add(self, name: str, given: dict[str, Any]) -> Self:
        self.layout[name] = [*self._layout.get(name, ()), _changed({}, given)]
        return self

    def _update_axes(self, kind: str, entries: dict[str, Any]) -> Self:
        for name in {kind, *(name for name in self._layout if name.startswith(kind))}:
            self.update_layout({name: entries})
        return self


def _changed(known: Any, value: Any) -> Any:  # noqa: ANN401 - an entry of a layout
    """Lay entries over those that are there; ``title_text`` stands for ``text`` of ``title``, and None for no entry."""
    if not isinstance(value, Mapping):
        return value
    found = dict(known) if isinstance(known, Mapping) else {}
    for name, entry in value.items():
        head, _, rest = name.partition("_")
        found[head] = _changed(found.get(head), {rest: entry} if rest else entry)
    return {name: entry for name, entry in found.items() if entry is not None}
