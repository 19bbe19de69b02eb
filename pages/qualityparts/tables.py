"""The tables of data quality: series, gaps of one, what was left out by reason, rejected files, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.answers.omissions import Omission
from app.language import t
from app.numbers import duration, number
from app.shapes.quality import ClockPair
from app.shapes.verdicts import Finding
from app.view import View
from pages.grids import figures, moment, severity, words
from pages.qualityparts.meanings import counts, reason

SERIES, GAPS, OMITTED, REJECTED, FINDINGS, CLOCKS = (
    "quality-grid",
    "quality-gaps",
    "quality-omitted",
    "quality-rejected",
    "quality-findings",
    "quality-clocks",
)
Row = Mapping[str, Any]
Rows = list[dict[str, Any]]
MARGIN = 0.5
"""How much is shown to either side of a gap, as a share of its length [1]."""


def series_columns() -> list[dict[str, Any]]:
    """Describe the table of series; a series leads to its gaps."""
    return [
        words("signal", t("Series"), width=168, href="href"),
        words("label", t("Meaning"), width=190),
        figures("coverage_pct", t("Coverage"), "%", digits=2, width=130),
        figures("rows", t("Readings")),
        *(figures(key, title, width=124) for key, (title, _, _) in counts().items()),
        words("first", t("First"), width=164),
        words("last", t("Last"), width=164),
    ]


def series_rows(found: Sequence[Row], view: View) -> Rows:
    """List the series, least covered first; an unknown coverage stands before all."""
    shown = ("signal", "label", "rows", *counts())
    flat = [
        {key: one.get(key) for key in shown}
        | {"coverage_pct": None if one.get("coverage") is None else 100 * float(one["coverage"])}
        | {key: (one.get(key) or "")[:16].replace("T", " ") for key in ("first", "last")}
        | {"href": "/quality" + view.change(series=one["signal"]).search()}
        for one in found
    ]
    return sorted(flat, key=lambda one: (one["coverage_pct"] is not None, one["coverage_pct"] or 0.0, one["signal"]))


def gap_columns() -> list[dict[str, Any]]:
    """Describe the table of gaps."""
    return [
        words("start", t("Last reading before"), width=176, href="href"),
        words("end", t("First reading after"), width=176),
        words("lasted", t("Lasted"), width=120),
        figures("minutes", t("Lasted"), "min", width=120),
        figures("missing", t("Readings missing"), width=150),
    ]


def gap_rows(found: pl.DataFrame, source: str, signal: str, view: View, zone: str) -> Rows:
    """List the gaps of a series; each leads to the readings around it."""
    rows = []
    for start, end, missing in found.iter_rows():
        room = max(round(MARGIN * (end - start)), 3_600_000)
        zoom = "~".join((moment(one, zone) or "").replace(" ", "T") for one in (start - room, end + room))
        href = view.href("/explore", signals=(f"{source}:{signal}",), when="complete", start=None, end=None, zoom=zoom)
        rows.append(
            {
                "start": moment(start, zone),
                "end": moment(end, zone),
                "lasted": duration(end - start),
                "minutes": round((end - start) / 60_000),
                "missing": missing,
                "href": href,
            }
        )
    return rows


def omitted_columns() -> list[dict[str, Any]]:
    """Describe the table of what was left out."""
    return [
        words("title", t("Reason"), width=140),
        words("done", t("Done"), width=110),
        figures("rows", t("Rows"), width=100),
        figures("series", t("Series"), width=100),
        words("worst", t("Most in"), width=170),
        words("meaning", t("What it is"), width=240, wrap=True),
        words("verdicts", t("For the verdicts"), width=240, wrap=True),
    ]


def omitted_rows(found: Sequence[Omission]) -> Rows:
    """Say what was left out or remarked, why, and what that means."""
    rows = []
    for one in found:
        title, meaning, verdicts = reason(one.reason)
        rows.append(
            {
                "title": title,
                "done": t("kept") if one.kept else t("left out"),
                "rows": one.rows,
                "series": one.series,
                "worst": f"{one.worst} ({number(one.worst_rows)})",
                "meaning": meaning,
                "verdicts": verdicts,
            }
        )
    return rows


def rejected_columns() -> list[dict[str, Any]]:
    """Describe the table of rejected files."""
    return [
        words("file", t("File"), width=320, wrap=True),
        figures("line", t("Line"), width=90),
        words("reason", t("Reason"), width=300, wrap=True),
    ]


def rejected_rows(found: Sequence[Row]) -> Rows:
    """List the rejected files with line and reason."""
    return [{"file": one["file"], "line": one.get("line"), "reason": one["reason"]} for one in found]


def finding_columns() -> list[dict[str, Any]]:
    """Describe the table of findings."""
    return [
        severity("said", t("Severity"), key="severity"),
        words("subject", t("What"), width=170),
        words("at", t("Since"), width=164),
        words("text", t("Finding"), width=420, wrap=True),
    ]


def finding_rows(found: Sequence[Finding]) -> Rows:
    """List what the readings themselves say against being trusted."""
    named = {"critical": t("Critical"), "warning": t("Warning"), "watch": t("Watch")}
    return [
        {
            "said": named.get(one.severity, one.severity),
            "severity": one.severity,
            "subject": one.subject,
            "at": one.at[:16].replace("T", " "),
            "text": one.text,
        }
        for one in found
    ]


def clock_columns() -> list[dict[str, Any]]:
    """Describe the table of clocks."""
    return [
        words("signal", t("Clock of"), width=170),
        words("reference", t("Against"), width=130),
        figures("shift_s", t("Behind by"), "s", width=120),
        figures("limit_s", t("Told from"), "s", width=120),
        figures("r", t("Correlation of steps"), digits=2, width=170),
        words("said", t("What that says"), width=320, wrap=True),
    ]


def clock_rows(found: Sequence[ClockPair], system: str) -> Rows:
    """List how far clocks stand apart: now, and when they stood off; only what is not the system's names its source."""
    return [
        {
            "signal": one.signal if one.source == system else f"{one.source} {one.signal}",
            "reference": one.reference,
            "shift_s": one.shift_s,
            "limit_s": one.limit_s,
            "r": one.r,
            "said": _clock_words(one),
        }
        for one in found
    ]


def _clock_words(one: ClockPair) -> str:
    if one.reason is not None:
        return one.reason
    if not one.off:
        return t("Runs with it, as far as these readings can tell.")
    told = [
        t(
            "{minutes} min {side} from {start} to {end}",
            minutes=number(abs(off.shift_s) / 60, 1),
            side=t("behind") if off.shift_s > 0 else t("ahead"),
            start=off.start[:10],
            end=off.end[:10],
        )
        for off in one.off
    ]
    return "; ".join(told)
