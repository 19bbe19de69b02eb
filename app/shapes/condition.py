"""What answers about heat, resistance and the steps of packs look like: see ``app.answers.condition``."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.shapes.answer import Answer, Floats, Interval, Ints


@dataclass(frozen=True, kw_only=True)
class Track:
    """One place (sensor, cell or pack) over time."""

    pack: int
    number: int | None
    """Of the sensor or cell; None for a pack."""
    value: Floats


@dataclass(frozen=True, kw_only=True)
class HotSensor:
    """A sensor against its own first days and its place, with load taken out."""

    pack: int
    sensor: int
    cells: tuple[int, ...]
    """Cells beside it, by position unless ``site.toml`` says which."""
    now_k: float | None
    """Residual, median of the last 30 valid days [K]."""
    highest_k: float | None
    """Largest daily residual, with its sign [K]."""
    place_k: float | None
    """Against the sensors beside it, over the whole history [K]."""
    hot_days: int
    """Days beyond the limit and beyond the string's own spread [d]."""
    days: int
    """Days with a residual [d]."""
    persistent: bool
    """Whether enough of the last days are beyond."""
    since: str | None
    """First day of the stretch in which it became persistent."""
    rate_k_per_min: float | None
    """Fastest rise over two successive steps [K/min]; None where the logger is too slow."""


@dataclass(frozen=True, kw_only=True)
class FastestRise:
    """The fastest rise of any sensor over two successive steps."""

    pack: int
    sensor: int
    k_per_min: float
    at: str
    """Stamp of the reading that ends it."""
    limit: float
    days: int
    """Days on which any sensor rose faster than the limit [d]."""


@dataclass(frozen=True, kw_only=True)
class ThermalAnswer(Answer):
    """Temperatures of a system, with position and load taken out."""

    sensors: tuple[HotSensor, ...]
    """The furthest from their own first days first."""
    limit_k: float
    fastest: FastestRise | None
    rate_reason: str | None
    """Why no rate of rise can be told."""
    ts: Ints
    low: Floats
    high: Floats
    """5th and 95th percentile of all sensors' residuals, by day [K]."""
    tracks: tuple[Track, ...]
    """Residuals of the first sensors of the list, by day [K]."""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class CellOhms:
    """One cell's resistance."""

    pack: int
    cell: int
    ohm: float | None
    """From steps, of all months [Ω]."""
    ohm_25: float | None
    """The same, at 25 °C [Ω]."""
    relative: float | None
    """Against the median cell at the same steps [1]."""
    slope_mohm: float | None
    """Slope of the residual on the current over the last 30 working days: beyond the string's [mΩ]."""
    z: float | None
    """Distance of what is drawn from the string, in its robust spread."""


@dataclass(frozen=True, kw_only=True)
class ResistanceAnswer(Answer):
    """Resistance of every cell, by month."""

    cells: tuple[CellOhms, ...]
    """The furthest from the string first."""
    shown: str
    """What ``median``, ``low``, ``high`` and ``tracks`` are: relative [1] or slope [mΩ]."""
    unit: str
    ohms_reason: str | None
    """Why there are no ohms."""
    warmth: Interval
    """Change of resistance with temperature [% a kelvin], from the string's own days; or why it is not corrected."""
    ts: Ints
    """First day of each month."""
    string_ohm: Floats
    """Median of the cells from steps [Ω]; NaN where there is none."""
    string_ohm_25: Floats
    median: Floats
    low: Floats
    high: Floats
    """Of the cells: median, 5th and 95th percentile, by month."""
    tracks: tuple[Track, ...]
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class PackStep:
    """A step of one pack against the others."""

    pack: int
    quantity: str
    """voltage, imbalance or temperature."""
    unit: str
    at: str
    size: float
    z: float
    """The step in standard uncertainties: how sure."""
    explained: float
    """Share of the series' variance that its steps explain [1]: near 0 for a drift or a season."""


@dataclass(frozen=True, kw_only=True)
class PackSteps(Answer):
    """Change points of each pack's daily series against the other packs."""

    steps: tuple[PackStep, ...]
    """The surest first."""
    ts: Ints
    tracks: dict[str, tuple[Track, ...]]
    """The differential series by quantity: voltage [mV], imbalance [mV], temperature [K]."""
    days: dict[str, int]
    """Days that each quantity's series hold."""
