"""What an answer looks like: the agreement between ``app.answers``, the HTTP API and the pages.

Each answer is a frozen record whose fields are the API's keys, in its order (the API serialises it as it is).
Times in ``ts`` arrays are epoch ms UTC; other times are ISO 8601 with the site's offset. Unknown is None, never a
default. ``coverage`` is the share (0 to 1) of the time asked for that holds readings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What every data answer carries."""

    build_id: str
    level: str | None
    """Level it was read from; None for a verdict."""
    coverage: float | None
    reason: str | None = None
    """Why the answer is empty or partly unknown."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a number rests on. Rows and exclusions are those of the series' whole history, as they were read."""

    rule: str
    rule_source: str
    """Where the rule is described."""
    source: str | None
    """Meter or battery system; None for all of them."""
    signals: int
    """Signals that it rests on."""
    files: int
    file_names: tuple[str, ...]
    """The first few of them."""
    rows: int
    """Rows found in the files."""
    kept: int
    """Readings kept of them."""
    excluded: dict[str, int]
    """Rows left out, by reason."""
    readings: int | None
    """Readings in the window, where they were counted for this answer."""
    start: str | None
    end: str | None
    level: str | None
    coverage: float | None
    uncertainty: str | None
    build_id: str


@dataclass(frozen=True, kw_only=True)
class SeriesAnswer(Answer):
    """One line of a time chart: ``len(ts)`` points, each with the extremes and row count of its whole slice."""

    source: str
    signal: str
    label: str
    unit: str
    kind: str
    ts: Ints
    """Left edge of each slice, or the stamp of a raw reading [epoch ms]."""
    value: Floats
    """The bucket's mean; of a counter the slice's energy; of a flag the slice's maximum."""
    min: Floats
    max: Floats
    """Extremes of the slice (NaN for a counter)."""
    rows: Ints
    """Raw readings that the point stands for."""
    buckets: int
    """Buckets of the level in the window, before the selection."""
    step_ms: int
    """Bucket width [ms]; the median raw interval at level raw."""
    gaps: tuple[tuple[int, int], ...]
    """Stretches without readings [epoch ms, epoch ms)."""
    start: str = ""
    end: str = ""
    """The window that was read: as asked, open ends filled in."""
    max_points: int = 0
    """Points asked for at most: with level, start and end, what it takes to ask for the same again."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value with its 95 % interval; None where it cannot be had, with the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One verdict: a rule that a subject exceeds, with its evidence."""

    rule: str
    """voltage_deviation, temperature_variation, degradation_rate, soh, change, excursion, safe_range, data_quality …"""
    subject: str
    """Such as ``pack 2 cell 17``."""
    value: float
    limit: float
    unit: str
    severity: str
    """watch, warning or critical."""
    at: str
    """When it was seen first, or the stamp of an excursion [ISO 8601 with offset]."""
    regime: str | None = None
    """rest, charge_end, discharge_end, or None."""
    z: float | None = None
    count: int | None = None
    """How often it was seen (days, cycles or samples, as ``text`` says)."""
    text: str = ""
    """One plain sentence with the numbers."""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CellVerdict:
    """Everything that was found about one cell."""

    cell: int
    severity: str
    score: float
    """Ranks by evidence, 0 to 1."""
    fault: str
    findings: tuple[Finding, ...]
    neighbours: dict[str, float | None]
    """Residual of the cells beside it, keyed by cell number [mV]."""


@dataclass(frozen=True, kw_only=True)
class SohTriple:
    """The three states of health, side by side [%]."""

    measured: float | None
    low: float | None
    high: float | None
    model: float | None
    bms: float | None


@dataclass(frozen=True, kw_only=True)
class PackReport:
    """One pack (or, with ``pack`` None, the whole system) in the comparison."""

    pack: int | None
    cells: int
    mean_v: float | None
    imbalance_mv: float | None
    mean_t: float | None
    max_t: float | None
    soh: SohTriple
    band: str | None
    """Band of the measured SOH where it exists, else of the model; ``soh_basis`` says which."""
    soh_basis: str | None
    soh_reason: str | None
    degradation_pct_per_month: Interval
    critical_cells: int
    """Cells whose severity is critical or warning."""
    best_cell: int | None
    worst_cell: int | None
    coverage: float | None
    provenance: dict[str, Any] = field(default_factory=dict)
    band_span: str | None = None
    """Band of the whole interval of the measured state of health: one, or ``between A and B``."""


@dataclass(frozen=True, kw_only=True)
class ComparisonAnswer(Answer):
    """``/cell/system/{system}/comparison``."""

    packs: tuple[PackReport, ...]
    system: PackReport
    start: str
    end: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CriticalAnswer(Answer):
    """``/cell/pack/{system}/{pack}/critical``."""

    cells: tuple[CellVerdict, ...]
    """Only cells with findings, worst first."""
    system_findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """One half cycle."""

    start: str
    end: str
    kind: str
    """charge or discharge."""
    dod_pct: float | None
    ah: float
    kwh: float | None
    mean_c_rate: float | None
    mean_t: float | None = None
    """The median sensor's mean over its day [°C]."""
    first_pack: int | None = None
    first_cell: int | None = None
    """The cell that was first full at the end of a charge, first empty after a discharge; null where none got there."""


@dataclass(frozen=True, kw_only=True)
class DepthCount:
    """Cycles of one range of depth, by rainflow."""

    low_pct: float
    high_pct: float
    count: float
    """Half cycles count a half."""


@dataclass(frozen=True, kw_only=True)
class CyclesAnswer(Answer):
    """``/cell/pack/{system}/{pack}/cycles``."""

    cycles: tuple[Cycle, ...]
    efc: float | None
    efc_total: float | None
    rte_pct: float | None
    depths: tuple[DepthCount, ...] = ()
    """Histogram of depth over the window."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SurfaceAnswer(Answer):
    """``/cell/pack/{system}/{pack}/3d``."""

    ts: Ints
    cells: tuple[int, ...]
    cells_of: dict[str, tuple[int, ...]] | None
    z: Floats
    """Shape (len(ts), len(cells))."""
    unit: str
    quantity: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class HeatmapAnswer(Answer):
    """``/cell/pack/{system}/{pack}/heatmap``."""

    cells: tuple[int, ...]
    values: tuple[float | None, ...]
    statistic: str
    unit: str
    metric: str
    limit: float | None = None


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
