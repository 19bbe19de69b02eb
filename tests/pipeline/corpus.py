"""Malformed and merely unusual CSVs: what a logger, a spreadsheet or a full disk may leave behind.

Each case is a file's bytes with what must come of it: the good rows exactly, the reasons why others were left out, or
a rejection whose reason says what is wrong. Local stamps are Europe/Berlin.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

Rows = tuple[tuple[str, float], ...]


class Signal(TypedDict):
    """File name and signal of a case that is not about power."""

    file_name: str
    signal: str


@dataclass(frozen=True)
class Case:
    """One file and what must come of it."""

    name: str
    data: bytes
    rows: Rows = ()
    """UTC stamps and readings that must be found, exactly."""
    excluded: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)
    rejected: str | None = None
    """Words that the reason of the rejection holds."""
    line: int | None = None
    """Line that is named first, where one is."""
    file_name: str = "com_ap.csv"
    signal: str = "com_ap"


GOOD: Rows = (("2024-01-01T00:00:00", 1.5), ("2024-01-01T00:05:00", -2.25), ("2024-01-01T00:10:00", 3.0))
"""The rows that most cases hold, in UTC; Berlin writes them an hour later."""
_LOCAL = ("2024-01-01 01:00:00,1.5", "2024-01-01 01:05:00,-2.25", "2024-01-01 01:10:00,3.0")


def _text(*lines: str, header: str | None = "ts,com_ap", end: str = "\n", last: bool = True) -> bytes:
    every = ([] if header is None else [header]) + list(lines)
    return (end.join(every) + (end if last else "")).encode()


def _with(*extra: str, at: int = 1) -> bytes:
    """Write the good rows with lines put in."""
    lines = [*_LOCAL[:at], *extra, *_LOCAL[at:]]
    return _text(*lines)


def _stamped(pattern: str, *, zone_ms: int = 0) -> bytes:
    def written(stamp: str) -> str:
        instant = datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()
        return datetime.fromtimestamp(instant + zone_ms / 1000, UTC).strftime(pattern)

    return _text(*[f"{written(stamp)},{value}" for stamp, value in GOOD])


_HOUR = 3_600_000


def _whole() -> list[Case]:
    """List files that hold nothing to use."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("com_ap.csv", _text(*_LOCAL))
    return [
        Case("empty", b"", rejected="empty"),
        Case("only_blank_lines", b"\n\n \n", rejected="empty"),
        Case("only_bom", b"\xef\xbb\xbf", rejected="empty"),
        Case("only_zeros", bytes(5000), rejected="empty"),
        Case("header_only", b"ts,com_ap\n", rejected="header and no row", line=1),
        Case("header_without_line_end", b"ts,com_ap", rejected="header and no row", line=1),
        Case("header_and_blank_lines", b"ts,com_ap\n\n\n", rejected="header and no row", line=1),
        Case("two_headers_no_row", b"ts,com_ap\nts,com_ap\n", rejected="", line=2),
        Case("prose", b"The logger was replaced on Monday.\nSee the report.\n", rejected="no line of it"),
        Case("json", b'{"ts": 1, "com_ap": 2}\n{"ts": 2}\n', rejected=""),
        Case("html", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", rejected="no line of it"),
        Case("stamps_alone", b"ts\n2024-01-01 01:00:00\n2024-01-01 01:05:00\n", rejected=""),
        Case("missing_value_column", b"ts,name\n", rejected="header and no row"),
        Case("gzip", gzip.compress(_text(*_LOCAL)), rejected="gzip"),
        Case("zip", archive.getvalue(), rejected="zip"),
        Case("bzip2", bz2.compress(_text(*_LOCAL)), rejected="bzip2"),
        Case("xz", lzma.compress(_text(*_LOCAL)), rejected="xz"),
        Case("parquet", b"PAR1" + bytes(range(256)), rejected="Parquet"),
        Case("sqlite", b"SQLite format 3\0" + bytes(100), rejected="database"),
        Case("pdf", b"%PDF-1.7\n1 0 obj\n", rejected="PDF"),
        Case("binary", struct.pack("<200d", *[n * 1.7 for n in range(200)]), rejected="binary"),
        Case("every_byte", bytes(range(256)) * 20, rejected=""),
        Case("three_million_columns", b"ts" + b"," * 3_000_000 + b"\n2024-01-01 01:00:00,1\n", rejected="columns"),
        Case("bytes_of_no_encoding", b"\xff" * 100_000, rejected="no line of it"),
        Case("all_stamps_bad", _text("yesterday,1", "today,2"), rejected="2 bad_stamp", line=2),
        Case(
            "all_values_bad",
            _text("2024-01-01 01:00:00,on", "2024-01-01 01:05:00,off"),
            rejected="2 unreadable",
            line=2,
        ),
        Case("all_values_missing", _text("2024-01-01 01:00:00,", "2024-01-01 01:05:00,"), rejected="2 missing", line=2),
        Case("all_out_of_range", _text("2024-01-01 01:00:00,1e9"), rejected="1 out_of_range", line=2),
        Case("all_in_1970", _text("1970-01-01 00:00:00,1", "1970-01-01 00:05:00,2"), rejected="2 bad_stamp", line=2),
    ]


def _forms() -> list[Case]:
    """List files that are written another way, and hold the good rows all the same."""
    plain = _text(*_LOCAL)
    text = plain.decode()
    semicolons = text.replace(",", ";")
    commas = "\n".join(line.replace(",", ";").replace(".", ",") for line in text.splitlines()) + "\n"
    return [
        Case("plain", plain, GOOD),
        Case("no_last_line_end", plain[:-1], GOOD),
        Case("crlf", plain.replace(b"\n", b"\r\n"), GOOD),
        Case("lone_cr", plain.replace(b"\n", b"\r"), GOOD),
        Case("mixed_line_ends", plain.replace(b"\n", b"\r\n", 2), GOOD),
        Case("bom", b"\xef\xbb\xbf" + plain, GOOD),
        Case("utf_16", text.encode("utf-16"), GOOD),
        Case("utf_16_le_without_bom", text.encode("utf-16-le"), GOOD),
        Case("utf_16_be", b"\xfe\xff" + text.encode("utf-16-be"), GOOD),
        Case("utf_16_crlf", text.replace("\n", "\r\n").encode("utf-16"), GOOD),
        Case("latin_1_header", "Zeit;Außen-Wärme\n".encode("latin-1") + semicolons.split("\n", 1)[1].encode(), GOOD),
        Case("latin_1_note", "# Gerät für Müller\n".encode("latin-1") + plain, GOOD),
        Case("semicolon", semicolons.encode(), GOOD),
        Case("tab", text.replace(",", "\t").encode(), GOOD),
        Case("pipe", text.replace(",", "|").encode(), GOOD),
        Case("sep_line", b"sep=;\n" + semicolons.encode(), GOOD),
        Case("decimal_comma", commas.encode(), GOOD),
        Case("decimal_comma_tab", commas.replace(";", "\t").encode(), GOOD),
        Case(
            "decimal_comma_quoted",
            _text('"2024-01-01 01:00:00","1,5"', '"2024-01-01 01:05:00","-2,25"', '"2024-01-01 01:10:00","3,0"'),
            GOOD,
        ),
        Case(
            "quotes",
            "\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in text.splitlines()).encode(),
            GOOD,
        ),
        Case("quoted_stamps", _text(*[f'"{line[:19]}"{line[19:]}' for line in _LOCAL]), GOOD),
        Case("no_header", _text(*_LOCAL, header=None), GOOD),
        Case("header_ts_alone", _text(*_LOCAL, header="ts"), GOOD),
        Case("header_ts_value", _text(*_LOCAL, header="ts,value"), GOOD),
        Case("header_other_names", _text(*_LOCAL, header="Zeitstempel,Wert"), GOOD),
        Case("header_capitals", _text(*_LOCAL, header="TIMESTAMP,COM_AP"), GOOD),
        Case("header_spaces", _text(*_LOCAL, header=" ts , com_ap "), GOOD),
        Case("header_unknown_stamp_name", _text(*_LOCAL, header="when_it_was,com_ap"), GOOD),
        Case("value_first", _text(*[",".join(reversed(line.split(","))) for line in _LOCAL], header="com_ap,ts"), GOOD),
        Case("notes_before_header", b"# logger 7\n# Berlin\n\n" + plain, GOOD),
        Case("title_before_header", b"Site 7 export\n" + plain, GOOD),
        Case("spaces_around", _text(*[line.replace(",", " , ") + " " for line in _LOCAL]), GOOD),
        Case("blank_lines_between", plain.replace(b"\n", b"\n\n"), GOOD),
        Case("plus_signs", _text("2024-01-01 01:00:00,+1.5", *_LOCAL[1:]), GOOD),
        Case(
            "exponents",
            _text("2024-01-01 01:00:00,1.5E0", "2024-01-01 01:05:00,-225e-2", "2024-01-01 01:10:00,.3e1"),
            GOOD,
        ),
        Case("unicode_minus", _text(_LOCAL[0], "2024-01-01 01:05:00,\u22122.25", _LOCAL[2]), GOOD),
        Case("trailing_separator", _text(*[line + "," for line in _LOCAL]), GOOD),
        Case("trailing_separator_with_header", _text(*[line + "," for line in _LOCAL], header="ts,com_ap,"), GOOD),
        Case("text_column_beside", _text(*[line + ",ok" for line in _LOCAL], header="ts,com_ap,status"), GOOD),
        Case("more_decimals", _text("2024-01-01 01:00:00,1.500000000000", *_LOCAL[1:]), GOOD),
        Case("index_column", _text(*[f"{n},{line}" for n, line in enumerate(_LOCAL)], header=",ts,com_ap"), GOOD),
        Case(
            "every_field_quoted_one_comma_inside",
            _text(
                '"2024-01-01 01:00:00","1.5","a"',
                '"2024-01-01 01:05:00","-2.25","b,c"',
                '"2024-01-01 01:10:00","3.0","d"',
                header='"ts","com_ap","note"',
            ),
            GOOD,
        ),
        Case("quotes_in_some_rows", _text(_LOCAL[0], '"2024-01-01 01:05:00","-2.25"', _LOCAL[2]), GOOD),
        Case("name_with_spaces", plain, GOOD, file_name="com ap (2).csv"),
        Case("long_line_before_header", b"x" * 5_000_000 + b"\n" + plain, GOOD),
        Case("name_with_umlaut", plain, GOOD, file_name="Zähler-Größe.csv"),
        Case("name_in_capitals", plain, GOOD, file_name="COM_AP.CSV"),
        Case(
            "sub_second",
            _text("2024-01-01 01:00:00.000,1.5", "2024-01-01 01:05:00.000,-2.25", "2024-01-01 01:10:00.000,3.0"),
            GOOD,
        ),
    ]


def _stamps() -> list[Case]:
    """List notations of stamps."""
    at = [int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()) for stamp, _ in GOOD]
    values = [value for _, value in GOOD]

    def counted(times: float) -> bytes:
        return _text(*[f"{int(second * times)},{value}" for second, value in zip(at, values, strict=True)])

    return [
        Case("iso_t", _stamped("%Y-%m-%dT%H:%M:%S", zone_ms=_HOUR), GOOD),
        Case("iso_z", _stamped("%Y-%m-%dT%H:%M:%SZ"), GOOD),
        Case("iso_space_z", _stamped("%Y-%m-%d %H:%M:%SZ"), GOOD),
        Case("iso_utc_word", _stamped("%Y-%m-%d %H:%M:%S UTC"), GOOD),
        Case("iso_offset", _stamped("%Y-%m-%dT%H:%M:%S+02:00", zone_ms=2 * _HOUR), GOOD),
        Case("iso_offset_plain", _stamped("%Y-%m-%dT%H:%M:%S-0300", zone_ms=-3 * _HOUR), GOOD),
        Case("iso_offset_hours", _stamped("%Y-%m-%d %H:%M:%S+01", zone_ms=_HOUR), GOOD),
        Case("iso_minutes", _stamped("%Y-%m-%d %H:%M", zone_ms=_HOUR), GOOD),
        Case("iso_slashes", _stamped("%Y/%m/%d %H:%M:%S", zone_ms=_HOUR), GOOD),
        Case("iso_milliseconds", _stamped("%Y-%m-%dT%H:%M:%S.000Z"), GOOD),
        Case("iso_microseconds", _stamped("%Y-%m-%d %H:%M:%S.000000", zone_ms=_HOUR), GOOD),
        Case("compact", _stamped("%Y%m%dT%H%M%SZ"), GOOD),
        Case("compact_digits", _stamped("%Y%m%d%H%M%S", zone_ms=_HOUR), GOOD),
        Case("german", _stamped("%d.%m.%Y %H:%M:%S", zone_ms=_HOUR), GOOD),
        Case("german_minutes", _stamped("%d.%m.%Y %H:%M", zone_ms=_HOUR), GOOD),
        Case("german_short_year", _stamped("%d.%m.%y %H:%M", zone_ms=_HOUR), GOOD),
        Case("us", _stamped("%m/%d/%Y %H:%M:%S", zone_ms=_HOUR), GOOD),
        Case("us_half_days", _stamped("%m/%d/%Y %I:%M:%S %p", zone_ms=_HOUR), GOOD),
        Case("month_names", _stamped("%d-%b-%Y %H:%M:%S", zone_ms=_HOUR), GOOD),
        Case(
            "british",
            _text("13/01/2024 01:00:00,1.0", "14/01/2024 01:00:00,2.0"),
            (("2024-01-13T00:00:00", 1.0), ("2024-01-14T00:00:00", 2.0)),
        ),
        Case("epoch_s", counted(1), GOOD),
        Case("epoch_ms", counted(1e3), GOOD),
        Case("epoch_us", counted(1e6), GOOD),
        Case("epoch_ns", counted(1e9), GOOD),
        Case("epoch_fraction", _text(*[f"{second}.0,{value}" for second, value in zip(at, values, strict=True)]), GOOD),
        Case("mixed_notations", _text("2024-01-01T00:00:00Z,1.5", "01.01.2024 01:05:00,-2.25", f"{at[2]},3.0"), GOOD),
        Case(
            "mixed_fractions",
            _text("2024-01-01 01:00:00,1.5", "2024-01-01 01:05:00.000,-2.25", "2024-01-01 01:10:00,3.0"),
            GOOD,
        ),
        Case(
            "mixed_t_and_space",
            _text("2024-01-01 01:00:00,1.5", "2024-01-01T01:05:00,-2.25", "2024-01-01 01:10:00,3.0"),
            GOOD,
        ),
        Case(
            "date_and_time_apart",
            _stamped("%d.%m.%Y;%H:%M", zone_ms=_HOUR).replace(b"ts,com_ap", b"Datum;Uhrzeit;Wert").replace(b",", b";"),
            GOOD,
        ),
        Case(
            "date_and_time_apart_bad_time",
            _text(
                "2024-01-01,01:00,1.5",
                "2024-01-01,soon,9",
                "2024-01-01,01:05,-2.25",
                "2024-01-01,01:10,3.0",
                header="date,time,com_ap",
            ),
            GOOD,
            {"bad_stamp": 1},
            line=3,
        ),
        Case(
            "days_first_by_later_rows",
            _text(*[f"{day:02}/04/2024 12:00,{day}.0" for day in range(1, 31)]),
            tuple((f"2024-04-{day:02}T10:00:00", float(day)) for day in range(1, 31)),
        ),
        Case(
            "months_first_by_later_rows",
            _text(*[f"04/{day:02}/2024 12:00,{day}.0" for day in range(1, 31)]),
            tuple((f"2024-04-{day:02}T10:00:00", float(day)) for day in range(1, 31)),
        ),
        Case(
            "dashes_days_first",
            _text("03-04-2024 12:00:00,1.0", "04-04-2024 12:00:00,2.0"),
            (("2024-04-03T10:00:00", 1.0), ("2024-04-04T10:00:00", 2.0)),
        ),
        Case(
            "dashes_months_first",
            _text("04-29-2024 12:00:00,1.0", "04-30-2024 12:00:00,2.0"),
            (("2024-04-29T10:00:00", 1.0), ("2024-04-30T10:00:00", 2.0)),
        ),
        Case(
            "days_alone",
            _text("2024-01-01,1.0", "2024-01-02,2.0"),
            (("2023-12-31T23:00:00", 1.0), ("2024-01-01T23:00:00", 2.0)),
        ),
        Case(
            "leap_day",
            _text("2024-02-29 12:00:00,1.0", "2023-02-29 12:00:00,2.0"),
            (("2024-02-29T11:00:00", 1.0),),
            {"bad_stamp": 1},
            line=3,
        ),
        Case("year_1970", _with("1970-01-01 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("year_9999", _with("9999-12-31 23:59:59,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("year_2262", _with("2262-04-12 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("year_0", _with("0000-00-00 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("month_13", _with("2024-13-01 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("hour_24", _with("2024-01-01 24:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("stamp_empty", _with(",9"), GOOD, {"bad_stamp": 1}, line=3),
        Case("stamp_word", _with("soon,9"), GOOD, {"bad_stamp": 1}, line=3),
        Case(
            "epoch_zero", _text(f"{at[0]},1.5", "0,9", f"{at[1]},-2.25", f"{at[2]},3.0"), GOOD, {"bad_stamp": 1}, line=3
        ),
    ]


def _rows() -> list[Case]:
    """List single bad rows among good ones."""
    at = "2024-01-01 01:02:00"
    tokens = ("", "NaN", "nan", "inf", "-inf", "None", "NULL", "null", "ERR", "-", "--", "N/A", "#N/A", "NA", '""')
    missing = [
        Case(f"token_{n}_{token.strip('#/-') or 'mark'}", _with(f"{at},{token}"), GOOD, {"missing": 1}, line=3)
        for n, token in enumerate(tokens)
    ]
    unreadable = ("on", "1.2.3", "1_000", "0x10", "3,4,5x", "12abc", "1e", "--5", "true", "1.5V")
    odd = [
        Case(
            f"value_{n}", _with(f'{at},"{token}"' if "," in token else f"{at},{token}"), GOOD, {"unreadable": 1}, line=3
        )
        for n, token in enumerate(unreadable)
    ]
    thousands: Rows = (
        ("2024-01-01T00:00:00", 1234.5),
        ("2024-01-01T00:05:00", 1_234_567.0),
        ("2024-01-01T00:10:00", -12_345.25),
    )
    energy: Signal = {"file_name": "pos_ae.csv", "signal": "pos_ae"}
    return [
        *missing,
        *odd,
        Case(
            "thousands_point",
            _text(
                '2024-01-01 01:00:00,"1,234.5"',
                '2024-01-01 01:05:00,"1,234,567"',
                '2024-01-01 01:10:00,"-12,345.25"',
                header="ts,pos_ae",
            ),
            thousands,
            **energy,
        ),
        Case(
            "thousands_comma",
            _text(
                "2024-01-01 01:00:00;1.234,5",
                "2024-01-01 01:05:00;1.234.567",
                "2024-01-01 01:10:00;-12.345,25",
                header="ts;pos_ae",
            ),
            thousands,
            **energy,
        ),
        Case(
            "thousands_space",
            _text(
                "2024-01-01 01:00:00;1 234,5",
                "2024-01-01 01:05:00;1 234 567",
                "2024-01-01 01:10:00;-12 345,25",
                header="ts;pos_ae",
            ),
            thousands,
            **energy,
        ),
        Case(
            "thousands_quote",
            _text(
                "2024-01-01 01:00:00;1'234.5",
                "2024-01-01 01:05:00;1'234'567",
                "2024-01-01 01:10:00;-12'345.25",
                header="ts;pos_ae",
            ),
            thousands,
            **energy,
        ),
        Case("extra_fields", _with(f"{at},1,2,3"), GOOD, {"extra_fields": 1}, line=3),
        Case("two_rows_in_one", _with(f"{at},1{at},2"), GOOD, {"extra_fields": 1}, line=3),
        Case("row_without_value", _with(at), GOOD, {"truncated_line": 1}, line=3),
        Case("row_of_half_a_stamp", _with("2024-01-0"), GOOD, {"truncated_line": 1}, line=3),
        Case("truncated_in_stamp", _text(*_LOCAL, "2024-01-01 01:1", last=False), GOOD, {"truncated_line": 1}, line=5),
        Case(
            "truncated_before_value",
            _text(*_LOCAL, "2024-01-01 01:15:00", last=False),
            GOOD,
            {"truncated_line": 1},
            line=5,
        ),
        Case(
            "truncated_after_separator",
            _text(*_LOCAL, "2024-01-01 01:15:00,", last=False),
            GOOD,
            {"missing": 1},
            line=5,
        ),
        Case(
            "truncated_at_decimal_mark",
            _text(*_LOCAL, "2024-01-01 01:15:00,3.", last=False),
            GOOD,
            {"truncated_line": 1},
            line=5,
        ),
        Case("unclosed_quote", _with(f'{at},"1.0'), GOOD, {"unclosed_quote": 1}, line=3),
        Case("unclosed_quote_in_stamp", _with(f'"{at},1.0'), GOOD, {"unclosed_quote": 1}, line=3),
        Case("zeros_after_power_loss", _with("\0" * 300), GOOD),
        Case("zeros_in_a_row", _with(f"{at},1.\0\0"), GOOD, {"unreadable": 1}, line=3),
        Case(
            "broken_utf_8",
            _text(*_LOCAL).replace(b"-2.25", b"-2.25\n2024-01-01 01:06:00,\xff\xfe1"),
            GOOD,
            {"unreadable": 1},
            line=4,
        ),
        Case("header_again", _with("ts,com_ap"), GOOD, {"repeated_header": 1}, line=3),
        Case("comment_between", _with("# restarted"), GOOD, noted={"comments": 1}),
        Case("long_line", _with("x" * 10_000_000), GOOD, {"truncated_line": 1}, line=3),
        Case("long_value", _with(f"{at}," + "9" * 400), GOOD, {"missing": 1}, line=3),
        Case("out_of_range", _with(f"{at},1e9"), GOOD, {"out_of_range": 1}, line=3),
        Case(
            "sentinel",
            _text(
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
            _text("2024-01-01 01:00:00,-40", "2024-01-01 01:05:00,-39.5", header="ts,bms1_p1_t1"),
            (("2024-01-01T00:05:00", -39.5),),
            {"sentinel": 1},
            line=2,
            file_name="bms1_p1_t1.csv",
            signal="bms1_p1_t1",
        ),
    ]


def _order() -> list[Case]:
    """List rows that are out of order, or claim one moment twice."""
    a, b, c = _LOCAL
    flag: Signal = {"file_name": "fa1_SmokeFlag.csv", "signal": "fa1_SmokeFlag"}
    alarm: Rows = (("2024-01-01T00:00:00", 2.0),)
    return [
        Case("unsorted", _text(b, a, c), GOOD, noted={"out_of_order": 1}),
        Case("descending", _text(c, b, a), GOOD, noted={"out_of_order": 2}),
        Case("equal_rows", _text(a, a, b, c, c, c), GOOD, {"duplicates": 3}),
        Case("equal_numbers", _text(a, "2024-01-01 01:00:00,1.50", b, c), GOOD, {"duplicates": 1}),
        Case("differing_rows", _text("2024-01-01 01:00:00,7", a, b, c), GOOD, {"conflicts": 1}),
        Case("duplicate_with_missing", _text(a, "2024-01-01 01:00:00,", b, c), GOOD, {"missing": 1}),
        Case("whole_file_twice", _text(*_LOCAL, *_LOCAL), GOOD, {"duplicates": 3}, {"out_of_order": 2}),
        Case(
            "flag_keeps_its_alarm",
            _text("2024-01-01 01:00:00,2", "2024-01-01 01:00:00,0", header="ts,fa1_SmokeFlag"),
            alarm,
            {"conflicts": 1},
            **flag,
        ),
        Case(
            "same_instant_two_zones",
            _text(
                "2024-01-01T00:00:00Z,1.5",
                "2024-01-01T01:00:00+01:00,1.5",
                "2024-01-01T00:05:00Z,-2.25",
                "2024-01-01T00:10:00Z,3.0",
            ),
            GOOD,
            {"duplicates": 1},
        ),
    ]


def _changes_of_clock() -> list[Case]:
    """List Berlin's changes of clock."""
    autumn = ["2024-10-27 01:30:00", "2024-10-27 02:00:00", "2024-10-27 02:30:00"]
    twice = [*autumn, "2024-10-27 02:00:00", "2024-10-27 02:30:00", "2024-10-27 03:00:00"]
    utc = [
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

    def rows(stamps: list[str]) -> bytes:
        return _text(*[f"{stamp},{n}" for n, stamp in enumerate(stamps)])

    def truth(stamps: list[str]) -> Rows:
        return tuple((stamp, float(n)) for n, stamp in enumerate(stamps))

    backwards = tuple((stamp, float(5 - n)) for n, stamp in enumerate(utc))
    return [
        Case("autumn_both_passes", rows(twice), truth(utc), noted={"dst_repeated": 2}),
        Case("autumn_descending", rows(twice[::-1]), backwards, noted={"dst_repeated": 2, "out_of_order": 5}),
        Case(
            "autumn_one_pass",
            rows([*autumn, "2024-10-27 03:00:00"]),
            truth([*utc[:3], utc[5]]),
            noted={"dst_ambiguous": 2},
        ),
        Case(
            "autumn_hourly",
            rows(["2024-10-27 01:00:00", "2024-10-27 02:00:00", "2024-10-27 02:00:00", "2024-10-27 03:00:00"]),
            truth(["2024-10-26T23:00:00", utc[1], utc[3], utc[5]]),
            noted={"dst_repeated": 1},
        ),
        Case(
            "spring_skipped",
            rows(["2024-03-31 01:30:00", "2024-03-31 02:30:00", "2024-03-31 04:00:00"]),
            truth(["2024-03-31T00:30:00", "2024-03-31T01:30:00", "2024-03-31T02:00:00"]),
            noted={"dst_skipped": 1},
        ),
        Case(
            "spring_ordinary",
            rows(["2024-03-31 01:55:00", "2024-03-31 03:00:00"]),
            truth(["2024-03-31T00:55:00", "2024-03-31T01:00:00"]),
        ),
        Case(
            "offsets_need_no_order",
            _text("2024-10-27T02:30:00+02:00,0", "2024-10-27T02:30:00+01:00,1"),
            truth([utc[2], utc[4]]),
        ),
    ]


def cases() -> list[Case]:
    """List every case."""
    makers: tuple[Callable[[], list[Case]], ...] = (_whole, _forms, _stamps, _rows, _order, _changes_of_clock)
    return [case for make in makers for case in make()]
