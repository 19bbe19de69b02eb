"""What an answer rests on: the files, rows and exclusions behind it, the rule and its source, and how sure it is.

One record, `Provenance`, stands beside every number of the pages and in every answer of the API. Rows and exclusions
are those of the series' whole history (they are counted once, while a file is read); coverage is the window's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from app import loader
from app.answers.bases import ANY, BASES
from app.answers.basis import Basis
from app.answers.readings import readings_in
from app.answers.window import iso
from app.language import mark, t, tn
from app.numbers import NOTHING, number, percent
from app.shapes.answer import Provenance
from app.shapes.kpis import MeterKpis
from app.shapes.packs import ComparisonAnswer, SohTriple
from app.shapes.series import SeriesAnswer
from app.store import Store
from pipeline.contract import DAY_MS, Series

REASON_WORDS = {
    "missing": mark("missing"),
    "unreadable": mark("unreadable"),
    "bad_stamp": mark("with a bad stamp"),
    "truncated_line": mark("truncated"),
    "extra_fields": mark("with extra fields"),
    "unclosed_quote": mark("with an unclosed quote"),
    "repeated_header": mark("repeated headers"),
    "comments": mark("comments"),
    "duplicates": mark("duplicates"),
    "conflicts": mark("in conflict"),
    "sentinel": mark("register values without a reading"),
    "out_of_range": mark("out of range"),
}
"""Why rows are left out, as a reader is told after their number."""
NAMED_FILES = 5
"""Files that are named; of more, the number is told [files]."""


def provenance_of(
    question: str,
    source: str | None = None,
    *,
    signals: tuple[str, ...] = (),
    pack: int | None = None,
    unit: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    level: str | None = None,
    coverage: float | None = None,
    readings: int | None = None,
    uncertainty: str | None = None,
) -> Provenance:
    """Say what an answer rests on.

    Parameters
    ----------
    question : str
        One of `app.answers.bases.BASES`; of any other, every series of the source counts.
    source : str, optional
        Name of a meter or battery system; all of them where None.
    signals, pack, unit : tuple of str, int, str, optional
        Of these series alone.
    start_ms, end_ms : int, optional
        Window of the answer [epoch ms UTC); the whole history where None.
    level : str, optional
        Level that it was read from, where the rule does not fix one.
    coverage : float, optional
        Share of the window that holds readings (0 to 1).
    readings : int, optional
        Readings in the window that it rests on, where they were counted.
    uncertainty : str, optional
        How sure it is, in words.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    basis = BASES.get(question, ANY)
    store = loader.current()
    for signal in signals:
        store.series(source or "", signal)
    found = _counted(question, source, signals, pack, unit)
    start_ms, end_ms = rests_between(basis, source, start_ms, end_ms)
    sources = store.manifest.sources if source is None else (store.source(source),)
    first = min((one.first_ms for one in sources), default=None) if start_ms is None else start_ms
    last = max((one.last_ms for one in sources), default=None) if end_ms is None else end_ms
    return Provenance(
        rule=basis.rule,
        rule_source=basis.rule_source,
        source=source,
        signals=found.signals,
        files=found.files,
        file_names=found.file_names,
        rows=found.rows,
        kept=found.kept,
        excluded=dict(found.excluded),
        readings=readings,
        start=None if first is None else iso(first, store.zone),
        end=None if last is None else iso(last, store.zone),
        level=level or basis.level,
        coverage=coverage,
        uncertainty=uncertainty or basis.uncertainty,
        build_id=store.build_id,
    )


def rests_between(
    basis: Basis, source: str | None, start_ms: int | None, end_ms: int | None
) -> tuple[int | None, int | None]:
    """Give the window that an answer rests on: the one that is shown, unless its rule has one of its own."""
    if basis.whole:
        return None, None
    if basis.last_days is None:
        return start_ms, end_ms
    store = loader.current()
    sources = store.manifest.sources if source is None else (store.source(source),)
    last = max((one.last_ms for one in sources), default=0)
    return last - basis.last_days * DAY_MS, None


@loader.memoised
def window_of_question(
    question: str,
    source: str | None,
    signals: tuple[str, ...],
    pack: int | None,
    start_ms: int | None,
    end_ms: int | None,
) -> tuple[int, float | None]:
    """Count the readings that a question rests on in its window, and the share of the window that they cover."""
    window = rests_between(BASES.get(question, ANY), source, start_ms, end_ms)
    return readings_in(loader.current(), _used(question, source, signals, pack, None), *window)


def holds_data(source: str | None, start_ms: int | None, end_ms: int | None) -> bool:
    """Whether a window meets the history of a source, or of any where None.

    Raises
    ------
    UnknownSource
        There is no such source.
    """
    store = loader.current()
    sources = store.manifest.sources if source is None else (store.source(source),)
    if start_ms is not None and start_ms == end_ms:
        return False
    return any(
        (end_ms is None or one.first_ms < end_ms) and (start_ms is None or one.last_ms >= start_ms) for one in sources
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted while the files of some series were read."""

    signals: int
    files: int
    file_names: tuple[str, ...]
    rows: int
    kept: int
    excluded: Mapping[str, int]


@loader.once_per_build
def _counted(
    question: str, source: str | None, signals: tuple[str, ...], pack: int | None, unit: str | None
) -> _Counted:
    store, used = loader.current(), _used(question, source, signals, pack, unit)
    files = _files(store, {(one.source, one.signal) for one in used})
    excluded: Counter[str] = Counter()
    for one in used:
        excluded.update({reason: count for reason, count in one.tally.excluded.items() if count})
    return _Counted(
        signals=len(used),
        files=len(files),
        file_names=tuple(PurePath(path).name for path in files[:NAMED_FILES]),
        rows=sum(one.tally.rows for one in used),
        kept=sum(one.kept for one in used),
        excluded=dict(excluded.most_common()),
    )


def _used(
    question: str, source: str | None, signals: tuple[str, ...], pack: int | None, unit: str | None
) -> list[Series]:
    store, basis = loader.current(), BASES.get(question, ANY)
    every = store.manifest.series if source is None else store.all_series(source)
    return [
        one
        for one in every
        if (one.signal in signals if signals else basis.is_used(one) and _is_asked(one, pack, unit))
    ]


def _is_asked(series: Series, pack: int | None, unit: str | None) -> bool:
    return (pack is None or series.pack in (pack, None)) and (unit is None or series.unit == unit)


def _files(store: Store, used: set[tuple[str, str]]) -> list[str]:
    return sorted(
        {one.path for one in store.manifest.files if any((one.source, signal) in used for signal in one.signals)}
    )


def of_answer(question: str, arguments: Mapping[str, Any], answer: object) -> Provenance:
    """Say what an answer of the API rests on, from what was asked and what was answered."""
    signal = arguments.get("signal")
    return provenance_of(
        question,
        next((arguments[name] for name in ("system", "meter", "source") if arguments.get(name)), None),
        signals=(signal,) if signal else (),
        pack=arguments.get("pack"),
        unit=_unit(arguments),
        start_ms=arguments.get("start_ms"),
        end_ms=arguments.get("end_ms"),
        level=getattr(answer, "level", None),
        coverage=answer.get("coverage") if isinstance(answer, Mapping) else getattr(answer, "coverage", None),
        readings=int(answer.rows.sum()) if isinstance(answer, SeriesAnswer) else None,
        uncertainty=uncertainty_of(answer),
    )


def _unit(arguments: Mapping[str, Any]) -> str | None:
    """Name the unit of the cell series behind a surface or a heat map."""
    if "quantity" not in arguments and "metric" not in arguments:
        return None
    return "°C" if "temperature" in (arguments.get("quantity"), arguments.get("metric")) else "V"


def _readings(count: int | None) -> str:
    return "" if count is None else tn("{n} reading", "{n} readings", count, n=number(count))


def _minute(stamp: str | None) -> str:
    return stamp[:16].replace("T", " ") if stamp else NOTHING


def words_of(basis: Provenance) -> list[tuple[str, str]]:
    """Write a provenance for a reader: label and text of each line, in the reader's language."""
    names = ", ".join(basis.file_names)
    more = basis.files - len(basis.file_names)
    files = t("{names} and {n} more", names=names, n=number(more)) if more else names or NOTHING
    left_out = ", ".join(
        f"{number(count)} {t(REASON_WORDS.get(name, name.replace('_', ' ')))}" for name, count in basis.excluded.items()
    )
    said = [
        (t("Rule"), t(basis.rule)),
        (t("Described in"), basis.rule_source),
        (t("Source"), basis.source or t("all sources")),
        (t("Period"), t("{start} to {end}", start=_minute(basis.start), end=_minute(basis.end))),
        (t("Files"), t("{n}: {files}", n=number(basis.files), files=files)),
        (t("Rows"), t("{rows} read, {kept} kept", rows=number(basis.rows), kept=number(basis.kept))),
        (t("Left out"), left_out or t("nothing")),
        (t("In the window"), _readings(basis.readings)),
        (t("Level"), t(basis.level) if basis.level else t("none: a verdict")),
        (t("Coverage"), percent(basis.coverage, 1) if basis.coverage is not None else ""),
        (t("Uncertainty"), t(basis.uncertainty) if basis.uncertainty else ""),
        (t("Build"), basis.build_id),
    ]
    return [(label, text) for label, text in said if text]


def uncertainty_of(answer: object) -> str | None:
    """Say how sure an answer is, where that follows from the answer itself."""
    if isinstance(answer, ComparisonAnswer):
        return soh_uncertainty(answer.system.soh, answer.system.soh_reason)
    if isinstance(answer, MeterKpis):
        return energy_uncertainty(answer.import_kwh, answer.from_power.get("import_kwh"))
    return None


def soh_uncertainty(soh: SohTriple, reason: str | None) -> str:
    """Write the interval of a measured state of health, or why there is none."""
    if soh.measured is None or soh.low is None or soh.high is None:
        return t("No interval: {reason}", reason=reason or t("nothing was measured"))
    return t(
        "95 % interval {low} to {high} %, from the spread of the counts and the error budget.",
        low=number(soh.low, 1),
        high=number(soh.high, 1),
    )


def energy_uncertainty(counted_kwh: float | None, integrated_kwh: float | None) -> str | None:
    """Compare an energy that was counted with the same one integrated from power."""
    if counted_kwh is None or integrated_kwh is None or counted_kwh == 0:
        return None
    apart = 100 * (integrated_kwh - counted_kwh) / counted_kwh
    return t("Import integrated from power is {apart} % off the counter.", apart=number(apart, 2))
