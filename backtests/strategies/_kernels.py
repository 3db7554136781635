"""Compiled solvers of the covariance strategies: one pass over K decisions, each started from the last.

Weights of decision k are NaN where ``status[k]`` is not 0; the meanings stand with each strategy.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LOWER, FREE, UPPER = -1, 0, 1
RIDGE = 1e-14
SWEEPS = 20_000


@njit
def minimum_variances(
    covariances: FloatArray, eligible: BoolArray, cap: float
) -> tuple[FloatArray, IntArray]:
    """Least-variance weights (K, N) under ``sum w = 1, 0 <= w <= cap``; status 0, 1, 2 or 3 (K,)."""
    decisions, assets = eligible.shape
    weights = np.full((decisions, assets), math.nan)
    status = np.zeros(decisions, np.int64)
    w = np.zeros(assets)
    side = np.zeros(assets, np.int64)
    warm = False
    for k in range(decisions):
        index = np.flatnonzero(eligible[k])
        n = index.size
        if n == 0 or n * cap < 1.0 - 1e-12:
            status[k] = 1 if n == 0 else 2
            warm = False
            continue
        for i in range(assets):
            warm = warm and (eligible[k, i] == eligible[k - 1, i])
        if not warm:
            w[:n] = 1.0 / n
            side[:n] = FREE
        S = np.empty((n, n))
        for a in range(n):
            for b in range(n):
                S[a, b] = covariances[k, index[a], index[b]]
        warm = _least_variance(S, cap, w[:n], side[:n])
        if not warm:
            status[k] = 3
            continue
        weights[k] = 0.0
        for a in range(n):
            weights[k, index[a]] = min(max(w[a], 0.0), cap)
    return weights, status


@njit
def _least_variance(S: FloatArray, cap: float, w: FloatArray, side: IntArray) -> bool:
    """Active-set steps from the feasible `w` with its bounds `side`; False if they do not end."""
    n = w.size
    scale = 0.0
    for a in range(n):
        scale += S[a, a] / n
    gradient = np.empty(n)
    target = np.empty(n)
    for _ in range(50 * (n + 1)):
        if not (side == FREE).any():
            gradient[:] = S @ w
            gradient[side == LOWER] = -math.inf
            side[np.argmax(gradient)] = FREE
        multiplier = _equality_solution(S, cap, side, RIDGE * scale, target)
        if math.isnan(multiplier):
            return False
        step = 1.0
        blocking = -1
        bound = FREE
        for a in range(n):
            move = target[a] - w[a]
            if side[a] == FREE and abs(move) > 1e-15:
                room = -w[a] if move < 0.0 else cap - w[a]
                if room / move < step:
                    step = max(room / move, 0.0)
                    blocking = a
                    bound = LOWER if move < 0.0 else UPPER
        for a in range(n):
            if side[a] == FREE:
                w[a] += step * (target[a] - w[a])
        if blocking >= 0:
            side[blocking] = bound
            w[blocking] = 0.0 if bound == LOWER else cap
            continue
        worst = 1e-10 * abs(multiplier) + 1e-16 * scale
        leaving = -1
        for a in range(n):
            if side[a] != FREE:
                slope = 0.0
                for b in range(n):
                    slope += S[a, b] * w[b]
                gain = side[a] * (slope - multiplier)
                if gain > worst:
                    worst = gain
                    leaving = a
        if leaving < 0:
            return True
        side[leaving] = FREE
    return False


@njit
def _equality_solution(S: FloatArray, cap: float, side: IntArray, ridge: float, x: FloatArray) -> float:
    """Least variance over the free assets, the others held at their bounds, ``sum x = 1``.

    Solves ``S_ff x_f = m 1 - S_fu u`` by Cholesky and returns m, the common gradient; NaN if it has none.
    """
    n = side.size
    free = np.flatnonzero(side == FREE)
    m = free.size
    left = 1.0
    for a in range(n):
        if side[a] == UPPER:
            left -= cap
    L = np.empty((m, m))
    ones = np.ones(m)
    fixed = np.zeros(m)
    for a in range(m):
        for b in range(n):
            if side[b] == UPPER:
                fixed[a] += S[free[a], b] * cap
    for a in range(m):
        for b in range(a + 1):
            total = S[free[a], free[b]]
            for c in range(b):
                total -= L[a, c] * L[b, c]
            if a == b:
                total += ridge
                if total <= 0.0:
                    return math.nan
                L[a, a] = math.sqrt(total)
            else:
                L[a, b] = total / L[b, b]
    for a in range(m):
        for b in range(a):
            ones[a] -= L[a, b] * ones[b]
            fixed[a] -= L[a, b] * fixed[b]
        ones[a] /= L[a, a]
        fixed[a] /= L[a, a]
    for a in range(m - 1, -1, -1):
        for b in range(a + 1, m):
            ones[a] -= L[b, a] * ones[b]
            fixed[a] -= L[b, a] * fixed[b]
        ones[a] /= L[a, a]
        fixed[a] /= L[a, a]
    multiplier: float = (left + fixed.sum()) / ones.sum()
    for a in range(m):
        x[free[a]] = multiplier * ones[a] - fixed[a]
    return multiplier


@njit
def risk_parities(
    covariances: FloatArray, eligible: BoolArray, budgets: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Weights (K, N) whose shares of variance are the `budgets` of the eligible assets; status (K,)."""
    decisions, assets = eligible.shape
    weights = np.full((decisions, assets), math.nan)
    status = np.zeros(decisions, np.int64)
    y = np.zeros(assets)
    warm = False
    for k in range(decisions):
        index = np.flatnonzero(eligible[k])
        n = index.size
        for i in range(assets):
            warm = warm and (eligible[k, i] == eligible[k - 1, i])
        S = np.empty((n, n))
        b = np.empty(n)
        flat = n == 0
        for a in range(n):
            b[a] = budgets[index[a]]
            for c in range(n):
                S[a, c] = covariances[k, index[a], index[c]]
            flat = flat or not S[a, a] > 0.0
        if flat:
            status[k] = 1 if n == 0 else 2
            warm = False
            continue
        b /= b.sum()
        if not warm:
            for a in range(n):
                y[a] = math.sqrt(b[a] / S[a, a])
        warm = _descend(S, b, y[:n])
        if not warm:
            status[k] = 3
            continue
        total = y[:n].sum()
        weights[k] = 0.0
        for a in range(n):
            weights[k, index[a]] = y[a] / total
    return weights, status


@njit
def _descend(S: FloatArray, b: FloatArray, y: FloatArray) -> bool:
    """Cyclical coordinate descent on ``y' S y / 2 - sum b log y`` from the start in `y`."""
    n = y.size
    slope = S @ y
    for _ in range(SWEEPS):
        worst = 0.0
        for i in range(n):
            worst = max(worst, abs(y[i] * slope[i] / b[i] - 1.0))
        if worst <= 1e-9:
            return True
        for i in range(n):
            others = slope[i] - S[i, i] * y[i]
            new = (math.sqrt(others * others + 4.0 * S[i, i] * b[i]) - others) / (2.0 * S[i, i])
            change = new - y[i]
            y[i] = new
            for j in range(n):
                slope[j] += S[i, j] * change
    return False
