"""Time stamps: which notation a text is in, and which moment it names.

A stamp with a zone (``Z``, ``+02:00``) or a count since 1970 is an instant; any other is local time
(`pipeline.localtime`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

import numpy as np
import polars as pl

from pipeline.periods import DAY_MS

EARLIEST_MS = int(datetime(1971, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""No logger wrote before [epoch ms]: a stamp in 1970 is a clock that was never set."""
LATEST_MS = int(datetime(2262, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""The first stamp that a 64-bit count of nanoseconds cannot hold for a whole year [epoch ms]."""
EXAMPLES = 1000
"""Stamps, and shapes of stamps, that are looked at for a notation not yet tried."""

_EPOCH_UNITS = (("s", 1_000, 1), ("ms", 1, 1), ("us", 1, 1_000), ("ns", 1, 1_000_000))
"""Unit of a count since 1970, and how it becomes ms: times, divided by. From 1971 to 2261 their ranges are disjoint."""


@dataclass(frozen=True, slots=True)
class StampFormat:
    """One notation of stamps: a ``strftime`` pattern, or ``epoch``."""

    pattern: str
    kind: Literal["local", "instant", "epoch"]

    @property
    def dots(self) -> int | None:
        """How many full stops a text in this notation has; None where that varies."""
        return None if self.kind == "epoch" or "%.f" in self.pattern else self.pattern.count(".")


EPOCH = StampFormat("epoch", "epoch")

_CLOCK = r"(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2})?(?P<fraction>\.\d{1,18}|,\d{1,9})?(?P<half>\s?[AaPp][Mm])?"
_ZONE = r"(?P<space>\s?)(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_BETWEEN = r"(?P<between>T|,? |_)"
_DATES = (
    (re.compile(r"\d{4}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{1,2}"), "%Y{0}%m{0}%d"),
    (re.compile(r"\d{1,2}(?P<mark>[.-])\d{1,2}(?P=mark)\d{4}"), "%d{0}%m{0}%Y"),
    (re.compile(r"\d{1,2}(?P<mark>\.)\d{1,2}(?P=mark)\d{2}"), "%d{0}%m{0}%y"),
    (re.compile(r"\d{1,2}(?P<mark>/)\d{1,2}(?P=mark)\d{4}"), "%m{0}%d{0}%Y"),
    (re.compile(r"\d{1,2}(?P<mark>/)\d{1,2}(?P=mark)\d{2}"), "%m{0}%d{0}%y"),
    (re.compile(r"\d{1,2}(?P<mark>[- ])[A-Za-z]{3}(?P=mark)\d{4}"), "%d{0}%b{0}%Y"),
    (re.compile(r"\d{8}(?P<mark>)"), "%Y%m%d"),
)
_TIME = re.compile(f"{_BETWEEN}{_CLOCK}{_ZONE}")
_COMPACT = re.compile(r"(?P<between>T?)\d{6}(?P<zone>Z?)")
_DAYS_END = r"([T _])24(:00(?::00(?:[.,]0+)?)?(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?))?)$"
"""A day's end as some loggers write it, 24:00: the midnight that follows."""
_NUMBER = re.compile(r"-?\d{8,19}(\.\d+)?")


def is_day(text: str) -> bool:
    """Whether a text is a date without a time of day."""
    style = recognise(text)
    return style is not None and style.kind == "local" and "%H" not in style.pattern and "%I" not in style.pattern


@lru_cache(maxsize=4096)  # a site's files begin with the same stamps
def recognise(text: str, *, day_first: bool | None = None) -> StampFormat | None:
    """Tell the notation of one stamp.

    Parameters
    ----------
    text : str
        The stamp, without quotes or spaces around it.
    day_first : bool, optional
        Whether ``3/4/2024`` is the third of April; where that is not known, slashes are American and dashes are not.

    Returns
    -------
    StampFormat or None
        None where the text is no stamp.
    """
    for date, pattern in _DATES:
        if match := date.match(text):
            written = pattern.format(match["mark"])
            if day_first is not None and match["mark"] in ("/", "-"):
                written = _in_order(written, match["mark"], day_first=day_first)
            if found := _time_format(written, text[match.end() :]):
                return found
    if _NUMBER.fullmatch(text) and not is_out_of_range(_epoch_ms(float(text))):
        return EPOCH
    return None


def _in_order(pattern: str, mark: str, *, day_first: bool) -> str:
    if pattern.startswith("%Y") or "%b" in pattern:
        return pattern
    year = pattern[-2:]
    return mark.join(("%d", "%m", year) if day_first else ("%m", "%d", year))


def _time_format(date: str, rest: str) -> StampFormat | None:
    if not rest:
        return StampFormat(date, "local") if len(date) > len("%Y%m%d") else None
    if match := _TIME.fullmatch(rest):
        clock = _clock_format(match)
        return _with_zone(f"{date}{match['between']}{clock}", match["space"], match["zone"])
    if (match := _COMPACT.fullmatch(rest)) and date == "%Y%m%d":
        return _with_zone(f"{date}{match['between']}%H%M%S", "", match["zone"] or None)
    return None


def _clock_format(match: re.Match[str]) -> str:
    half, fraction = match["half"] or "", match["fraction"] or ""
    clock = f"{'%I' if half else '%H'}:%M{':%S' if match['seconds'] else ''}"
    if fraction:
        clock += "%.f" if fraction[0] == "." else f",%{len(fraction) - 1}f"
    return clock + (" %p" if half[:1] == " " else "%p") * bool(half)


def _with_zone(pattern: str, space: str, zone: str | None) -> StampFormat:
    if zone is None:
        return StampFormat(pattern, "local")
    if zone in ("Z", "UTC", "GMT"):
        return StampFormat(pattern + space + zone, "instant")
    return StampFormat(f"{pattern}{space}{'%#z' if len(zone) == 3 else '%z'}", "instant")


def is_out_of_range(ms: float) -> bool:
    """Whether an instant lies outside 1971 to 2261, where no logger wrote."""
    return not EARLIEST_MS <= ms < LATEST_MS


def _epoch_ms(count: float) -> float:
    for _, times, over in _EPOCH_UNITS:
        if not is_out_of_range(count * times / over):
            return count * times / over
    return float("nan")


def parse(texts: pl.Series, style: StampFormat) -> pl.Series:
    """Read stamps that are all in one notation.

    Returns
    -------
    Series
        Int64: epoch ms of instants, or local wall-clock ms (as if it were UTC) for local stamps; null where a text is
        in another notation or names no moment between 1971 and 2261.
    """
    if style.kind == "epoch":
        ms = _parse_epoch(texts)
    else:
        ms = texts.str.to_datetime(style.pattern, time_unit="ms", strict=False, cache=False).to_physical()
    if ms.null_count() == len(ms) or not (is_out_of_range(_low(ms)) or is_out_of_range(_high(ms))):
        return ms
    return pl.select(pl.when(ms.is_between(EARLIEST_MS, LATEST_MS, closed="left")).then(ms)).to_series()


def _low(ms: pl.Series) -> int:
    return int(ms.min())  # type: ignore[arg-type]


def _high(ms: pl.Series) -> int:
    return int(ms.max())  # type: ignore[arg-type]


def _parse_epoch(texts: pl.Series) -> pl.Series:
    whole = texts.cast(pl.Int64, strict=False)
    broken = texts.cast(pl.Float64, strict=False) if whole.null_count() else None
    frame = pl.DataFrame({"whole": whole})
    choices = []
    for _, times, over in _EPOCH_UNITS:
        ms = pl.col("whole") * times if over == 1 else pl.col("whole") // over
        plausible = pl.col("whole").is_between(EARLIEST_MS * over // times, LATEST_MS * over // times - 1)
        choices.append(pl.when(plausible).then(ms))
    if broken is not None:
        frame = frame.with_columns(broken.alias("broken"))
        for _, times, over in _EPOCH_UNITS:
            ms = pl.col("broken") * times / over
            choices.append(
                pl.when(ms.is_between(EARLIEST_MS, LATEST_MS, closed="left")).then(ms.round().cast(pl.Int64))
            )
    return frame.select(pl.coalesce(choices)).to_series()


def parse_mixed(
    texts: pl.Series, likely: Sequence[StampFormat], *, day_first: bool | None
) -> tuple[pl.Series, pl.Series]:
    """Read stamps in any notations, row by row.

    Parameters
    ----------
    texts : Series
        Stamps without quotes or spaces around them.
    likely : sequence of StampFormat
        Notations to try first.
    day_first : bool or None
        As in `recognise`.

    Returns
    -------
    tuple of Series
        Int64 ms as `parse` gives them, and whether each is an instant; null ms where a text is no stamp. A day's end
        of 24:00 is the midnight that follows.
    """
    ends = texts.str.contains(_DAYS_END).fill_null(value=False)
    begins = texts.str.replace(_DAYS_END, "${1}00${2}") if ends.any() else texts
    frame = pl.DataFrame({"text": begins, "row": np.arange(len(texts))})
    ms, instant = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool)
    known = np.zeros(len(texts), bool)
    tried: set[StampFormat] = set()
    for style in _styles(frame, likely, tried, day_first):
        tried.add(style)
        parsed = parse(frame["text"], style)
        good = parsed.is_not_null()
        rows = frame["row"].filter(good).to_numpy()
        ms[rows], known[rows], instant[rows] = parsed.filter(good).to_numpy(), True, style.kind != "local"
        frame.replace_column(0, pl.select(pl.when(~good).then(frame["text"]).alias("text")).to_series())
    return pl.Series(ms + DAY_MS * ends.to_numpy()).set(pl.Series(~known), None), pl.Series(instant)


def _styles(
    frame: pl.DataFrame, likely: Sequence[StampFormat], tried: set[StampFormat], day_first: bool | None
) -> Iterator[StampFormat]:
    """Name the notations worth trying on what is still unread: the likely ones, then those of the texts left over."""
    yield from likely
    known: set[str] = set()
    while True:
        left = [text for text in _examples(frame["text"].drop_nulls()) if text not in known]
        fresh = next(((s, t) for t in left if (s := recognise(t, day_first=day_first)) and s not in tried), None)
        if fresh is None:
            return
        known.add(fresh[1])
        yield fresh[0]


def _examples(texts: pl.Series) -> list[str]:
    """List texts that stand for all: the first ones, and the last of each shape, digits being alike."""
    if len(texts) <= EXAMPLES:
        return texts.to_list()
    shapes = texts.str.replace_all(r"\d", "0").alias("shape")
    last = pl.DataFrame([texts.alias("text"), shapes]).unique("shape", keep="last", maintain_order=True)["text"]
    return [*texts.head(EXAMPLES).to_list(), *last.head(EXAMPLES).to_list()]
