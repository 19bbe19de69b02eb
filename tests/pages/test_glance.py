"""What the Overview says of a source follows from its answers, and from nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.shapes.kpis import AlarmEvent, BessKpis, MeterKpis, Stat
from app.shapes.verdicts import CellVerdict, Finding
from pages.glance import Flagged, MeterGlance, SystemGlance, need_attention, worst_first
from pages.overview import lead_words, verdict_words

LAST = 1_735_689_600_000  # 1 January 2025, 00:00 UTC


def finding(severity="warning", value=20.0, limit=10.0):
    return Finding(
        rule="voltage_deviation", subject="pack 1 cell 2", value=value, limit=limit, unit="mV", severity=severity, at=""
    )


def verdict(cell, severity, score, *findings):
    rows = findings or (finding(severity),)
    return CellVerdict(cell=cell, severity=severity, score=score, fault="unknown", findings=rows, neighbours={})


def flagged(cell, severity, score=0.5, *, pack=1):
    return Flagged(system="C1", pack=pack, verdict=verdict(cell, severity, score))


def scope(**more):
    return SimpleNamespace(**{"last_ms": LAST, "source": "C1", "words": "1 Jan 2025 to 2 Jan 2025", **more})


def stat(last, mean=None):
    return Stat(last=last, mean=mean, min=None, max=None, unit="", label="", coverage=1.0)


def alarm(end, *, ongoing=False):
    return AlarmEvent(signal="fa1_SmokeFlag", label="Smoke", start=end, end=end, peak=1, samples=1, ongoing=ongoing)


def figures(**more):
    topics = ("soc", "soh", "temperature", "pcs", "aux", "environment", "battery")
    groups = {topic: {} for topic in topics}
    return BessKpis(**{"build_id": "b", "level": None, "coverage": 1.0, "alarms": (), **groups, **more})


def compared(**provenance):
    return SimpleNamespace(system=SimpleNamespace(provenance=provenance, cells=260))


def glance(*rows, comparison=True, kpis=None, findings=(), usable=None):
    known = compared(**({"usable_ah": usable} if usable else {})) if comparison else None
    return SystemGlance(
        scope=scope(),
        cells=260,
        flagged=rows,
        system_findings=findings,
        comparison=known,
        kpis=kpis,
        reasons=(),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (glance(), "fine"),
        (glance(comparison=False), "unknown"),
        (glance(flagged(1, "watch")), "watch"),
        (glance(flagged(1, "watch"), flagged(2, "critical"), flagged(3, "warning")), "critical"),
        (glance(findings=(finding("warning"),)), "warning"),
    ],
)
def test_the_gravest_finding_decides(given, expected):
    assert given.severity == expected


def test_watch_alone_asks_for_no_attention():
    rows = need_attention(
        [glance(flagged(1, "watch"), flagged(2, "warning", 0.9)), glance(flagged(3, "critical", 0.1))]
    )

    assert [row.verdict.cell for row in rows] == [3, 2]


@pytest.mark.parametrize(
    ("systems", "expected"),
    [
        ([], "Meters only: this site has no battery data"),
        ([glance()], "None of 260 cells needs attention"),
        ([glance(flagged(1, "critical"))], "1 of 260 cells needs attention"),
        ([glance(flagged(1, "critical")), glance(flagged(2, "warning"))], "2 of 520 cells need attention"),
    ],
)
def test_the_first_sentence_counts_cells(systems, expected):
    said = verdict_words(systems, need_attention(systems))

    assert said == expected


def test_the_lead_counts_by_severity():
    assert lead_words([glance(flagged(1, "watch"), flagged(2, "critical"))], 0).startswith(
        "Cells flagged: 1 critical, 1 to watch. 1 battery system and 0 meters"
    )


def test_cells_of_all_packs_are_ranked_together():
    answers = {
        1: SimpleNamespace(cells=(verdict(5, "warning", 0.9), verdict(6, "watch", 1.0))),
        2: SimpleNamespace(cells=(verdict(7, "critical", 0.2),)),
        3: None,
    }

    assert [(row.pack, row.verdict.cell) for row in worst_first("C1", answers)] == [(2, 7), (1, 5), (1, 6)]


def test_of_equally_grave_findings_the_furthest_beyond_its_limit_is_told():
    near, far = finding("critical", 11, 10), finding("critical", 90, 10)

    assert Flagged(system="C1", pack=1, verdict=verdict(1, "critical", 1, near, far)).worst is far


def test_alarms_are_those_that_ended_in_the_last_days_of_data():
    rows = (alarm("2024-12-31T12:00:00+00:00"), alarm("2024-12-27T00:00:00+00:00"), alarm("2024-11-01T00:00:00+00:00"))
    given = glance(kpis=figures(alarms=rows))

    assert len(given.alarms(1)) == 1
    assert len(given.alarms(7)) == 2
    assert glance().alarms(7) is None


def test_available_energy_is_charge_times_usable_capacity_times_voltage():
    known = figures(soc={"bms1_soc": stat(50.0)}, battery={"bms1_v": stat(860.0, 850.0)})

    assert glance(kpis=known, usable=200.0).available_kwh == pytest.approx(0.5 * 200 * 850 / 1000)


@pytest.mark.parametrize(
    "given",
    [
        glance(usable=200.0),
        glance(kpis=figures(soc={"bms1_soc": stat(50.0)}), usable=200.0),
        glance(kpis=figures(soc={"bms1_soc": stat(None)}, battery={"bms1_v": stat(1.0, 1.0)}), usable=200.0),
        glance(kpis=figures(soc={"bms1_soc": stat(50.0)}, battery={"bms1_v": stat(860.0, 850.0)})),
    ],
)
def test_available_energy_is_unknown_when_a_part_of_it_is(given):
    assert given.available_kwh is None


def test_odd_counter_steps_are_counted_over_all_counters():
    steps = {"pos_ae": {"energy": 100, "gap": 3, "glitch": 2}, "neg_ae": {"reset": 1, "pending": 1}}
    kpis = MeterKpis(
        build_id="b",
        level=None,
        coverage=1.0,
        import_kwh=1.0,
        export_kwh=None,
        net_kwh=None,
        from_power={},
        peak_kw=None,
        min_kw=None,
        mean_pf=None,
        counter_steps=steps,
        energy_kwh={},
    )

    assert MeterGlance(scope=scope(), kpis=kpis, reasons=()).doubtful_steps == 3
    assert MeterGlance(scope=scope(), kpis=None, reasons=()).doubtful_steps == 0
