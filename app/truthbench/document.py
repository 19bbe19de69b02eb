"""``docs/detection.md`` and its picture, written from what the bench has measured."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan
from pathlib import Path

from app.truthbench import figure
from app.truthbench.conditions import FIRST_DAY, FIRST_DAY_SHARE, LONG_DAYS, ONSET, QUICK_DAYS, UNFILLED_DAYS
from app.truthbench.curves import (
    FOUND_SHARE,
    Curve,
    Point,
    above_limit,
    alarms_of,
    conditions_of,
    curves_of,
    is_graded,
)
from app.truthbench.trial import Trial
from pipeline.simulation.faults import FaultKind

DOCUMENT, PICTURE = Path("docs/detection.md"), Path("docs/detection.svg")

INTRODUCTION = """\
# What is found, how small, and how soon

Written by `packscope bench truth --write` (`make bench-truth`): every figure below is measured on simulated strings
of 260 cells whose truth is known. A string is simulated in closed form, its feature tables are extracted by the code of
the build, and it is judged by the code of the app, so that what is measured is what ships.
"""

CONDITIONS = f"""\
## Conditions

Each string holds three sizes of each of eight kinds of fault in cells of its own, no two beside each other. They begin
after {100 * ONSET[0]:.0f} to {100 * ONSET[1]:.0f} % of {LONG_DAYS:.0f} days; on
{100 * FIRST_DAY_SHARE:.0f} % of the strings they are there {FIRST_DAY}, which is listed apart. Every string draws a
condition of its own: a logger of 5, 15 or 30 minutes; readings in steps of 1 or 2 mV and 0.1 or 1 K; no gaps, or eight
a year of three days on average; full charges all year, or a season of {UNFILLED_DAYS} days without one; voltage leads
in order, or three pairs of neighbours swapped. One string in twenty is read every ten seconds for
{QUICK_DAYS:.0f} days, with faults {FIRST_DAY}. Always on: passive balancing at the top, constant errors of every
voltage (1.2 mV) and temperature sensor (0.3 K), a resistance that follows temperature, and the cells' own spread of
capacity (0.5 %), resistance (5 %), leak and place.

*Found* is flagged `warning` or `critical` at the end of the data. *Days* run from the onset to the first judgement
that flags the cell; strings are judged 2, 4, 7, 10, 14, 20, 30, 45, 60, 90, 120, 150 and 180 days after it. A single
reading comes at some moment after the onset: its days say when it came, not how long it took.

The *plain rule* beside it is what a careful operator would write: per regime a robust z above 5 and the customary
limit (10 mV, 3 K, 0.5 % a month) over the last ninety days, and single readings more than 100 mV or 10 K from the
string. It runs on the same feature tables on the same days.
"""

WEAKNESSES = """\
## What to keep in mind

- A fault that was there before the first reading shows by its distance from the string alone: the spread between sound
  cells then sets the limit, several times higher than for one that begins.
- Low capacity needs days near empty, imbalance and self-discharge need days near full or near empty. In a season
  without either nothing new is known of them.
- A wrong sense lead misreads two cells alike. The first of the two along the row is named; the other is held at
  `watch` and says why.
- A simulated string is kinder than a real one: its cells differ in the ways that the simulation knows. The limits on
  change follow from each string's own scatter, so that they widen where a real string is less quiet.
"""


def write(trials: Sequence[Trial], root: Path) -> None:
    """Write the document and its picture below ``root``.

    Raises
    ------
    OSError
        They cannot be written.
    """
    curves = curves_of(trials)
    (root / PICTURE).write_text(figure.draw(curves), encoding="utf-8")
    (root / DOCUMENT).write_text(text_of(trials), encoding="utf-8")


def text_of(trials: Sequence[Trial]) -> str:
    """Write the document's text."""
    curves = curves_of(trials)
    graded = sum(is_graded(trial) for trial in trials)
    parts = [
        INTRODUCTION,
        "## Detection limits\n\n" + _limits(curves),
        "## Against the plain rule\n\n" + _against(curves),
        "![Share of runs in which each fault is found, against its size](detection.svg)\n",
        _alarms(trials, curves),
        "## Every size\n\n" + _every(curves),
        f"## Faults that are there {FIRST_DAY}\n\n" + _first_day(trials),
        "## By condition\n\n" + _by_condition(trials, curves),
        CONDITIONS
        + f"\n{len(trials)} strings were judged, {graded} with faults that begin within the data; seeds from 0.\n",
        WEAKNESSES,
    ]
    return "\n".join(parts)


def _limits(curves: Sequence[Curve]) -> str:
    lines = [
        f"Smallest graded size that is found in at least {100 * FOUND_SHARE:.0f} % of runs (as are all larger ones), "
        "and the days that takes.\n",
        "| fault | unit | found from | days, median | days, 95 % | named right | plain rule from | its days, median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for curve in curves:
        own, plain = curve.limit, curve.plain_limit
        cells = ["none of these", "", "", ""] if own is None else _of_limit(own)
        beside = ["none of these", ""] if plain is None else [f"{plain.size:g}", _days(plain.plain_delay_median_d)]
        lines.append("| " + " | ".join([f"`{curve.kind}`", curve.unit, *cells, *beside]) + " |")
    return "\n".join(lines) + "\n"


def _against(curves: Sequence[Curve]) -> str:
    lines = [
        "The size from which each finds 95 %, ours as a share of the plain rule's (of a resistance: of what it is too "
        "much), and the days that both take at the plain rule's own limit.\n",
        "| fault | plain rule from | found from | share of its size | days at the plain rule's size | its days there |",
        "|---|---|---|---|---|---|",
    ]
    for curve in curves:
        own, plain = curve.limit, curve.plain_limit
        cells = [f"{one.size:g}" if one is not None else "none of these" for one in (plain, own)]
        rest = ["", _days(plain.delay_median_d), _days(plain.plain_delay_median_d)] if plain is not None else [""] * 3
        if own is not None and plain is not None:
            sound = 1.0 if curve.kind == FaultKind.HIGH_RESISTANCE else 0.0
            rest[0] = _share((own.size - sound) / (plain.size - sound))
        lines.append(_row([f"`{curve.kind}`", *cells, *rest]))
    return "\n".join(lines) + "\n"


def _of_limit(point: Point) -> list[str]:
    return [f"**{point.size:g}**", _days(point.delay_median_d), _days(point.delay_p95_d), _share(point.named)]


def _alarms(trials: Sequence[Trial], curves: Sequence[Curve]) -> str:
    sound = alarms_of([trial for trial in trials if not trial.outcomes])
    faulty = alarms_of([trial for trial in trials if trial.outcomes])
    recall, precision, named = above_limit(trials, curves)
    return "\n".join(
        [
            "## False alarms\n",
            "| | sound strings | sound cells of faulty strings |",
            "|---|---|---|",
            f"| strings | {sound.strings} | {faulty.strings} |",
            f"| exposure, 260 cells and a year | {sound.cell_years:.0f} | {faulty.cell_years:.0f} |",
            f"| cells ever flagged, per 260 cells and year | **{_rate(sound.per_year)}** | {_rate(faulty.per_year)} |",
            f"| the same by the plain rule | {_rate(sound.plain_per_year)} | {_rate(faulty.plain_per_year)} |",
            f"| cells flagged at the end | {_share(sound.flagged_share, 3)} | {_share(faulty.flagged_share, 3)} |",
            f"| second cells of wrong leads, flagged beside the first | | {faulty.partners} |",
            "",
            f"Of the faults at or above the limits, {_share(recall)} are found, {_share(precision)} of the flagged "
            f"cells are faulty, and {_share(named)} of the found are named right.",
            "",
        ]
    )


def _every(curves: Sequence[Curve]) -> str:
    heads = ("fault", "size", "runs", "found", "95 % interval", "days, median", "days, 95 %", "named right")
    lines = [_row([*heads, "plain rule", "its days"]), "|---" * 10 + "|"]
    lines += [
        _row(
            [
                f"`{curve.kind}`",
                f"{point.size:g} {curve.unit}",
                f"{point.runs}",
                _share(point.found),
                f"{100 * point.low:.0f}-{100 * point.high:.0f} %",
                _days(point.delay_median_d),
                _days(point.delay_p95_d),
                _share(point.named),
                _share(point.plain_found),
                _days(point.plain_delay_median_d),
            ]
        )
        for curve in curves
        for point in curve.points
        if point.runs
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _first_day(trials: Sequence[Trial]) -> str:
    curves = curves_of(trials, lambda trial: bool(trial.outcomes) and trial.condition["onset"] == 0)
    lines = [_row(["fault", "size", "runs", "found", "named right", "plain rule"]), "|---" * 6 + "|"]
    lines += [
        _row(
            [
                f"`{curve.kind}`",
                f"{point.size:g} {curve.unit}",
                f"{point.runs}",
                _share(point.found),
                _share(point.named),
                _share(point.plain_found),
            ]
        )
        for curve in curves
        for point in curve.points
        if point.runs
    ]
    return "\n".join(lines) + "\n"


def _by_condition(trials: Sequence[Trial], curves: Sequence[Curve]) -> str:
    lines = ["Share found of the faults at or above the limits.\n", "| condition | | found | of |", "|---|---|---|---|"]
    lines += [
        f"| {axis} | {name} | {_share(share)} | {count} |"
        for axis, own in conditions_of(trials, curves).items()
        for name, (share, count) in own.items()
    ]
    return "\n".join(lines) + "\n"


def _share(value: float, digits: int = 0) -> str:
    return "" if isnan(value) else f"{100 * value:.{digits}f} %"


def _rate(value: float) -> str:
    return "" if isnan(value) else f"{value:.2f}"


def _days(value: float) -> str:
    return f"{value:.0f}" if isfinite(value) else "not found" if value > 0 else ""
