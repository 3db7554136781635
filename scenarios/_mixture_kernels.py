"""Compiled paths of models whose months are normal once a hidden state and a scale are known.

A month's log growth is mean[s] + shift + scale factor[s] u. The state s follows a Markov chain; the scale is
drawn anew each month from a table of quantiles; shift and the correlations of u may be drawn once per path.
With one state, no table and no uncertainty it is the lognormal model. Lanes as in `_kernels`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._kernels import _PAD, LANES, _put, cholesky, exponential, njit, normals, philox, triangular

FloatArray = NDArray[np.float64]
BitArray = NDArray[np.uint64]
IntArray = NDArray[np.int64]

# A quantile table has a knot at every multiple of 1/CELLS of an octave of u = (word + 1/2) / 2^32, from 2^-33.
OCTAVES, CELLS = 33, 64
_CELL_BITS = np.uint64(6)
_CELL_SHIFT = np.uint64(46)
_FIRST_KNOT = np.uint64(1022 << 6)  # exponent field of 1/2, the least word + 1/2
_CELL_MASK = np.uint64((1 << 46) - 1)
_CELL_UNIT = 1.0 / 70368744177664.0  # 2^-46


@njit
def quantiles(words: BitArray, table: FloatArray, out: FloatArray) -> None:
    """Write the quantile at u = (word + 1/2) / 2^32, linear between the knots of `table`.

    Exponent and leading mantissa bits of word + 1/2 are the number of the knot, so that small u, the far tail,
    have as many knots an octave as large ones.
    """
    for i in range(words.size):
        bits = np.float64(np.float64(words[i]) + 0.5).view(np.uint64)
        knot = np.int64((bits >> _CELL_SHIFT) - _FIRST_KNOT)
        share = np.float64(np.int64(bits & _CELL_MASK)) * _CELL_UNIT
        out[i] = table[knot] + share * (table[knot + 1] - table[knot])


@njit
def advance(words: BitArray, first: bool, start: FloatArray, transition: FloatArray, state: IntArray) -> None:
    """Move each lane's `state` by its word: from cumulative probabilities `start`, or row of `transition`."""
    K = start.size
    for i in range(state.size):
        u = (np.float64(words[i]) + 0.5) / 4294967296.0
        row = start if first else transition[state[i]]
        new = 0
        for k in range(K - 1):
            new += u > row[k]
        state[i] = new


@njit
def wishart_factor(
    key0: int, key1: int, first: int, use: int, freedom: float, bits: BitArray, out: FloatArray
) -> None:
    """Fill `out` (D, >= D, LANES) with lower triangular A, one a lane, A'A Wishart(freedom, identity).

    Bartlett's decomposition from below: below the diagonal standard normals, on it the root of chi-squared with
    freedom - D + 1 ... freedom degrees, by the cube of Wilson and Hilferty (1931), right to 1e-3 of a standard
    deviation from 30 degrees on. Row i is divided by its diagonal and holds 1 / diagonal there.
    """
    D = out.shape[0]
    for i in range(D):
        row = out[i]
        normals(key0, key1, first, i, i + 1, use, bits, row)
        k = freedom - D + i + 1.0
        a = 2.0 / (9.0 * k)
        diagonal = row[i]
        for lane in range(LANES):
            c = 1.0 - a + np.sqrt(a) * diagonal[lane]
            diagonal[lane] = 1.0 / np.sqrt(k * c * c * c)
        for j in range(i):
            for lane in range(LANES):
                row[j, lane] *= diagonal[lane]


@njit
def spread(A: FloatArray, scale: float, rows: int, z: FloatArray) -> None:
    """Replace the first `rows` rows of z by ``scale inverse(A) z``: normals of covariance drawn per path."""
    for i in range(rows):
        zi, diagonal = z[i], A[i, i]
        for lane in range(LANES):
            zi[lane] *= diagonal[lane] * scale
        for j in range(i):
            zj, a = z[j], A[i, j]
            for lane in range(LANES):
                zi[lane] -= a[lane] * zj[lane]


@njit
def _month(
    means: FloatArray, factors: FloatArray, parts: float, state: IntArray, scale: FloatArray, shift: FloatArray,
    u: FloatArray, start: int, place: IntArray, work: FloatArray, y: FloatArray,
) -> None:  # fmt: skip
    """Write growth of a month, or of one of `parts` equal parts of it, of the series from row `start` on.

    Row k goes to row ``place[k]`` of `y` (rows, LANES), and so do the rows of `shift` and `work`.
    """
    rows, K = y.shape[0], means.shape[0]
    zero = np.zeros(means.shape[1])
    root = 1.0 / np.sqrt(parts)
    for s in range(K):
        triangular(factors[s], zero, u, start, place, work)
        for k in range(rows):
            at = place[k]
            m = means[s, start + k] / parts
            w, d, out = work[at], shift[at], y[at]
            if K == 1:
                for lane in range(LANES):
                    out[lane] = (m + d[lane] / parts) + (root * scale[lane]) * w[lane]
            else:
                for lane in range(LANES):
                    new = (m + d[lane] / parts) + (root * scale[lane]) * w[lane]
                    out[lane] = new if state[lane] == s else out[lane]
    exponential(y.reshape(y.size))


@njit
def mixture_paths(
    key0: int,
    key1: int,
    use: IntArray,
    first: int,
    means: FloatArray,
    factors: FloatArray,
    start: FloatArray,
    transition: FloatArray,
    table: FloatArray,
    colour: FloatArray,
    doubt: float,
    freedom: float,
    place: IntArray,
    assets: FloatArray,
    indices: FloatArray,
) -> None:
    """Fill gross returns `assets` (P, months steps, N) and index growth `indices` (P, months, J).

    State and scale stay through a month, whose steps are cut by a Brownian bridge: their product is the month.

    Parameters
    ----------
    use : (5,) int64
        Counter words for the normals of months, of steps, of the mean, the states, the covariance.
    means : (K, N+J), factors : (K, N+J, 4 quads)
        Of log growth by state; assets first, padded with zeros.
    start : (K,), transition : (K, K)
        Cumulative probabilities of the first state, and of the next one by row.
    table : (OCTAVES CELLS + 1,) or (0,)
        Quantiles of the scale, see `quantiles`; empty for a scale of 1.
    colour : (N+J, 4 quads)
        Cholesky factor of the covariance of a month over all states.
    doubt : float
        Standard deviation of the monthly log mean in units of a month's own; 0 for none.
    freedom : float
        Degrees of freedom behind the covariance, above N+J+1; 0 if it is certain.
    place : (N+J,) int64
        Column of the result for each row, counted anew from 0 for the indices.
    """
    count, months, N, J = assets.shape[0], indices.shape[1], assets.shape[2], indices.shape[2]
    steps, D, rows = assets.shape[1] // months, assets.shape[2] + indices.shape[2], colour.shape[1]
    bits = np.empty((4, LANES), dtype=np.uint64)
    z, e, kept = (
        np.zeros((rows, LANES + _PAD)),
        np.zeros((rows, LANES + _PAD)),
        np.zeros((rows, LANES + _PAD)),
    )
    A = np.zeros((D if freedom > 0.0 else 0, rows, LANES))
    size = np.sqrt(freedom - D - 1.0) if freedom > 0.0 else 1.0  # the drawn covariance is right on average
    shift, work, y = np.zeros((D, LANES)), np.empty((D, LANES)), np.empty((D, LANES))
    state, scale = np.zeros(LANES, dtype=np.int64), np.ones(LANES)
    zero = np.zeros(D)
    for at in range(0, count, LANES):
        if freedom > 0.0:
            wishart_factor(key0, key1, first + at, use[4], freedom, bits, A)
        if doubt > 0.0:
            normals(key0, key1, first + at, 0, D, use[2], bits, z)
            z *= doubt
            if freedom > 0.0:
                spread(A, size, D, z)
            triangular(colour, zero, z, 0, place[:N], shift[:N])
            if J > 0:
                triangular(colour, zero, z, N, place[N:], shift[N:])
        for month in range(months):
            normals(key0, key1, first + at, month, D, use[0], bits, z)
            if start.size > 1 or table.size > 0:
                philox(key0, key1, first + at, month, 0, use[3], bits)
            if start.size > 1:
                advance(bits[0], month == 0, start, transition, state)
            if table.size > 0:
                quantiles(bits[1], table, scale)
            kept[:D] = z[:D]
            if freedom > 0.0:
                spread(A, size, D, kept)
            if J > 0:
                growth = y[N:]
                _month(means, factors, 1.0, state, scale, shift[N:], kept, N, place[N:], work[N:], growth)
                _put(growth, at, month, indices)
            returns = y[:N]
            for k in range(steps, 0, -1):
                now = kept
                if steps > 1:
                    _cut(key0, key1, first + at, month * steps + steps - k, k, steps, N, use[1], bits, z, e)
                    now = e
                    if freedom > 0.0:
                        spread(A, size, N, now)
                _month(
                    means,
                    factors,
                    float(steps),
                    state,
                    scale,
                    shift[:N],
                    now,
                    0,
                    place[:N],
                    work[:N],
                    returns,
                )
                _put(returns, at, month * steps + steps - k, assets)


@njit
def _cut(
    key0: int, key1: int, first: int, step: int, k: int, steps: int, N: int, use: int, bits: BitArray,
    rest: FloatArray, e: FloatArray,
) -> None:  # fmt: skip
    """Write into `e` the next of the k normals left of `steps` that add up to sqrt(steps) times the month's.

    Given the sum R of k independent standard normals, one is normal with mean R/k and variance 1 - 1/k.
    """
    if k > 1:
        normals(key0, key1, first, step, N, use, bits, e)
    share, new = 1.0 / k, np.sqrt(1.0 - 1.0 / k)
    whole = np.sqrt(float(steps)) if k == steps else 1.0
    for d in range(N):
        left, out = rest[d], e[d]
        for lane in range(LANES):
            r = left[lane] * whole
            now = r * share + new * out[lane] if k > 1 else r
            out[lane] = now
            left[lane] = r - now


@njit
def whitened(sample: FloatArray, factor: FloatArray, out: FloatArray) -> None:
    """Write the lower triangular ``inverse(chol(sample)) factor`` (N, N), `factor` lower triangular."""
    N = sample.shape[0]
    L = np.zeros((N, N))
    cholesky(sample, L)
    for j in range(N):
        for i in range(N):
            rest = factor[i, j]
            for k in range(i):
                rest -= L[i, k] * out[k, j]
            out[i, j] = rest / L[i, i]
