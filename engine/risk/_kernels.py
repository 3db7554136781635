"""Passes over the scenario matrix: bare arrays, no checks (``atoms.py`` is the checked layer).

Every matrix is ``(rows, assets)``, row-major; paths stand one after the other, `months` rows each. No BLAS:
its threads spin beside a service's own, and the sum of a row would depend on how rows are dealt to them.
"""

import numpy as np

from ...scenarios._kernels import njit
from ._types import FloatArray, IntArray


@njit
def survey(
    matrix: FloatArray, shares: FloatArray, mean: FloatArray, largest: FloatArray, total: FloatArray
) -> None:
    """By column: the weighted sum, the largest absolute entry and the sum of the absolute entries."""
    columns = matrix.shape[1]
    for i in range(matrix.shape[0]):
        row, share = matrix[i], shares[i]
        for j in range(columns):
            entry = row[j]
            size = abs(entry)
            mean[j] += share * entry
            total[j] += size
            largest[j] = size if size > largest[j] else largest[j]


@njit
def covariance(matrix: FloatArray, shares: FloatArray, mean: FloatArray, out: FloatArray) -> None:
    """Lower triangle of the weighted second moment about `mean`, four rows at a time."""
    rows, columns = matrix.shape
    a = mean.copy()
    b = mean.copy()
    c = mean.copy()
    d = mean.copy()
    for start in range(0, rows, 4):
        for j in range(columns):
            a[j] = matrix[start, j] - mean[j]
            b[j] = matrix[start + 1, j] - mean[j] if start + 1 < rows else 0.0
            c[j] = matrix[start + 2, j] - mean[j] if start + 2 < rows else 0.0
            d[j] = matrix[start + 3, j] - mean[j] if start + 3 < rows else 0.0
        for i in range(columns):
            p = shares[start] * a[i]
            q = shares[start + 1] * b[i] if start + 1 < rows else 0.0
            r = shares[start + 2] * c[i] if start + 2 < rows else 0.0
            s = shares[start + 3] * d[i] if start + 3 < rows else 0.0
            line = out[i]
            for j in range(i + 1):
                line[j] += (p * a[j] + q * b[j]) + (r * c[j] + s * d[j])


@njit
def cholesky(matrix: FloatArray, out: FloatArray) -> None:
    """Lower triangular root of a positive semidefinite matrix; a column without variance of its own is 0."""
    size = matrix.shape[0]
    for j in range(size):
        for i in range(j, size):
            value = matrix[i, j]
            for k in range(j):
                value -= out[i, k] * out[j, k]
            if i == j:
                own = value > 1e-13 * matrix[j, j]
                out[j, j] = np.sqrt(value) if own else 0.0
            else:
                out[i, j] = value / out[j, j] if out[j, j] > 0.0 else 0.0


@njit
def portfolio(matrix: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """Row sums ``matrix @ weights``; eight partial sums, because one alone cannot be vectorised."""
    rows, columns = matrix.shape
    whole = columns - columns % 8
    for i in range(rows):
        row = matrix[i]
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        e, f, g, h = 0.0, 0.0, 0.0, 0.0
        for j in range(0, whole, 8):
            a += row[j] * weights[j]
            b += row[j + 1] * weights[j + 1]
            c += row[j + 2] * weights[j + 2]
            d += row[j + 3] * weights[j + 3]
            e += row[j + 4] * weights[j + 4]
            f += row[j + 5] * weights[j + 5]
            g += row[j + 6] * weights[j + 6]
            h += row[j + 7] * weights[j + 7]
        total = ((a + e) + (b + f)) + ((c + g) + (d + h))
        for j in range(whole, columns):
            total += row[j] * weights[j]
        out[i] = total


@njit
def tail(
    values: FloatArray,
    shares: FloatArray,
    quantile: float,
    level: float,
    group: IntArray,
    groups: int,
    chosen: FloatArray,
    place: IntArray,
    mass: FloatArray,
    total: FloatArray,
) -> float:
    """Sort the tail into bins of `groups` each; return the excess over `quantile`, share x (value - quantile).

    Bin 0: above the quantile and the level; 1: between the two; 2: at the quantile. An atom in a bin has its
    share in `chosen` (0 elsewhere) and its bin and group in `place`; ``mass`` (3 groups) sums the shares,
    ``total`` share x value.
    """
    excess = 0.0
    lowest = min(quantile, level)
    for i in range(values.shape[0]):
        value = values[i]
        if value > lowest or value == quantile:
            share = shares[i]
            place[i] = group[i]
            if value == quantile:
                place[i] += 2 * groups
            elif value <= quantile or value <= level:
                place[i] += groups
            chosen[i] = share
            mass[place[i]] += share
            total[place[i]] += share * value
            if value > quantile:
                excess += share * (value - quantile)
        else:
            chosen[i] = 0.0
    return excess


@njit
def worst(values: FloatArray, group: IntArray, found: IntArray) -> None:
    """Index of the largest value of each group into `found` (the first of equals)."""
    for i in range(values.shape[0]):
        g = group[i]
        if found[g] < 0 or values[i] > values[found[g]]:
            found[g] = i


@njit
def gather_losses(matrix: FloatArray, chosen: FloatArray, group: IntArray, out: FloatArray) -> None:
    """Gradients of the chosen losses ``-row'w``, weighted, summed by group."""
    for i in range(matrix.shape[0]):
        share = chosen[i]
        if share != 0.0:
            row, line = matrix[i], out[group[i]]
            for j in range(matrix.shape[1]):
                line[j] -= share * row[j]


@njit
def drawdowns(growth: FloatArray, months: int, depth: FloatArray) -> None:
    """Drawdown from the running peak, ``d = max(0, d - growth)`` along each path.

    `growth` is the log growth of each step (compounded) or its return (uncompounded): the units of `depth`.
    """
    for start in range(0, growth.shape[0], months):
        deep = 0.0
        for i in range(start, start + months):
            deep = max(0.0, deep - growth[i])
            depth[i] = deep


@njit
def stretches(depth: FloatArray, months: int, value: FloatArray, first: IntArray, last: IntArray) -> None:
    """Per path the maximum drawdown and its stretch: rows ``first[p]`` up to but not ``last[p]``."""
    for p in range(value.shape[0]):
        start = p * months
        peak = start
        value[p], first[p], last[p] = 0.0, start, start
        for i in range(start, start + months):
            if depth[i] == 0.0:
                peak = i + 1
            elif depth[i] > value[p]:
                value[p], first[p], last[p] = depth[i], peak, i + 1


@njit
def gather_steps(
    matrix: FloatArray,
    slope: FloatArray,
    depth: FloatArray,
    months: int,
    chosen: FloatArray,
    group: IntArray,
    out: FloatArray,
) -> None:
    """Gradients of the chosen drawdowns, weighted, summed by group; `slope` is d growth / d (row'w)."""
    columns = matrix.shape[1]
    running = out[0].copy()
    for start in range(0, matrix.shape[0], months):
        stop = start
        for i in range(start, start + months):
            if chosen[i] != 0.0:
                stop = i + 1
        running[:] = 0.0
        for i in range(start, stop):
            if depth[i] == 0.0:
                running[:] = 0.0
                continue
            row, rate = matrix[i], slope[i]
            for j in range(columns):
                running[j] -= rate * row[j]
            if chosen[i] != 0.0:
                share, line = chosen[i], out[group[i]]
                for j in range(columns):
                    line[j] += share * running[j]


@njit
def gather_stretches(
    matrix: FloatArray,
    slope: FloatArray,
    first: IntArray,
    last: IntArray,
    chosen: FloatArray,
    group: IntArray,
    out: FloatArray,
) -> None:
    """Gradients of the chosen paths' maximum drawdowns, weighted, summed by group."""
    for p in range(first.shape[0]):
        share = chosen[p]
        if share != 0.0:
            line = out[group[p]]
            for i in range(first[p], last[p]):
                row, rate = matrix[i], share * slope[i]
                for j in range(matrix.shape[1]):
                    line[j] -= rate * row[j]
