"""Every limit that a verdict compares with: one table, each with unit, meaning and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.errors import SiteFileError


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit."""

    name: str
    value: float
    unit: str
    meaning: str
    source: str


_ULTRA = "ultra-sensitive limits for critical cells, customary in fleet monitoring"
_ROBUST = "1.4826·MAD estimates a normal spread (Rousseeuw & Croux 1993)"

LIMITS: tuple[Limit, ...] = (
    Limit("voltage_deviation_mv", 10.0, "mV", "Residual to the string's median in a stated regime", _ULTRA),
    Limit("temperature_variation_k", 3.0, "K", "Sensor against its own baseline, position and load removed", _ULTRA),
    Limit("degradation_pct_per_month", 0.5, "%/month", "Loss of capacity", _ULTRA),
    Limit("soh_pct", 95.0, "%", "Measured state of health whose whole interval lies below", _ULTRA),
    Limit("excursion_mv", 100.0, "mV", "Single reading away from the string and from its cell around (100 at least)",
          "ten times the voltage limit: far beyond noise and quantisation of 1 mV"),
    Limit("excursion_k", 10.0, "K", "Single reading away from the string and from its sensor around (10 at least)",
          "five times the design spread of under 2 K at 0.5C"),
    Limit("excursion_steady_mv", 50.0, "mV", "The same where the string is steady, between its ends (50 at least)",
          "no sound string of 260 cells and 30 years shows one; five robust deviations of the string's own steps"),
    Limit("excursion_steady_k", 5.0, "K", "The same where the sensors of the string are steady (5 at least)",
          "five steps of the coarsest register, 1 °C; five robust deviations of the string's own steps"),
    Limit("robust_z_watch", 3.0, "1", "Distance from the string in robust standard deviations, to watch", _ROBUST),
    Limit("robust_z_warning", 5.0, "1", "Distance from the string in robust standard deviations, to warn", _ROBUST),
    Limit("robust_z_critical", 10.0, "1", "Distance from the string that is far", "twice the warning's"),
    Limit("spread_floor_mv", 1.0, "mV", "Smallest spread that a string is credited with", "quantisation of 1 mV"),
    Limit("spread_floor_k", 0.3, "K", "Smallest spread of temperatures", "three steps of 0.1 °C"),
    Limit("persistent_days", 3.0, "days", "Of the last seven valid ones, beyond the limit", "3 of 7 full cycles"),
    Limit("persistent_of_days", 7.0, "days", "Last valid ones that persistence looks at", "3 of 7 full cycles"),
    Limit("baseline_days", 30.0, "days", "First valid days, against which a cell's change is judged",
          "a rolling baseline would swallow a slow rise"),
    Limit("false_alarms_per_year", 1.0, "1/(260 cells·year)", "Budget that the limits of the rule 'change' follow from",
          "one false alarm per string and year"),
)  # fmt: skip
"""Every limit. A site replaces values under ``[thresholds]`` in its ``site.toml``."""


def limits(overrides: Mapping[str, float]) -> dict[str, Limit]:
    """Return the limits by name, with a site's own values in place.

    Raises
    ------
    SiteFileError
        ``[thresholds]`` names a limit that does not exist.
    """
    table = {limit.name: limit for limit in LIMITS}
    for name, value in overrides.items():
        if name not in table:
            raise SiteFileError(f"site.toml: [thresholds] {name} is no limit. There is: {', '.join(table)}.")
        table[name] = replace(table[name], value=value, source="site.toml")
    return table
