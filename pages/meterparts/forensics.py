"""Counter forensics: how many steps of each class, and each step that is not plain energy with what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from app.components import badge, empty, partial, section, skeleton
from app.language import t
from app.numbers import counted, energy, number
from app.scope import Scope
from app.shapes.kpis import MeterKpis
from pages.grids import csv_button, figures, grid, moment, words
from pages.meterparts.figures import ODD_CLASSES, counter_word
from pipeline.contract import STEP_CLASSES

COUNTS, GRID = "meter-counters", "meter-steps"
MINUTE_MS = 60_000


def class_word(name: str) -> str:
    """Name a class of counter steps for a reader."""
    named = {
        "energy": t("Plain energy"),
        "gap": t("Across a gap"),
        "glitch": t("Glitch"),
        "rollover": t("Rollover"),
        "reset": t("Reset"),
        "jump": t("Jump"),
        "pending": t("Not yet judged"),
    }
    return named.get(name, name)


def done(name: str) -> str:
    """Say what was done with a step of a class."""
    said = {
        "gap": t("Counted whole; when within the gap it flowed is not known."),
        "glitch": t("The odd readings were dropped, the energy across them was counted."),
        "rollover": t("The counter passed its limit: counted up to it and on from zero."),
        "reset": t("The counter began anew: nothing counted across it."),
        "jump": t("More than the meter's power could be: set aside, nothing counted."),
        "pending": t("Less than 24 h of later data: not decided yet, nothing counted."),
    }
    return said.get(name, "")


def panel() -> Component:
    """Lay out the row."""
    columns = [
        words("at", t("From"), width=164, most=180),
        words("counter", t("Counter"), width=108, most=130),
        words("kind", t("What it is"), width=128, most=150),
        figures("minutes", t("Lasted"), "min", width=104),
        figures("before", t("Before"), "kWh", digits=2, width=118),
        figures("odd", t("Odd"), "kWh", digits=2, width=104),
        figures("after", t("After"), "kWh", digits=2, width=118),
        figures("counted", t("Counted"), "kWh", digits=2, width=118),
        words("done", t("What was done"), width=240, wrap=True),
    ]
    note = t("Every step from one reading to the next, by what it is. Below, each that is not plain energy.")
    body = [html.Div(skeleton(3), id=COUNTS), grid(GRID, columns)]
    return section(t("Counter forensics"), body, note=note, tools=csv_button(GRID), question="counter_steps")


def rows(steps: pl.DataFrame, scope: Scope) -> list[dict[str, Any]]:
    """Flatten the steps for the table: odd ones first, gaps after them, each in the order of time."""
    flat = [
        {
            "at": moment(row["from_ms"], scope.zone),
            "counter": counter_word(row["signal"]),
            "kind": class_word(row["kind"]),
            "minutes": round((row["to_ms"] - row["from_ms"]) / MINUTE_MS),
            "before": row["before"],
            "odd": row["odd"],
            "after": row["after"],
            "counted": row["counted_kwh"],
            "done": done(row["kind"]),
        }
        for row in steps.iter_rows(named=True)
    ]
    return sorted(flat, key=lambda row: row["kind"] == class_word("gap"))


def counts(found: MeterKpis) -> Component:
    """Count the steps of each counter, one line each."""
    if not found.counter_steps:
        return empty(t("No energy counter"), t("This meter logs no energy counter, so there are no steps to judge."))
    lines = [_line(name, steps, found.energy_kwh.get(name)) for name, steps in found.counter_steps.items()]
    odd = sum(count for steps in found.counter_steps.values() for name, count in steps.items() if name != "energy")
    clear = [] if odd else [nothing_found(found.counter_steps)]
    return html.Div([*lines, *clear, *(partial(note) for note in found.notes)], className="ps-counters")


def nothing_found(steps: Mapping[str, Mapping[str, int]]) -> Component:
    """Say what was looked for, in how many steps, where none was found."""
    total = sum(sum(own.values()) for own in steps.values())
    looked = ", ".join(class_word(name) for name in STEP_CLASSES if name != "energy")
    words = t(
        "Each of {n} steps was looked at for: {looked}. Nothing of the kind was found.", n=number(total), looked=looked
    )
    return html.P(words, className="ps-note")


def _line(name: str, steps: dict[str, int], kwh: float | None) -> Component:
    odd = sum(steps.get(one, 0) for one in ODD_CLASSES)
    status = badge("watch", counted(odd, "odd step")) if odd else badge("fine", t("Steady"))
    told: Sequence[str] = [
        f"{class_word(one)} {number(steps.get(one, 0))}" for one in STEP_CLASSES if steps.get(one, 0) or one == "energy"
    ]
    label = html.Span([counter_word(name), html.Span(f" {name}", className="ps-grey")])
    words_of = html.Span(f"{energy(kwh)} · {', '.join(told)}", className="ps-caption")
    return html.Div([label, status, words_of], className="ps-counter")
