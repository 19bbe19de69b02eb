"""What a counted capacity may be wrong by: standard uncertainties, each with its source, joined by their squares.

Two kinds. What the counts show themselves (scatter, the sensor's offset, charges against discharges) is read from the
data. What every count of a site shares can not be seen there, and is assumed: the gain of the current sensor, the
cells' own open-circuit curve against the one in use, the accuracy of the cells' voltages and hysteresis. Each
limit ±a below is meant to hold for 95 % of sites, so that it stands for a standard uncertainty of a/1.96 (JCGM
100:2008, 4.3.4).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.physics import OHM_AH, Chemistry

Floats = NDArray[np.floating[Any]]

NORMAL_95 = 1.96
"""Half a 95 % interval in standard uncertainties [1]."""
GAIN_LIMIT_PCT = 0.5
"""Assumed limit, for 95 %, of the current sensor's gain: accuracy class 0.5, as shunts and closed-loop sensors of
storage cabinets are sold. The data cannot show it: a gain multiplies every count alike [%]."""
CELL_LIMIT_V = 0.003
"""Assumed limit of what the median cell voltage is read wrong by: data sheets of battery monitors say 1.5-5 mV for one
chip, and a string's median rests on several [V]."""
HYSTERESIS_LIMIT_V = 0.005
"""Half of LFP's hysteresis is 2.5-12.5 mV; 7.5 mV are taken out at the empty end [V]."""
OHM_LIMIT = 1 / 3
"""Share by which the resistance may be wrong that takes the current's part out of an anchor's voltage [1]."""
CURVE_LIMIT_V = 0.012
"""Assumed limit of a cell's own curve against the one in use, at the ends that anchors are read on. The built-in curve
against that of an LFP cell measured at C/32 (Sunil, Pattipati and Balasingam, IEEE Transactions on Instrumentation and
Measurement, 2025: APR18650M1B): 10-18 mV from 3.0 to 3.2 V, 10-14 mV from 3.38 to 3.40 V, on the same ends [V]."""
MOST_FULL_PCT = 99.7
"""A full anchor is read as no fuller than this: a charge ends with the string's first cell, so the median cell lies
between 99.4 and 100 % [%]."""
DIFFUSION_S = 200.0
"""Under current the surface of a particle, which the voltage tells of, runs ahead of its bulk by R²/15D times the rate:
20-400 s for electrodes of LFP cells, 0.2 % of charge at a taper of C/28 [s]."""


def gain_pct() -> float:
    """Return the standard uncertainty of a capacity from the current sensor's gain [%].

    Formula: half the class of accuracy over 1.96, 0.26 %: for 95 % of sensors the gain lies within ± 0.5 %. Units: % of
    the capacity. Source: JCGM 100 (GUM), type B; class 0.5 is assumed. Longest sampling interval: any. Weakness: one
    sensor's data cannot show its own gain: a site whose sensor is worse has intervals that are too narrow.
    """
    return GAIN_LIMIT_PCT / NORMAL_95


def full_pct(soc_pct: Floats, current_a: Floats, nominal_ah: float | None) -> Floats:
    """Return the bulk's state of charge where a charge ends, from the surface's [%].

    Formula: min(SOC − t_D·|I|/C, 99.7), t_D = ``DIFFUSION_S``; without a nominal capacity C the lead is left in. Units:
    %. Source: diffusion's lag of the surface behind the bulk, first order, 20-400 s (R²/15D) for electrodes of LFP
    cells. Longest sampling interval: 15 min. Weakness: one time constant for all cells; all of the lead is put into the
    uncertainty for that reason.
    """
    return np.asarray(np.minimum(soc_pct - _lead_pct(current_a, nominal_ah), MOST_FULL_PCT))


def _lead_pct(current_a: Floats, nominal_ah: float | None) -> Floats:
    share = DIFFUSION_S / 3600 / nominal_ah if nominal_ah else 0.0
    return np.asarray(100 * share * np.abs(np.nan_to_num(current_a)))


def slopes(soc_pct: Floats, chemistry: Chemistry) -> Floats:
    """Slope of the open-circuit curve at states of charge [V per %]."""
    middle = np.clip(soc_pct, 0.5, 99.5)
    low, high = (np.interp(middle + half, chemistry.soc_pct, chemistry.ocv_v) for half in (-0.5, 0.5))
    return np.asarray(np.maximum(high - low, 1e-4))


def anchor_pct(
    soc_pct: Floats, current_a: Floats, is_full: NDArray[np.bool_], chemistry: Chemistry, nominal_ah: float | None
) -> Floats:
    """Return the standard uncertainty of each anchor's state of charge that all anchors of its kind share.

    Formula: u² = (u_V / slope)² + u_lead², u_V joining curve, reading, hysteresis (empty end) and resistance,
    u_lead the surface's lead over the bulk (full end; all of it is uncertain). Units: % of charge. Source: JCGM 100
    (GUM), 5.1: independent standard uncertainties joined by squares; the parts are named in docs/soh.md. Longest
    sampling interval: 15 min. Weakness: assumes a curve near the built-in one; a chemistry that lies further off shifts
    every anchor alike.

    Parameters
    ----------
    soc_pct, current_a : array
        At the anchors [%, A].
    is_full : array of bool
        Kind of each anchor.
    chemistry : Chemistry
        Whose curve is inverted.
    nominal_ah : float or None
        Scales the assumed resistance; without it that part is left out [Ah].

    Returns
    -------
    array
        [% of charge].
    """
    ohm = OHM_AH / nominal_ah if nominal_ah else 0.0
    drop = OHM_LIMIT * ohm * np.abs(np.nan_to_num(current_a))
    hysteresis = np.where(is_full, 0.0, HYSTERESIS_LIMIT_V)
    volts = np.sqrt(CURVE_LIMIT_V**2 + CELL_LIMIT_V**2 + hysteresis**2 + drop**2) / NORMAL_95
    lead = np.where(is_full, _lead_pct(current_a, nominal_ah), 0.0) / NORMAL_95
    return np.asarray(np.sqrt((volts / slopes(soc_pct, chemistry)) ** 2 + lead**2))


def joined(parts: dict[str, float]) -> float:
    """Join standard uncertainties by their squares, in their own unit."""
    return float(np.sqrt(sum(part**2 for part in parts.values())))
