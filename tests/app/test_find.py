"""The search finds what a person means, with slips, abbreviations and numbers that stand as they are."""

from __future__ import annotations

import pytest

from app.answers import find
from tests.app.stores import answering


@pytest.fixture(scope="module", autouse=True)
def app(tiny):
    with answering(tiny[0]):
        yield


@pytest.mark.parametrize(
    ("typed", "signal"),
    [
        ("pack 2 cell 3 voltage", "bms1_p2_v3"),
        ("p2 v3", "bms1_p2_v3"),
        ("BMS1_P2_V3", "bms1_p2_v3"),
        ("soc", "bms1_soc"),
        ("state of charge", "bms1_soc"),
        ("stat of chrge", "bms1_soc"),
        ("m1 power", "com_ap"),
        ("import kwh", "pos_ae"),
    ],
)
def test_what_is_meant_comes_first(typed, signal):
    assert find.find(typed)[0].signal == signal


def test_a_number_is_no_part_of_another():
    assert {entry.signal for entry in find.find("pack 2 cell 1 voltage")} == {"bms1_p2_v1"}


@pytest.mark.parametrize("typed", ["", "  ", "flux capacitor", "9", "voltage nonsense"])
def test_what_is_not_there_is_not_found(typed):
    assert find.find(typed) == []


def test_the_most_is_kept():
    assert len(find.find("voltage", most=3)) == 3
