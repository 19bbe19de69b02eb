"""What a rule of `app.answers.bases` is made of: its sentence, the series that it uses, and where it is described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.language import mark
from pipeline.contract import Series
from pipeline.signals import Kind

AS_LOGGED = mark("As exact as the logger's last digit; the sensor's own error is not in the data.")
UNKNOWN = mark("Not estimated.")
METHODS = "docs/methods.md"
INTERVAL = mark("The 95 % interval that stands beside the value.")
READ = "docs/input.md#what-is-left-out"
HEALTH, CELLS, CYCLES = "state-of-health-three-times", "critical-cells", "cycles-and-efficiency"
"""Sections of `METHODS`."""
RAW, RAW_BY_DAY = mark("raw"), mark("raw, by day")
Used = Callable[[Series], bool]
_VOLTAGES_AND_CURRENT = ("battery", "soc")


@dataclass(frozen=True, slots=True)
class Basis:
    """How a question is answered: from which series, by which rule, and where that rule comes from."""

    rule: str
    rule_source: str
    """File that describes the rule, with the section of it: ``docs/methods.md#resistance``."""
    is_used: Used = lambda _: True
    level: str | None = None
    """Level that the rule fixes; None where the answer says it."""
    uncertainty: str = UNKNOWN
    whole: bool = False
    """Whether it rests on the whole history, whatever the period."""
    last_days: int | None = None
    """Whether it rests on the last days of the data, whatever the period [d]."""


def is_cell(series: Series) -> bool:
    """Whether a series is of one cell or one sensor of a pack."""
    return series.pack is not None


def is_cell_voltage(series: Series) -> bool:
    """Whether a series is a cell's voltage."""
    return series.pack is not None and series.unit == "V"


def is_cell_temperature(series: Series) -> bool:
    """Whether a series is a sensor's temperature within a pack."""
    return series.pack is not None and series.unit == "°C"


def is_string(series: Series) -> bool:
    """Whether a series is of the string as a whole: current, voltage, state of charge."""
    return series.pack is None and series.topic in _VOLTAGES_AND_CURRENT


def is_judged(series: Series) -> bool:
    """Whether verdicts on cells rest on a series: those of cells and sensors, and those of the string."""
    return is_cell(series) or is_string(series)


def is_counted(series: Series) -> bool:
    """Whether capacities and states of health rest on a series: cells' voltages, and what the string logs."""
    return is_cell_voltage(series) or is_string(series)


def is_figure(series: Series) -> bool:
    """Whether a series has a last, a least and a highest reading of its own, outside the packs."""
    return series.pack is None and series.kind is not Kind.COUNTER


def is_counter(series: Series) -> bool:
    """Whether a series counts energy."""
    return series.kind is Kind.COUNTER


def is_flag(series: Series) -> bool:
    """Whether a series is a flag, of which alarms are read."""
    return series.kind is Kind.FLAG


def of_topic(*topics: str) -> Used:
    """Use the series of some topics, those within packs aside."""
    return lambda series: series.pack is None and series.topic in topics


def named(*endings: str) -> Used:
    """Use the series whose names end in one of several ways, those within packs aside."""
    return lambda series: series.pack is None and series.signal.endswith(endings)


def of_period(section: str, rule: str, used: Used, level: str = RAW, uncertainty: str = UNKNOWN) -> Basis:
    """Rest on the period that is shown."""
    return Basis(rule, f"{METHODS}#{section}", used, level, uncertainty)


def of_history(section: str, rule: str, used: Used, uncertainty: str = UNKNOWN) -> Basis:
    """Rest on the whole history, through the table that the build extracts of each day."""
    return Basis(rule, f"{METHODS}#{section}", used, RAW_BY_DAY, uncertainty, whole=True)


def of_week(section: str, rule: str, used: Used) -> Basis:
    """Rest on the last seven days of data."""
    return Basis(rule, f"{METHODS}#{section}", used, "raw", AS_LOGGED, last_days=7)


def of_files(rule: str) -> Basis:
    """Rest on what was counted while the files were read."""
    return Basis(rule, READ, level="raw", uncertainty=mark("Counted, not estimated."), whole=True)
