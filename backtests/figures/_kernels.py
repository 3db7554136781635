"""Compiled kernels of the figures: one pass over a series of returns, and its block bootstrap."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MEAN, SPREAD, EXCESS, EXCESS_SPREAD, BELOW, GAINS, LOSSES, SKEW, KURTOSIS = range(9)
FINAL, DEEPEST, SQUARED, LONGEST, WINS, MOVES, FIT = range(9, 16)


@njit
def series_figures(returns: FloatArray, risk_free: FloatArray, days: IntArray) -> FloatArray:
    """Return the sums of one series (16,), by the names above, for `metrics.measure`.

    `days` (n + 1,) are day numbers of the start and of every close.
    """
    n = returns.size
    out = np.zeros(16)
    total, excess, logs, squares, weighted = 0.0, 0.0, 0.0, 0.0, 0.0
    value, peak, peak_day, longest, fell, ruined = 1.0, 1.0, days[0], 0, False, False
    for t in range(n):
        r = returns[t]
        e = r - risk_free[t]
        total += r
        excess += e
        if e < 0.0:
            out[LOSSES] -= e
            out[BELOW] += e * e
        else:
            out[GAINS] += e
        if r != 0.0:
            out[MOVES] += 1.0
            if r > 0.0:
                out[WINS] += 1.0
        value *= 1.0 + r
        ruined = ruined or value <= 0.0
        if value >= peak:
            if fell:
                longest = max(longest, days[t + 1] - peak_day)
            peak, peak_day, fell = value, days[t + 1], False
        else:
            fell = True
            drawdown = 1.0 - value / peak
            out[DEEPEST] = max(out[DEEPEST], drawdown)
            out[SQUARED] += drawdown * drawdown
        if not ruined:
            log = math.log(value)
            logs += log
            squares += log * log
            weighted += log * t
    if fell:
        longest = max(longest, days[n] - peak_day)
    mean, mean_excess, mean_log = total / n, excess / n, logs / n
    second, third, fourth, second_excess = 0.0, 0.0, 0.0, 0.0
    log_square = squares - mean_log * logs
    for t in range(n):
        c = returns[t] - mean
        second += c * c
        third += c * c * c
        fourth += c * c * c * c
        d = returns[t] - risk_free[t] - mean_excess
        second_excess += d * d
    out[MEAN], out[EXCESS], out[FINAL], out[LONGEST] = mean, mean_excess, value, longest
    out[SPREAD] = math.sqrt(second / (n - 1))
    out[EXCESS_SPREAD] = math.sqrt(second_excess / (n - 1))
    out[BELOW] = math.sqrt(out[BELOW] / n)
    variance = second / n
    out[SKEW] = third / n / variance**1.5 if variance > 0.0 else math.nan
    out[KURTOSIS] = fourth / n / variance**2 - 3.0 if variance > 0.0 else math.nan
    slope = weighted - mean_log * n * (n - 1) / 2.0
    times = n * (n * n - 1.0) / 12.0
    out[FIT] = slope * slope / (times * log_square) if log_square > 0.0 and not ruined else math.nan
    return out


@njit
def resampled_metrics(
    returns: FloatArray, excess: FloatArray, starts: IntArray, block: int, rows_per_year: float, years: float
) -> FloatArray:
    """Metrics (B, 5) of circular-block resamples: growth a year, volatility, Sharpe, Sortino, drawdown.

    Resample b takes `block` rows from each of ``starts[b]``, around the end, cut at the sample's length.
    Growth is over `years` of calendar time, the same for every resample.
    """
    count = returns.size
    out = np.empty((starts.shape[0], 5))
    for b in range(starts.shape[0]):
        unit, peak, deepest = 1.0, 1.0, 0.0
        s1, s2, e1, e2, down = 0.0, 0.0, 0.0, 0.0, 0.0
        for n in range(count):
            m = n % block
            at = starts[b, n // block] + m
            if at >= count:
                at -= count
            r = returns[at]
            e = excess[at]
            s1 += r
            s2 += r * r
            e1 += e
            e2 += e * e
            if e < 0.0:
                down += e * e
            unit *= 1.0 + r
            peak = max(peak, unit)
            deepest = max(deepest, 1.0 - unit / peak)
        out[b, 0] = max(unit, 0.0) ** (1.0 / years) - 1.0
        out[b, 1] = math.sqrt(max(s2 - s1 * s1 / count, 0.0) / (count - 1) * rows_per_year)
        spread = math.sqrt(max(e2 - e1 * e1 / count, 0.0) / (count - 1))
        out[b, 2] = e1 / count / spread * math.sqrt(rows_per_year) if spread > 0.0 else math.nan
        below = math.sqrt(down / count)
        out[b, 3] = e1 / count / below * math.sqrt(rows_per_year) if below > 0.0 else math.nan
        out[b, 4] = deepest
    return out
