"""A pair of neighbours that are off in opposite ways is one lead; anything else is not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.neighbours import lead_pairs

PACKS = np.repeat(np.arange(1, 6), 52)


@given(st.integers(0, 258), st.floats(7.0, 40.0), st.booleans(), st.integers(0, 2**16))
def test_only_the_pair_is_found_and_only_within_a_pack(at, size, is_up, seed):
    residuals = np.random.default_rng(seed).normal(0, 0.6, 260)
    sign = 1 if is_up else -1
    residuals[at], residuals[at + 1] = sign * size, -sign * size
    found = lead_pairs(residuals, PACKS, 5.0, 5.0)
    assert found == ([at] if PACKS[at] == PACKS[at + 1] else [])


def test_one_cell_alone_is_no_pair():
    residuals = np.random.default_rng(0).normal(0, 0.6, 260)
    residuals[40] = 30.0
    assert lead_pairs(residuals, PACKS, 5.0, 5.0) == []


def test_unknown_cells_are_no_pair():
    residuals = np.full(260, np.nan)
    assert lead_pairs(residuals, PACKS, 5.0, 5.0) == []
