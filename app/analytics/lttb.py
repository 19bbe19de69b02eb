"""Choosing which points of a line to draw: indices in, nothing computed.

MinMaxLTTB (Van Der Donckt et al., 2023, arXiv 2305.00332) preselects extremes and lets LTTB choose among them; plain
LTTB loses spikes beside missing readings. Segments between gaps are chosen from one by one, and hold no NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler

Indices = NDArray[np.intp]

_DOWNSAMPLER: Any = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]


def segments(ts: NDArray[np.int64], longest_ms: float, most: int) -> Indices:
    """Find where segments begin: at the first point, and after every gap.

    Parameters
    ----------
    ts : array of int64
        Stamps, increasing [ms].
    longest_ms : float
        A longer step is a gap [ms].
    most : int
        Segments that may come of it; beyond that only the longest gaps count.

    Returns
    -------
    array of int
        Index of each segment's first point, sorted.
    """
    if len(ts) == 0:
        return np.zeros(0, np.intp)
    steps = np.diff(ts)
    after = np.flatnonzero(steps > longest_ms)
    if len(after) >= most:
        after = np.sort(after[np.argsort(steps[after], kind="stable")[::-1][: max(most - 1, 0)]])
    starts: Indices = np.r_[0, after + 1].astype(np.intp)
    return starts


def select(ts: NDArray[np.int64], values: NDArray[Any], starts: Indices, most: int) -> Indices:
    """Choose the points to draw.

    Formula: per bucket minimum and maximum first, then of them the point with the largest triangle to its neighbours.
    Units: none: places of points. Source: Steinarsson (2013); MinMaxLTTB, Van Der Donckt et al. (2023), library
    ``tsdownsample``. Longest sampling interval: any. Weakness: chosen points are for the eye: no number is ever
    computed from them.

    Parameters
    ----------
    ts : array of int64
        Stamps, increasing [ms].
    values : array of float
        Without NaN.
    starts : array of int
        Where segments begin (see ``segments``).
    most : int
        Points to choose at most, at least two a segment.

    Returns
    -------
    array of int
        Sorted, unique; both ends of every segment are among them.
    """
    if len(ts) <= most:
        return np.arange(len(ts), dtype=np.intp)
    ends = np.r_[starts[1:], len(ts)]
    shares = np.maximum((ends - starts) * (most - 2 * len(starts)) // len(ts) + 2, 2)
    chosen = [
        start + _of_segment(ts[start:end], values[start:end], int(share))
        for start, end, share in zip(starts, ends, shares, strict=True)
    ]
    return np.concatenate(chosen).astype(np.intp)


def _of_segment(ts: NDArray[np.int64], values: NDArray[Any], most: int) -> Indices:
    if len(ts) <= most:
        return np.arange(len(ts), dtype=np.intp)
    if most < 4:
        return np.asarray([0, len(ts) - 1], np.intp)
    even = most - most % 2
    picked = _DOWNSAMPLER.downsample(ts - ts[0], np.ascontiguousarray(values), n_out=even)
    return _with_ends(picked, len(ts), most)


def _with_ends(picked: NDArray[Any], length: int, most: int) -> Indices:
    inner = np.unique(picked.astype(np.intp))
    inner = inner[(inner > 0) & (inner < length - 1)][: most - 2]
    ends_kept: Indices = np.r_[0, inner, length - 1].astype(np.intp)
    return ends_kept
