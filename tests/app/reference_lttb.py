"""MinMaxLTTB as the paper writes it, bin by bin and bucket by bucket: slow, and easy to check by eye."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

MINMAX_RATIO = 4
"""Points that are preselected for each that is drawn."""


def minmaxlttb(x, y, n_out):
    """Preselect the extremes of equal stretches of x, then let LTTB choose among them and the ends."""
    if len(x) <= n_out * MINMAX_RATIO:
        return lttb(x, y, n_out)
    edges = np.linspace(x[1], x[-2], n_out * MINMAX_RATIO // 2 + 1)
    chosen = {0, len(x) - 1}
    for low, high in pairwise(edges):
        inside = [at for at in range(1, len(x) - 1) if low < x[at] <= high or (low == edges[0] and x[at] == low)]
        if inside:
            chosen |= {min(inside, key=lambda at: (y[at], at)), max(inside, key=lambda at: (y[at], -at))}
    kept = np.array(sorted(chosen))
    return kept[lttb(x[kept], y[kept], n_out)]


def lttb(x, y, n_out):
    """Keep, of each bucket, the point that spans the largest triangle with the last one kept and the next's mean."""
    if len(x) <= n_out or n_out < 3:
        return np.arange(len(x))
    every = (len(x) - 2) / (n_out - 2)
    chosen = [0]
    for bucket in range(n_out - 2):
        start, end = int(every * bucket) + 1, int(every * (bucket + 1)) + 1
        after = slice(end, min(int(every * (bucket + 2)) + 1, len(x)))
        mean_x, mean_y = np.mean(x[after]), np.mean(y[after])
        last = chosen[-1]
        areas = [
            abs((x[last] - mean_x) * (y[at] - y[last]) - (x[last] - x[at]) * (mean_y - y[last]))
            for at in range(start, end)
        ]
        chosen.append(start + int(np.argmax(areas)))
    return np.array([*chosen, len(x) - 1])
