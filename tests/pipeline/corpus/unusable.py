"""Files that hold nothing to use."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile

from tests.pipeline.corpus.case import LOCAL, Case, csv_of


def _zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("com_ap.csv", csv_of(*LOCAL))
    return archive.getvalue()


CASES = [
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
    Case("gzip", gzip.compress(csv_of(*LOCAL)), rejected="gzip"),
    Case("zip", _zipped(), rejected="zip"),
    Case("bzip2", bz2.compress(csv_of(*LOCAL)), rejected="bzip2"),
    Case("xz", lzma.compress(csv_of(*LOCAL)), rejected="xz"),
    Case("parquet", b"PAR1" + bytes(range(256)), rejected="Parquet"),
    Case("sqlite", b"SQLite format 3\0" + bytes(100), rejected="database"),
    Case("pdf", b"%PDF-1.7\n1 0 obj\n", rejected="PDF"),
    Case("binary", struct.pack("<200d", *[n * 1.7 for n in range(200)]), rejected="binary"),
    Case("every_byte", bytes(range(256)) * 20, rejected=""),
    Case("three_million_columns", b"ts" + b"," * 3_000_000 + b"\n2024-01-01 01:00:00,1\n", rejected="columns"),
    Case("bytes_of_no_encoding", b"\xff" * 100_000, rejected="no line of it"),
    Case("all_stamps_bad", csv_of("yesterday,1", "today,2"), rejected="2 bad_stamp", line=2),
    Case(
        "all_values_bad",
        csv_of("2024-01-01 01:00:00,on", "2024-01-01 01:05:00,off"),
        rejected="2 unreadable",
        line=2,
    ),
    Case("all_values_missing", csv_of("2024-01-01 01:00:00,", "2024-01-01 01:05:00,"), rejected="2 missing", line=2),
    Case("all_out_of_range", csv_of("2024-01-01 01:00:00,1e9"), rejected="1 out_of_range", line=2),
    Case("all_in_1970", csv_of("1970-01-01 00:00:00,1", "1970-01-01 00:05:00,2"), rejected="2 bad_stamp", line=2),
]
