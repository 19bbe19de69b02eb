"""The battery page's rows on limiting cells, leaks and efficiency, for any period of the small sample site."""

from __future__ import annotations

import pytest

from app.answers import audit as audit_answers
from app.answers import efficiency as efficiency_answers
from app.answers import ledger as ledger_answers
from app.errors import BadParameter, UnknownSource
from pages.batteryparts import audit, efficiency, limiting
from tests.pages.words import words

SYSTEM = "ZHPESS232A230002"
SEARCHES = ["", "?when=1d", "?when=custom&start=1999-01-01&end=1999-01-02"]

pytestmark = pytest.mark.usefixtures("answering")


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_row_is_filled_for_any_period(search, theme):
    figure, rows, size, said = limiting.update(search, theme)
    trips, trips_said, cycles, _ = efficiency.update(search, theme)

    assert (len(rows) > 0) == (len(figure.data) > 0)
    assert size["height"].endswith("px")
    assert words(said)
    assert len(trips.data) + len(words(trips_said)) > 0
    assert isinstance(cycles, list)


def test_the_weak_cell_is_first_empty_again_and_again():
    answer = ledger_answers.ledger(SYSTEM)
    empty = [one for one in answer.limiting if one.kind == "first_empty"]

    assert (empty[0].pack, empty[0].cell) == (2, 17)
    assert empty[0].times == empty[0].of
    assert empty[0].offset_ah == pytest.approx(0.05 * 280, abs=3.5)


def test_a_logger_of_a_quarter_of_an_hour_is_told_why_charge_is_refused():
    answer = ledger_answers.ledger(SYSTEM)
    _, _, _, said = limiting.update("", "light")

    assert (answer.lost_ah, answer.balancing_hours) == (None, None)
    assert "The logger is too slow" in str(answer.reason)
    assert "The logger is too slow" in words(said)
    assert "stay out of use" not in words(said)


def test_forty_days_are_too_few_for_a_leak_and_that_is_said():
    figure, said = limiting.update_leaks("", "light")

    assert len(figure.data) == 0
    assert "a leak needs 45 days" in words(said)


def test_each_boundary_loses_a_little_more():
    dc, ac, whole = (one.pct for one in efficiency_answers.round_trips(SYSTEM).trips)

    assert 100 > dc > ac > whole > 80


def test_charges_of_then_and_now_end_at_full():
    curves = efficiency_answers.charging_curves(SYSTEM).curves

    assert {curve.late for curve in curves} == {False, True}
    assert all(curve.missing_ah[-1] == 0 and curve.cell_v[-1] > 3.4 for curve in curves)


@pytest.mark.parametrize("ask", [ledger_answers.ledger, efficiency_answers.round_trips])
def test_questions_that_cannot_be_are_refused(ask):
    with pytest.raises(UnknownSource):
        ask("nobody")
    with pytest.raises(BadParameter):
        ask(SYSTEM, 2_000, 1_000)


def test_a_balancing_current_of_nothing_is_refused():
    with pytest.raises(BadParameter):
        ledger_answers.ledger(SYSTEM, balancing_a=0.0)


def test_the_audit_compares_every_register_of_the_sample():
    rows, _, said = audit.update("")
    by_name = {row.name: row for row in audit_answers.audit(SYSTEM).rows}

    assert len(rows) == len(by_name) == 11
    assert "cannot be compared" in said
    sound = ("sum_of_cells", "highest_cell", "lowest_cell", "charge_loss")
    assert {by_name[name].verdict for name in sound} == {"within"}
    assert by_name["auxiliary_counter"].measured == pytest.approx(0.0, abs=0.2)
    assert by_name["soc_at_anchors"].measured == pytest.approx(0.0, abs=1.0)
    assert 0 < by_name["discharge_loss"].measured < 6
