"""The Meter page agrees with the answers, and copes with meters that log less, or something else."""

from __future__ import annotations

import numpy as np
import pytest

from app.answers import meter
from app.answers.sources import list_sources
from app.scope import scope_of
from app.shapes.kpis import MeterKpis
from pages import meter as page
from pages.meterparts import figures, forensics
from tests.pages.words import words


def kpis(**more):
    given = {
        "build_id": "b",
        "level": None,
        "coverage": 0.5,
        "import_kwh": None,
        "export_kwh": None,
        "net_kwh": None,
        "from_power": {"import_kwh": None, "export_kwh": None, "net_kwh": None},
        "peak_kw": None,
        "min_kw": None,
        "mean_pf": None,
        "counter_steps": {},
        "energy_kwh": {},
    }
    return MeterKpis(**{**given, **more})


class Scope:
    source = "house"
    signals = ("pos_ae", "neg_ae")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            kpis(import_kwh=12.0, export_kwh=3.0, peak_kw=5.0),
            "house imported 12.0 kWh and exported 3.0 kWh, peak 5.0 kW",
        ),
        (kpis(import_kwh=12.0), "house imported 12.0 kWh"),
        (kpis(energy_kwh={"pv_ae": 7.0}), "house counted 7.0 kWh of solar energy"),
        (kpis(), "house counted no energy in this period"),
    ],
)
def test_the_first_sentence_says_what_is_known(found, expected):
    assert words(figures.verdict_words(found, Scope)) == expected


def test_a_meter_without_power_says_so_and_still_shows_its_energy():
    said = words(figures.tiles(kpis(import_kwh=12.0), Scope))

    assert "12.0" in said
    assert "no power to check it with" in said
    assert "Peak" not in said
    assert figures.missing(Scope) == ["This meter does not log active power nor power factor."]


def test_every_class_of_counter_steps_is_told():
    steps = {"pos_ae": {"energy": 1000, "gap": 4, "glitch": 2, "rollover": 1, "reset": 0, "jump": 0, "pending": 0}}
    table = words(forensics.counts(kpis(counter_steps=steps, energy_kwh={"pos_ae": 12.0})))

    assert "3 odd steps" in table
    assert "1,000" in table
    assert "Rollover" in table


def test_without_counters_the_table_says_why_it_is_empty():
    assert "no energy counter" in words(forensics.counts(kpis()))


@pytest.mark.usefixtures("answering")
class TestOnTheSampleSite:
    def test_the_figures_are_those_of_the_answer(self):
        name = next(row["name"] for row in list_sources() if row["kind"] == "meter")
        found = meter.meter_kpis(name)

        answer, tiles, _ = page.update_answer(f"?meter={name}")

        assert name in words(answer)
        assert "Sample site" in words(answer)
        assert f"{found.peak_kw:.1f} kW" in words(tiles).replace("  ", " ")

    def test_bars_add_up_to_the_counters(self):
        scope = scope_of("", "meter")
        found = meter.meter_kpis(scope.source)
        bars = page.update_energy("?by=month", "light")["data"]

        factor = 1000 if "MWh" in bars[0]["hovertemplate"] else 1
        total = {trace["name"]: float(np.nansum(trace["customdata"])) * factor for trace in bars}
        assert total["Import"] == pytest.approx(found.import_kwh, rel=1e-3, abs=0.1)

    @pytest.mark.parametrize("unit", ["day", "week", "month"])
    def test_the_table_of_energies_adds_up_to_the_counters(self, unit):
        scope = scope_of("", "meter")
        found = meter.meter_kpis(scope.source)
        columns, rows, _ = page.update_energy_table(f"?by={unit}")

        assert {"start", "pos_ae", "neg_ae", "net"} <= {one["field"] for one in columns}
        assert sum(row["pos_ae"] or 0 for row in rows) == pytest.approx(found.import_kwh, rel=1e-9)
        assert sum(row["net"] for row in rows) == pytest.approx(found.import_kwh - found.export_kwh, rel=1e-6)
        assert sorted(row["start"] for row in rows) == [row["start"] for row in rows]

    @pytest.mark.parametrize(
        "search", ["", "?meter=nobody", "?when=1d", "?when=custom&start=1999-01-01&end=1999-01-02"]
    )
    def test_every_chart_answers_for_any_address(self, search):
        for update in (page.update_power, page.update_energy, page.update_duration, page.update_hours):
            assert update(search, "dark")

    def test_an_empty_window_says_why(self):
        search = "?when=custom&start=1999-01-01T00:00&end=1999-01-02T00:00"
        figure, _ = page.update_power(search, "light")

        assert figure["layout"]["annotations"][0]["text"]


@pytest.mark.parametrize(
    ("days", "wanted", "unit"), [(30, "hour", "hour"), (200, "hour", "day"), (2000, "day", "week")]
)
def test_bars_too_many_to_see_take_the_next_longer_unit(days, wanted, unit):
    class Long:
        asked = (0, days * 86_400_000)

    assert page.unit_for(wanted, Long) == unit
