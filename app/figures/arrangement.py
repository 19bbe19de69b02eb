"""Where each cell of each pack is drawn on a heat map: a row for each pack, or the whole string in one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.language import t

EVERY = 5
"""Cells are numbered every fifth; in one long row, every tenth."""
ROW_PX, MARGIN_PX, LONG_PX = 74, 120, 132
"""Height of a pack's row, of what is around the rows, and of the one long row [px]."""
BETWEEN = 1
"""Columns that part two packs in the one long row [columns]."""


@dataclass(frozen=True)
class Arrangement:
    """Where the cells of each pack lie; axes count columns and rows."""

    cells: Mapping[int, Sequence[int]]
    """Numbers of each pack's cells."""
    in_one_row: bool = False

    @property
    def packs(self) -> list[int]:
        """Packs from the first to the last, with those between that hold no cell."""
        return list(range(min(self.cells), max(self.cells) + 1))

    @property
    def longest(self) -> int:
        """Highest number of a cell."""
        return max((cell for own in self.cells.values() for cell in own), default=1)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        if self.in_one_row:
            return 1, len(self.packs) * (self.longest + BETWEEN) - BETWEEN
        return len(self.packs), self.longest

    @property
    def origin(self) -> int:
        """Place of the first row on its axis."""
        return 1 if self.in_one_row else self.packs[0]

    @property
    def height_px(self) -> int:
        """Height of the figure [px]."""
        return MARGIN_PX + (LONG_PX if self.in_one_row else ROW_PX * len(self.packs))

    def spot(self, pack: int, cell: int) -> tuple[int, int]:
        """Return a cell's place on the axes: column and row."""
        if self.in_one_row:
            return (pack - self.packs[0]) * (self.longest + BETWEEN) + cell, 1
        return cell, pack

    def index(self, pack: int, cell: int) -> tuple[int, int]:
        """Return a cell's row and column in a matrix."""
        column, row = self.spot(pack, cell)
        return row - self.origin, column - 1

    def axes(self, *, sensors: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Describe both axes: cells numbered, packs named."""
        plain = {"showgrid": False, "zeroline": False, "fixedrange": True}
        along = t("sensor") if sensors else t("cell, in physical order")
        rows, columns = self.shape
        across = {"title": {"text": along}, "range": [0.5, columns + 0.5], **self._numbers(), **plain}
        down = {"range": [self.origin + rows - 0.5, self.origin - 0.5], **plain}
        if self.in_one_row:
            return across, down | {"showticklabels": False, "ticks": ""}
        names = [t("Pack {n}", n=pack) for pack in self.packs]
        return across, down | {"tickvals": self.packs, "ticktext": names}

    def _numbers(self) -> dict[str, Any]:
        if not self.in_one_row:
            return {"tickvals": [1, *range(EVERY, self.longest + 1, EVERY)]}
        step = 2 * EVERY
        marked = [(pack, cell) for pack in self.packs for cell in (1, *range(step, self.longest - EVERY + 1, step))]
        words = [t("P{n}·1", n=pack) if cell == 1 else str(cell) for pack, cell in marked]
        return {"tickvals": [self.spot(*one)[0] for one in marked], "ticktext": words, "tickangle": 0}
