"""Numbers read as look and field ask: sensible digits, units, thin thousands, a true minus, never an invented value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import language
from app.numbers import NOTHING, age, counted, duration, energy, number, percent, quantity, stamp


def plain(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", "'").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (quantity(3.3124, "V"), "3.312 V"),
        (quantity(12.44, "mV"), "12.4 mV"),
        (quantity(-0.02, "°C"), "0.0 °C"),
        (quantity(-5.25, "kW"), "−5.2 kW"),
        (quantity(None, "V"), NOTHING),
        (quantity(float("nan"), "V"), NOTHING),
        (quantity(0.97, "", 2), "0.97"),
        (number(1234567), "1'234'567"),
        (energy(640.24), "640.2 kWh"),
        (energy(12_340.0), "12.34 MWh"),
        (energy(-2.5e6), "−2.50 GWh"),
        (energy(None), NOTHING),
        (percent(0.9997), "99 %"),
        (percent(0.99974, 1), "99.9 %"),
        (percent(1.0, 1), "100.0 %"),
        (percent(None), NOTHING),
        (counted(1, "gap"), "1 gap"),
        (counted(1781, "file"), "1'781 files"),
        (duration(0), "0 s"),
        (duration(300_000), "5 min"),
        (duration(5_400_000), "1 h 30 min"),
        (duration(86_400_000 * 630 + 3_600_000), "630 d"),
        (age(0, 86_400_000 * 2), "2 d ago"),
        (age(10, 0), "0 s ago"),
        (stamp(None, "UTC"), NOTHING),
        (stamp(1_714_745_100_000, "Europe/Berlin"), "3 May 2024, 16:05"),
    ],
)
def test_numbers_read_well(written, expected):
    assert plain(written) == expected


@given(st.floats(0, 1))
def test_a_share_below_one_never_reads_as_a_hundred_per_cent(share):
    assert plain(percent(share, 1)).startswith("100") == (share == 1)


@given(st.floats(-1e12, 1e12))
def test_a_number_reads_back(value):
    text = number(value, 2).replace("\N{NARROW NO-BREAK SPACE}", "").replace("−", "-")

    assert float(text) == pytest.approx(value, abs=0.006)


def test_german_has_its_own_decimal_mark_and_months():
    with language.speaking("de"):
        assert plain(quantity(-1234.56, "kWh")) == "−1'234,6 kWh"
        assert stamp(1_714_737_900_000, "Europe/Berlin") == "3. Mai 2024, 14:05"
        assert plain(age(0, 3_600_000)) == "vor 1 h"
