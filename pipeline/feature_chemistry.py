"""Which chemistry and which safe temperatures hold for a source: what is said of it, unless its first month says no."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.contract import DAY_MS
from pipeline.feature_blocks import Places, find_places, row_median
from pipeline.feature_charge import Floats
from pipeline.feature_string import RawReader, StringStory
from pipeline.physics import LFP, MISFIT_SHARE, Chemistry, chemistry_of, fits
from pipeline.site import ChemistrySettings, SourceSettings

SAMPLE_ROWS = 50
"""Chemistry and units are checked against every so many rows [rows]."""


def settle_chemistry(
    reader: RawReader, said: SourceSettings, chemistries: Mapping[str, ChemistrySettings], story: StringStory
) -> tuple[Chemistry | None, list[str]]:
    """Choose the chemistry, and drop an assumed one that the first month's voltages contradict."""
    chemistry = chemistry_of(said, chemistries)
    if chemistry is None:
        note = f"The chemistry {said.chemistry!r} is not described: give its curve and limits in [chemistries]."
        return None, [f"{note} Until then cells are compared with each other only."]
    places = find_places(reader, "V")
    if not chemistry.is_assumed or not places.signals:
        return chemistry, []
    end = min(story.calibration_end_ms, reader.first_ms + 31 * DAY_MS)
    sample = _median_sample(reader, places, end)
    if fits(chemistry, sample):
        return chemistry, ["Chemistry not said in site.toml: LFP is assumed, and the voltages do not contradict it."]
    return None, [
        f"The chemistry is not LFP (the median cell leaves {LFP.safe_v[0]}-{LFP.safe_v[1]} V): set it in site.toml. "
        "Until then cells are compared with each other only: no safe range of voltage, no anchors, no measured SOH."
    ]


def settle_temperatures(
    reader: RawReader, chemistry: Chemistry | None, story: StringStory
) -> tuple[tuple[float, float] | None, list[str]]:
    """Take the safe range of temperatures, unless the first month's medians say that these are no degrees Celsius.

    Formula: share of the first month's median temperatures outside the safe range, below ``MISFIT_SHARE``. Units: 1.
    Source: safe range of the chemistry or of ``site.toml``. Longest sampling interval: any. Weakness: a site that
    begins with a month of real overheating is taken for one with an odd register, which is said.
    """
    places = find_places(reader, "°C")
    low, high = (chemistry or LFP).safe_t
    if not places.signals:
        return None, []
    sample = _median_sample(reader, places, min(story.calibration_end_ms, reader.first_ms + 31 * DAY_MS))
    known = sample[~np.isnan(sample)]
    if len(known) == 0 or float(np.mean((known < low) | (known > high))) < MISFIT_SHARE:
        return (low, high), []
    return None, [
        f"The median sensor reads {np.median(known):.0f} °C, outside {low:.0f} to {high:.0f} °C much of the time: most "
        "likely a register's offset (say it in site.toml). The safe range of temperature is not applied."
    ]


def _median_sample(reader: RawReader, places: Places, end_ms: int) -> Floats:
    """Median cell voltage over the first days, from every ``SAMPLE_ROWS``-th row."""
    frame = reader.read(places.signals, reader.first_ms, end_ms).gather_every(SAMPLE_ROWS)
    values = frame.select(pl.col(places.signals).cast(pl.Float32)).to_numpy()
    return row_median(np.ascontiguousarray(values, np.float32)).astype(np.float64)
