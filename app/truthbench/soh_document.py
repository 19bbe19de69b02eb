"""``docs/soh.md``, written from what ``soh_coverage`` has measured."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from app.analytics import budget, capacity, degradation
from app.truthbench import soh_coverage as bench

DOCUMENT = Path("docs/soh.md")
QUANTITIES = {
    "soh": ("Measured state of health", "points"),
    "of_baseline": ("Capacity against the first 30 valid days", "points"),
    "rate": ("Degradation rate", "% of the baseline a month"),
    "efc": ("Equivalent full cycles", "%"),
}
"""What is told of, in this order, and its unit."""

INTRODUCTION = """\
# How sure the state of health is

Written by `packscope bench truth --soh --write`: simulated strings of known truth are read by imperfect sensors, their
feature tables extracted by the code of the build, and capacity and trend measured by the code of the app. *Covered* is
the share of runs whose 95 % interval holds the truth; *error* is the 95th percentile of its size; *half width* is the
median half interval.
"""


def _conditions() -> str:
    return f"""\
## What each run draws

- cells of their own capacity, charge, resistance, leak and ageing; a duty with idle days, partial charges and a season
  of none; weather that moves temperature and with it resistance; passive balancing;
- a current sensor with a gain (standard deviation {bench.GAIN_PCT:.2f} %: class 0.5 for 95 %), an offset of up to
  {bench.OFFSET_A:g} A, noise of {bench.NOISE_A:g} A and a step of 0.1 A;
- voltages in steps of 1 mV with noise, an offset of each cell, and up to {1000 * bench.SHARED_V:.0f} mV that all share;
- an open-circuit curve that is wrong at either end, each by its own amount (standard deviation
  {1000 * bench.CURVE_V:.0f} mV);
- single rows and up to {bench.LONGEST_GAP_DAYS} days missing where the table says gaps.
"""


BUDGET = {
    "counts": f"seen: scatter about a line through the last {capacity.LEVEL_DAYS:.0f} days of counts; correlation of "
    "neighbours and few counts allowed for",
    "offset": "seen: scatter of the charge from full to full; "
    f"± {capacity.OFFSET_LIMIT_A:g} A assumed where the string is rarely full",
    "edges": "seen: a quarter of what charges count more than discharges, beyond scatter",
    "gain": f"assumed: ± {budget.GAIN_LIMIT_PCT:g} % for 95 % of sensors; one sensor's data cannot show its own gain",
    "anchors": f"assumed: ± {1000 * budget.CURVE_LIMIT_V:.0f} mV for the curve, "
    f"± {1000 * budget.CELL_LIMIT_V:.0f} mV for the reading, "
    f"± {1000 * budget.HYSTERESIS_LIMIT_V:.0f} mV for hysteresis and a third of the resistance, through the "
    "curve's slope; all of the surface's lead over the bulk",
}
"""Parts of the error budget: what each is, and whether the data show it."""


def _budget() -> str:
    rows = "\n".join(f"| {name} | {words} |" for name, words in BUDGET.items())
    return f"""\
## The budget of a capacity

Standard uncertainties, joined by their squares; times 1.96 they are half the 95 % interval.

| part | seen in the data, or assumed |
|---|---|
{rows}

Against its own first 30 valid days gain and curve cancel, and {capacity.RATIO_FLOOR_PCT:g} % remain for temperature. A
trend adds what a season may do that was not seen: {degradation.SEASON_PCT:g} % at either end of the data, or
{degradation.WANDER_PCT:g} % once a yearly wave could be fitted.
"""


WEAKNESSES = """\
## What to keep in mind

- Where a site's current sensor is better than class 0.5 and its cells' curve is the built-in one, the intervals are
  wider than they had to be, and cover more than 95 %.
- A chemistry whose curve lies further from the built-in one than assumed shifts every state of health alike; against
  its own first days it does not.
- The assumed limits were settled with these very runs in view, and the simulation shares authors with the method: on
  other cells and other duties the coverage may differ.
- Slower loggers than 15 min lose the edges of charges. No run here is slower.
- On strings from two simulations written apart from this one (fixed schedules, logged in steps of 5 to 30 min beside a
  state of charge in whole per cents, other open-circuit curves) the state of health was within 0.8 points of the truth
  and inside its interval in 4 of 4 strings of the one. In those of the other, whose cells are charged some 0.5 % beyond
  their nominal full, it was 0.6 to 2.5 points too high and outside, by up to 0.6 points, in 4 of 7. Equivalent full
  cycles were within 1.2 % of the truth at 5 min, 1.7 % at 15 min and 2.4 % at 30 min.
- A schedule that repeats itself to the minute hides where a charge ends between two readings: its state of charge is
  set right there, and the share of that step stays at what is likely.
- Cells that age without a knee are simulated; no forecast is tested here, for lack of a truth beyond the data.
"""


def text_of(runs: pl.DataFrame) -> str:
    """Write the document's text from the rows of ``soh_coverage.run``."""
    summary = bench.summarise(runs)
    tables = [_table(summary, name) for name in QUANTITIES]
    seeds = runs["seed"].n_unique()
    head = f"{INTRODUCTION}\nRuns: {seeds}; seeds count from 0.\n"
    return "\n".join([head, *tables, _conditions(), _budget(), WEAKNESSES])


def _table(summary: pl.DataFrame, quantity: str) -> str:
    title, unit = QUANTITIES[quantity]
    own = summary.filter(pl.col("quantity") == quantity)
    has_interval = own["coverage"].count() > 0
    heads = ["logging", "runs", "answered", f"bias [{unit}]", f"error [{unit}]"]
    heads += ["half width", "covered"] if has_interval else []
    lines = [f"## {title}\n", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in own.iter_rows(named=True):
        cells = [
            row["scenario"],
            str(row["runs"]),
            str(row["answered"]),
            _number(row["bias"]),
            _number(row["error_95"]),
        ]
        if has_interval:
            covered = "" if row["coverage"] is None else f"{100 * row['coverage']:.1f} %"
            cells += [_number(row["half_width"]), covered]
        bold = row["scenario"] == "all"
        lines.append("| " + " | ".join(f"**{one}**" if bold and one else one for one in cells) + " |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if abs(value) >= 0.2 else f"{value:.3f}"


def write(runs: pl.DataFrame, root: Path) -> None:
    """Write the document below ``root``.

    Raises
    ------
    OSError
        It cannot be written.
    """
    (root / DOCUMENT).write_text(text_of(runs), encoding="utf-8")
