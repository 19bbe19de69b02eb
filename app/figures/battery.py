"""Figures of a battery system: the alarm strip, energy per period, cycle depths, and the steps of the BMS's health."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from app.figures import objects as go
from app.figures.theme import colours, series_colour, style
from app.language import mark, t
from app.numbers import counted, number, stamp
from app.shapes.cycles import Cycle, DepthCount
from app.shapes.kpis import AlarmEvent
from app.shapes.series import SeriesAnswer

MERGE_SHARE = 1 / 400
"""Events of one signal closer than this share of the range are drawn as one mark; the table lists every one."""
TICKS_MAX = 6
"""Up to so many bars are labelled one by one."""
Unit = Literal["day", "week", "month"]
UNIT_WORDS: dict[Unit, str] = {"day": mark("day"), "week": mark("week"), "month": mark("month")}
KIND_WORDS = {"charge": mark("charged"), "discharge": mark("discharged")}
_ROW_PX = 40


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One mark of the alarm strip: one event, or several that would overlap at this width."""

    label: str
    start: datetime
    end: datetime
    peak: float
    events: int


def merge_events(alarms: Sequence[AlarmEvent], *, span: timedelta) -> list[Mark]:
    """Merge events that would overlap when drawn; none is left out.

    Parameters
    ----------
    alarms : sequence of AlarmEvent
        Events of any signals, in any order.
    span : timedelta
        Length of the range that is drawn.

    Returns
    -------
    list of Mark
        By label and start. The sum of ``events`` is the number of alarms, ``peak`` the highest of them.
    """
    apart = span * MERGE_SHARE
    marks: list[Mark] = []
    rows = [(_name(a), datetime.fromisoformat(a.start), datetime.fromisoformat(a.end), a.peak) for a in alarms]
    for label, start, end, peak in sorted(rows):
        last = marks[-1] if marks else None
        if last is not None and last.label == label and start - last.end <= apart:
            merged = Mark(
                label=label,
                start=last.start,
                end=max(last.end, end),
                peak=max(last.peak, peak),
                events=last.events + 1,
            )
            marks[-1] = merged
        else:
            marks.append(Mark(label=label, start=start, end=end, peak=peak, events=1))
    return marks


def _name(alarm: AlarmEvent) -> str:
    return f"{alarm.label} ({alarm.signal})"


def alarm_strip(alarms: Sequence[AlarmEvent], *, start_ms: int, end_ms: int, zone: str, theme: str | None) -> go.Figure:
    """Draw alarms as marks on a strip of the same time axis as the charts above it.

    A mark has a least size on the screen, so that an alarm of one sample is seen at any range.

    Parameters
    ----------
    alarms : sequence of AlarmEvent
        What the window holds.
    start_ms, end_ms : int
        Range that is drawn [epoch ms, UTC].
    zone : str
        The site's zone, in which times are drawn.
    theme : str or None
        light or dark.
    """
    marks = merge_events(alarms, span=timedelta(milliseconds=end_ms - start_ms))
    labels = sorted({mark.label for mark in marks})
    figure = go.Figure()
    for label in labels:
        own = [mark for mark in marks if mark.label == label]
        figure.add_trace(_stretches(own, label, zone, theme))
        figure.add_trace(_ticks(own, label, zone, theme))
    style(
        figure,
        theme,
    ).update_layout(
        height=44 + _ROW_PX * max(len(labels), 1),
        margin={"l": 8, "r": 18, "t": 4, "b": 24},
        showlegend=False,
        hovermode="closest",
    )
    figure.update_xaxes(range=[_wall_ms(start_ms, zone), _wall_ms(end_ms, zone)], type="date", showgrid=False)
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        visible=False,
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    for row, label in enumerate(labels):
        figure.add_annotation(
            text=label, x=0, xref="paper", xanchor="left", y=row - 0.25, showarrow=False, font={"size": 11}
        )
    place = {label: row for row, label in enumerate(labels)}
    for trace in figure.data:
        trace.y = [None if at is None else place[trace.name] + 0.22 for at in trace.x]
    return figure


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def _wall_ms(stamp_ms: int, zone: str) -> str:
    return _local(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp_ms), zone)


def _stretches(marks: Sequence[Mark], label: str, zone: str, theme: str | None) -> go.Scatter:
    stamps = [at for mark in marks for at in (_local(mark.start, zone), _local(mark.end, zone), None)]
    return go.Scatter(
        x=stamps, mode="lines", line={"color": colours(theme)["critical"], "width": 6}, name=label, hoverinfo="skip"
    )


def _ticks(marks: Sequence[Mark], label: str, zone: str, theme: str | None) -> go.Scatter:
    return go.Scatter(
        x=[_local(mark.start, zone) for mark in marks],
        mode="markers",
        marker={
            "symbol": "line-ns-open",
            "size": 12,
            "color": colours(theme)["critical"],
            "line": {"width": 2, "color": colours(theme)["critical"]},
        },
        name=label,
        text=[_told(mark, zone) for mark in marks],
        hovertemplate="%{text}<extra></extra>",
    )


def _told(mark: Mark, zone: str) -> str:
    start, end = (stamp(round(1000 * moment.timestamp()), zone) for moment in (mark.start, mark.end))
    how = t("{events}, peak {peak}", events=counted(mark.events, "event"), peak=number(mark.peak, 0))
    return f"<b>{mark.label}</b><br>{start} – {end}<br>{how}"


def cycle_energy(cycles: Sequence[Cycle], *, unit: Unit, zone: str, theme: str | None) -> go.Figure:
    """Draw the energy charged (up) and discharged (down) per day, week or month.

    Parameters
    ----------
    cycles : sequence of Cycle
        Half cycles; each counts in the period that it starts in. Those without energy are left out.
    unit : str
        day, week or month, cut in ``zone``.
    zone : str
        The site's zone.
    theme : str or None
        light or dark.
    """
    sums: dict[str, defaultdict[str, float]] = {"charge": defaultdict(float), "discharge": defaultdict(float)}
    for cycle in cycles:
        if cycle.kwh is not None:
            sums[cycle.kind][_period(cycle.start, unit, zone)] += abs(cycle.kwh)
    figure = go.Figure()
    named = t(UNIT_WORDS[unit])
    for kind, sign, color in (("charge", 1, series_colour(0, theme)), ("discharge", -1, series_colour(1, theme))):
        told = t(KIND_WORDS[kind])
        periods = sorted(sums[kind])
        figure.add_trace(
            go.Bar(
                x=periods,
                y=np.array([sign * sums[kind][period] for period in periods], dtype=np.float32),
                customdata=[number(sums[kind][period], 1) for period in periods],
                name=told,
                marker={"color": color},
                hovertemplate=f"%{{x|%-d %b %Y}} ({named})<br>{told} %{{customdata}} kWh<extra></extra>",
            )
        )
    style(
        figure,
        theme,
        height=300,
        barmode="relative",
        bargap=0.15,
        margin={"l": 76, "r": 28, "t": 42, "b": 52},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )
    figure.update_yaxes(
        title_text=t("energy per {unit}, DC [kWh]", unit=named),
        zeroline=True,
        zerolinecolor=colours(theme)["ink-3"],
        zerolinewidth=1,
    )
    periods = sorted({*sums["charge"], *sums["discharge"]})
    few = {"tickvals": periods} if len(periods) <= TICKS_MAX else {}
    form = "%b %Y" if unit == "month" else "%-d %b %Y"
    figure.update_xaxes(title_text=f"{named} ({zone})", tickformat=form, type="date", **few)
    return figure


def _period(start: str, unit: Unit, zone: str) -> str:
    day = datetime.fromisoformat(start).astimezone(ZoneInfo(zone)).date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    if unit == "month":
        day = day.replace(day=1)
    return day.isoformat()


def cycle_depths(depths: Sequence[DepthCount], *, theme: str | None) -> go.Figure:
    """Draw how many cycles there were of each range of depth, counted by rainflow."""
    low, high = (np.array([getattr(one, name) for one in depths], np.float64) for name in ("low_pct", "high_pct"))
    figure = go.Figure(
        go.Bar(
            x=((low + high) / 2).astype(np.float32),
            y=np.array([one.count for one in depths], np.float32),
            width=((high - low) * 0.92).astype(np.float32),
            marker={"color": series_colour(0, theme)},
            customdata=[t("{low:.0f} to {high:.0f} %", low=one.low_pct, high=one.high_pct) for one in depths],
            hovertemplate="%{customdata}: %{y}<extra></extra>",
        )
    )
    style(figure, theme, height=300, margin={"l": 60, "r": 24, "t": 12, "b": 52}, showlegend=False)
    figure.update_xaxes(title_text=t("depth of cycles [% of charge]"), range=[0, 100], dtick=20)
    figure.update_yaxes(title_text=t("cycles, by rainflow [count]"), rangemode="tozero")
    return figure


def bms_steps(answer: SeriesAnswer) -> list[tuple[int, float, float]]:
    """Find when the BMS changed its whole-percent state of health.

    Returns
    -------
    list of tuple
        Stamp [epoch ms, UTC], value before and after [%]; exact to one slice of the answer.
    """
    value = np.round(np.asarray(answer.value, dtype=np.float64))
    kept = np.flatnonzero(np.isfinite(value))
    value, ts = value[kept], np.asarray(answer.ts)[kept]
    changes = np.flatnonzero(np.diff(value)) + 1
    return [(int(ts[at]), float(value[at - 1]), float(value[at])) for at in changes]
