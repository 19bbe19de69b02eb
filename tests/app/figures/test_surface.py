"""The surface: nothing lost by thinning, gaps open, the camera kept, typed arrays, labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.figures.relief import ROWS_MAX, relief
from app.figures.surface import LABELS_MAX, cell_surface, cell_time_map
from app.shapes.pictures import SurfaceAnswer

DAY_MS = 86_400_000
START_MS = 1_711_670_400_000  # 29 March 2024, 00:00 UTC


def answer(z, *, mode="deviation", quantity="voltage", unit="mV", ts=None):
    rows, cells = z.shape
    return SurfaceAnswer(
        build_id="b1",
        level="1d",
        coverage=1.0,
        ts=START_MS + DAY_MS * np.arange(rows, dtype=np.int64) if ts is None else ts,
        cells=tuple(range(1, cells + 1)),
        cells_of=None,
        z=z,
        unit=unit,
        quantity=quantity,
        mode=mode,
    )


def draw(given_answer, **options):
    return cell_surface(given_answer, **({"zone": "Europe/Berlin", "flagged": {}, "theme": "light"} | options))


def test_a_deviation_of_voltage_is_drawn_in_millivolts():
    figure = draw(answer(np.array([[0.0, -12.4], [1.0, 0.0]])), limit=10.0)

    assert figure.data[0].z[0, 1] == pytest.approx(-12.4)
    assert figure.layout.scene.zaxis.title.text == "from median [mV]"
    assert figure.data[0].cmin == -figure.data[0].cmax


def test_values_travel_as_typed_arrays():
    surface = draw(answer(np.zeros((400, 52)))).to_plotly_json()["data"][0]

    assert surface["z"]["dtype"] == "f4"
    assert surface["x"]["dtype"] == "i2"


def test_no_more_rows_are_drawn_than_a_browser_without_a_gpu_can():
    assert draw(answer(np.zeros((5_000, 52)))).data[0].z.shape == (ROWS_MAX, 52)


def test_one_excursion_survives_the_thinning():
    z = np.zeros((630, 52))
    z[333, 16] = -150.0

    assert relief(answer(z)).z.min() == pytest.approx(-150.0)


@given(arrays(np.float64, (70, 3), elements=st.floats(-1, 1) | st.just(np.nan)))
def test_a_thinned_deviation_keeps_the_farthest_value_of_each_cell(z):
    shown = relief(answer(z, unit="°C", quantity="temperature"), rows_max=9)

    for cell in range(3):
        column, kept = z[:, cell], shown.z[:, cell]
        if np.isfinite(column).any():
            assert np.nanmax(np.abs(kept)) == pytest.approx(np.nanmax(np.abs(column)), abs=0.06)
        else:
            assert np.isnan(kept).all()


@given(arrays(np.float64, (40, 2), elements=st.floats(3, 4) | st.just(np.nan)))
def test_a_thinned_absolute_value_is_the_mean_of_its_rows(z):
    shown = relief(answer(z, mode="absolute", unit="V"), rows_max=10)

    for at in range(10):
        for cell in range(2):
            part = z[4 * at : 4 * at + 4, cell]
            slow = np.mean(part[np.isfinite(part)]) if np.isfinite(part).any() else np.nan
            assert shown.z[at, cell] == pytest.approx(slow, abs=1e-3, nan_ok=True)


def test_a_gap_in_time_stays_open():
    ts = START_MS + DAY_MS * np.array([0, 1, 2, 30, 31], dtype=np.int64)
    shown = relief(answer(np.ones((5, 2)), ts=ts))

    assert np.isnan(shown.z[3]).all()
    assert shown.ts[3] == START_MS + 3 * DAY_MS
    assert np.isfinite(shown.z[[0, 1, 2, 4, 5]]).all()


def test_rows_are_labelled_in_site_time():
    texts = draw(answer(np.zeros((4, 2)))).data[0].text

    assert texts[0][0].endswith("01:00")  # 00:00 UTC in winter
    assert texts[3][0].endswith("02:00")  # after the change of clock


def test_flagged_ridges_are_labelled_and_the_selected_one_too():
    figure = draw(answer(np.zeros((4, 9))), flagged={7: "critical", 2: "watch"}, selected=5)
    labels = {one.text: one.x for one in figure.layout.scene.annotations}

    assert [trace.x[0] for trace in figure.data[1:]] == list(labels.values()) == [7, 2, 5]
    assert list(labels) == ["cell 7: critical", "cell 2: watch", "cell 5"]


def test_a_flagged_cell_without_readings_is_named_nowhere():
    z = np.zeros((4, 9))
    z[:, 6] = np.nan
    labels = draw(answer(z), flagged={7: "critical"}).layout.scene.annotations

    assert [one.visible for one in labels] == [False]


def test_labels_are_few():
    flagged = dict.fromkeys(range(1, 30), "watch")

    assert len(draw(answer(np.zeros((4, 40))), flagged=flagged).data) == 1 + LABELS_MAX


def test_the_camera_is_kept_while_the_key_is():
    first = draw(answer(np.zeros((4, 4))), view_key="C1-1-voltage")
    second = draw(answer(np.ones((9, 4))), view_key="C1-1-voltage")

    assert first.layout.scene.uirevision == second.layout.scene.uirevision == "C1-1-voltage"
    assert first.layout.scene.camera.eye.x is None, "a camera in the layout would overwrite the user's"
    assert first.layout.template.layout.scene.camera.eye.x is not None


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_short_answers_are_drawn(rows):
    assert len(draw(answer(np.zeros((rows, 3))), flagged={2: "warning"}).data) == 2
    assert cell_time_map(answer(np.zeros((rows, 3))), zone="UTC", flagged={2: "warning"}, theme="dark")


def test_the_map_holds_the_same_numbers_with_cells_down():
    z = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    figure = cell_time_map(answer(z), zone="Europe/Berlin", flagged={2: "watch"}, theme="light", selected=3)

    assert figure.data[0].z == pytest.approx(np.array([[1, 4], [2, 5], [3, 6]]))
    assert figure.layout.yaxis.autorange == "reversed"
    assert [shape.y0 for shape in figure.layout.shapes] == [2.5, 3.5]
