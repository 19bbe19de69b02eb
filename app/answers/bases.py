"""How each question is answered: from which series, by which rule, and where that rule comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.language import mark
from pipeline.contract import Series
from pipeline.signals import Kind

AS_LOGGED = mark("As exact as the logger's last digit; the sensor's own error is not in the data.")
UNKNOWN = mark("Not estimated.")
METHODS = "docs/methods.md"
_VOLTAGES_AND_CURRENT = ("battery", "soc")


@dataclass(frozen=True, slots=True)
class Basis:
    """How a question is answered: from which series, by which rule, and where that rule comes from."""

    rule: str
    rule_source: str
    is_used: Callable[[Series], bool] = lambda _: True
    level: str | None = None
    """Level that the rule fixes; None where the answer says it."""
    uncertainty: str = UNKNOWN


def _is_cell(series: Series) -> bool:
    return series.pack is not None


def _is_string(series: Series) -> bool:
    return series.pack is None and series.topic in _VOLTAGES_AND_CURRENT


def _is_figure(series: Series) -> bool:
    return series.pack is None and series.kind is not Kind.COUNTER


BASES: Mapping[str, Basis] = {
    "series": Basis(
        mark("Points chosen by MinMaxLTTB; minimum, maximum and rows are those of the whole slice behind each point."),
        "docs/architecture.md",
        uncertainty=AS_LOGGED,
    ),
    "meter_kpis": Basis(
        mark(
            "Energy is the sum of the counters' steps; power is integrated reading by reading; extremes are readings."
        ),
        METHODS,
        level="raw",
    ),
    "bess_kpis": Basis(
        mark("Last, mean, least and highest of the readings in the window."),
        "docs/signals.md",
        _is_figure,
        "raw",
        AS_LOGGED,
    ),
    "comparison": Basis(
        mark(
            "Mean-cell capacity by charge counted between full and empty anchors; medians of daily values for the rest."
        ),
        METHODS,
        lambda series: _is_cell(series) or _is_string(series),
        "raw, by day",
    ),
    "surface": Basis(
        mark("The bucket's mean; of a deviation its signed extreme against the string's median."),
        METHODS,
        _is_cell,
        uncertainty=AS_LOGGED,
    ),
    "heatmap": Basis(mark("One statistic for each cell, named beside the values."), METHODS, _is_cell, "raw, by day"),
    "critical": Basis(
        mark(
            "The limits of docs/limits.md, exceeded by more than the string's own spread explains, over the whole "
            "history."
        ),
        METHODS,
        lambda series: _is_cell(series) or _is_string(series),
        "raw, by day",
    ),
    "cycles": Basis(
        mark("Charge counted from the current between its changes of sign; full cycles against the nominal capacity."),
        METHODS,
        _is_string,
        "raw",
    ),
    "quality": Basis(mark("Every row of every file is counted, kept or left out with a reason."), "docs/input.md"),
    "energy_available": Basis(
        mark("Last state of charge times usable capacity times mean string voltage; losses are not taken off."),
        METHODS,
        _is_string,
        "raw, by day",
    ),
}
"""What each question rests on."""
ANY = Basis(mark("As the answer says."), METHODS, uncertainty=UNKNOWN)
"""Of a question that has none of its own."""
