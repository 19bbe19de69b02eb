"""What the figures, charts and tables of the Cells and of the Battery page rest on."""

from __future__ import annotations

from collections.abc import Mapping

from app.answers.basis import (
    AS_LOGGED,
    CELLS,
    CYCLES,
    HEALTH,
    INTERVAL,
    RAW_BY_DAY,
    Basis,
    is_cell,
    is_cell_temperature,
    is_cell_voltage,
    is_counted,
    is_flag,
    is_judged,
    is_string,
    of_history,
    of_period,
    of_topic,
)
from app.language import mark

_ENDS, _RATE = "limiting-cells-and-self-discharge", "degradation-rate"

PACKS: Mapping[str, Basis] = {
    "soh_measured": of_period(
        HEALTH,
        mark(
            "Charge counted between full and empty anchors over the change of charge that the open-circuit curve "
            "tells, of the mean cell, over the nominal capacity."
        ),
        is_counted,
        RAW_BY_DAY,
        INTERVAL,
    ),
    "soh_model": of_history(
        HEALTH,
        mark(
            "100 less 2.5 a year (15 at most), 0.035 a full cycle (20 at most) and 0.1 a mV of imbalance (10 at "
            "most), never below 20; the site may set these coefficients."
        ),
        is_counted,
        mark("A customary formula, not measured; pessimistic for LFP."),
    ),
    "soh_bms": of_period(
        HEALTH,
        mark("Last reading of the state of health that the battery itself reports."),
        of_topic("soh"),
        uncertainty=mark("Whole per cents."),
    ),
    "soh_three": of_period(
        HEALTH,
        mark("Measured between anchors, estimated by the model, and as the BMS reports it: never mixed."),
        lambda one: is_counted(one) or one.topic == "soh",
        RAW_BY_DAY,
        mark("95 % intervals of the measured ones."),
    ),
    "band": of_period(
        HEALTH,
        mark("One of seven bands of the headline state of health; a lower bound belongs to its band."),
        lambda one: is_counted(one) or one.topic == "soh",
        RAW_BY_DAY,
    ),
    "imbalance": of_period(
        HEALTH,
        mark(
            "Median over days of the daily median of highest less lowest cell, while the current is below C/20 and "
            "the charge between 20 and 90 %."
        ),
        is_counted,
        RAW_BY_DAY,
    ),
    "degradation": of_period(
        _RATE,
        mark("Theil-Sen slope of the estimated capacity over valid days, in per cent of the baseline a month."),
        is_counted,
        RAW_BY_DAY,
        INTERVAL,
    ),
    "hottest": of_period(
        "temperature", mark("Highest and mean of the sensors' readings."), is_cell_temperature, RAW_BY_DAY, AS_LOGGED
    ),
    "mean_voltage": of_period(
        "regimes", mark("Mean over the cells' readings of each pack."), is_cell_voltage, RAW_BY_DAY, AS_LOGGED
    ),
    "flagged": of_history(
        CELLS,
        mark("Cells with a finding; those with a warning or worse need attention, watched ones do not."),
        is_judged,
    ),
    "system_findings": of_history(
        CELLS,
        mark("What was found of the string as a whole, such as ageing that all cells share: one finding, not 260."),
        is_judged,
    ),
    "spread": of_period(
        "regimes",
        mark("Of each cell the median of its distance from the string's median."),
        is_cell_voltage,
        RAW_BY_DAY,
        AS_LOGGED,
    ),
    "cell_evidence": of_history(
        CELLS,
        mark("Daily residuals of the cell against its string's median in each regime, and where 95 % of them lie."),
        is_judged,
    ),
    "spikes": of_history(
        CELLS,
        mark(
            "Single readings more than 100 mV or 10 °C from the string's median and from the cell's own residual "
            "before and after; fewer suffice where the string is steady."
        ),
        is_cell,
    ),
    "frames": of_period(
        "regimes",
        mark("Of each cell and frame the reading's mean, of a deviation its signed extreme."),
        is_cell,
        RAW_BY_DAY,
        AS_LOGGED,
    ),
    "pairs": of_period(
        "periods",
        mark("The same statistic of each cell in two periods, and the second less the first."),
        is_cell,
        RAW_BY_DAY,
    ),
}
"""What the Cells tell."""
HISTORY: Mapping[str, Basis] = {
    "capacity": of_history(
        HEALTH,
        mark(
            "Each count of charge between two anchors, a line through the last 240 days of them, and the measured rate "
            "taken on to 80 %."
        ),
        is_counted,
        INTERVAL,
    ),
    "capacities": of_history(
        HEALTH,
        mark("Mean cell, usable between first full and first empty cell, recoverable by balancing, and energy."),
        is_counted,
        INTERVAL,
    ),
    "bms_steps": of_history(
        HEALTH, mark("Days on which the state of health that the BMS reports changed."), of_topic("soh")
    ),
    "drift": of_history(
        _RATE,
        mark("Change of each cell's residual at full charge since the first 30 full charges."),
        is_counted,
    ),
    "thermal": of_history(
        "temperature",
        mark("Each sensor less its string, its own first 30 valid days and the part that follows the load."),
        lambda one: is_cell_temperature(one) or is_string(one),
    ),
    "resistance": of_history(
        "resistance",
        mark("Σ ΔI·ΔV / Σ ΔI² over raw steps of the current of at least 0.1 C, pooled by month."),
        is_counted,
    ),
    "pack_steps": of_history(
        "degradation-rate", mark("Daily medians of each pack against the others; steps found by PELT."), is_judged
    ),
    "self_discharge": of_history(
        _ENDS,
        mark("Drift of each cell's charge against its string from one cycle end to the next, beyond the string's own."),
        is_counted,
    ),
    "limiting": of_period(
        _ENDS,
        mark("The highest cell at each full anchor, the lowest at each empty one, and their lead over the next."),
        is_counted,
    ),
    "charge_curves": of_history(
        CYCLES, mark("Median cell voltage against counted charge, in the deepest full charges."), is_counted
    ),
    "round_trip": of_period(
        CYCLES,
        mark("Energy given over energy taken between two full charges, at the battery, the converter, and with aux."),
        lambda one: is_string(one) or one.topic in {"pcs", "aux"},
    ),
    "cycle_energy": of_period(
        CYCLES,
        mark("Current times voltage, summed over each half cycle, by period of the site's calendar."),
        is_string,
    ),
    "cycle_depth": of_period(CYCLES, mark("Depths of the half cycles, counted by rainflow (ASTM E1049)."), is_string),
    "audit": of_history(
        "audit-of-the-batterys-own-registers",
        mark("Each register against another reading of the same thing; outside where the median is beyond its limit."),
        lambda _: True,
    ),
    "alarms": of_period(
        "alarms", mark("Stretches of a flag above 0; one of a single sample ends at the next."), is_flag
    ),
}
"""What the Battery page tells of the string."""
