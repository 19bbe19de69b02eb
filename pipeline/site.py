"""``site.toml``: what a site says of itself. Units, signs, chemistry, geometry, thresholds.

Everything is optional; what is not said is discovered from the data or said to be unknown. An example::

    zone = "Europe/Berlin"

    [sources.EV3]
    name = "Car 3"
    chemistry = "NMC"
    nominal_ah = 150.0
    commissioned = 2019-01-05
    current_positive = "discharge"

    [sources.EV3.signals."bms1_p*_t*"]
    scale = 1.0
    offset = -40.0
    sentinels = [255]

    [thresholds]
    voltage_deviation_mv = 10.0

    [soh_model]
    per_year = 2.5
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.errors import SiteFileError
from pipeline.signals import Kind, Signal, describe

SITE_FILE = "site.toml"
LIMIT_NAMES = (
    *("voltage_deviation_mv", "temperature_variation_k", "degradation_pct_per_month", "soh_pct"),
    *("excursion_mv", "excursion_k", "excursion_steady_mv", "excursion_steady_k"),
    *("robust_z_watch", "robust_z_warning", "robust_z_critical", "spread_floor_mv", "spread_floor_k"),
    *("persistent_days", "persistent_of_days", "baseline_days", "false_alarms_per_year"),
)
"""What ``[thresholds]`` may replace: a misspelt limit stops the build, not the pages that would rest on it."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignalSettings(_Section):
    """Corrections of signals, keyed by a name or a pattern with ``*``: value = reading · scale + offset."""

    scale: float = Field(1.0, description="Factor from the register to the unit.")
    offset: float = Field(0.0, description="Added after the factor [unit].")
    unit: str | None = Field(None, description="Unit, for signals that the catalogue does not know.")
    label: str | None = Field(None, description="Name to show.")
    kind: Kind | None = Field(None, description="analog, state, counter or flag.")
    plausible: tuple[float, float] | None = Field(None, description="Readings outside cannot be true [unit].")
    sentinels: tuple[float, ...] | None = Field(None, description="Register values that mean 'no reading'.")
    p_max_kw: float | None = Field(None, gt=0, description="Of an energy counter: the largest possible power [kW].")


class SourceSettings(_Section):
    """What a site says of one meter or system, keyed by its discovered name."""

    name: str | None = Field(None, description="Name to use instead of the folder's.")
    chemistry: str | None = Field(None, description="LFP, or a name from [chemistries].")
    nominal_ah: float | None = Field(None, gt=0, description="Nominal capacity of the string [Ah].")
    nominal_kwh: float | None = Field(None, gt=0, description="Nominal energy [kWh].")
    commissioned: date | None = Field(None, description="First day of service; the first data when it is not said.")
    current_positive: Literal["discharge", "charge"] | None = Field(None, description="What a positive bms current is.")
    sensor_cells: dict[str, tuple[int, ...]] = Field({}, description="Cells beside each sensor, keyed by its number.")
    signals: dict[str, SignalSettings] = Field({}, description="Corrections for this source alone.")


class ChemistrySettings(_Section):
    """A chemistry: open-circuit curve, safe range and limits of one cell."""

    ocv: tuple[tuple[float, float], ...] = Field(
        description="Points of state of charge [%] and voltage [V], ascending."
    )
    safe_v: tuple[float, float] = Field(description="Safe range of a cell's voltage [V].")
    safe_t: tuple[float, float] = Field((-20.0, 55.0), description="Safe range of a cell's temperature [°C].")
    full_v: float = Field(description="Some cell above this at charge end: the string is full [V].")
    empty_v: float = Field(description="Some cell below this at discharge end: the string is empty [V].")
    source: str = Field("site.toml", description="Where these values come from.")


class SohModel(_Section):
    """Coefficients of the model SOH (a customary empirical formula, pessimistic for LFP)."""

    per_year: float = Field(2.5, ge=0, description="Calendar loss [%/year].")
    year_cap: float = Field(15.0, ge=0, description="Largest calendar loss [%].")
    per_cycle: float = Field(0.035, ge=0, description="Loss per equivalent full cycle [%].")
    cycle_cap: float = Field(20.0, ge=0, description="Largest cycle loss [%].")
    per_mv: float = Field(0.1, ge=0, description="Penalty per mV of imbalance [%/mV].")
    mv_cap: float = Field(10.0, ge=0, description="Largest imbalance penalty [%].")
    floor: float = Field(20.0, ge=0, description="The formula's lowest value [%].")


class Site(_Section):
    """A whole ``site.toml``."""

    zone: str | None = Field(None, description="Time zone of the site; the setting SITE_TZ when it is not said.")
    sources: dict[str, SourceSettings] = Field({}, description="One table per meter or system.")
    signals: dict[str, SignalSettings] = Field({}, description="Corrections for every source.")
    chemistries: dict[str, ChemistrySettings] = Field({}, description="Chemistries beside the built-in LFP.")
    thresholds: dict[str, float] = Field({}, description="Limits that replace the built-in ones, by name.")
    soh_model: SohModel = Field(SohModel(), description="Coefficients of the model SOH.")

    @field_validator("thresholds")
    @classmethod
    def _are_limits(cls, said: dict[str, float]) -> dict[str, float]:
        for name in said:
            if name not in LIMIT_NAMES:
                raise ValueError(f"{name} is no limit. There is: {', '.join(LIMIT_NAMES)}")
        return said

    def source(self, folder_name: str) -> SourceSettings:
        """Return what is said of the source discovered as ``folder_name`` (or renamed to it); empty when nothing is."""
        if folder_name in self.sources:
            return self.sources[folder_name]
        renamed = [said for said in self.sources.values() if said.name == folder_name]
        return renamed[0] if renamed else SourceSettings()

    def correction(self, folder_name: str, signal: str) -> SignalSettings:
        """Return the corrections of one signal: the source's own win over the site's, exact names over patterns."""
        for table in (self.source(folder_name).signals, self.signals):
            if signal in table:
                return table[signal]
            for pattern, said in table.items():
                if fnmatchcase(signal, pattern):
                    return said
        return SignalSettings()

    def signal(self, folder_name: str, name: str) -> Signal:
        """Look a signal up in the catalogue, with what the site says of it laid over."""
        return _overlay(describe(name), self.correction(folder_name, name))


def _overlay(base: Signal, said: SignalSettings) -> Signal:
    given = {
        key: value
        for key in ("unit", "label", "kind", "plausible", "sentinels")
        if (value := getattr(said, key)) is not None
    }
    return Signal(**{**{key: getattr(base, key) for key in Signal.__slots__}, **given}) if given else base


def find_site_file(explicit: Path | None, roots: tuple[str, ...]) -> Path | None:
    """Find the site file: the one that is set, else one in a root, else one beside a root.

    Raises
    ------
    SiteFileError
        A file was set and does not exist.
    """
    if explicit is not None:
        if not explicit.is_file():
            raise SiteFileError(f"SITE: {explicit} does not exist; name a site.toml, or leave SITE unset.")
        return explicit
    local = [Path(root) for root in roots if "://" not in root]
    places = [root / SITE_FILE for root in local] + [root.parent / SITE_FILE for root in local]
    return next((place for place in places if place.is_file()), None)


def read_site(path: Path | None) -> tuple[Site, str]:
    """Read a site file.

    Returns
    -------
    tuple of Site and str
        The site (empty without a file) and the hash that cached answers are keyed by.

    Raises
    ------
    SiteFileError
        The file is no TOML, or says something that cannot be; the message names key and remedy.
    """
    if path is None:
        return Site(), "none"
    data = path.read_bytes()
    try:
        site = Site.model_validate(tomllib.loads(data.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SiteFileError(f"{path}: not TOML: {exc}") from exc
    except ValidationError as exc:
        problems = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in exc.errors())
        raise SiteFileError(f"{path}: {problems}. docs/site-file.md lists every key.") from exc
    return site, hashlib.sha256(data).hexdigest()[:16]
