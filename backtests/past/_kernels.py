"""Compiled kernels of the past: where series begin and end, and covariances of rolling windows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@njit
def spans(levels: FloatArray) -> tuple[IntArray, IntArray]:
    """First and last row with a level of each column; D and -1 for an empty one."""
    rows, assets = levels.shape
    first = np.full(assets, rows)
    last = np.full(assets, -1)
    for i in range(assets):
        t = 0
        while t < rows and math.isnan(levels[t, i]):
            t += 1
        first[i] = t
        t = rows - 1
        while t >= 0 and math.isnan(levels[t, i]):
            t -= 1
        last[i] = t
    return first, last


@njit
def rolling_covariances(
    levels: FloatArray, begin: IntArray, end: IntArray, refresh: int
) -> tuple[FloatArray, FloatArray]:
    """Sample means (K, N) and covariances (K, N, N) of the returns in rows ``begin[k] .. end[k]``, both in.

    Sums of x and xx' are carried from window to window (rows added and dropped), and made afresh every
    `refresh` windows so that rounding cannot build up. Returns without two levels count as 0: entries of
    assets that are not complete in a window mean nothing.
    """
    windows = begin.size
    assets = levels.shape[1]
    means = np.empty((windows, assets))
    covariances = np.empty((windows, assets, assets))
    total = np.zeros(assets)
    product = np.zeros((assets, assets))
    row = np.empty(assets)
    low = 0
    high = -1
    for k in range(windows):
        if k % refresh == 0 or begin[k] < low or begin[k] > high:
            total[:] = 0.0
            product[:] = 0.0
            low = begin[k]
            high = begin[k] - 1
        for t in range(high + 1, end[k] + 1):
            _add_row(levels, t, 1.0, row, total, product)
        for t in range(low, begin[k]):
            _add_row(levels, t, -1.0, row, total, product)
        low = begin[k]
        high = end[k]
        count = high - low + 1
        if count < 2:
            means[k] = math.nan
            covariances[k] = math.nan
            continue
        for i in range(assets):
            means[k, i] = total[i] / count
            for j in range(i + 1):
                value = (product[i, j] - total[i] * total[j] / count) / (count - 1)
                covariances[k, i, j] = value
                covariances[k, j, i] = value
    return means, covariances


@njit
def _add_row(
    levels: FloatArray, t: int, sign: float, row: FloatArray, total: FloatArray, product: FloatArray
) -> None:
    assets = row.size
    for i in range(assets):
        value = levels[t, i] / levels[t - 1, i] - 1.0
        row[i] = 0.0 if math.isnan(value) else value
        total[i] += sign * row[i]
    for i in range(assets):
        scaled = sign * row[i]
        for j in range(assets):
            product[i, j] += scaled * row[j]
