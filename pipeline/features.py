"""Raw rows → feature tables: one row per cell, sensor, pack or system and day, half cycles, anchors, events, alarms.

Verdicts over years read these short tables instead of hundreds of millions of raw rows. A row for day D depends on
raw rows of D and three days around it, on the string's current from the first reading on (which is read whole each
time: it is one signal), and on nothing else: so an appended day gives what a build from nothing gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import DAY_MS, Learned, day_starts
from pipeline.feature_anchors import ANCHORS, StringRows, find_anchors
from pipeline.feature_blocks import Block, Places, find_places, read_blocks, row_median
from pipeline.feature_cells import CELL_DAY, RowState, cell_days, regimes_of, row_state
from pipeline.feature_charge import Floats, Ints
from pipeline.feature_chemistry import settle_chemistry, settle_temperatures
from pipeline.feature_cycles import CYCLES, SYSTEM_DAY, half_cycles, system_days
from pipeline.feature_events import ALARMS, EXCURSIONS, find_alarms, unsafe_rows
from pipeline.feature_leads import EndCurve, learn_curve
from pipeline.feature_packs import PACK_DAY, SENSOR_DAY, pack_days, sensor_days
from pipeline.feature_replays import REPLAYS, ReplayWatch, other_replays, watches
from pipeline.feature_spikes import spike_rows, temperature_spikes, voltage_spikes, without
from pipeline.feature_string import RawReader, StringStory, Timeline, carried, read_story
from pipeline.physics import Chemistry
from pipeline.site import ChemistrySettings, SourceSettings

__all__ = ["TABLES", "Extraction", "RawReader", "extract"]

TABLES: dict[str, pl.Schema] = {
    "cell_day": CELL_DAY,
    "sensor_day": SENSOR_DAY,
    "pack_day": PACK_DAY,
    "system_day": SYSTEM_DAY,
    "cycles": CYCLES,
    "anchors": ANCHORS,
    "excursions": EXCURSIONS,
    "alarms": ALARMS,
    "replays": REPLAYS,
}
"""Every feature table and its columns; each has ``ts``, the start of its day or event."""

BY_DAY = ("cell_day", "sensor_day", "pack_day", "anchors", "excursions", "replays")
"""Tables made from the cells' raw rows: extended by what is new. The others are made anew each time."""
REACH_DAYS = 2
"""Rows from this long before a change on are made again [d]."""
CONTEXT_DAYS = 2
"""And raw rows from this long before those are looked at [d]."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The features of one source."""

    tables: dict[str, pl.DataFrame]
    from_ms: dict[str, int]
    """Rows of a table at or after this stamp replace the standing ones; a table that is not named is whole."""
    current_sign: int | None
    current_sign_source: str | None
    notes: tuple[str, ...]
    learned: Learned


@dataclass
class _Gathered:
    """What the blocks have given so far."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [] for name in BY_DAY})
    ts: list[Ints] = field(default_factory=list)
    median_v: list[Floats] = field(default_factory=list)
    highest: list[tuple[NDArray[np.int64], Floats]] = field(default_factory=list)
    lowest: list[tuple[NDArray[np.int64], Floats]] = field(default_factory=list)
    sensor_ts: list[Ints] = field(default_factory=list)
    median_t: list[Floats] = field(default_factory=list)
    watches: dict[str, ReplayWatch] = field(default_factory=dict)


def extract(
    reader: RawReader,
    said: SourceSettings,
    chemistries: Mapping[str, ChemistrySettings],
    since_ms: int | None = None,
    learned: Learned | None = None,
) -> Extraction:
    """Extract a source's features.

    Parameters
    ----------
    reader : RawReader
        Its raw rows.
    said : SourceSettings
        What ``site.toml`` says of it.
    chemistries : mapping
        Chemistries beside the built-in one.
    since_ms : int, optional
        Earliest stamp that may have changed since the last extraction; None for everything [epoch ms].
    learned : Learned, optional
        What the last extraction has learned; it stands as long as the days that it rests on have not changed.

    Returns
    -------
    Extraction
        The tables of ``TABLES``, each sorted by ``ts``.
    """
    story = read_story(reader, said)
    chemistry, notes = settle_chemistry(reader, said, chemistries, story)
    from_ms = _first_day(reader, story, since_ms)
    begin = reader.first_ms if from_ms is None else from_ms - CONTEXT_DAYS * DAY_MS
    if learned is None or from_ms is None:
        learned = _learn(reader, story, chemistry)
    curve = None if learned.end_curve is None else EndCurve(*learned.end_curve)
    gathered = _Gathered(watches=watches(reader))
    _gather_cells(reader, story.timeline, chemistry, curve, begin, gathered)
    _gather_sensors(reader, story.timeline, learned.safe_t, begin, gathered)
    gathered.frames["replays"] += [watch.frame() for watch in gathered.watches.values()]
    gathered.frames["replays"] += other_replays(reader, begin)
    tables = _daily_tables(story.timeline, chemistry, gathered, find_places(reader, "V"), from_ms)
    tables |= _whole_tables(reader, story.timeline)
    return Extraction(
        tables=tables,
        from_ms={} if from_ms is None else dict.fromkeys(BY_DAY, from_ms),
        current_sign=story.sign.value,
        current_sign_source=story.sign.source,
        notes=(*story.notes, *notes, *learned.notes),
        learned=learned,
    )


def _learn(reader: RawReader, story: StringStory, chemistry: Chemistry | None) -> Learned:
    """Learn what the first weeks say: no more of them than the calibration days."""
    safe_t, said_t = settle_temperatures(reader, chemistry, story)
    curve, said_c = learn_curve(reader, story.timeline, chemistry, find_places(reader, "V"), story.calibration_end_ms)
    return Learned(safe_t=safe_t, end_curve=None if curve is None else astuple(curve), notes=(*said_t, *said_c))


def _first_day(reader: RawReader, story: StringStory, since_ms: int | None) -> int | None:
    """Find the midnight from which rows have to be made again; None for all of them.

    A change before the end of the calibration days changes what everything rests on.
    """
    if since_ms is None or since_ms < max(story.calibration_end_ms, reader.first_ms + 31 * DAY_MS):
        return None
    return day_starts(since_ms - REACH_DAYS * DAY_MS, since_ms - REACH_DAYS * DAY_MS, reader.zone)[0]


def _interval_ms(reader: RawReader, places: Places) -> float:
    known = [reader.series[name].interval_ms for name in places.signals if reader.series[name].interval_ms > 0]
    return float(np.median(known)) if known else 60_000.0


def _gather_cells(
    reader: RawReader,
    timeline: Timeline | None,
    chemistry: Chemistry | None,
    curve: EndCurve | None,
    begin: int,
    gathered: _Gathered,
) -> None:
    places = find_places(reader, "V")
    if not places.signals:
        return
    imbalance_a = timeline.scale.imbalance_a if timeline is not None else 0.0
    for block in read_blocks(reader, places, begin, _interval_ms(reader, places)):
        gathered.watches["V"].look(block)
        median = row_median(block.values)
        residual = block.values - median[:, None]
        state = row_state(timeline, block.ts)
        spikes = voltage_spikes(block, residual, state, timeline, chemistry)
        clean = without(residual, spikes)
        lowest, highest = np.fmin.reduce(block.values, axis=1), np.fmax.reduce(block.values, axis=1)
        regimes = regimes_of(state, median, lowest, highest, chemistry)
        frames = gathered.frames
        frames["cell_day"].append(cell_days(block, median, clean, state, regimes, chemistry, places, curve))
        frames["pack_day"].append(pack_days(block, state, places, imbalance_a))
        if len(spikes.rows):
            frames["excursions"].append(spike_rows("voltage_spike", block, residual, spikes, places))
        if chemistry is not None:
            names = ("under_voltage", "over_voltage")
            frames["excursions"] += unsafe_rows(block, median, chemistry.safe_v, names, places)
        _keep_string(block, median, state, regimes.top | regimes.low, gathered)


def _keep_string(
    block: Block, median: NDArray[np.float32], state: RowState, ends: NDArray[np.bool_], gathered: _Gathered
) -> None:
    """Keep the string's own rows, with the limiting cells where charge or discharge ends."""
    gathered.ts.append(block.ts)
    gathered.median_v.append(median.astype(np.float64))
    for direction, kept in ((1, gathered.highest), (-1, gathered.lowest)):
        column, margin = np.zeros(len(block.ts), np.int64), np.full(len(block.ts), np.nan)
        rows = np.flatnonzero(ends)
        if len(rows) and block.values.shape[1] > 1:
            signed = np.where(np.isnan(block.values[rows]), -np.inf, direction * block.values[rows])
            column[rows] = signed.argmax(axis=1)
            top = np.partition(signed, -2, axis=1)[:, -2:]
            margin[rows] = 1000 * (top[:, 1] - top[:, 0])
        kept.append((column, margin))


def _gather_sensors(
    reader: RawReader, timeline: Timeline | None, safe: tuple[float, float] | None, begin: int, gathered: _Gathered
) -> None:
    places = find_places(reader, "°C")
    if not places.signals:
        return
    for block in read_blocks(reader, places, begin, _interval_ms(reader, places)):
        gathered.watches["°C"].look(block)
        median = row_median(block.values)
        residual = block.values - median[:, None]
        spikes = temperature_spikes(block, residual)
        state = row_state(timeline, block.ts)
        gathered.frames["sensor_day"].append(sensor_days(block, median, without(residual, spikes), state, places))
        found = gathered.frames["excursions"]
        if len(spikes.rows):
            found.append(spike_rows("temperature_spike", block, residual, spikes, places))
        if safe is not None:
            found += unsafe_rows(block, median, safe, ("under_temperature", "over_temperature"), places)
        gathered.sensor_ts.append(block.ts)
        gathered.median_t.append(median.astype(np.float64))


def _daily_tables(
    timeline: Timeline | None,
    chemistry: Chemistry | None,
    gathered: _Gathered,
    places: Places,
    from_ms: int | None,
) -> dict[str, pl.DataFrame]:
    if chemistry is not None and timeline is not None and gathered.ts:
        gathered.frames["anchors"].append(_anchors(timeline, chemistry, gathered, places))
    tables = {}
    for name in BY_DAY:
        frames = gathered.frames[name]
        whole = pl.concat(frames, how="vertical_relaxed") if frames else pl.DataFrame(schema=TABLES[name])
        if from_ms is not None:
            whole = whole.filter(pl.col("ts").to_physical() >= from_ms)
        keys = [key for key in ("ts", "kind", "pack", "cell", "sensor", "signal") if key in whole.columns]
        tables[name] = whole.cast(TABLES[name]).sort(keys, maintain_order=True)
    return tables


def _anchors(timeline: Timeline, chemistry: Chemistry, gathered: _Gathered, places: Places) -> pl.DataFrame:
    ts = np.concatenate(gathered.ts)
    median_t = np.full(len(ts), np.nan)
    if gathered.sensor_ts:
        median_t = carried(np.concatenate(gathered.sensor_ts), np.concatenate(gathered.median_t), ts)

    def joined(kept: list[tuple[NDArray[np.int64], Floats]]) -> tuple[NDArray[np.int64], Floats]:
        return np.concatenate([column for column, _ in kept]), np.concatenate([margin for _, margin in kept])

    rows = StringRows(
        ts,
        np.concatenate(gathered.median_v),
        row_state(timeline, ts),
        median_t,
        joined(gathered.highest),
        joined(gathered.lowest),
    )
    found = find_anchors(rows, chemistry)
    column = found["cell"].to_numpy()
    return found.with_columns(pl.Series("pack", places.packs[column]), pl.Series("cell", places.numbers[column]))


def _whole_tables(reader: RawReader, timeline: Timeline | None) -> dict[str, pl.DataFrame]:
    """Make the tables that need few signals, over the whole history."""
    tables = {"alarms": find_alarms(reader)}
    if timeline is None:
        return tables | {"system_day": pl.DataFrame(schema=SYSTEM_DAY), "cycles": pl.DataFrame(schema=CYCLES)}
    return tables | {"system_day": system_days(reader, timeline), "cycles": half_cycles(timeline)}
