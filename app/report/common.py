"""What both reports share: whom they are about, when, and what was read and left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app import loader
from app.answers.provenance import provenance_of
from app.answers.quality import quality
from app.language import t
from app.numbers import counted, number, percent, stamp
from app.report.document import Notes, remarks, section, table
from app.shapes.series import SeriesAnswer
from pipeline.contract import Source

MOST_FILES = 40
"""Rejected files that are listed one by one."""
POINTS = 500
"""Points of a line on paper: what its width can show."""


@dataclass(frozen=True, slots=True)
class Period:
    """A source and the window that is reported on."""

    source: Source
    zone: str
    start_ms: int | None
    end_ms: int | None

    @property
    def window(self) -> tuple[int, int]:
        """The window with the data's own ends filled in [epoch ms UTC)."""
        first = self.source.first_ms if self.start_ms is None else self.start_ms
        return first, self.source.last_ms + 1 if self.end_ms is None else self.end_ms

    @property
    def words(self) -> str:
        """The window as a reader reads it."""
        return f"{stamp(self.window[0], self.zone)} – {stamp(self.window[1], self.zone)}"


def period_of(source: str, start_ms: int | None, end_ms: int | None) -> Period:
    """Return what is reported on.

    Raises
    ------
    UnknownSource
        There is no such source.
    """
    store = loader.current()
    return Period(store.source(source), store.zone, start_ms, end_ms)


def about(period: Period) -> dict[str, str]:
    """Say where a report comes from."""
    store = loader.current()
    now = round(datetime.now(UTC).timestamp() * 1000)
    said = {
        t("Period"): f"{period.words} ({period.zone})",
        t("Written"): stamp(now, period.zone),
        t("Build"): t("{build}, Packscope {version}", build=store.build_id, version=loader.VERSION),
    }
    return said | ({t("Bear in mind"): " ".join(period.source.notes)} if period.source.notes else {})


def label_of(period: Period, signal: str) -> str:
    """Return what a signal is called."""
    return loader.current().series(period.source.name, signal).label


def cite_lines(period: Period, notes: Notes, lines: Sequence[SeriesAnswer]) -> str:
    """Return the mark of a chart over time: each chart rests on its own files."""
    signals = tuple(line.signal for line in lines)
    title = t("Lines over time: {names}", names=", ".join(line.label for line in lines))
    basis = provenance_of(
        "series",
        period.source.name,
        signals=signals,
        start_ms=period.start_ms,
        end_ms=period.end_ms,
        level=", ".join(dict.fromkeys(line.level or "" for line in lines)),
        coverage=min((line.coverage for line in lines if line.coverage is not None), default=None),
        readings=sum(int(line.rows.sum()) for line in lines),
    )
    return notes.cite(f"series {signals}", title, basis)


def reading(period: Period, notes: Notes) -> str:
    """Write what was read, what was left out and why."""
    found = quality(period.source.name)
    left_out: Counter[str] = Counter()
    for row in found["series"]:
        left_out.update({name: count for name, count in row["excluded"].items() if count})
    rows = sum(row["rows_found"] for row in found["series"])
    kept = sum(row["rows"] for row in found["series"])
    mark = notes.cite("quality", t("Data quality"), provenance_of("quality", period.source.name))
    sentence = t(
        "{rows} rows of {series} series were read, {kept} readings kept, {coverage} of the time covered.",
        rows=number(rows),
        series=number(len(found["series"])),
        kept=number(kept),
        coverage=percent(found["coverage"], 1),
    )
    reasons = [[t(name.replace("_", " ")), number(count)] for name, count in left_out.most_common()]
    body = f"<p>{sentence}{mark}</p>" + table([t("Left out because"), t("Rows")], reasons, numeric=[1])
    body += _rejected(found["rejected_files"])
    return section(t("What was read"), body + remarks(found["warnings"][:MOST_FILES]), mark=mark)


def _rejected(files: list[dict[str, object]]) -> str:
    rows = [[str(one["file"]).rsplit("/", 1)[-1], str(one["line"] or ""), str(one["reason"])] for one in files]
    more = len(rows) - MOST_FILES
    tail = f"<p>{t('and {n} more', n=counted(more, t('file'), t('files')))}</p>" if more > 0 else ""
    return table([t("Rejected file"), t("Line"), t("Reason")], rows[:MOST_FILES]) + tail
