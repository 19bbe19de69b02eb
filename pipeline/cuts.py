"""Where the history of a group is cut: at the site's midnights into months, or into days for loggers of seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline import contract

_DAY_CUT_BELOW_MS = 13_000
"""A month of a faster clock than this holds over 200,000 rows; its history is cut by day [ms]."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cuts of one group.

    Attributes
    ----------
    size : str
        month or day.
    zone : str
        The site's zone, at whose midnights they begin.
    """

    size: Literal["month", "day"]
    zone: str

    @classmethod
    def of_interval(cls, interval_ms: int, zone: str) -> Cuts:
        """Choose the size for a sampling interval [ms]."""
        return cls("day" if interval_ms < _DAY_CUT_BELOW_MS else "month", zone)

    def starts(self, first_ms: int, last_ms: int) -> list[int]:
        """List the starts from the cut of ``first_ms`` to the cut of ``last_ms`` [epoch ms UTC]."""
        if self.size == "day":
            return contract.day_starts(first_ms, last_ms, self.zone)[:-1]
        starts = [contract.period_start(first_ms, "month", self.zone)]
        while (end := contract.period_end(starts[-1], "month", self.zone)) <= last_ms:
            starts.append(end)
        return starts

    def end(self, start: int) -> int:
        """Return where the cut that begins at ``start`` ends [epoch ms UTC, excluded]."""
        if self.size == "day":
            return contract.day_starts(start, start, self.zone)[1]
        return contract.period_end(start, "month", self.zone)
