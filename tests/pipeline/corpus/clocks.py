"""Berlin's changes of clock."""

from __future__ import annotations

from tests.pipeline.corpus.case import Case, Rows, csv_of

_AUTUMN = ["2024-10-27 01:30:00", "2024-10-27 02:00:00", "2024-10-27 02:30:00"]
_TWICE = [*_AUTUMN, "2024-10-27 02:00:00", "2024-10-27 02:30:00", "2024-10-27 03:00:00"]
_UTC = [
    f"2024-10-{day}T{clock}:00"
    for day, clock in (
        ("26", "23:30"),
        ("27", "00:00"),
        ("27", "00:30"),
        ("27", "01:00"),
        ("27", "01:30"),
        ("27", "02:00"),
    )
]


def _rows(stamps: list[str]) -> bytes:
    return csv_of(*[f"{stamp},{n}" for n, stamp in enumerate(stamps)])


def _truth(stamps: list[str]) -> Rows:
    return tuple((stamp, float(n)) for n, stamp in enumerate(stamps))


_BACKWARDS = tuple((stamp, float(5 - n)) for n, stamp in enumerate(_UTC))
CASES = [
    Case("autumn_both_passes", _rows(_TWICE), _truth(_UTC), noted={"dst_repeated": 2}),
    Case("autumn_descending", _rows(_TWICE[::-1]), _BACKWARDS, noted={"dst_repeated": 2, "out_of_order": 5}),
    Case(
        "autumn_one_pass",
        _rows([*_AUTUMN, "2024-10-27 03:00:00"]),
        _truth([*_UTC[:3], _UTC[5]]),
        noted={"dst_ambiguous": 2},
    ),
    Case(
        "autumn_hourly",
        _rows(["2024-10-27 01:00:00", "2024-10-27 02:00:00", "2024-10-27 02:00:00", "2024-10-27 03:00:00"]),
        _truth(["2024-10-26T23:00:00", _UTC[1], _UTC[3], _UTC[5]]),
        noted={"dst_repeated": 1},
    ),
    Case(
        "spring_skipped",
        _rows(["2024-03-31 01:30:00", "2024-03-31 02:30:00", "2024-03-31 04:00:00"]),
        _truth(["2024-03-31T00:30:00", "2024-03-31T01:30:00", "2024-03-31T02:00:00"]),
        noted={"dst_skipped": 1},
    ),
    Case(
        "spring_ordinary",
        _rows(["2024-03-31 01:55:00", "2024-03-31 03:00:00"]),
        _truth(["2024-03-31T00:55:00", "2024-03-31T01:00:00"]),
    ),
    Case(
        "offsets_need_no_order",
        csv_of("2024-10-27T02:30:00+02:00,0", "2024-10-27T02:30:00+01:00,1"),
        _truth([_UTC[2], _UTC[4]]),
    ),
]
