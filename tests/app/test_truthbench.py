"""The bench plants what it says, judges as the app does, and counts right."""

from __future__ import annotations

from dataclasses import asdict, replace
from math import inf, isnan
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.detection import DETECTION_LIMITS, stated
from app.truthbench import curves, document, figure
from app.truthbench.conditions import FIRST_DAY, GRADED_ONSET, SIZES, draw_condition, draw_experiment
from app.truthbench.run import ROOT, Job, jobs_of, run_jobs, work
from app.truthbench.trial import Outcome, Trial


@pytest.fixture(scope="module")
def trial() -> Trial:
    return work(Job(2, is_healthy=False, days=130.0))


def outcome(**said) -> Outcome:
    known = {
        "kind": "hot_spot",
        "size": 1.2,
        "found": True,
        "delay_d": 4.0,
        "named": "hot_spot",
        "plain_found": False,
        "plain_delay_d": None,
    }
    return Outcome(**(known | said))


@given(st.integers(0, 5000))
def test_every_string_has_three_sizes_of_each_kind_in_cells_apart(seed):
    experiment = draw_experiment(seed)
    columns = sorted(
        {one.column for one in experiment.planted} | {one.partner for one in experiment.planted if one.partner}
    )

    assert len(experiment.planted) == 3 * len(SIZES)
    assert len(columns) == len(experiment.planted) + 3
    lasting = [one for one in experiment.planted if not one.kind.endswith("_spike") or one.kind == "hot_spot"]
    assert len(experiment.plan.faults) == len(lasting) == 18
    swapped = {at for pair in experiment.wear.swapped for at in pair}
    assert not swapped & set(columns)


def test_conditions_cover_the_grid():
    drawn = [draw_condition(seed) for seed in range(400)]

    assert {one.step_s for one in drawn} == {10, 300, 900, 1800}
    assert {one.begins for one in drawn} == {GRADED_ONSET, FIRST_DAY}
    assert {(one.volt_step, one.kelvin_step) for one in drawn} == {
        (0.001, 0.1),
        (0.001, 1.0),
        (0.002, 0.1),
        (0.002, 1.0),
    }
    assert {one.gaps_per_year > 0 for one in drawn} == {one.is_unfilled for one in drawn} == {True, False}
    assert draw_condition(7) == draw_condition(7)


def test_large_faults_of_a_short_string_are_found_and_named(trial):
    large = {
        one.kind: one for one in trial.outcomes if one.size == max(o.size for o in trial.outcomes if o.kind == one.kind)
    }
    expected = {
        "low_capacity",
        "high_resistance",
        "imbalance",
        "hot_spot",
        "voltage_spike",
        "temperature_spike",
        "sense_lead",
    }

    assert {kind for kind, one in large.items() if one.found and one.named == kind} >= expected
    assert trial.false_alarms <= 1
    assert trial.healthy_cells == 260 - 24 - 3
    assert trial.years == pytest.approx(130 / 365.25)


def test_a_run_goes_on_where_it_was_ended(tmp_path, trial, monkeypatch):
    said: list[str] = []
    job = Job(2, is_healthy=False, days=130.0)
    monkeypatch.setattr("app.truthbench.run.work", lambda _: trial)
    assert run_jobs([job], tmp_path, 0, said.append) == [trial]
    path = next(tmp_path.glob("trials-*.jsonl"))
    path.write_text(path.read_text() + '{"job": {"se')
    monkeypatch.setattr("app.truthbench.run.work", lambda _: pytest.fail("done before"))
    kept = run_jobs([job], tmp_path, 0, said.append)

    assert kept[0].outcomes == trial.outcomes
    assert said[-1].startswith("1 of 1 strings are already judged")


def test_jobs_come_in_turn():
    jobs = jobs_of(3, 2)

    assert [job.is_healthy for job in jobs[:2]] == [False, True]
    assert len({job.seed for job in jobs}) == 5


@given(st.integers(1, 300), st.floats(0, 1))
def test_wilsons_interval_holds_the_share(runs, share):
    hits = int(share * runs)
    low, high = curves.wilson(hits, runs)

    assert 0 <= low <= hits / runs + 1e-12
    assert hits / runs - 1e-12 <= high <= 1


def test_a_curve_says_from_which_size_on_all_are_found():
    condition = asdict(draw_condition(2))
    sizes = SIZES["hot_spot"][0]
    found = {size: (20 if size > sizes[1] else 18) for size in sizes} | {sizes[3]: 19}
    outcomes = tuple(
        outcome(size=size, found=at < found[size], delay_d=float(at) if at < found[size] else None)
        for size in sizes
        for at in range(20)
    )
    trial = Trial(2, condition, outcomes, 233, 1.0, 1, 0, 0, 2, ())
    curve = next(one for one in curves.curves_of([trial]) if one.kind == "hot_spot")

    assert curve.limit is not None
    assert curve.limit.size == sizes[2]
    assert curve.plain_limit is None
    assert curve.points[0].delay_p95_d == inf
    assert curve.points[-1].delay_median_d == 9.0
    assert curves.above_limit([trial], [curve])[0] == pytest.approx(79 / 80)


def test_false_alarms_count_against_the_time_they_had():
    sound = Trial(1, asdict(draw_condition(1)), (), 260, 0.5, 1, 1, 0, 2, ())
    alarms = curves.alarms_of([sound, replace(sound, false_alarms=0, false_at_end=0)])

    assert (alarms.per_year, alarms.plain_per_year, alarms.flagged_share) == (1.0, 4.0, 1 / 520)
    assert isnan(curves.alarms_of([]).per_year)


def test_the_document_has_a_row_for_every_size_and_a_picture_that_parses(trial, tmp_path):
    text = document.text_of([trial])
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    (tmp_path / "docs").mkdir()
    document.write([trial], tmp_path)
    root = ElementTree.fromstring((tmp_path / document.PICTURE).read_text())

    assert len(rows) == 2 * len(SIZES) + len(trial.outcomes)
    assert root.tag.endswith("svg")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 2 * len(SIZES)
    assert set(figure.TITLES) == {str(kind) for kind in SIZES}
    assert f"| strings | 0 | {1} |" in text


def test_the_limits_that_pages_state_are_those_of_the_document():
    rows = [line.split("|") for line in (ROOT / document.DOCUMENT).read_text().splitlines() if line.startswith("| `")]
    said = {
        row[1].strip(" `"): (row[2].strip(), float(row[3].strip(" *")), float(row[4])) for row in rows[: len(SIZES)]
    }

    for limit in DETECTION_LIMITS:
        assert said[limit.fault] == (limit.unit, limit.size, limit.days)
        assert limit.words() in stated()
