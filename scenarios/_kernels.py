"""Compiled kernels of the room: counter-based random numbers and the paths made of them.

Everything works on *lanes*: `LANES` paths side by side in small arrays that stay in the first cache. Each
statement is a loop over the lanes without branch, libm call or allocation, which the compiler vectorises.
Only + - * / and sqrt are used, so a number does not depend on the machine's mathematics library.

Random numbers come from Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC11). Key: the 64-bit seed. Counter: (path, step, quad, use), so a path is the same whatever the
chunk or thread it is made in. `use` names the stream and the purpose, see `paths.py`. The kernels take
float64 and int64 C-contiguous arrays and check nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

_F = TypeVar("_F", bound=Callable[..., Any])
_FloatArray = NDArray[np.float64]
_BitArray = NDArray[np.uint64]
_IntArray = NDArray[np.int64]


def njit(function: _F) -> _F:
    """Compile `function` with numba: GIL released, cached on disk where a cache can be written.

    A float division by zero gives inf or nan as in numpy: the check for it would bar vectorisation. In a
    locked-down container (read-only site-packages, no writable home, no ``NUMBA_CACHE_DIR``) numba refuses
    to cache and would fail at import; then the function is compiled anew in each process.
    """
    return _compiled(function, counts=True)


def inner(function: _F) -> _F:
    """`njit` for what other kernels call, not Python, and what neither makes nor returns an array.

    Such a function need not count references to arrays, which its caller holds: in short loops over fields of
    named tuples and rows of matrices the atomic counting takes a third of the time.
    """
    return _compiled(function, counts=False)


def _compiled(function: _F, *, counts: bool) -> _F:
    compiled: _F
    try:  # `_nrt`: in numba's guide for developers, not in its stubs
        compiled = numba.njit(function, nogil=True, error_model="numpy", _nrt=counts, cache=True)  # type: ignore[call-overload]
    except RuntimeError:
        compiled = numba.njit(function, nogil=True, error_model="numpy", _nrt=counts)  # type: ignore[call-overload]
    return compiled


LANES = 128
_PAD = 8  # keeps the rows of a lane block off each other's cache sets

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT32 = np.uint64(32)
_M0, _M1 = (
    np.uint64(0xD2511F53),
    np.uint64(0xCD9E8D57),
)  # Philox multipliers and key increments, SC11, table 2
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)

# An integer k < 2^52 as a float without a conversion instruction: the bits of 2^52 + k, less 2^52.
_EXP52 = np.uint64(0x4330000000000000)
_TWO52 = 4503599627370496.0

_ROOT_HALF = np.uint64(0x3FE6A09E00000000)  # bits of about sqrt(1/2)
_BIAS = np.uint64(0x4000000000000000)  # 1024 in the place of the exponent
_SHIFT52 = np.uint64(52)
_LN2 = 0.6931471805599453

_SHIFT31, _SHIFT63 = np.uint64(31), np.uint64(63)
_HALF_TURN = np.uint64(0x7FFFFFFF)
_ANGLE = 1.4629180792671596e-09  # pi / 2^31

_LOG2E = 1.4426950408889634
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer held in the low bits
_SHIFT52I, _BIASI = np.int64(52), np.int64(1023)


@njit
def philox(
    key0: int, key1: int, first: int, step: int, quad: int, use: int, bits: _BitArray | NDArray[np.uint32]
) -> None:
    """Fill `bits` (4, LANES) with 32-bit words: lane i has the counter (first + i, step, quad, use)."""
    row0, row1, row2, row3 = bits[0], bits[1], bits[2], bits[3]
    for i in range(row0.size):
        x0 = np.uint64(first + i) & _LOW
        x1, x2, x3 = np.uint64(step), np.uint64(quad), np.uint64(use)
        k0, k1 = np.uint64(key0), np.uint64(key1)
        for _ in range(10):
            p0, p1 = _M0 * x0, _M1 * x2
            x0, x1 = (p1 >> _SHIFT32) ^ x1 ^ k0, p1 & _LOW
            x2, x3 = (p0 >> _SHIFT32) ^ x3 ^ k1, p0 & _LOW
            k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
        row0[i], row1[i], row2[i], row3[i] = x0, x1, x2, x3


@njit
def _radius(words: _BitArray, out: _FloatArray) -> None:
    """Write sqrt(-2 log u), u = (word + 1/2) / 2^32: log by exponent and an atanh series."""
    for i in range(words.size):
        x = (np.uint64(words[i] | _EXP52).view(np.float64) - _TWO52) + 0.5
        b = np.float64(x).view(np.uint64)
        e = (b - _ROOT_HALF + _BIAS) >> _SHIFT52
        m = np.uint64(b - (e << _SHIFT52) + _BIAS).view(np.float64)
        f = (m - 1.0) / (m + 1.0)
        s = f * f
        p = 0.28535043563022755 + s * 0.23616504321882295
        p = 2.0000000000083635 + s * (0.666666652469108 + s * (0.4000038479011654 + s * p))
        exponent = np.uint64(e | _EXP52).view(np.float64) - (_TWO52 + 1056.0)  # 1024 + 32: u, not word
        out[i] = np.sqrt(-2.0 * (exponent * _LN2 + f * p))


@njit
def _turn(words: _BitArray, cosine: _FloatArray, sine: _FloatArray) -> None:
    """Turn the radius in `cosine` by the angle (word + 1/2) 2 pi / 2^32, by a half turn and a sign."""
    for i in range(words.size):
        w = words[i]
        r = np.uint64(np.float64(cosine[i]).view(np.uint64) ^ ((w >> _SHIFT31) << _SHIFT63)).view(np.float64)
        a = ((np.uint64((w & _HALF_TURN) | _EXP52).view(np.float64) - (_TWO52 + 1073741824.0)) + 0.5) * _ANGLE
        s = a * a
        p = 2.7525269812298185e-06 + s * -2.3889217773433278e-08
        p = 0.008333330974207583 + s * (-0.00019840861179319555 + s * p)
        p = 0.9999999999829191 + s * (-0.16666666616815567 + s * p)
        q = 2.476010967315931e-05 + s * -2.6050657493711867e-07
        q = 0.04166663615972319 + s * (-0.0013888360284403003 + s * q)
        q = 0.999999999779154 + s * (-0.4999999935543786 + s * q)
        cosine[i] = r * q
        sine[i] = r * (a * p)


@njit
def normals(
    key0: int, key1: int, first: int, step: int, rows: int, use: int, bits: _BitArray, out: _FloatArray
) -> None:
    """Fill the first `rows` rows of `out` with standard normals, one lane a path (Box, Muller 1958).

    `bits` (4, LANES) is work space; an odd number of rows fills one more. The polynomials err by less than
    3e-10 of a normal, the spacing of its 32-bit words; a normal ends at 6.76 standard deviations.
    """
    for row in range(0, rows, 2):
        word = row % 4
        if word == 0:
            philox(key0, key1, first, step, row // 4, use, bits)
        cosine, sine = out[row, :LANES], out[row + 1, :LANES]
        _radius(bits[word], cosine)
        _turn(bits[word + 1], cosine, sine)


@njit
def exponential(x: _FloatArray) -> None:
    """Replace x by exp(x), |x| < 700: 2^k times a degree-9 polynomial exact at 0.

    Relative error below 1e-13 for |x| < 40 and 3e-13 beyond.
    """
    for i in range(x.size):
        t = x[i] * _LOG2E + _MAGIC
        r = x[i] - (t - _MAGIC) * _LN2
        s = r * r
        low = (1.0 + r) + s * (0.4999999999995507 + r * 0.16666666666662583)
        middle = 0.04166666678633755 + r * 0.008333333344209503
        high = 0.0013888839090641912 + r * 0.00019841224581529417
        top = 2.486788345331125e-05 + r * 2.7617576862052094e-06
        p = low + (s * s) * (middle + s * (high + s * top))
        x[i] = p * np.int64((np.float64(t).view(np.int64) + _BIASI) << _SHIFT52I).view(np.float64)


@njit
def cholesky(matrix: _FloatArray, factor: _FloatArray) -> None:
    """Write the lower Cholesky factor of `matrix` (D, D) into the first D columns of `factor`.

    The order of operations is fixed, so the bits are the same on every machine, and a row does not depend on
    what stands below it.
    """
    D = matrix.shape[0]
    for i in range(D):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            factor[i, j] = np.sqrt(rest) if i == j else rest / factor[j, j]


@njit
def triangular(
    factor: _FloatArray, mean: _FloatArray, z: _FloatArray, start: int, place: _IntArray, out: _FloatArray
) -> None:
    """Write row `start` + k of ``mean + factor z`` into row ``place[k]`` of `out` (rows, LANES).

    `factor` (D, 4 quads) is lower triangular and padded with zeros, so a row takes four columns at a time.
    """
    for k in range(out.shape[0]):
        i = start + k
        y, m = out[place[k]], mean[i]
        for j in range(0, i + 1, 4):
            a, b, c, d = factor[i, j], factor[i, j + 1], factor[i, j + 2], factor[i, j + 3]
            za, zb, zc, zd = z[j], z[j + 1], z[j + 2], z[j + 3]
            if j == 0:
                for lane in range(y.size):
                    y[lane] = m + ((a * za[lane] + b * zb[lane]) + (c * zc[lane] + d * zd[lane]))
            else:
                for lane in range(y.size):
                    y[lane] += (a * za[lane] + b * zb[lane]) + (c * zc[lane] + d * zd[lane])


@njit
def _put(y: _FloatArray, at: int, step: int, out: _FloatArray) -> None:
    """Copy lanes of `y` (rows, LANES) to ``out[at + lane, step, row]`` as far as `out` has paths."""
    for lane in range(min(y.shape[1], out.shape[0] - at)):
        target = out[at + lane, step]
        for n in range(y.shape[0]):
            target[n] = y[n, lane]


@njit
def lognormal_paths(
    key0: int,
    key1: int,
    use: _IntArray,
    first: int,
    mean: _FloatArray,
    factor: _FloatArray,
    doubt: float,
    place: _IntArray,
    assets: _FloatArray,
    indices: _FloatArray,
) -> None:
    """Fill gross returns `assets` (P, months steps, N) and index growth `indices` (P, months, J).

    Log growth of a month is mean + factor (z + doubt theta), theta drawn once per path, z every month. With
    several steps a month a Brownian bridge cuts the normals of the month, so that the steps multiply to the
    return which the same path has with one step.

    Parameters
    ----------
    use : (3,) int64
        Philox counter words for the monthly normals, the bridge and theta.
    first : int
        Number of the first path.
    mean : (N+J,), factor : (N+J, 4 quads)
        Monthly log mean and Cholesky factor, assets first, padded with zeros.
    doubt : float
        Standard deviation of the monthly log mean in units of a month's own; 0 for none.
    place : (N+J,) int64
        Column of the result for each row of `mean`, counted anew from 0 for the indices.
    """
    count, months, N, J = assets.shape[0], indices.shape[1], assets.shape[2], indices.shape[2]
    steps = assets.shape[1] // months
    rows = factor.shape[1]
    bits = np.empty((4, LANES), dtype=np.uint64)
    theta = np.zeros((rows, LANES + _PAD))
    z = np.zeros((rows, LANES + _PAD))
    e = np.zeros((rows, LANES + _PAD))
    y = np.empty((N + J, LANES))
    step_mean, step_factor = mean / steps, factor / np.sqrt(float(steps))
    for at in range(0, count, LANES):
        if doubt > 0.0:
            normals(key0, key1, first + at, 0, N + J, use[2], bits, theta)
            theta *= doubt
        for month in range(months):
            normals(key0, key1, first + at, month, N + J, use[0], bits, z)
            if doubt > 0.0:
                z += theta
            if J > 0:
                growth = y[:J]
                triangular(factor, mean, z, N, place[N:], growth)
                exponential(growth.reshape(growth.size))
                _put(growth, at, month, indices)
            if steps > 1:
                z *= np.sqrt(float(steps))  # what is left of the month
            for k in range(steps, 0, -1):
                now = z
                if k > 1:
                    step = month * steps + steps - k
                    normals(key0, key1, first + at, step, N, use[1], bits, e)
                    _bridge(z, k, N, e)
                    now = e
                returns = y[:N]
                triangular(step_factor, step_mean, now, 0, place[:N], returns)
                exponential(returns.reshape(returns.size))
                _put(returns, at, month * steps + steps - k, assets)


@njit
def _bridge(rest: _FloatArray, k: int, N: int, e: _FloatArray) -> None:
    """Turn fresh normals `e` into the next of k steps that add up to `rest`, and take it off `rest`.

    Given the sum R of k independent standard normals, one is normal with mean R/k and variance 1 - 1/k.
    """
    share, spread = 1.0 / k, np.sqrt(1.0 - 1.0 / k)
    for d in range(N):
        left, new = rest[d], e[d]
        for lane in range(new.size):
            new[lane] = left[lane] * share + spread * new[lane]
            left[lane] -= new[lane]


@njit
def mean_shifts(
    key0: int,
    key1: int,
    use: int,
    first: int,
    factor: _FloatArray,
    doubt: float,
    place: _IntArray,
    out: _FloatArray,
) -> None:
    """Fill `out` (P, D) with the shifts doubt factor theta of the monthly log mean, as in `lognormal_paths`.

    `place` (D,) is the column of the result for each row of `factor`.
    """
    P, D = out.shape
    bits = np.empty((4, LANES), dtype=np.uint64)
    theta = np.zeros((factor.shape[1], LANES))
    y = np.empty((D, LANES))
    zero = np.zeros(D)
    for at in range(0, P, LANES):
        normals(key0, key1, first + at, 0, D, use, bits, theta)
        theta *= doubt
        triangular(factor, zero, theta, 0, place, y)
        for lane in range(min(LANES, P - at)):
            out[at + lane] = y[:, lane]


@njit
def next_rows(bits: _BitArray, month: int, length: float, fixed: bool, history: int, row: _IntArray) -> None:
    """Move each lane's `row` of a history of `history` rows on by a month: to the next one, or to a new block's first.

    Stationary (Politis, Romano 1994): a block ends after each month with probability 1 / length. Circular
    (Politis, Romano 1992), `fixed`: every block has `length` rows. Blocks wrap around.
    """
    ends = 4294967296.0 / length
    for lane in range(row.size):
        goes_on = month % int(length) > 0 if fixed else float(bits[0, lane]) >= ends
        if goes_on and month > 0:
            row[lane] = 0 if row[lane] + 1 == history else row[lane] + 1
        else:
            row[lane] = np.int64((bits[1, lane] * np.uint64(history)) >> _SHIFT32)


@njit
def block_rows(
    key0: int, key1: int, use: int, first: int, length: float, fixed: bool, history: int, rows: _IntArray
) -> None:
    """Fill `rows` (P, months) with row numbers of a history, see `next_rows`."""
    P, months = rows.shape
    bits, row = np.empty((4, LANES), dtype=np.uint64), np.zeros(LANES, dtype=np.int64)
    for at in range(0, P, LANES):
        for month in range(months):
            philox(key0, key1, first + at, month, 0, use, bits)
            next_rows(bits, month, length, fixed, history, row)
            for lane in range(min(LANES, P - at)):
                rows[at + lane, month] = row[lane]


@njit
def gather(rows: _IntArray, table: _FloatArray, shift: _FloatArray, out: _FloatArray) -> None:
    """Write ``table[rows[p, month]] * shift[p]`` (S, N) into steps month S .. of ``out[p]`` (months S, N)."""
    P, months = rows.shape
    S, N = table.shape[1], table.shape[2]
    for p in range(P):
        for month in range(months):
            row = table[rows[p, month]]
            for k in range(S):
                for n in range(N):
                    out[p, month * S + k, n] = row[k, n] * shift[p, n]
