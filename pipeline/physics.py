"""Cell physics that the pipeline and the app share: chemistry, open-circuit curve, current scale, sign, regimes.

Convention: a current is positive when it discharges the battery, as the power conversion system counts. One string
means one current through all of its cells, so that every comparison *within* the string is free of current error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.site import ChemistrySettings, SourceSettings

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Chemistry:
    """Open-circuit curve, safe range and knees of one cell.

    ``soc_pct`` and ``ocv_v`` are ascending points of the curve [%, V]. ``plateau_v`` is the stretch between the knees,
    in which voltage says next to nothing about charge [V]. ``is_assumed`` is True where nobody named the chemistry.
    """

    name: str
    soc_pct: tuple[float, ...]
    ocv_v: tuple[float, ...]
    safe_v: tuple[float, float]
    safe_t: tuple[float, float]
    full_v: float
    empty_v: float
    source: str
    is_assumed: bool = False

    @property
    def plateau_v(self) -> tuple[float, float]:
        """Voltages between the knees: the curve from 10 to 97 % of charge [V]."""
        low, high = np.interp(KNEE_SOC_PCT, self.soc_pct, self.ocv_v)
        return float(low), float(high)

    def soc_of(self, volts: Floats) -> Floats:
        """Invert the open-circuit curve.

        Parameters
        ----------
        volts : array
            Voltage at rest, or with the current's share taken out [V].

        Returns
        -------
        array
            State of charge [%]; beyond the ends the outermost slope goes on, to at most 5 % past 0 and 100.
            On the plateau a millivolt stands for up to 10 %: only the knees are worth inverting.
        """
        grid_v = np.concatenate([[_beyond(self, 0)], self.ocv_v, [_beyond(self, -1)]])
        grid_soc = np.concatenate([[self.soc_pct[0] - 5.0], self.soc_pct, [self.soc_pct[-1] + 5.0]])
        return np.asarray(np.interp(volts, grid_v, grid_soc))

    def slope_at(self, volts: float) -> float:
        """Return the curve's slope at a voltage [V per %]."""
        soc = float(self.soc_of(np.array([volts]))[0])
        low, high = np.interp([soc - 0.5, soc + 0.5], self.soc_pct, self.ocv_v)
        return float(max(high - low, 1e-4))


KNEE_SOC_PCT = (10.0, 97.0)
"""Between these states of charge LFP's curve is flat: 10 to 97 % spans some 160 mV, the 3 % above it as much [%]."""


def _beyond(chemistry: Chemistry, end: int) -> float:
    first, second = (0, 1) if end == 0 else (-1, -2)
    run = chemistry.soc_pct[first] - chemistry.soc_pct[second]
    slope = (chemistry.ocv_v[first] - chemistry.ocv_v[second]) / run
    return chemistry.ocv_v[first] + slope * (-5.0 if end == 0 else 5.0)


def graphite_v(x: Floats) -> Floats:
    """Return graphite's equilibrium potential over its stoichiometry (Safari and Delacourt 2011) [V]."""
    return np.asarray(
        0.6379
        + 0.5416 * np.exp(-305.5309 * x)
        + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
        - 0.1978 * np.tanh((x - 1.0571) / 0.0854)
        - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
        - 0.0175 * np.tanh((x - 0.5692) / 0.0875)
    )


def _iron_phosphate_v(y: Floats) -> Floats:
    gone = 1 - y
    return np.asarray(
        3.4323
        - 0.8428 * np.exp(-80.2493 * gone**1.3198)
        - 3.2474e-6 * np.exp(20.2645 * gone**3.8003)
        + 3.2482e-6 * np.exp(20.2646 * gone**3.7995)
    )


def _lfp() -> Chemistry:
    """Make LFP's curve from the equilibrium potentials of its two electrodes."""
    soc = np.concatenate([np.arange(0, 12, 0.5), np.arange(12, 95, 2.0), np.arange(95, 100.01, 0.5)]) / 100
    volts = _iron_phosphate_v(0.916 + soc * (0.045 - 0.916)) - graphite_v(8.5e-3 + soc * (0.78 - 8.5e-3))
    return Chemistry(
        name="LFP",
        soc_pct=tuple(np.round(100 * soc, 3).tolist()),
        ocv_v=tuple(np.round(volts, 4).tolist()),
        safe_v=(2.5, 3.65),
        safe_t=(-20.0, 55.0),
        full_v=3.45,
        empty_v=3.0,
        source="M. Safari, C. Delacourt, J. Electrochem. Soc. 158 (2011) A562 (equilibrium potentials of graphite and "
        "LiFePO4, stoichiometries 0.0085-0.78 and 0.916-0.045); limits: data sheets of 280 Ah LFP cells "
        "(2.5-3.65 V; discharge -20..55 °C)",
    )


LFP = _lfp()
"""Lithium iron phosphate on graphite, the built-in chemistry."""


def chemistry_of(said: SourceSettings, chemistries: Mapping[str, ChemistrySettings]) -> Chemistry | None:
    """Choose a source's chemistry: the one its settings name, else LFP, marked as assumed.

    Returns
    -------
    Chemistry or None
        None for a name that neither the site file nor this module describes: its curve and limits are unknown.
    """
    name = said.chemistry
    if name is None:
        return replace(LFP, is_assumed=True)
    if name in chemistries:
        own = chemistries[name]
        soc, volts = zip(*own.ocv, strict=True)
        return Chemistry(name, tuple(soc), tuple(volts), own.safe_v, own.safe_t, own.full_v, own.empty_v, own.source)
    return LFP if name.upper() in ("LFP", "LIFEPO4") else None


MISFIT_SHARE = 0.02
"""An assumed chemistry is dropped when the string's median cell is outside its safe range for this share [1]."""


def fits(chemistry: Chemistry, median_v: Floats) -> bool:
    """Whether a string's median cell voltages can belong to a chemistry.

    Formula: share of rows whose median cell lies outside the chemistry's safe range, below ``MISFIT_SHARE``. Units: 1.
    Source: safe range of the chemistry. Longest sampling interval: any. Weakness: a chemistry whose range lies within
    the other's, such as NMC between 3.0 and 3.6 V, is not told from LFP.

    Parameters
    ----------
    chemistry : Chemistry
        Assumed or named.
    median_v : array
        Median cell voltage of each row [V].
    """
    known = median_v[~np.isnan(median_v)]
    low, high = chemistry.safe_v
    return len(known) == 0 or float(np.mean((known < low) | (known > high))) < MISFIT_SHARE


# Current --------------------------------------------------------------------------------------------------------------

REST_C = 1 / 50
"""Below this rate the string rests: sensor offsets are some 0.1-0.5 A, a taper 10 A and more [1/h]."""
PLATEAU_REST_C = 1 / 20
"""Below this rate the imbalance of a pack is read [1/h]."""
STEP_C = 1 / 10
"""Steps of current that resistance is read from are at least this large [1/h]."""
REFERENCE_PERCENTILE = 99.0
REFERENCE_C = 1 / 3
"""Where the capacity is unknown, the 99th percentile of |I| stands for this rate: half a day's duty [1/h]."""
OHM_AH = 0.12
"""Resistance of a cell times its capacity: 0.3-0.5 mΩ (direct current, minutes) at 280 Ah [Ω·Ah]. Source: data sheets
of 280 Ah LFP cells. A wrong value by a third moves an anchor at a 10 A taper by 0.1 % of charge."""


@dataclass(frozen=True, slots=True)
class CurrentScale:
    """What counts as rest, and as a large current, in one string [A]."""

    nominal_ah: float | None
    rest_a: float
    imbalance_a: float
    step_a: float
    typical_a: float
    """The 95th percentile of |I| while not resting: what the string carries when it works hard."""
    ohm: float
    """Resistance of a sound cell, to take the current's share out of a voltage near the knees [Ω]."""
    source: str


def current_scale(current_a: Floats, nominal_ah: float | None) -> CurrentScale | None:
    """Find the thresholds of current: multiples of C where the capacity is known, else of the current's own range.

    Parameters
    ----------
    current_a : array
        Readings of a stretch of ordinary duty [A].
    nominal_ah : float or None
        Nominal capacity [Ah].

    Returns
    -------
    CurrentScale or None
        None where there is no current to speak of (99th percentile below 1 A).
    """
    size = np.abs(current_a[~np.isnan(current_a)])
    top = float(np.percentile(size, REFERENCE_PERCENTILE)) if len(size) else 0.0
    if top < 1.0:
        return None
    base = nominal_ah if nominal_ah is not None else top / REFERENCE_C
    rest_a = REST_C * base
    working = size[size > rest_a]
    return CurrentScale(
        nominal_ah=nominal_ah,
        rest_a=rest_a,
        imbalance_a=PLATEAU_REST_C * base,
        step_a=STEP_C * base,
        typical_a=float(np.percentile(working, 95)) if len(working) else top,
        ohm=OHM_AH / base,
        source=f"C = {base:g} A by the nominal capacity"
        if nominal_ah is not None
        else f"nominal capacity unknown: thresholds from the current's own range (99th percentile {top:.0f} A)",
    )


SIGN_MIN_STEPS = 20
"""Steps of charge that a current's sign is found from, at least [rows]."""
SIGN_MIN_AGREEMENT = 0.75
"""Share of charge that has to move with the current for its sign to be certain [1]."""


def find_current_sign(current_a: Floats, state: Floats) -> int | None:
    """Find what a positive current does: the current against the direction of the state of charge.

    Formula: sign of Σ I·ΔSOC over steps; None under 20 steps, or where less than 75 % of the movement agrees. Units: 1.
    Source: charging raises the state of charge. Longest sampling interval: any with 20 steps of movement. Weakness: a
    state of charge in whole per cents needs days of duty.

    Parameters
    ----------
    current_a : array
        Current as logged [A].
    state : array
        State of charge [%] (or, failing that, the median cell voltage [V]) at the same rows.

    Returns
    -------
    int or None
        +1 where a positive current discharges, −1 where it charges, None where the data cannot tell: fewer than
        20 steps, or less than 75 % of the movement agrees.
    """
    moved = state[1:] - state[:-1]
    with np.errstate(invalid="ignore"):
        usable = ~np.isnan(moved) & (moved != 0) & ~np.isnan(current_a[:-1]) & ~np.isnan(current_a[1:])
    if int(usable.sum()) < SIGN_MIN_STEPS:
        return None
    mean_a = (current_a[1:] + current_a[:-1])[usable] / 2
    votes = -np.sign(mean_a) * np.sign(moved[usable]) * np.abs(mean_a)
    weight = float(np.abs(votes).sum())
    agreement = float(votes[votes > 0].sum()) / weight if weight else 0.5
    if agreement >= SIGN_MIN_AGREEMENT:
        return 1
    return -1 if agreement <= 1 - SIGN_MIN_AGREEMENT else None


# Charge end -----------------------------------------------------------------------------------------------------------

TOO_FEW = "Leads at the charge end are not told: too few charges of the first month got the string full"
TOO_SLOW = "Leads at the charge end are not told: the logger is too slow for the charge that goes in there"
NO_CURVE = "Leads at the charge end are not told: the first month's charges do not follow one curve"
"""What notes begin with that say why there are no leads."""
