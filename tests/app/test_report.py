"""The printed report says what the answers say, asks nothing of any network, and cites what each number rests on."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.report import axes, charts, write
from app.report.write import html_report
from tests.app.stores import CELLS, PACKS, answering, serve

VOID = {"meta", "path", "rect", "circle"}


@pytest.fixture(scope="module")
def client(tiny):
    return serve(tiny[0]).test_client()


@pytest.fixture(scope="module")
def battery(tiny) -> str:
    with answering(tiny[0]):
        return html_report("B1")


@pytest.fixture(scope="module")
def meter(tiny) -> str:
    with answering(tiny[0]):
        return html_report("m1")


class Balance(HTMLParser):
    """Sees that every tag is closed, and keeps the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("name", ["battery", "meter"])
def test_a_report_is_one_whole_page_that_loads_nothing(name, request):
    html = request.getfixturevalue(name)
    seen = Balance()
    seen.feed(html)

    assert seen.open == []
    assert not re.search(r"<(?:script|link|img|iframe)|(?:src|href)=\"(?!#)|url\(|@import", html)
    assert len(html) < 1_500_000
    for drawn in re.findall(r"<svg.*?</svg>", html):
        ElementTree.fromstring(drawn)
    assert not re.search(r"\b(?:nan|inf|None)\b", " ".join(seen.texts))


@pytest.mark.parametrize("name", ["battery", "meter"])
def test_every_mark_leads_to_what_the_number_rests_on(name, request):
    html = request.getfixturevalue(name)
    cited, told = set(re.findall(r'href="#(rests-\d+)"', html)), re.findall(r'id="(rests-\d+)"', html)

    assert cited == set(told)
    assert len(told) == len(set(told)) >= 3


@pytest.mark.parametrize("name", ["battery", "meter"])
def test_every_sentence_and_section_with_a_number_is_marked(name, request):
    html = request.getfixturevalue(name)
    sentences = re.findall(r"<p class=\"(?:lead|soft)\">.*?</p>", html.partition("<main>")[0])
    parts = re.findall(r"<section.*?</section>", html.partition('<section class="new"><h2>What these')[0])

    assert len(sentences) == 2
    assert len(parts) >= 4
    bare = [part for part in (*sentences, *parts) if re.search(r"\d", re.sub(r"<[^>]*>", "", part))]
    assert [part[:200] for part in bare if 'href="#rests-' not in part] == []


def test_a_battery_is_reported_with_what_the_api_answers(client, battery):
    kpis = client.get("/api/bess/B1/kpis").json
    alarm = kpis["alarms"][0]

    assert f">{kpis['soc']['bms1_soc']['last']:.1f}\N{NO-BREAK SPACE}%<" in battery
    assert alarm["label"] in battery
    assert alarm["start"][:16].replace("T", " ") in battery
    assert kpis["build_id"] in battery
    assert battery.count("<title>Pack ") == CELLS * PACKS
    for pack in range(1, PACKS + 1):
        for one in client.get(f"/api/cell/pack/B1/{pack}/critical").json["cells"]:
            assert f"Pack {pack} cell {one['cell']}" in battery


def test_a_meter_is_reported_with_what_the_api_answers(client, meter):
    kpis = client.get("/api/meter/m1/kpis").json

    for key in ("import_kwh", "export_kwh"):
        assert f">{kpis[key]:,.1f}".replace(",", "\N{NARROW NO-BREAK SPACE}") in meter
    assert f">{kpis['peak_kw']:.1f}\N{NO-BREAK SPACE}kW<" in meter


@pytest.mark.parametrize("source", ["B1", "m1"])
def test_a_period_without_readings_is_reported_as_such(client, source):
    answer = client.get(f"/report/{source}.html?start=2040-01-01&end=2040-02-01")

    assert answer.status_code == 200
    assert "0.0" in answer.text or "No " in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/report/B9.html", 404),
        ("/report/B9.pdf", 404),
        ("/report/m1.html?start=2024-10-15&end=2024-10-14", 422),
        ("/report/m1.html?start=yesterday", 422),
        ("/report/m1.txt", 404),
    ],
)
def test_what_cannot_be_reported_is_a_problem(client, path, status):
    assert client.get(path).status_code == status


def test_a_report_is_guarded_and_loads_nothing(client):
    answer = client.get("/report/m1.html?end=2024-10-20")

    assert answer.content_type == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"] == 'inline; filename="m1.html"'


def test_without_a_browser_there_is_no_pdf_but_a_plain_line(client, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    answer = client.get("/report/m1.pdf")

    assert answer.status_code == 501
    assert "No Chromium" in answer.json["detail"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (subprocess.TimeoutExpired("chromium", 60), "longer than"),
        (subprocess.CalledProcessError(7, "chromium"), "status 7"),
        (FileNotFoundError("gone"), "gone"),
    ],
)
def test_a_browser_that_fails_is_told(monkeypatch, error, words):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(write, "browser", lambda: "/usr/bin/chromium")
    monkeypatch.setattr("subprocess.run", fail)
    with pytest.raises(write.NoPrinter, match=words):
        write.pdf("<p>x</p>")


def test_a_browser_that_ends_without_a_file_is_told(monkeypatch):
    monkeypatch.setattr(write, "browser", lambda: "/usr/bin/chromium")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: None)
    with pytest.raises(write.NoPrinter, match="without a PDF"):
        write.pdf("<p>x</p>")


@pytest.mark.browser
def test_a_report_is_printed(meter):
    if write.browser() is None:
        pytest.skip("no Chromium on the path")
    made = write.pdf(meter)

    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) >= 2


# Axes -----------------------------------------------------------------------------------------------------------------

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


@given(FINITE, FINITE)
def test_ticks_are_few_round_and_within_their_bounds(one, other):
    low, high = axes.padded(min(one, other), max(one, other))
    found = axes.ticks(low, high)

    assert 1 <= len(found) <= axes.MOST_TICKS + 1
    assert all(low - 1e-6 * (high - low) <= value <= high + 1e-6 * (high - low) for value in found)
    steps = np.diff(found)
    assert np.allclose(steps, steps[:1]) if len(steps) else True


@given(st.integers(0, 4_000_000_000_000), st.integers(60_000, 40_000_000_000))
def test_times_of_an_axis_are_few_ascending_and_within_it(start, span):
    found = [at for at, _ in axes.time_ticks(start, start + span, "Europe/Berlin")]

    assert found == sorted(set(found))
    assert len(found) <= 8
    assert all(start <= at <= start + span for at in found)


def test_midnights_are_the_sites():
    start = int(datetime(2024, 10, 24, 22, tzinfo=UTC).timestamp() * 1000)
    found = [at for at, _ in axes.time_ticks(start, start + 5 * axes.DAY_MS, "Europe/Berlin")]
    hours = [datetime.fromtimestamp(at / 1000, tz=UTC).hour for at in found]

    assert hours[:2] == [22, 22]  # before the clocks change
    assert hours[-1] == 23  # and after it


def test_the_scale_of_a_chart_maps_its_ends():
    scale = axes.Scale(0.0, 10.0, 100.0, 20.0)

    assert (scale.at(0), scale.at(5), scale.at(10)) == (100.0, 60.0, 20.0)
    assert axes.Scale(3.0, 3.0, 0.0, 1.0).at(3.0) == 0.0


def test_a_cell_that_is_unknown_is_an_empty_frame_and_a_flagged_one_is_marked():
    drawn = charts.cell_map({1: {1: 0.0, 2: None, 3: -9.0, 4: 9.0}}, {(1, 3): "critical"}, "mV", "Cells")
    rects = re.findall(r'fill="(#\w+)" stroke="(\S+)"', drawn)

    assert [stroke == "none" for _, stroke in rects] == [True, False, True, True]
    assert rects[2][0] != rects[3][0] != rects[0][0]
    assert ">C</text>" in drawn
