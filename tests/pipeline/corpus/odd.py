"""What people and programs do to files: other tools' exports, joined files, power losses, marks in the wrong place."""

from __future__ import annotations

from tests.pipeline.corpus.case import GOOD, LOCAL, Case, Rows, csv_of, good_at, good_with

_A, _B, _C = LOCAL
_UTC_ROWS = tuple(f"{stamp}Z,{value}" for stamp, value in GOOD)
_PLAIN = csv_of(*LOCAL)
_TAIL = csv_of(_B, _C, header=None)
_LATER: Rows = (("2024-06-30T21:55:00", 1.0), ("2024-06-30T22:00:00", 2.0), ("2024-06-30T22:05:00", 3.0))
CASES = [
    # Joined and broken files
    Case("two_files_joined", csv_of(_A) + b"\xef\xbb\xbf" + csv_of(_B, _C), GOOD, {"repeated_header": 1}, line=3),
    Case("zeros_between_lines", csv_of(_A) + bytes(5000) + _TAIL, GOOD),
    Case(
        "broken_off_behind_an_opening_quote",
        csv_of(*[f'"{line[:19]}","{line[20:]}"' for line in LOCAL], '"2024-01-01 01:15:00","', last=False),
        GOOD,
        {"truncated_line": 1},
        line=5,
    ),
    Case(
        "broken_off_behind_an_opening_quote_in_the_middle_of_a_row",
        csv_of(
            *[f'"{line[:19]}","{line[20:]}","ok"' for line in LOCAL],
            '"2024-01-01 01:15:00","',
            header="ts,com_ap,status",
            last=False,
        ),
        GOOD,
        {"truncated_line": 1},
        line=5,
    ),
    Case("zeros_on_a_line", csv_of(_A) + bytes(5000) + b"\n" + _TAIL, GOOD),
    Case("zeros_at_the_end", _PLAIN + bytes(4096), GOOD),
    Case("byte_order_mark_twice", b"\xef\xbb\xbf" * 2 + _PLAIN, GOOD),
    Case("end_of_file_mark", _PLAIN + b"\x1a", GOOD, {"truncated_line": 1}, line=5),
    Case("form_feed", good_with("\x0b\x0c"), GOOD, {"truncated_line": 1}, line=3),
    Case("one_byte_too_many_in_utf_16", _PLAIN.decode().encode("utf-16") + b"\0", GOOD),
    Case("header_of_another_file", good_with("ts,com_ap,status"), GOOD, {"extra_fields": 1}, line=3),
    Case("sums_below", csv_of(*LOCAL, "Total,2.25", "Exported 3 rows"), GOOD, {"bad_stamp": 1, "truncated_line": 1}),
    Case(
        "another_notation_behind_1500_bad_stamps",
        csv_of(_A, *[f"1970-01-01 00:00:{n % 60:02},1" for n in range(1500)], _UTC_ROWS[1], _UTC_ROWS[2]),
        GOOD,
        {"bad_stamp": 1500},
        line=3,
    ),
    # Exports
    Case(
        "title_and_units_of_a_spreadsheet",
        b"Site;Berlin;;\nExport;2024;;\n;;;\nts;com_ap;;\n;kW;;\n"
        + b"".join(f"{line.replace(',', ';').replace('.', ',')};;\n".encode() for line in LOCAL),
        GOOD,
        {"bad_stamp": 1},
        line=5,
    ),
    Case("units_below_the_header", csv_of("[local],[kW]", *LOCAL), GOOD, {"bad_stamp": 1}, line=2),
    Case("units_in_the_header", csv_of(*LOCAL, header="Zeit [local],Leistung [kW]"), GOOD),
    Case("three_separators_behind", csv_of(*[f"{line},,," for line in LOCAL]), GOOD),
    Case("separators_with_tabs", _PLAIN.replace(b",", b"\t,\t"), GOOD),
    Case("no_break_spaces", csv_of(*[line.replace(",", ",\u00a0") for line in LOCAL]), GOOD),
    Case("the_same_header_twice", csv_of(*[f"{line},8" for line in LOCAL], header="ts,com_ap,com_ap"), GOOD),
    Case("quotes_in_quotes", csv_of(*[f'{line},"say ""hi"", ok"' for line in LOCAL], header="ts,com_ap,note"), GOOD),
    Case(
        "notes_of_several_lines",
        csv_of(f'{_A},"a\nb"', f'{_B},"c"', f'{_C},"d\n\ne"', header="ts,com_ap,note"),
        GOOD,
        {"truncated_line": 2},
        line=3,
    ),
    Case("a_comma_behind_a_stroke", good_with("2024-01-01 01:02:00,1,a\\,b"), GOOD, {"extra_fields": 1}, line=3),
    # Values
    Case("formula", good_with("2024-01-01 01:02:00,=1+1"), GOOD, {"unreadable": 1}, line=3),
    Case("in_brackets", good_with("2024-01-01 01:02:00,(1.5)"), GOOD, {"unreadable": 1}, line=3),
    Case("arabic_digits", good_with("2024-01-01 01:02:00,\u0661\u066b\u0665"), GOOD, {"unreadable": 1}, line=3),
    Case("with_units", csv_of(*[f"{line} kW" for line in LOCAL]), rejected="3 unreadable", line=2),
    Case("per_cent", csv_of(*[f"{line} %" for line in LOCAL]), rejected="3 unreadable", line=2),
    Case("a_number_of_30_mb", good_with("2024-01-01 01:02:00," + "1" * 30_000_000), GOOD, {"missing": 1}, line=3),
    # Stamps
    Case("utc_and_local", csv_of(_UTC_ROWS[0], _B, _UTC_ROWS[2]), GOOD),
    Case("nine_digits_of_a_second", good_at("%Y-%m-%dT%H:%M:%S.000000000Z"), GOOD),
    Case("twelve_digits_of_a_second", good_at("%Y-%m-%dT%H:%M:%S.000000000000Z"), GOOD),
    Case("epoch_with_an_exponent", csv_of("1.7040672e9,1.5", "1704067500.0,-2.25", "1704067800,3.0"), GOOD),
    Case(
        "epoch_below_zero",
        csv_of("-1,9", "1704067200,1.5", "1704067500,-2.25", "1704067800,3.0"),
        GOOD,
        {"bad_stamp": 1},
        line=2,
    ),
    Case(
        "leap_second",
        csv_of("2024-06-30 23:55:00,1.0", "2024-06-30 23:59:60,2.0", "2024-07-01 00:05:00,3.0"),
        _LATER,
    ),
    Case("hours_of_the_afternoon_with_points", good_with("01/01/2024 01:02:00 p.m.,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("month_in_words", csv_of('"June 1, 2024 00:00",1'), rejected="1 bad_stamp", line=2),
    Case("week_of_the_year", csv_of("2024-W22-6T00:00:00,1"), rejected="1 bad_stamp", line=2),
    Case("day_of_a_spreadsheet", csv_of("45444.0,1", "45444.25,2"), rejected="2 bad_stamp", line=2),
    Case("zone_in_letters", csv_of("2024-06-01 00:00:00 CEST,1"), rejected="1 bad_stamp", line=2),
    Case("zone_in_brackets", csv_of("2024-06-01T00:00:00+02:00[Europe/Berlin],1"), rejected="1 bad_stamp", line=2),
    Case("time_without_a_day", csv_of("00:00:00,1", "00:05:00,2"), rejected="2 bad_stamp", line=2),
    Case("year_alone", csv_of("2023,1", "2024,2"), rejected="2 bad_stamp", line=2),
    # No text that is known
    Case("utf_32", _PLAIN.decode().encode("utf-32"), rejected="no line of it", line=1),
    Case("ebcdic", _PLAIN.decode().encode("cp500"), rejected="no line of it", line=1),
    Case("line_separators_of_unicode", _PLAIN.replace(b"\n", "\u2028".encode()), rejected="header and no row", line=1),
    Case("spaces_alone_between_fields", _PLAIN.replace(b",", b" "), rejected="no line of it", line=1),
    Case("broken_gzip", b"\x1f\x8b\x08" + bytes(range(256)), rejected="gzip"),
]
