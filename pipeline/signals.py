"""The catalogue of signals, as data: what a name means, its unit, and how it is aggregated.

Ingest (plausible range), pyramid (aggregates), axis titles, KPIs and tests all read this one table.
A name that no row matches still works: it is kept as an analog signal without a unit, and is listed as unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    """How a signal behaves, hence how it may be aggregated."""

    ANALOG = "analog"
    """A physical quantity: mean, minimum, maximum, first, last and count."""
    STATE = "state"
    """A slow state in coarse steps, such as the state of charge: aggregated as an analog."""
    COUNTER = "counter"
    """A running total: differenced at raw resolution, then summed."""
    FLAG = "flag"
    """An alarm: above 0 is active; maximum, rising edges and seconds on. Never averaged."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the catalogue, or that row filled in for one name.

    ``plausible`` is the range outside which a reading cannot be true, in ``unit``; such readings are excluded and
    counted. It is wide on purpose: readings just outside the *normal* range are the ones that matter.
    ``sentinels`` are register values that stand for "no reading".
    """

    pattern: str
    label: str
    unit: str
    kind: Kind
    topic: str
    """Where it belongs: cells, soc, soh, temperature, battery, pcs, aux, environment, fire, power or energy."""
    plausible: tuple[float, float] = (-1e12, 1e12)
    sentinels: tuple[float, ...] = ()
    percentiles: bool = False
    """Whether the levels also keep the 1st and the 99th percentile."""
    pack: int | None = None
    cell: int | None = None
    """Cell (voltage) or sensor (temperature) number within its pack."""
    known: bool = True

    @property
    def is_cell_voltage(self) -> bool:
        """Whether this is the voltage of one cell."""
        return self.topic == "cells" and self.unit == "V"

    @property
    def is_cell_temperature(self) -> bool:
        """Whether this is one temperature sensor of a pack."""
        return self.topic == "cells" and self.unit == "°C"


_REGISTER = (255.0, 511.0, 65_535.0)
_WORDS = (65_535.0, 32_767.0, -32_768.0)
"""What registers of 16 bits hold without a reading, unsigned and signed: a power's own range takes them in."""
_TEMPERATURE = (-40.0, 120.0)
_TEMPERATURE_SENTINELS = (-40.0, *_REGISTER)


def _celsius(pattern: str, label: str, topic: str) -> Signal:
    return Signal(pattern, label, "°C", Kind.ANALOG, topic, _TEMPERATURE, _TEMPERATURE_SENTINELS)


def _counter(pattern: str, label: str, topic: str) -> Signal:
    return Signal(pattern, label, "kWh", Kind.COUNTER, topic, (-1e12, 1e12))


CATALOGUE: tuple[Signal, ...] = (
    # Cells. 0.5-4.5 V and -40..120 °C: wide enough for every lithium chemistry and for a cell in trouble.
    Signal(
        r"bms\d+_p(?P<pack>\d+)_v(?P<cell>\d+)",
        "Pack {pack} cell {cell} voltage",
        "V",
        Kind.ANALOG,
        "cells",
        (0.5, 4.5),
        (0.0, *_REGISTER),
        percentiles=True,
    ),
    Signal(
        r"bms\d+_p(?P<pack>\d+)_t(?P<cell>\d+)",
        "Pack {pack} sensor {cell} temperature",
        "°C",
        Kind.ANALOG,
        "cells",
        _TEMPERATURE,
        _TEMPERATURE_SENTINELS,
    ),
    # Battery.
    Signal(r"bms\d+_soc", "State of charge", "%", Kind.STATE, "soc", (0.0, 110.0), _REGISTER),
    Signal(r"bms\d+_soh", "State of health (BMS)", "%", Kind.STATE, "soh", (0.0, 110.0), _REGISTER),
    Signal(r"bms\d+_v", "Cluster voltage", "V", Kind.ANALOG, "battery", (10.0, 2_000.0), (0.0, 65_535.0)),
    Signal(r"bms\d+_c", "Cluster current", "A", Kind.ANALOG, "battery", (-5_000.0, 5_000.0), (65_535.0,)),
    Signal(r"bms\d+_cell_ave_v", "Mean cell voltage", "V", Kind.ANALOG, "battery", (0.5, 4.5), (0.0, *_REGISTER)),
    Signal(
        r"bms\d+_cell_max_v",
        "Highest cell voltage",
        "V",
        Kind.ANALOG,
        "battery",
        (0.5, 4.5),
        (0.0, *_REGISTER),
    ),
    Signal(
        r"bms\d+_cell_min_v",
        "Lowest cell voltage",
        "V",
        Kind.ANALOG,
        "battery",
        (0.5, 4.5),
        (0.0, *_REGISTER),
    ),
    Signal(r"bms\d+_cell_v_diff", "Cell voltage spread", "V", Kind.ANALOG, "battery", (0.0, 4.5), _REGISTER),
    _celsius(r"bms\d+_cell_ave_t", "Mean cell temperature", "temperature"),
    _celsius(r"bms\d+_cell_max_t", "Highest cell temperature", "temperature"),
    _celsius(r"bms\d+_cell_min_t", "Lowest cell temperature", "temperature"),
    Signal(
        r"bms\d+_cell_t_diff",
        "Cell temperature spread",
        "K",
        Kind.ANALOG,
        "temperature",
        (0.0, 160.0),
        _REGISTER,
    ),
    Signal(
        r"bms\d+_pos_ins",
        "Insulation resistance, positive pole",
        "kΩ",
        Kind.ANALOG,
        "battery",
        (0.0, 1e6),
        (65_535.0,),
    ),
    Signal(
        r"bms\d+_neg_ins",
        "Insulation resistance, negative pole",
        "kΩ",
        Kind.ANALOG,
        "battery",
        (0.0, 1e6),
        (65_535.0,),
    ),
    Signal(r"bms\d+_alarm", "Battery alarm level", "", Kind.FLAG, "fire", (0.0, 1e9)),
    # Power conversion system.
    Signal(r"pcs\d+_ap", "PCS active power", "kW", Kind.ANALOG, "pcs", (-1e5, 1e5), _WORDS),
    Signal(r"pcs\d+_dcc", "PCS DC current", "A", Kind.ANALOG, "pcs", (-5_000.0, 5_000.0), (65_535.0,)),
    Signal(r"pcs\d+_dcv", "PCS DC voltage", "V", Kind.ANALOG, "pcs", (-50.0, 2_000.0), (65_535.0,)),
    Signal(r"pcs\d+_i(?:a|b|c)", "PCS phase current", "A", Kind.ANALOG, "pcs", (-5_000.0, 5_000.0), (65_535.0,)),
    Signal(r"pcs\d+_u(?:ab|bc|ca)", "PCS line voltage", "V", Kind.ANALOG, "pcs", (0.0, 2_000.0), (65_535.0,)),
    _celsius(r"pcs\d+_t_env", "PCS ambient temperature", "pcs"),
    _celsius(r"pcs\d+_t_a", "PCS phase A temperature", "pcs"),
    Signal(
        r"pcs\d+_t_igbt",
        "PCS IGBT temperature",
        "°C",
        Kind.ANALOG,
        "pcs",
        (-40.0, 200.0),
        _TEMPERATURE_SENTINELS,
    ),
    # Thermal management.
    _celsius(r"ac\d+_outside_t", "Outside temperature", "temperature"),
    _celsius(r"ac\d+_outwater_t", "Coolant supply temperature", "temperature"),
    _celsius(r"ac\d+_rtnwater_t", "Coolant return temperature", "temperature"),
    Signal(
        r"ac\d+_outwater_pre",
        "Coolant supply pressure",
        "bar",
        Kind.ANALOG,
        "temperature",
        (-1.0, 50.0),
        _REGISTER,
    ),
    Signal(
        r"ac\d+_rtnwater_pre",
        "Coolant return pressure",
        "bar",
        Kind.ANALOG,
        "temperature",
        (-1.0, 50.0),
        _REGISTER,
    ),
    # Auxiliary supply.
    Signal(r"aux_m_ap", "Auxiliary active power", "kW", Kind.ANALOG, "aux", (-1e4, 1e4)),
    Signal(r"aux_m_pf", "Auxiliary power factor", "", Kind.ANALOG, "aux", (-1.0, 1.0)),
    Signal(r"aux_m_i", "Auxiliary current", "A", Kind.ANALOG, "aux", (-5_000.0, 5_000.0), (65_535.0,)),
    _counter(r"aux_m_pos_ae", "Auxiliary energy in", "aux"),
    _counter(r"aux_m_neg_ae", "Auxiliary energy out", "aux"),
    _counter(r"aux_m_com_ae", "Auxiliary energy, combined", "aux"),
    # Environment and fire.
    _celsius(r"dh\d+_temp", "Cabinet air temperature", "environment"),
    Signal(r"dh\d+_humi", "Cabinet relative humidity", "%", Kind.ANALOG, "environment", (0.0, 100.0), _REGISTER),
    Signal(r"fa\d+_Co", "Fire detector carbon monoxide", "ppm", Kind.ANALOG, "fire", (0.0, 1e5), (65_535.0,)),
    Signal(r"fa\d+_Voc", "Fire detector volatile organics", "ppm", Kind.ANALOG, "fire", (0.0, 1e5), (65_535.0,)),
    Signal(
        r"fa\d+_T(?:1|2)",
        "Fire detector temperature",
        "°C",
        Kind.ANALOG,
        "fire",
        _TEMPERATURE,
        _TEMPERATURE_SENTINELS,
    ),
    Signal(r"fa\d+_SmokeFlag", "Smoke alarm", "", Kind.FLAG, "fire", (0.0, 1e9)),
    Signal(r"fa\d+_ErrCode", "Fire detector fault", "", Kind.FLAG, "fire", (0.0, 1e9)),
    Signal(r"fa\d+_FireLevel", "Fire alarm level", "", Kind.FLAG, "fire", (0.0, 1e9)),
    # Meters.
    Signal(r"com_ap", "Active power", "kW", Kind.ANALOG, "power", (-1e6, 1e6), _WORDS),
    Signal(r"pf", "Power factor", "", Kind.ANALOG, "power", (-1.0, 1.0)),
    _counter(r"pos_ae", "Energy import", "energy"),
    _counter(r"neg_ae", "Energy export", "energy"),
    _counter(r"com_ae", "Energy, combined", "energy"),
    _counter(r"pv_ae", "Solar energy", "energy"),
)
"""Every signal that Packscope knows, first match wins. Source: the cabinets' BMS, PCS and meter register lists."""

_COMPILED = tuple((re.compile(row.pattern), row) for row in CATALOGUE)


def _number(match: re.Match[str], name: str) -> int | None:
    value = match.groupdict().get(name)
    return int(value) if value is not None else None


@cache
def describe(name: str) -> Signal:
    """Look a signal up.

    Parameters
    ----------
    name : str
        Name as found in a CSV header or file name, such as ``bms1_p2_v17``.

    Returns
    -------
    Signal
        The catalogue's row with label, pack and cell filled in; for an unknown name an analog signal
        without a unit whose ``known`` is False.
    """
    for pattern, row in _COMPILED:
        if match := pattern.fullmatch(name):
            pack, cell = _number(match, "pack"), _number(match, "cell")
            return replace(row, label=row.label.format(pack=pack, cell=cell), pack=pack, cell=cell)
    return Signal(re.escape(name), name, "", Kind.ANALOG, "other", known=False)


def group_of(name: str) -> str:
    """Name the group that a signal is stored with: series that are read, aggregated and asked for together.

    Cell voltages and temperatures are grouped by pack (``p1_v``, ``p1_t``), all else by kind
    (``analog``, ``counter``, ``flag``), so that one group has one recipe of aggregates.
    """
    signal = describe(name)
    if signal.pack is not None:
        return f"p{signal.pack}_{'v' if signal.is_cell_voltage else 't'}"
    return "analog" if signal.kind is Kind.STATE else signal.kind.value


def power_beside(counter: str) -> str:
    """Name the power signal whose integral an energy counter should be: ``aux_m_ap`` for ``aux_m_pos_ae``."""
    prefix = re.sub(r"(pos|neg|com)_ae$", "", counter)
    return "com_ap" if prefix == "" else f"{prefix}ap"
