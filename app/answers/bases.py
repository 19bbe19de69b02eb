"""How each question is answered: from which series, by which rule, and where that rule comes from."""

from __future__ import annotations

from collections.abc import Mapping

from app.answers.basis import AS_LOGGED, METHODS, RAW_BY_DAY, UNKNOWN, Basis, is_cell, is_figure, is_judged, is_string
from app.answers.pagebases import FIGURES
from app.language import mark

BASES: Mapping[str, Basis] = {
    **FIGURES,
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
        is_figure,
        "raw",
        AS_LOGGED,
    ),
    "comparison": Basis(
        mark(
            "Mean-cell capacity by charge counted between full and empty anchors; medians of daily values for the rest."
        ),
        METHODS,
        is_judged,
        RAW_BY_DAY,
    ),
    "surface": Basis(
        mark("The bucket's mean; of a deviation its signed extreme against the string's median."),
        METHODS,
        is_cell,
        uncertainty=AS_LOGGED,
    ),
    "heatmap": Basis(mark("One statistic for each cell, named beside the values."), METHODS, is_cell, RAW_BY_DAY),
    "critical": Basis(
        mark(
            "The limits of docs/limits.md, exceeded by more than the string's own spread explains, over the whole "
            "history."
        ),
        METHODS,
        is_judged,
        RAW_BY_DAY,
    ),
    "cycles": Basis(
        mark("Charge counted from the current between its changes of sign; full cycles against the nominal capacity."),
        METHODS,
        is_string,
        "raw",
    ),
    "quality": Basis(mark("Every row of every file is counted, kept or left out with a reason."), "docs/input.md"),
    "energy_available": Basis(
        mark("Last state of charge times usable capacity times mean string voltage; losses are not taken off."),
        METHODS,
        is_string,
        RAW_BY_DAY,
    ),
}
"""What each question rests on."""
ANY = Basis(mark("As the answer says."), METHODS, uncertainty=UNKNOWN)
"""Of a question that has none of its own."""
