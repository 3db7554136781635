"""Watching the unit value between month ends: high-water marks, and what a month's days did to every portfolio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner, njit

FloatArray = NDArray[np.float64]

# Rows of a high-water mark.
PEAK, LOW, LOW_PEAK = range(3)
# Columns of a month's extremes, relative to its start.
LOWEST, DEEPEST, HIGHEST = range(3)


@inner
def observe(unit: FloatArray, mark: FloatArray) -> None:
    """Take a unit value into a high-water mark; ``low / low_peak`` is the lowest ratio to the peak so far."""
    peak, low, low_peak = mark[PEAK], mark[LOW], mark[LOW_PEAK]
    for lane in range(len(unit)):
        u = unit[lane]
        p = max(peak[lane], u)
        peak[lane] = p
        lower = u * low_peak[lane] < low[lane] * p
        low[lane] = u if lower else low[lane]
        low_peak[lane] = p if lower else low_peak[lane]


@inner
def fetch(seen: NDArray[np.float32]) -> float:
    """Read one value of every cache line in order, so that what is then read in any order is there."""
    flat = seen.reshape(-1)
    total = np.float32(0.0)
    for i in range(0, len(flat), 16):
        total += flat[i]
    return float(total)


@inner
def observe_month(
    start: FloatArray, held: NDArray[np.int64], seen: NDArray[np.float32], mark: FloatArray
) -> None:
    """Take the days of a month into a high-water mark, from the extremes (K, 3, lane) of the portfolios held.

    With peak M before the month, unit u at its start, days r_s relative to the start and c_s their running
    maximum, the drawdown on day s is ``1 - u r_s / max(M, u c_s)``, so that the month's largest is the larger of
    ``1 - u min r_s / M`` and ``max (1 - r_s / c_s)``: two numbers a portfolio say it exactly.
    """
    peak, low, low_peak = mark[PEAK], mark[LOW], mark[LOW_PEAK]
    for lane in range(len(start)):
        k = np.uint64(max(held[lane], 0))
        u, m = start[lane], peak[lane]
        bottom, kept = u * seen[k, LOWEST, lane], 1.0 - seen[k, DEEPEST, lane]
        lower = bottom * low_peak[lane] < low[lane] * m
        l, p = (bottom, m) if lower else (low[lane], low_peak[lane])
        deeper = kept * p < l
        low[lane] = kept if deeper else l
        low_peak[lane] = 1.0 if deeper else p
        peak[lane] = max(m, u * seen[k, HIGHEST, lane])


@njit
def month_extremes(returns: FloatArray, steps: int, weights: FloatArray, out: NDArray[np.float32]) -> None:
    """Fill ``out`` (B, T, K, 3, lane): what the days of each month do to each mix (N, K) bought and held in it.

    Relative to the start of the month, over the ends of its days: the lowest value, the largest drawdown from a peak
    inside the month, and the highest value. Lanes beyond the last path repeat it.
    """
    paths, months, lanes = len(returns), out.shape[1], out.shape[4]
    assets, mixes = weights.shape
    grown, value = np.empty(assets), np.empty(mixes)
    low, high, deep = np.empty(mixes), np.empty(mixes), np.empty(mixes)
    for path in range(out.shape[0] * lanes):
        days, cells, lane = returns[min(path, paths - 1)], out[path // lanes], path % lanes
        for month in range(months):
            grown[:] = 1.0
            low[:] = np.inf
            high[:] = 0.0
            deep[:] = 1.0
            for step in range(month * steps, (month + 1) * steps):
                day = days[step]
                value[:] = 0.0
                for i in range(assets):
                    grown[i] *= day[i]
                    g, w = grown[i], weights[i]
                    for k in range(mixes):
                        value[k] += g * w[k]
                for k in range(mixes):
                    v = value[k]
                    low[k] = min(low[k], v)
                    high[k] = max(high[k], v)
                    deep[k] = min(deep[k], np.divide(v, high[k]))
            cell = cells[month]
            for k in range(mixes):
                cell[k, LOWEST, lane] = low[k]
                cell[k, DEEPEST, lane] = 1.0 - deep[k]
                cell[k, HIGHEST, lane] = high[k]
