"""What the terms on the pages mean: one table, from which a "?" beside a title and the help of a page are made."""

from __future__ import annotations

from dataclasses import dataclass

from app.language import mark, t


@dataclass(frozen=True, slots=True)
class Term:
    """One term: the titles and labels that it stands in, and its meaning in a sentence or two."""

    words: tuple[str, ...]
    meaning: str


TERMS = (
    Term(
        (mark("State of charge"),),
        mark(
            "How full the battery is, in per cent of its capacity, as the BMS logs it. It drifts between full "
            "charges: the "
            "audit of the BMS holds it against them."
        ),
    ),
    Term(
        (mark("State of health"), mark("Three states of health, side by side"), mark("Capacities and health, apart")),
        mark(
            "How much of its nominal capacity a battery still has, in per cent. Three answers are kept apart: "
            "measured from "
            "charge, estimated by a model of ageing, and as the BMS reports it. Measured wins where there is one."
        ),
    ),
    Term(
        (mark("Measured SOH"), mark("SOH (measured)"), mark("Capacity, measured")),
        mark(
            "Charge counted between a full and an empty state of the cells, over the nominal capacity, with its 95 % "
            "interval. It is of the mean cell; what imbalance costs is shown beside it."
        ),
    ),
    Term(
        (mark("Model SOH"), mark("SOH (model)")),
        mark(
            "An estimate from age, equivalent full cycles and imbalance, not a measurement. It tends to be too "
            "low for LFP."
        ),
    ),
    Term(
        (mark("BMS SOH"), mark("SOH (BMS)"), mark("What the BMS reports")),
        mark("What the battery itself reports, in whole per cents."),
    ),
    Term(
        (mark("Band"),),
        mark(
            "One of seven steps of health, from Excellent (99 % and more) to End of Life (below 80 %), each with "
            "its advice."
        ),
    ),
    Term(
        (mark("Imbalance"),),
        mark(
            "Highest less lowest cell voltage of a pack at low current and 20 to 90 % charge: the median over "
            "days of the "
            "daily median, in mV."
        ),
    ),
    Term(
        (mark("Degradation"),),
        mark("Trend of the estimated capacity, in per cent of its beginning a month, with its 95 % interval."),
    ),
    Term(
        (mark("Worst cells"), mark("Cells with findings"), mark("Evidence")),
        mark(
            "Cells over a limit by more than their string explains. Watch: over it. Warning: and apart from the "
            "string, "
            "persistently. Critical: and far, growing, or with several signs that agree."
        ),
    ),
    Term(
        (mark("Every cell of every pack"), mark("Every cell in its place")),
        mark(
            "Each cell against the median of its string at the same moment, or as it was measured, in its physical row."
        ),
    ),
    Term(
        (mark("Cells that moved most at full charge"),),
        mark("Voltage of each cell at the end of full charges, now less in its first 30 valid days."),
    ),
    Term(
        (mark("Cycle depth"),),
        mark("How deep the half cycles are, counted by rainflow (ASTM E1049) over the state of charge."),
    ),
    Term(
        (mark("Energy in and out"), mark("Energy")),
        mark(
            "Sums of the counters' own steps at raw resolution; resets and impossible steps are left out and counted."
        ),
    ),
    Term(
        (mark("Energy available"), mark("How much energy is available?")),
        mark("What the battery gives back from where it is now: its charge times its measured or nominal energy."),
    ),
    Term(
        (mark("Power factor"),),
        mark("Active power over apparent power; 1 means that all current does work."),
    ),
    Term(
        (mark("Load duration"),),
        mark("All readings of power sorted by size: how many hours a given power was reached or exceeded."),
    ),
    Term(
        (mark("Peaks"), mark("Peak"), mark("Highest reading")),
        mark("Highest readings of power at raw resolution, with the time at which each was logged."),
    ),
    Term(
        (mark("Counter forensics"), mark("Closure of the counters")),
        mark("Steps that a counter cannot have made: backwards, too large for the time, or stuck while power flowed."),
    ),
    Term(
        (mark("Alarms"), mark("Alarms, 7 days")),
        mark("Flags of the battery that were raised, from raw samples: an alarm of one sample is shown at any zoom."),
    ),
    Term(
        (mark("Coverage by day"), mark("Readings kept"), mark("Gaps")),
        mark("Share of the expected readings that are there and can be used. A gap is drawn as a gap, never bridged."),
    ),
)
"""Every term that is explained."""


def meaning_of(words: str) -> str | None:
    """Look up what a title or label means, both in the language of the request; None for plain words."""
    for term in TERMS:
        if any(words in (own, t(own)) for own in term.words):
            return t(term.meaning)
    return None
