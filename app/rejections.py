"""Why the build takes no reading from a file, in English as the build says it (`app.say`)."""

from __future__ import annotations

from app.language import mark

FILE_REASONS = (
    mark("it is gzip-compressed; unpack it first"),
    mark("it is bzip2-compressed; unpack it first"),
    mark("it is xz-compressed; unpack it first"),
    mark("it is zstd-compressed; unpack it first"),
    mark("it is a zip archive (or a spreadsheet); unpack it, or save it as CSV"),
    mark("it is compressed; unpack it so that the folder holds a .csv"),
    mark("it is a Parquet file, not a CSV"),
    mark("it is a database, not a CSV"),
    mark("it is a PDF, not a CSV"),
    mark("it is a spreadsheet; save it as CSV"),
    mark("it is a folder with the name of a CSV"),
    mark("it is no regular file but a pipe, socket or device"),
    mark("it is empty"),
    mark("it is binary, not text"),
    mark("no line of it holds a time stamp and a reading"),
    mark("it has a header and no row"),
    mark("it has no line break in its first {size} MiB; rows end with one"),
    mark("it has {width} columns; more than {most} are no log"),
    mark("it has time stamps and no column of readings beside them"),
    mark("no line break within {size} MiB; the file is damaged here"),
    mark("it was replaced or cut short while it was read"),
    mark("it was cut short while it was read"),
    mark("it can no longer be read: {why}"),
    mark("it cannot be read: {why}. Check that it exists and its rights."),
    mark("it cannot be read: {why}"),
    mark("cannot be read: {why}"),
    mark("its name is not UTF-8; rename it"),
    mark("it holds no row of readings"),
    mark("none of its {rows} rows can be used: {why}"),
    mark("from here on its columns have other names; split it into files of one header each"),
)
"""Whole reasons; what a field holds is said by `ROWS_LEFT_OUT`."""
ROWS_LEFT_OUT = (
    mark("{count} missing"),
    mark("{count} unreadable"),
    mark("{count} out_of_range"),
    mark("{count} sentinel"),
    mark("{count} bad_stamp"),
    mark("{count} truncated_line"),
    mark("{count} extra_fields"),
    mark("{count} unclosed_quote"),
    mark("{count} repeated_header"),
    mark("{count} comments"),
    mark("{count} duplicates"),
    mark("{count} conflicts"),
)
"""How many rows of a file were left out for which reason."""
