"""Rows that are out of order, or claim one moment twice."""

from __future__ import annotations

from tests.pipeline.corpus.case import GOOD, LOCAL, Case, Rows, Signal, csv_of

_A, _B, _C = LOCAL
_FLAG: Signal = {"file_name": "fa1_SmokeFlag.csv", "signal": "fa1_SmokeFlag"}
_ALARM: Rows = (("2024-01-01T00:00:00", 2.0),)
CASES = [
    Case("unsorted", csv_of(_B, _A, _C), GOOD, noted={"out_of_order": 1}),
    Case("descending", csv_of(_C, _B, _A), GOOD, noted={"out_of_order": 2}),
    Case("equal_rows", csv_of(_A, _A, _B, _C, _C, _C), GOOD, {"duplicates": 3}),
    Case("equal_numbers", csv_of(_A, "2024-01-01 01:00:00,1.50", _B, _C), GOOD, {"duplicates": 1}),
    Case("differing_rows", csv_of("2024-01-01 01:00:00,7", _A, _B, _C), GOOD, {"conflicts": 1}),
    Case("duplicate_with_missing", csv_of(_A, "2024-01-01 01:00:00,", _B, _C), GOOD, {"missing": 1}),
    Case("whole_file_twice", csv_of(*LOCAL, *LOCAL), GOOD, {"duplicates": 3}, {"out_of_order": 2}),
    Case(
        "flag_keeps_its_alarm",
        csv_of("2024-01-01 01:00:00,2", "2024-01-01 01:00:00,0", header="ts,fa1_SmokeFlag"),
        _ALARM,
        {"conflicts": 1},
        **_FLAG,
    ),
    Case(
        "same_instant_two_zones",
        csv_of(
            "2024-01-01T00:00:00Z,1.5",
            "2024-01-01T01:00:00+01:00,1.5",
            "2024-01-01T00:05:00Z,-2.25",
            "2024-01-01T00:10:00Z,3.0",
        ),
        GOOD,
        {"duplicates": 1},
    ),
]
