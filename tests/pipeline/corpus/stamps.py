"""Notations of stamps."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.pipeline.corpus.case import GOOD, HOUR_MS, Case, csv_of, good_at, good_with

_AT = [int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()) for stamp, _ in GOOD]
_VALUES = [value for _, value in GOOD]


def _counted(times: float) -> bytes:
    return csv_of(*[f"{int(second * times)},{value}" for second, value in zip(_AT, _VALUES, strict=True)])


CASES = [
    Case("iso_t", good_at("%Y-%m-%dT%H:%M:%S", zone_ms=HOUR_MS), GOOD),
    Case("iso_z", good_at("%Y-%m-%dT%H:%M:%SZ"), GOOD),
    Case("iso_space_z", good_at("%Y-%m-%d %H:%M:%SZ"), GOOD),
    Case("iso_utc_word", good_at("%Y-%m-%d %H:%M:%S UTC"), GOOD),
    Case("iso_offset", good_at("%Y-%m-%dT%H:%M:%S+02:00", zone_ms=2 * HOUR_MS), GOOD),
    Case("iso_offset_plain", good_at("%Y-%m-%dT%H:%M:%S-0300", zone_ms=-3 * HOUR_MS), GOOD),
    Case("iso_offset_hours", good_at("%Y-%m-%d %H:%M:%S+01", zone_ms=HOUR_MS), GOOD),
    Case("iso_minutes", good_at("%Y-%m-%d %H:%M", zone_ms=HOUR_MS), GOOD),
    Case("iso_slashes", good_at("%Y/%m/%d %H:%M:%S", zone_ms=HOUR_MS), GOOD),
    Case("iso_milliseconds", good_at("%Y-%m-%dT%H:%M:%S.000Z"), GOOD),
    Case("iso_microseconds", good_at("%Y-%m-%d %H:%M:%S.000000", zone_ms=HOUR_MS), GOOD),
    Case("compact", good_at("%Y%m%dT%H%M%SZ"), GOOD),
    Case("compact_digits", good_at("%Y%m%d%H%M%S", zone_ms=HOUR_MS), GOOD),
    Case("german", good_at("%d.%m.%Y %H:%M:%S", zone_ms=HOUR_MS), GOOD),
    Case("german_minutes", good_at("%d.%m.%Y %H:%M", zone_ms=HOUR_MS), GOOD),
    Case("german_short_year", good_at("%d.%m.%y %H:%M", zone_ms=HOUR_MS), GOOD),
    Case("us", good_at("%m/%d/%Y %H:%M:%S", zone_ms=HOUR_MS), GOOD),
    Case("us_half_days", good_at("%m/%d/%Y %I:%M:%S %p", zone_ms=HOUR_MS), GOOD),
    Case("month_names", good_at("%d-%b-%Y %H:%M:%S", zone_ms=HOUR_MS), GOOD),
    Case(
        "british",
        csv_of("13/01/2024 01:00:00,1.0", "14/01/2024 01:00:00,2.0"),
        (("2024-01-13T00:00:00", 1.0), ("2024-01-14T00:00:00", 2.0)),
    ),
    Case("epoch_s", _counted(1), GOOD),
    Case("epoch_ms", _counted(1e3), GOOD),
    Case("epoch_us", _counted(1e6), GOOD),
    Case("epoch_ns", _counted(1e9), GOOD),
    Case("epoch_fraction", csv_of(*[f"{second}.0,{value}" for second, value in zip(_AT, _VALUES, strict=True)]), GOOD),
    Case("mixed_notations", csv_of("2024-01-01T00:00:00Z,1.5", "01.01.2024 01:05:00,-2.25", f"{_AT[2]},3.0"), GOOD),
    Case(
        "mixed_fractions",
        csv_of("2024-01-01 01:00:00,1.5", "2024-01-01 01:05:00.000,-2.25", "2024-01-01 01:10:00,3.0"),
        GOOD,
    ),
    Case(
        "mixed_t_and_space",
        csv_of("2024-01-01 01:00:00,1.5", "2024-01-01T01:05:00,-2.25", "2024-01-01 01:10:00,3.0"),
        GOOD,
    ),
    Case(
        "date_and_time_apart",
        good_at("%d.%m.%Y;%H:%M", zone_ms=HOUR_MS).replace(b"ts,com_ap", b"Datum;Uhrzeit;Wert").replace(b",", b";"),
        GOOD,
    ),
    Case(
        "date_and_time_apart_bad_time",
        csv_of(
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
        csv_of(*[f"{day:02}/04/2024 12:00,{day}.0" for day in range(1, 31)]),
        tuple((f"2024-04-{day:02}T10:00:00", float(day)) for day in range(1, 31)),
    ),
    Case(
        "months_first_by_later_rows",
        csv_of(*[f"04/{day:02}/2024 12:00,{day}.0" for day in range(1, 31)]),
        tuple((f"2024-04-{day:02}T10:00:00", float(day)) for day in range(1, 31)),
    ),
    Case(
        "dashes_days_first",
        csv_of("03-04-2024 12:00:00,1.0", "04-04-2024 12:00:00,2.0"),
        (("2024-04-03T10:00:00", 1.0), ("2024-04-04T10:00:00", 2.0)),
    ),
    Case(
        "dashes_months_first",
        csv_of("04-29-2024 12:00:00,1.0", "04-30-2024 12:00:00,2.0"),
        (("2024-04-29T10:00:00", 1.0), ("2024-04-30T10:00:00", 2.0)),
    ),
    Case(
        "days_alone",
        csv_of("2024-01-01,1.0", "2024-01-02,2.0"),
        (("2023-12-31T23:00:00", 1.0), ("2024-01-01T23:00:00", 2.0)),
    ),
    Case(
        "leap_day",
        csv_of("2024-02-29 12:00:00,1.0", "2023-02-29 12:00:00,2.0"),
        (("2024-02-29T11:00:00", 1.0),),
        {"bad_stamp": 1},
        line=3,
    ),
    Case("year_1970", good_with("1970-01-01 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("year_9999", good_with("9999-12-31 23:59:59,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("year_2262", good_with("2262-04-12 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("year_0", good_with("0000-00-00 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("month_13", good_with("2024-13-01 00:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("hour_25", good_with("2024-01-01 25:00:00,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("hour_24_and_a_second", good_with("2024-01-01 24:00:01,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case(
        "days_end_is_24",
        csv_of("2024-02-28 23:45:00,1.0", "2024-02-28 24:00:00,2.0", "2024-02-29 00:15:00,3.0"),
        (("2024-02-28T22:45:00", 1.0), ("2024-02-28T23:00:00", 2.0), ("2024-02-28T23:15:00", 3.0)),
    ),
    Case(
        "days_end_is_24_apart",
        csv_of("26.10.2024;24:00;1,5", "27.10.2024;24:00;2,5", "31.12.2024;24:00;3,5", header="Datum;Uhrzeit;Wert"),
        (("2024-10-26T22:00:00", 1.5), ("2024-10-27T23:00:00", 2.5), ("2024-12-31T23:00:00", 3.5)),
    ),
    Case(
        "days_end_is_24_in_utc",
        csv_of("2024-01-01T23:55:00Z,1.0", "2024-01-01T24:00:00Z,2.0", "2024-01-02T24:00:00.000+01:00,3.0"),
        (("2024-01-01T23:55:00", 1.0), ("2024-01-02T00:00:00", 2.0), ("2024-01-02T23:00:00", 3.0)),
    ),
    Case("stamp_empty", good_with(",9"), GOOD, {"bad_stamp": 1}, line=3),
    Case("stamp_word", good_with("soon,9"), GOOD, {"bad_stamp": 1}, line=3),
    Case(
        "epoch_zero", csv_of(f"{_AT[0]},1.5", "0,9", f"{_AT[1]},-2.25", f"{_AT[2]},3.0"), GOOD, {"bad_stamp": 1}, line=3
    ),
]
