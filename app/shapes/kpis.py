"""Shapes of the key figures of a battery system and a meter (see `app.shapes`)."""

from __future__ import annotations

from dataclasses import dataclass

from app.shapes.answer import Answer


@dataclass(frozen=True, kw_only=True)
class Stat:
    """Summary of one signal over a window."""

    last: float | None
    mean: float | None
    min: float | None
    max: float | None
    unit: str
    label: str
    coverage: float | None


@dataclass(frozen=True, kw_only=True)
class AlarmEvent:
    """A stretch during which a flag was above 0."""

    signal: str
    label: str
    start: str
    end: str
    peak: float
    samples: int
    ongoing: bool
    kind: str = "fault"
    """What it warns of: safety, battery or fault."""
    lasted_s: float | None = None
    """From its first reading to the one after its last [s]."""


@dataclass(frozen=True, kw_only=True)
class BessKpis(Answer):
    """``/bess/{system}/kpis``."""

    soc: dict[str, Stat]
    soh: dict[str, Stat]
    temperature: dict[str, Stat]
    pcs: dict[str, Stat]
    aux: dict[str, Stat]
    environment: dict[str, Stat]
    battery: dict[str, Stat]
    alarms: tuple[AlarmEvent, ...]


@dataclass(frozen=True, kw_only=True)
class MeterKpis(Answer):
    """``/meter/{meter}/kpis``."""

    import_kwh: float | None
    export_kwh: float | None
    net_kwh: float | None
    from_power: dict[str, float | None]
    """import_kwh, export_kwh and net_kwh, integrated from power."""
    peak_kw: float | None
    min_kw: float | None
    mean_pf: float | None
    counter_steps: dict[str, dict[str, int]]
    energy_kwh: dict[str, float | None]
    """Every counter's energy in the window [kWh]."""
    notes: tuple[str, ...] = ()
