"""One table of colours: the stylesheet repeats it, and it can be read by everyone."""

from __future__ import annotations

import re
from pathlib import Path

import plotly.graph_objects as go
import pytest

from app.figures import theme

CSS = (Path(__file__).parents[3] / "assets" / "10-packscope.css").read_text()
SURFACES = ("page", "surface")
TEXTS = ("ink", "ink-2", "ink-3", "accent", *theme.SEVERITIES)


def variables(name: str) -> dict[str, str]:
    block = re.search(rf'\[data-bs-theme="{name}"\] \{{(.*?)\}}', CSS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--ps-([\w-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_stylesheet_repeats_the_table(name):
    series = {f"series-{at + 1}": colour for at, colour in enumerate(theme.SERIES[name])}

    assert variables(name) == theme.COLOURS[name] | series


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_can_be_read_on_every_surface(name, text, surface):
    own = theme.COLOURS[name]

    assert contrast(own[text], own[surface]) >= 4.5  # WCAG 2.2, 1.4.3: text of normal size


@pytest.mark.parametrize("name", ["light", "dark"])
def test_selected_words_can_be_read_on_the_weak_accent(name):
    own = theme.COLOURS[name]

    assert contrast(own["accent"], own["accent-weak"]) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_lines_stand_out_from_their_surface(name):
    worst = min(contrast(colour, theme.COLOURS[name]["surface"]) for colour in theme.SERIES[name])

    assert worst >= 3.0  # WCAG 2.2, 1.4.11: graphical objects


def test_the_bands_are_seven_and_all_different():
    assert len(theme.BANDS) == len(set(theme.BANDS.values())) == 7


def test_a_figure_carries_a_small_template_and_is_never_too_low():
    figure = theme.style(go.Figure(go.Scatter(y=[1, 2])), "dark", height=100)

    assert figure.layout.height == theme.CHART_MIN_PX
    assert len(figure.to_json()) < 3_000


def test_an_empty_chart_says_why():
    figure = theme.message("No reading in this period", "light")

    assert [note.text for note in figure.layout.annotations] == ["No reading in this period"]
