"""What the store holds, what was left out of it and why, and which days lack readings."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace

import pytest

from app import loader
from app.answers import quality, sources
from app.errors import UnknownSource
from pipeline.build import build
from pipeline.contract import Rejected
from tests.app.stores import CELLS, DAYS, FIRST, PACKS, SENSORS, STEP, answering
from tests.pipeline.sites import settings, stamps, write_csv

KEYS = {
    "signal", "rows", "gaps", "duplicates", "out_of_order", "out_of_range", "sentinels", "stuck", "coverage",
}  # fmt: skip


@pytest.fixture
def app(tiny):
    with answering(tiny[0]):
        yield tiny[1]


@pytest.fixture(scope="module")
def odd_site(tmp_path_factory):
    """Build a site with one of each oddity, and one file that cannot be used."""
    folder = tmp_path_factory.mktemp("odd")
    first = stamps("2024-06-01 00:00:00", 48, 60)
    power = [(one, 5.0 + at % 3) for at, one in enumerate(first)]
    rows = [*power[:4], power[3], (first[3], 9.0), power[5], power[4], *power[6:10], *power[20:]]
    write_csv(folder / "raw/meter/m1/com_ap.csv", rows)
    write_csv(folder / "raw/meter/m1/pf.csv", [(one, 0.9 if at else 7.0) for at, one in enumerate(first)])
    write_csv(folder / "raw/meter/m2/com_ap.csv", [])
    write_csv(folder / "raw/meter/m2/pos_ae.csv", [(one, at) for at, one in enumerate(first)])
    write_csv(folder / "raw/BESS/B1/bms1_soc.csv", [(one, 255 if at == 7 else 50) for at, one in enumerate(first)])
    chosen = settings(folder / "raw", folder / "store")
    build(chosen)
    return folder, chosen


@pytest.fixture
def odd(odd_site):
    with answering(odd_site[1]):
        yield odd_site[0]


def row_of(answer, signal):
    return next(row for row in answer["series"] if row["signal"] == signal)


def test_sources_say_what_they_are_and_hold(app):
    battery, meter = sources.list_sources()

    assert (battery["name"], battery["kind"], battery["sample"]) == ("B1", "bess", False)
    assert [(one["pack"], one["cells"], one["sensors"]) for one in battery["packs"]] == [
        (pack, CELLS, SENSORS) for pack in range(1, PACKS + 1)
    ]
    assert meter["signals"] == ["com_ap", "neg_ae", "pf", "pos_ae"]
    assert meter["start"] == "2024-10-12T00:00:00+02:00"
    assert datetime.fromisoformat(meter["end"]).timestamp() * 1000 == FIRST + (DAYS * 288 - 1) * STEP


def test_the_catalogue_counts_cells_as_people_do(app):
    names = [row["signal"] for row in sources.catalogue("B1") if row["pack"] == 1]
    row = next(row for row in sources.catalogue("B1") if row["signal"] == "bms1_p1_v2")

    assert names == [*(f"bms1_p1_t{one}" for one in (1, 2)), *(f"bms1_p1_v{one}" for one in (1, 2, 3, 4))]
    assert (row["unit"], row["kind"], row["cell"], row["known"], row["interval_s"]) == ("V", "analog", 2, True, 300)


@pytest.mark.parametrize("ask", [sources.catalogue, quality.quality, quality.coverage_calendar])
def test_a_source_that_does_not_exist_is_said(app, ask):
    with pytest.raises(UnknownSource, match="There is: "):
        ask("m9")


def test_every_exclusion_is_counted_by_its_reason(odd):
    power = row_of(quality.quality("m1"), "com_ap")

    assert power.keys() >= KEYS
    assert {key: power[key] for key in ("rows", "duplicates", "conflicts", "out_of_order", "gaps")} == {
        "rows": 38,
        "duplicates": 2,
        "conflicts": 1,
        "out_of_order": 1,
        "gaps": 1,
    }
    assert row_of(quality.quality("m1"), "pf")["out_of_range"] == 1
    assert row_of(quality.quality("B1"), "bms1_soc")["sentinels"] == 1


def test_a_rejected_file_is_named_with_its_reason(odd):
    everything, other, own = (quality.quality(one) for one in (None, "m1", "m2"))

    assert [one["file"] for one in everything["rejected_files"]] == [str(odd / "raw/meter/m2/com_ap.csv")]
    assert own["rejected_files"] == everything["rejected_files"]
    assert other["rejected_files"] == []
    assert everything["rejected_files"][0].keys() == {"file", "line", "reason"}
    assert len(everything["series"]) == 4


def test_a_rejected_file_of_a_folder_that_came_to_no_source_is_named_with_every_source(app, monkeypatch):
    store = loader.current()
    orphan = Rejected(path="raw/BESS/S1/bms1_soc.csv", line=None, reason="it is empty")
    given = store.manifest.model_copy(update={"rejected": (*store.manifest.rejected, orphan)})

    assert orphan in quality._rejected(SimpleNamespace(manifest=given, source=store.source), "m1")


def test_a_day_is_covered_as_far_as_readings_were_expected(app):
    frame = quality.coverage_calendar("m1")
    days = {(row["label"], row["day"]): row["coverage"] for row in frame.iter_rows(named=True)}

    assert set(frame["label"]) == {"Power", "Energy counters"}
    assert days["Power", date(2024, 10, 12)] == 1.0
    assert ("Power", date(2024, 10, 18)) not in days  # the missing day
    assert days["Power", date(2024, 10, 27)] == 1.0  # 25 hours
    assert frame["coverage"].max() == 1.0


def test_packs_have_rows_of_their_own_in_the_calendar(app):
    labels = quality.coverage_calendar("B1")["label"].unique().to_list()

    assert {"Pack 1 voltages", "Pack 2 temperatures", "State of charge", "Fire detection"} <= set(labels)


def test_missing_hours_lower_a_days_coverage(odd):
    frame = quality.coverage_calendar("m1").filter(label="Power")

    assert frame["coverage"].to_list() == [pytest.approx((14 + 24) / 48, abs=0.02), 1.0]
