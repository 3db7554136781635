"""Watching the unit value between month ends: high-water marks, and what a month's days did to every portfolio."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import njit

FloatArray = NDArray[np.float64]

# Rows of a high-water mark.
PEAK, LOW, LOW_PEAK = range(3)
# Columns of a month's extremes, relative to its start.
LOWEST, DEEPEST, HIGHEST = range(3)


@njit
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


@njit
def observe_month(
    start: FloatArray,
    held: NDArray[np.int64],
    extremes: NDArray[np.float32],
    first: int,
    month: int,
    mark: FloatArray,
) -> None:
    """Take the days of a month into a high-water mark, from the extremes (P, T, K, 3) of the portfolios held.

    Lane i follows path ``first + i``; lanes beyond the last path repeat it.

    With peak M before the month, unit u at its start, days r_s relative to the start and c_s their running
    maximum, the drawdown on day s is ``1 - u r_s / max(M, u c_s)``, so that the month's largest is the larger of
    ``1 - u min r_s / M`` and ``max (1 - r_s / c_s)``: two numbers a portfolio say it exactly.
    """
    peak, low, low_peak = mark[PEAK], mark[LOW], mark[LOW_PEAK]
    for lane in range(len(start)):
        seen = extremes[min(first + lane, len(extremes) - 1), month, max(held[lane], 0)]
        bottom = start[lane] * seen[LOWEST]
        if bottom * low_peak[lane] < low[lane] * peak[lane]:
            low[lane], low_peak[lane] = bottom, peak[lane]
        kept = 1.0 - seen[DEEPEST]
        if kept * low_peak[lane] < low[lane]:
            low[lane], low_peak[lane] = kept, 1.0
        peak[lane] = max(peak[lane], start[lane] * seen[HIGHEST])


@njit
def month_extremes(returns: FloatArray, steps: int, weights: FloatArray, out: NDArray[np.float32]) -> None:
    """Fill ``out`` (P, T, K, 3): what the days of each month do to each mix (N, K) that is bought and held in it.

    Relative to the start of the month, over the ends of its days: the lowest value, the largest drawdown from a peak
    inside the month, and the highest value.
    """
    paths, months = out.shape[0], out.shape[1]
    assets, mixes = weights.shape
    grown, value = np.empty(assets), np.empty(mixes)
    low, high, deep = np.empty(mixes), np.empty(mixes), np.empty(mixes)
    for path in range(paths):
        for month in range(months):
            grown[:] = 1.0
            low[:] = np.inf
            high[:] = 0.0
            deep[:] = 1.0
            for step in range(month * steps, (month + 1) * steps):
                day = returns[path, step]
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
            cell = out[path, month]
            for k in range(mixes):
                cell[k, LOWEST] = low[k]
                cell[k, DEEPEST] = 1.0 - deep[k]
                cell[k, HIGHEST] = high[k]
