"""Single bad rows among good ones."""

from __future__ import annotations

from tests.pipeline.corpus.case import GOOD, LOCAL, Case, Rows, Signal, csv_of, good_with

_AT = "2024-01-01 01:02:00"
_TOKENS = ("", "NaN", "nan", "inf", "-inf", "None", "NULL", "null", "ERR", "-", "--", "N/A", "#N/A", "NA", '""')
_MISSING = [
    Case(f"token_{n}_{token.strip('#/-') or 'mark'}", good_with(f"{_AT},{token}"), GOOD, {"missing": 1}, line=3)
    for n, token in enumerate(_TOKENS)
]
_UNREADABLE = ("on", "1.2.3", "1_000", "0x10", "3,4,5x", "12abc", "1e", "--5", "true", "1.5V")
_ODD = [
    Case(
        f"value_{n}",
        good_with(f'{_AT},"{token}"' if "," in token else f"{_AT},{token}"),
        GOOD,
        {"unreadable": 1},
        line=3,
    )
    for n, token in enumerate(_UNREADABLE)
]
_THOUSANDS: Rows = (
    ("2024-01-01T00:00:00", 1234.5),
    ("2024-01-01T00:05:00", 1_234_567.0),
    ("2024-01-01T00:10:00", -12_345.25),
)
_ENERGY: Signal = {"file_name": "pos_ae.csv", "signal": "pos_ae"}
_MARKS = {
    "point": (",", '"1,234.5"', '"1,234,567"', '"-12,345.25"'),
    "comma": (";", "1.234,5", "1.234.567", "-12.345,25"),
    "space": (";", "1 234,5", "1 234 567", "-12 345,25"),
    "quote": (";", "1'234.5", "1'234'567", "-12'345.25"),
}
"""Separator of fields, and the three readings as they are written with a mark between thousands."""
_MARKED = [
    Case(
        f"thousands_{name}",
        csv_of(
            *[f"{line[:19]}{mark}{number}" for line, number in zip(LOCAL, numbers, strict=True)],
            header=f"ts{mark}pos_ae",
        ),
        _THOUSANDS,
        **_ENERGY,
    )
    for name, (mark, *numbers) in _MARKS.items()
]
_MARKED += [
    Case(
        f"thousandths_{name}",
        csv_of(*[f"{line[:19]};{number}" for line, number in zip(LOCAL, numbers, strict=True)], header="ts;pos_ae"),
        (("2024-01-01T00:00:00", 987.625), ("2024-01-01T00:05:00", 1234.5), ("2024-01-01T00:10:00", 12_345.125)),
        **_ENERGY,
    )
    for name, numbers in {
        "quote": ("987.625", "1'234.500", "12'345.125"),
        "space": ("987,625", "1 234,500", "12 345,125"),
        "point": ("987.625", "1,234.500", "12,345.125"),
        "comma": ("987,625", "1.234,500", "12.345,125"),
    }.items()
]
CASES = [
    *_MISSING,
    *_ODD,
    *_MARKED,
    Case("extra_fields", good_with(f"{_AT},1,2,3"), GOOD, {"extra_fields": 1}, line=3),
    Case("two_rows_in_one", good_with(f"{_AT},1{_AT},2"), GOOD, {"extra_fields": 1}, line=3),
    Case("row_without_value", good_with(_AT), GOOD, {"truncated_line": 1}, line=3),
    Case("row_of_half_a_stamp", good_with("2024-01-0"), GOOD, {"truncated_line": 1}, line=3),
    Case("truncated_in_stamp", csv_of(*LOCAL, "2024-01-01 01:1", last=False), GOOD, {"truncated_line": 1}, line=5),
    Case(
        "truncated_before_value",
        csv_of(*LOCAL, "2024-01-01 01:15:00", last=False),
        GOOD,
        {"truncated_line": 1},
        line=5,
    ),
    Case(
        "truncated_after_separator",
        csv_of(*LOCAL, "2024-01-01 01:15:00,", last=False),
        GOOD,
        {"missing": 1},
        line=5,
    ),
    Case(
        "truncated_at_decimal_mark",
        csv_of(*LOCAL, "2024-01-01 01:15:00,3.", last=False),
        GOOD,
        {"truncated_line": 1},
        line=5,
    ),
    Case("unclosed_quote", good_with(f'{_AT},"1.0'), GOOD, {"unclosed_quote": 1}, line=3),
    Case("unclosed_quote_in_stamp", good_with(f'"{_AT},1.0'), GOOD, {"unclosed_quote": 1}, line=3),
    Case("zeros_after_power_loss", good_with("\0" * 300), GOOD),
    Case("zeros_in_a_row", good_with(f"{_AT},1.\0\0"), GOOD, {"unreadable": 1}, line=3),
    Case(
        "broken_utf_8",
        csv_of(*LOCAL).replace(b"-2.25", b"-2.25\n2024-01-01 01:06:00,\xff\xfe1"),
        GOOD,
        {"unreadable": 1},
        line=4,
    ),
    Case("header_again", good_with("ts,com_ap"), GOOD, {"repeated_header": 1}, line=3),
    Case("comment_between", good_with("# restarted"), GOOD, noted={"comments": 1}),
    Case("long_line", good_with("x" * 10_000_000), GOOD, {"truncated_line": 1}, line=3),
    Case("long_value", good_with(f"{_AT}," + "9" * 400), GOOD, {"missing": 1}, line=3),
    Case("out_of_range", good_with(f"{_AT},1e9"), GOOD, {"out_of_range": 1}, line=3),
    Case(
        "sentinel",
        csv_of(
            "2024-01-01 01:00:00,255",
            "2024-01-01 01:05:00,3.3",
            "2024-01-01 01:10:00,65535",
            header="ts,bms1_p1_v1",
        ),
        (("2024-01-01T00:05:00", 3.3),),
        {"sentinel": 2},
        line=2,
        file_name="bms1_p1_v1.csv",
        signal="bms1_p1_v1",
    ),
    Case(
        "cold_is_no_sentinel",
        csv_of("2024-01-01 01:00:00,-40", "2024-01-01 01:05:00,-39.5", header="ts,bms1_p1_t1"),
        (("2024-01-01T00:05:00", -39.5),),
        {"sentinel": 1},
        line=2,
        file_name="bms1_p1_t1.csv",
        signal="bms1_p1_t1",
    ),
]
