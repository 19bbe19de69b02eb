"""What is drawn without Plotly's checks is what Plotly itself makes of it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from app.figures import objects


def drawn(kit) -> go.Figure:
    figure = kit.Figure()
    figure.add_trace(kit.Scatter(x=np.arange(3), y=[1.0, None, 2.5], line={"width": 1, "shape": "hv"}, name="a"))
    figure.add_trace(kit.Bar(x=["mon", "tue"], y=[1, 2], yaxis="y2"))
    figure.add_trace(kit.Heatmap(z=[[1, 2], [3, 4]], colorscale=[[0, "#000000"], [1, "#ffffff"]]))
    figure.add_trace(kit.Scatter3d(x=[1], y=[2], z=[3], mode="markers"))
    figure.add_trace(kit.Surface(z=[[1, 2], [3, 4]], showscale=False))
    figure.add_annotation(text="said", x=0, y=1, showarrow=False, font={"size": 11})
    figure.add_annotation(text="again", x=1, y=1, font_size=12)
    figure.add_shape(type="line", x0=0, x1=1, y0=2, y1=2, line={"dash": "dash"})
    figure.add_hline(y=3, line={"width": 1})
    figure.update_layout({"height": 300, "yaxis2": {"overlaying": "y"}}, legend_traceorder="normal")
    figure.update_layout(meta={"lines": [{"max_points": 7}]}, margin={"l": 1})
    figure.update_layout(margin={"r": 2})
    figure.update_xaxes(title_text="time", type="date")
    figure.update_yaxes(range=[0, 1], dtick=None)
    figure.data[0].customdata = [1, 2, 3]
    return figure


def test_the_same_steps_make_the_same_figure():
    ours, plotlys = drawn(objects), drawn(go)
    checked = go.Figure(ours)
    checked.layout.template = plotlys.layout.template = None
    assert checked.to_plotly_json() == plotlys.to_plotly_json()
    assert [trace.type for trace in ours.data] == [trace.type for trace in plotlys.data]
    assert ours.layout.xaxis.title.text == "time"
    assert [one.text for one in ours.layout.annotations] == ["said", "again"]


def test_a_property_that_plotly_does_not_know_is_refused_by_its_own_figure():
    figure = objects.Figure().add_trace(objects.Scatter(x=[1], y=[1]))
    figure.update_layout(heihgt=3)

    with pytest.raises(ValueError, match="heihgt"):
        go.Figure(figure)
