"""What each figure, chart and table of the pages rests on: one entry for each, by the name that its mark carries."""

from __future__ import annotations

from collections.abc import Mapping

from app.answers.basis import (
    AS_LOGGED,
    CELLS,
    CYCLES,
    READ,
    Basis,
    is_counter,
    is_flag,
    is_judged,
    is_string,
    named,
    of_files,
    of_history,
    of_period,
    of_topic,
    of_week,
)
from app.answers.batterybases import HISTORY, PACKS
from app.language import mark

_COUNTERS = "energy-counters"
_POWER = named("com_ap")

SITE: Mapping[str, Basis] = {
    "safety": of_week(
        CELLS,
        mark(
            "The gravest finding about any cell, and alarm flags above 0 in the last 7 days of data: critical with a "
            "critical cell or an alarm that goes on, else a warning where a cell needs attention."
        ),
        lambda one: is_judged(one) or is_flag(one),
    ),
    "working": of_week(
        CYCLES,
        mark("A system ran where its converter's power, else its current, took more than one value in 7 days."),
        lambda one: one.topic == "pcs" or is_string(one),
    ),
    "attention": of_history(
        CELLS,
        mark("Findings, and alarms that go on, ordered by severity, then by how far they are beyond their limit."),
        lambda one: is_judged(one) or is_flag(one),
    ),
    "last_data": Basis(
        mark("Stamp of the last reading of any series; coverage is the readings there are over those expected."),
        READ,
        level="raw",
        uncertainty=AS_LOGGED,
    ),
    "recent_charge": of_week(
        "periods", mark("Last reading of the state of charge that the BMS reports."), of_topic("soc")
    ),
    "recent_alarms": of_week("alarms", mark("Stretches of flags above 0 that end in the last 7 days."), is_flag),
    "recent_hottest": of_week(
        "temperature", mark("Highest reading of the hottest cell that the BMS reports."), named("cell_max_t")
    ),
}
"""What the Overview says."""
METER: Mapping[str, Basis] = {
    "import": of_period(
        _COUNTERS,
        mark("Sum of the import counter's steps at raw resolution; integrated power stands beside it."),
        named("pos_ae"),
    ),
    "export": of_period(
        _COUNTERS,
        mark("Sum of the export counter's steps at raw resolution; integrated power stands beside it."),
        named("neg_ae"),
    ),
    "net": of_period(
        _COUNTERS, mark("Import less export, each the sum of its counter's steps."), named("pos_ae", "neg_ae")
    ),
    "counter": of_period(_COUNTERS, mark("Sum of this counter's steps at raw resolution."), is_counter),
    "peak": of_period("periods", mark("Highest and lowest raw reading of the active power."), _POWER, "raw", AS_LOGGED),
    "power_factor": of_period("periods", mark("Σ|P| / Σ|S|, with S = P / pf of each reading."), named("com_ap", "pf")),
    "demand": of_period(
        "periods", mark("Mean power of a quarter hour, at least half of it covered by readings."), _POWER
    ),
    "base_load": of_period(
        "periods",
        mark("2.5th percentile of each day's quarter-hour demands (LBNL-3713E); the median over days covered to 90 %."),
        _POWER,
    ),
    "closure": of_period(
        _COUNTERS, mark("Sums over the hours in which import, export and solar are all known."), is_counter
    ),
    "contradictions": of_period(_COUNTERS, mark("Hours in which more was exported than produced."), is_counter),
    "energy_bars": of_period(_COUNTERS, mark("Counters' steps summed by period of the site's calendar."), is_counter),
    "duration": of_period(
        "periods", mark("Readings ordered by power, each weighted by the time it stands for."), _POWER
    ),
    "hours": of_period("periods", mark("Mean power of each hour of each day, by the site's clock."), _POWER),
    "counter_steps": of_period(
        _COUNTERS, mark("Every step of a counter is of one class; all but plain energy are listed."), is_counter
    ),
}
"""What the Meter page tells."""
READINGS: Mapping[str, Basis] = {
    "last_reading": Basis(
        mark("Last reading of this signal in the period, with the lowest and the highest one."),
        "docs/signals.md",
        level="raw",
        uncertainty=AS_LOGGED,
    ),
    "statistics": Basis(
        mark("From every reading of the range; percentiles of up to 50,000 of them."),
        "docs/architecture.md#charts-and-verdicts",
        level="raw",
        uncertainty=AS_LOGGED,
    ),
    "raw_rows": Basis(
        mark("Rows as they were logged, side by side where their stamps are equal."),
        READ,
        level="raw",
        uncertainty=AS_LOGGED,
    ),
    "difference": Basis(
        mark("Each line minus the first, or minus itself earlier, in the same buckets; what either lacks is left out."),
        "docs/architecture.md#charts-and-verdicts",
        uncertainty=AS_LOGGED,
    ),
    "rows_kept": of_files(mark("Rows of all files less those that are left out, by reason.")),
    "series_count": of_files(mark("Series that at least one file holds readings of.")),
    "gaps": of_files(mark("Stretches without a reading that are longer than three usual intervals.")),
    "duplicates": of_files(mark("Rows whose stamp came before: equal ones dropped, of differing ones the last wins.")),
    "out_of_order": of_files(mark("Rows that were written after a later stamp; sorted into place and kept.")),
    "out_of_range": of_files(mark("Readings outside the plausible range of their signal; left out.")),
    "sentinels": of_files(mark("Register values that stand for no reading; left out.")),
    "stuck": of_files(mark("Readings that repeat while what drives them changes; kept and counted.")),
    "replayed": of_files(mark("More than 60 readings in a row that each equal the one 24 h earlier; kept.")),
    "rejected": of_files(mark("Files of which no row could be used.")),
    "coverage_days": of_files(mark("Readings of each day over those expected at the usual interval.")),
    "omitted": of_files(mark("Rows that are not used, by reason; each row has one.")),
    "findings": of_files(mark("What the readings say against themselves: still, replayed, or by a clock that is off.")),
    "clocks": of_files(mark("Steps of current and power that two loggers share, 30 days at a time.")),
    "warnings": of_files(mark("What the build remarked about its files and settings.")),
}
"""What Explore, Compare and Data quality tell of the readings themselves."""
FIGURES: Mapping[str, Basis] = {**SITE, **PACKS, **HISTORY, **METER, **READINGS}
"""What each figure of the pages rests on."""
