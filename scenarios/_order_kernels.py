"""Compiled order statistics: exact percentiles of many values by one histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._kernels import njit

_CELLS = 4096


@njit
def order_statistics(values: NDArray[np.float32], ranks: NDArray[np.int64], out: NDArray[np.float64]) -> None:
    """Write the values of the given `ranks` (ascending, from 0) of `values` (P,): exact, by one histogram.

    A pass counts 4,096 cells between the extremes; only the cells that hold a rank are gathered and sorted.
    """
    P = values.size
    low, high = values[0], values[0]
    for p in range(P):
        low, high = min(low, values[p]), max(high, values[p])
    if not high > low:
        out[:] = low
        return
    counts, cell = np.zeros(_CELLS, dtype=np.int64), np.empty(P, dtype=np.int32)
    width = np.float32(_CELLS) / (high - low)
    for p in range(P):
        cell[p] = min(np.int32((values[p] - low) * width), np.int32(_CELLS - 1))
    for p in range(P):
        counts[cell[p]] += 1
    before, k, done = 0, 0, 0
    while done < ranks.size:
        if before + counts[k] <= ranks[done]:
            before += counts[k]
            k += 1
            continue
        inside, n = np.empty(counts[k], dtype=np.float32), 0
        for p in range(P):
            if cell[p] == k:
                inside[n] = values[p]
                n += 1
        inside.sort()
        while done < ranks.size and ranks[done] < before + counts[k]:
            out[done] = inside[ranks[done] - before]
            done += 1
