"""Files that are written another way, and hold the good rows all the same."""

from __future__ import annotations

from tests.pipeline.corpus.case import GOOD, LOCAL, Case, csv_of

_PLAIN = csv_of(*LOCAL)
_TEXT = _PLAIN.decode()
_SEMICOLONS = _TEXT.replace(",", ";")
_COMMAS = "\n".join(line.replace(",", ";").replace(".", ",") for line in _TEXT.splitlines()) + "\n"
CASES = [
    Case("plain", _PLAIN, GOOD),
    Case("no_last_line_end", _PLAIN[:-1], GOOD),
    Case("crlf", _PLAIN.replace(b"\n", b"\r\n"), GOOD),
    Case("lone_cr", _PLAIN.replace(b"\n", b"\r"), GOOD),
    Case("mixed_line_ends", _PLAIN.replace(b"\n", b"\r\n", 2), GOOD),
    Case("bom", b"\xef\xbb\xbf" + _PLAIN, GOOD),
    Case("utf_16", _TEXT.encode("utf-16"), GOOD),
    Case("utf_16_le_without_bom", _TEXT.encode("utf-16-le"), GOOD),
    Case("utf_16_be", b"\xfe\xff" + _TEXT.encode("utf-16-be"), GOOD),
    Case("utf_16_crlf", _TEXT.replace("\n", "\r\n").encode("utf-16"), GOOD),
    Case("latin_1_header", "Zeit;Außen-Wärme\n".encode("latin-1") + _SEMICOLONS.split("\n", 1)[1].encode(), GOOD),
    Case("latin_1_note", "# Gerät für Müller\n".encode("latin-1") + _PLAIN, GOOD),
    Case("semicolon", _SEMICOLONS.encode(), GOOD),
    Case("tab", _TEXT.replace(",", "\t").encode(), GOOD),
    Case("pipe", _TEXT.replace(",", "|").encode(), GOOD),
    Case("sep_line", b"sep=;\n" + _SEMICOLONS.encode(), GOOD),
    Case("decimal_comma", _COMMAS.encode(), GOOD),
    Case("decimal_comma_tab", _COMMAS.replace(";", "\t").encode(), GOOD),
    Case(
        "decimal_comma_quoted",
        csv_of('"2024-01-01 01:00:00","1,5"', '"2024-01-01 01:05:00","-2,25"', '"2024-01-01 01:10:00","3,0"'),
        GOOD,
    ),
    Case(
        "quotes",
        "\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in _TEXT.splitlines()).encode(),
        GOOD,
    ),
    Case("quoted_stamps", csv_of(*[f'"{line[:19]}"{line[19:]}' for line in LOCAL]), GOOD),
    Case("no_header", csv_of(*LOCAL, header=None), GOOD),
    Case("header_ts_alone", csv_of(*LOCAL, header="ts"), GOOD),
    Case("header_ts_value", csv_of(*LOCAL, header="ts,value"), GOOD),
    Case("header_other_names", csv_of(*LOCAL, header="Zeitstempel,Wert"), GOOD),
    Case("header_capitals", csv_of(*LOCAL, header="TIMESTAMP,COM_AP"), GOOD),
    Case("header_spaces", csv_of(*LOCAL, header=" ts , com_ap "), GOOD),
    Case("header_unknown_stamp_name", csv_of(*LOCAL, header="when_it_was,com_ap"), GOOD),
    Case("value_first", csv_of(*[",".join(reversed(line.split(","))) for line in LOCAL], header="com_ap,ts"), GOOD),
    Case("notes_before_header", b"# logger 7\n# Berlin\n\n" + _PLAIN, GOOD),
    Case("title_before_header", b"Site 7 export\n" + _PLAIN, GOOD),
    Case("spaces_around", csv_of(*[line.replace(",", " , ") + " " for line in LOCAL]), GOOD),
    Case("blank_lines_between", _PLAIN.replace(b"\n", b"\n\n"), GOOD),
    Case("plus_signs", csv_of("2024-01-01 01:00:00,+1.5", *LOCAL[1:]), GOOD),
    Case(
        "exponents",
        csv_of("2024-01-01 01:00:00,1.5E0", "2024-01-01 01:05:00,-225e-2", "2024-01-01 01:10:00,.3e1"),
        GOOD,
    ),
    Case("unicode_minus", csv_of(LOCAL[0], "2024-01-01 01:05:00,\u22122.25", LOCAL[2]), GOOD),
    Case("trailing_separator", csv_of(*[line + "," for line in LOCAL]), GOOD),
    Case("trailing_separator_with_header", csv_of(*[line + "," for line in LOCAL], header="ts,com_ap,"), GOOD),
    Case("text_column_beside", csv_of(*[line + ",ok" for line in LOCAL], header="ts,com_ap,status"), GOOD),
    Case("more_decimals", csv_of("2024-01-01 01:00:00,1.500000000000", *LOCAL[1:]), GOOD),
    Case("index_column", csv_of(*[f"{n},{line}" for n, line in enumerate(LOCAL)], header=",ts,com_ap"), GOOD),
    Case(
        "every_field_quoted_one_comma_inside",
        csv_of(
            '"2024-01-01 01:00:00","1.5","a"',
            '"2024-01-01 01:05:00","-2.25","b,c"',
            '"2024-01-01 01:10:00","3.0","d"',
            header='"ts","com_ap","note"',
        ),
        GOOD,
    ),
    Case("quotes_in_some_rows", csv_of(LOCAL[0], '"2024-01-01 01:05:00","-2.25"', LOCAL[2]), GOOD),
    Case("name_with_spaces", _PLAIN, GOOD, file_name="com ap (2).csv"),
    Case("long_line_before_header", b"x" * 5_000_000 + b"\n" + _PLAIN, GOOD),
    Case("name_with_umlaut", _PLAIN, GOOD, file_name="Zähler-Größe.csv"),
    Case("name_in_capitals", _PLAIN, GOOD, file_name="COM_AP.CSV"),
    Case(
        "sub_second",
        csv_of("2024-01-01 01:00:00.000,1.5", "2024-01-01 01:05:00.000,-2.25", "2024-01-01 01:10:00.000,3.0"),
        GOOD,
    ),
]
