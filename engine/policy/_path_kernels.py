"""The best path through a table of scores by date, free or never rising: bare arrays, no checks."""

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import njit

FloatArray = NDArray[np.float64]


@njit
def best_path(scores: FloatArray, monotone: bool) -> NDArray[np.int64]:
    """Path k_0..k_(T-1) with the largest sum of ``scores[t, k_t]``, with ``k_t >= k_(t+1)`` if `monotone`."""
    steps, size = scores.shape
    path = np.zeros(steps, dtype=np.int64)
    if not monotone:
        for t in range(steps):
            path[t] = np.argmax(scores[t])
        return path
    onward = np.zeros(size)  # best sum from step t on when step t - 1 holds k
    choice = np.zeros((steps, size), dtype=np.int64)
    for t in range(steps - 1, -1, -1):
        best, chosen = -np.inf, 0
        for k in range(size):
            total = scores[t, k] + onward[k]
            if total > best:
                best, chosen = total, k
            onward[k] = best
            choice[t, k] = chosen
    k = size - 1
    for t in range(steps):
        k = choice[t, k]
        path[t] = k
    return path
