"""Compiled paths of filtered historical simulation: rows of residuals, each asset with its own volatility."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._kernels import _SHIFT32, LANES, exponential, njit, normals, philox

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WordArray = NDArray[np.uint64] | NDArray[np.uint32]
AnyFloat = NDArray[np.float64] | NDArray[np.float32]


@njit
def filtered_paths(
    key0: int,
    key1: int,
    use: IntArray,
    first: int,
    rows: FloatArray,
    shape: FloatArray,
    now: FloatArray,
    steps: int,
    follow: FloatArray,
    own: FloatArray,
    centre: FloatArray,
    shift: FloatArray,
    place: IntArray,
    assets: FloatArray,
    indices: FloatArray,
) -> None:
    """Fill gross returns `assets` (P, months parts, N) and index growth `indices` (P, months, J).

    Log growth of a step is drift + shift/steps + s z - (s^2/2 + c3 s^3 + c4 s^4), s = deviation sqrt(h), the last
    term the cumulants of s z: so a step's expected growth is that of drift, whatever its volatility.

    Parameters
    ----------
    use : (2,) int64
        Counter words for the rows and for the indices' own normals.
    rows : (R, N)
        Residuals z.
    shape : (9, N)
        omega, alpha, gamma, beta, deviation of a step, drift, c3, c4, largest h.
    now : (N,)
        h of the first step.
    steps : int
        Steps of a month; `parts` divides it.
    follow : (J, N), own : (J, J), centre : (J,)
        Log growth of the indices: centre + follow e + own normals, e the sum of s z over the month.
    shift : (P, N+J)
        Of the monthly log mean by path, in the order of the result.
    place : (N+J,) int64
        Column of the result for each row, counted anew from 0 for the indices.
    """
    P, months, N, J = assets.shape[0], indices.shape[1], assets.shape[2], indices.shape[2]
    parts = assets.shape[1] // months
    length = steps // parts
    bits = np.empty((4, LANES), dtype=np.uint64)
    own_z = np.zeros((4 * ((J + 3) // 4), LANES))
    z, h, e, y = np.empty((N, LANES)), np.empty((N, LANES)), np.empty((N, LANES)), np.empty((N, LANES))
    base, growth = np.empty((N, LANES)), np.empty((J, LANES))
    for at in range(0, P, LANES):
        count = min(LANES, P - at)
        for n in range(N):
            h[n] = now[n]
            for lane in range(LANES):
                base[n, lane] = shape[5, n] + (shift[at + lane, place[n]] / steps if lane < count else 0.0)
        for month in range(months):
            e[:] = 0.0
            y[:] = 0.0
            for step in range(steps):
                if step % 4 == 0:
                    philox(key0, key1, first + at, month, step // 4, use[0], bits)
                gather_rows(rows, bits[step % 4], z)
                advance_day(shape, base, z, h, e, y)
                if (step + 1) % length == 0:
                    exponential(y.reshape(y.size))
                    for lane in range(count):
                        out = assets[at + lane, month * parts + step // length]
                        for n in range(N):
                            out[place[n]] = y[n, lane]
                    y[:] = 0.0
            if J > 0:
                normals(key0, key1, first + at, month, J, use[1], bits, own_z)
                for lane in range(count):
                    for j in range(J):
                        g = centre[j] + shift[at + lane, N + place[N + j]]
                        for n in range(N):
                            g += follow[j, n] * e[n, lane]
                        for i in range(j + 1):
                            g += own[j, i] * own_z[i, lane]
                        growth[j, lane] = g
                exponential(growth.reshape(growth.size))
                for lane in range(count):
                    for j in range(J):
                        indices[at + lane, month, place[N + j]] = growth[j, lane]


@njit
def gather_rows(rows: AnyFloat, words: WordArray, z: AnyFloat) -> None:
    """Write a row of `rows` (R, N) into each lane of `z` (N, LANES), the one that its random word points at."""
    R = np.uint64(rows.shape[0])
    for lane in range(z.shape[1]):
        row = rows[np.int64((np.uint64(words[lane]) * R) >> _SHIFT32)]
        for n in range(z.shape[0]):
            z[n, lane] = row[n]


@njit
def advance_day(shape: AnyFloat, base: AnyFloat, z: AnyFloat, h: AnyFloat, e: AnyFloat, y: AnyFloat) -> None:
    """Take all lanes a step on: add s z to `e` and log growth to `y`, and move `h`; arrays (N, LANES) of one kind."""
    zero, half = shape.dtype.type(0.0), shape.dtype.type(0.5)
    for n in range(h.shape[0]):
        omega, alpha, gamma, beta, deviation = shape[0, n], shape[1, n], shape[2, n], shape[3, n], shape[4, n]
        c3, c4, most = shape[6, n], shape[7, n], shape[8, n]
        zs, hs, es, ys, bs = z[n], h[n], e[n], y[n], base[n]
        for lane in range(zs.size):
            u, v = zs[lane], hs[lane]
            s = deviation * np.sqrt(v)
            move = s * u
            es[lane] += move
            ys[lane] += bs[lane] + move - s * s * (half + s * (c3 + s * c4))
            pull = alpha + (gamma if u < zero else zero)
            hs[lane] = min(omega + v * (beta + pull * u * u), most)


@njit
def mean_variances(
    key0: int, key1: int, rows: FloatArray, shape: FloatArray, steps: int, out: FloatArray
) -> None:
    """Write the mean of h over `steps` steps of LANES paths into `out` (N,), after an eighth of them from 1."""
    N, R = rows.shape[1], np.uint64(rows.shape[0])
    omega, alpha, gamma, beta, most = shape[0], shape[1], shape[2], shape[3], shape[8]
    bits = np.empty((4, LANES), dtype=np.uint64)
    h = np.ones((LANES, N))
    out[:] = 0.0
    early = steps // 8
    for step in range(steps):
        philox(key0, key1, 0, step, 0, 0, bits)
        for lane in range(LANES):
            row, hs = rows[np.int64((bits[0, lane] * R) >> _SHIFT32)], h[lane]
            for n in range(N):
                pull = alpha[n] + (gamma[n] if row[n] < 0.0 else 0.0)
                hs[n] = min(omega[n] + hs[n] * (beta[n] + pull * row[n] * row[n]), most[n])
                if step >= early:
                    out[n] += hs[n]
    out /= float(LANES * (steps - early))
