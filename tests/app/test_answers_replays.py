"""Replayed readings and skewed clocks, from the CSVs to the API and the page: found where they are, nowhere else."""

import numpy as np
import pytest

from app.answers import clocks, omissions, quality, replays
from app.errors import UnknownSource
from pages.qualityparts import tables
from pipeline.build import build
from tests.app.stores import answering, serve
from tests.pipeline.sites import settings, stamps, write_csv

PER_DAY = 288
DAYS = 36
FIRST_REPLAYED = 20 * PER_DAY + 50
SHIFT_S = 600


def written(folder, source, signal, at, values):
    write_csv(folder / f"raw/BESS/{source}/{signal}.csv", list(zip(at, values.tolist(), strict=True)))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a sound system, and one with a replayed cell and a converter whose clock is ten minutes behind."""
    folder = tmp_path_factory.mktemp("replayed")
    rng = np.random.default_rng(5)
    rows = DAYS * PER_DAY
    at, late = (stamps(f"2024-06-01 {clock}", rows, 5) for clock in ("00:00:00", "00:10:00"))
    for source, is_odd in (("SOUND", False), ("ODD", True)):
        edges = np.sort(rng.integers(0, rows, 30 * DAYS))
        levels = np.round(rng.choice([-60.0, -20.0, 0.0, 30.0, 55.0], len(edges) + 1))
        power = levels[np.searchsorted(edges, np.arange(rows), side="right")]
        written(folder, source, "bms1_c", at, np.round(1.3 * power + rng.normal(0, 0.2, rows), 2))
        written(folder, source, "pcs1_ap", late if is_odd else at, power)
        written(folder, source, "bms1_soc", at, np.round(50 + 30 * np.sin(np.arange(rows) / 46)))
        for cell in (1, 2, 3):
            volts = np.round(3.3 - 0.0004 * power + rng.normal(0, 0.003, rows), 3)
            if is_odd and cell == 2:
                volts[FIRST_REPLAYED - 1] += 0.02
                volts[FIRST_REPLAYED : FIRST_REPLAYED + PER_DAY] = volts[FIRST_REPLAYED - PER_DAY : FIRST_REPLAYED]
                volts[FIRST_REPLAYED + PER_DAY] += 0.02
            written(folder, source, f"bms1_p1_v{cell}", at, volts)
    write_csv(folder / "raw/meter/m1/com_ap.csv", list(zip(at, [1.0] * rows, strict=True)))
    chosen = settings(folder / "raw", folder / "store")
    build(chosen)
    return chosen, at


@pytest.fixture
def asked(site):
    with answering(site[0]):
        yield site[1]


def test_a_replayed_day_is_a_finding_with_its_stamps(asked):
    (found,) = replays.replays("ODD").findings
    assert (found.rule, found.subject) == ("data_quality", "bms1_p1_v2")
    assert found.count == PER_DAY
    assert found.at[:19] == str(asked[FIRST_REPLAYED]).replace(" ", "T")[:19]
    assert found.evidence["until"][:19] == str(asked[FIRST_REPLAYED + found.count - 1]).replace(" ", "T")[:19]
    assert "rest on the day before" in found.text


def test_the_shifted_converter_is_a_finding(asked):
    (found,) = clocks.clocks("ODD").findings
    assert found.subject == "ODD pcs1_ap"
    assert abs(found.value - SHIFT_S) <= 300
    assert found.limit <= 150
    assert "behind that of bms1_c" in found.text


def test_sound_readings_give_no_finding(asked):
    assert replays.replays("SOUND").replays == ()
    assert clocks.clocks("SOUND").findings == ()
    assert omissions.findings("SOUND") == ()
    assert {pair.shift_s for pair in clocks.clocks("SOUND").pairs if pair.reason is None} == {0.0}


def test_quality_counts_and_warns(asked):
    found = quality.quality("ODD")
    counts = {row["signal"]: row["replayed"] for row in found["series"]}
    assert counts.pop("bms1_p1_v2") == PER_DAY
    assert set(counts.values()) == {0}
    assert {row["replayed_reason"] for row in found["series"]} == {None}
    assert any("Replayed" in text for text in found["warnings"])
    assert any("clock" in text for text in found["warnings"])
    assert {one.evidence["rule"] for one in omissions.findings("ODD")} == {"replayed", "skewed_clock"}


def test_of_a_meter_the_number_is_unknown_and_why(asked):
    rows = quality.quality("m1")["series"]
    assert {row["replayed"] for row in rows} == {None}
    assert all("batteries only" in row["replayed_reason"] for row in rows)


def test_the_page_says_how_clocks_stand(asked):
    rows = tables.clock_rows(clocks.clocks("ODD").pairs, "ODD")
    assert "behind from 2024-06-01" in rows[0]["said"]
    assert rows[0]["signal"] == "pcs1_ap"
    assert rows[0]["shift_s"] == pytest.approx(SHIFT_S, abs=300)


def test_the_api_answers_alike(asked, site):
    expected = clocks.clocks("ODD"), replays.replays("ODD")
    client = serve(site[0]).test_client()
    assert client.get("/api/bess/ODD/clocks").json["pairs"][0]["shift_s"] == expected[0].pairs[0].shift_s
    assert client.get("/api/bess/ODD/replays").json["replays"][0]["start"] == expected[1].replays[0].start


def test_an_unknown_system_is_refused(asked):
    for ask in (clocks.clocks, replays.replays):
        with pytest.raises(UnknownSource):
            ask("NONE")
