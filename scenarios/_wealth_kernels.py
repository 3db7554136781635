"""Compiled wealth of a rebalanced portfolio, from random numbers to drawdown in one pass: no path is stored.

Lanes as in `_kernels`, in float32, sixteen to a vector register. The random words are those of `_kernels`, so a path
is the path that `simulate` draws, to the precision of float32: about 1e-6 a month, 1e-5 over twenty years. What makes
a month's growth differs (normal months with states and scales, rows of history, returns at hand); what is done with
it is the same `carry` in all of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._kernels import LANES, next_rows, njit, philox
from ._mixture_kernels import advance, quantiles, wishart_factor

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
WordArray = NDArray[np.uint32]
IntArray = NDArray[np.int64]


class Account(NamedTuple):
    """The money side of a run of T months and P paths, and what it writes.

    `weights` (T, N) are held from month to month at one-way costs `rates` (N,); `inflows` and `payments` (T+1,) come at
    the start of each month. `wealth` (T+1, P) is filled month by month, `totals` (3, P) with the largest drawdown, the
    costs and what could not be paid.
    """

    begin: float
    weights: SingleArray
    rates: SingleArray
    inflows: SingleArray
    payments: SingleArray
    wealth: SingleArray
    totals: SingleArray


class Months(NamedTuple):
    """A `mixture.Law` of the N assets alone; `means` (K, N), `factors` (K, N, 4 quads) and `colour` are single."""

    means: SingleArray
    factors: SingleArray
    start: FloatArray
    transition: FloatArray
    table: FloatArray
    colour: SingleArray
    doubt: float
    freedom: float


# Rows of a lane block's state.
VALUE, UNIT, PEAK, FALL, COST, MISSED, INVESTED, SPENT = range(8)
ROWS = 8

_ONE, _TWO, _HALF, _ZERO = np.float32(1.0), np.float32(2.0), np.float32(0.5), np.float32(0.0)
_TINY = np.float32(1e-30)
_SHIFT8, _SHIFT23 = np.uint32(8), np.uint32(23)
_ROOT_HALF = np.uint32(0x3F3504F3)  # bits of sqrt(1/2)
_BIAS = np.uint32(0x40000000)  # 128 in the place of the exponent
_SIGN, _HALF_TURN = np.uint32(0x80000000), np.uint32(0x7FFFFFFF)
_LN2 = np.float32(0.6931471805599453)
_L1, _L2, _L3, _L4 = np.float32(2.0), np.float32(2.0 / 3.0), np.float32(0.4), np.float32(2.0 / 7.0)
_FIELD = np.float32(160.0)  # 128 for the bias above, 32 for u = word / 2^32
_EXP23 = np.uint32(0x4B000000)  # the bits of 2^23: or-ed with k < 2^23 they are 2^23 + k
_MIDDLE, _ANGLE = np.float32(2**23 + 2**22), np.float32(3.7450702829239286e-07)  # pi / 2^23
_S1, _S2, _S3, _S4 = (
    np.float32(-0.16666667),
    np.float32(0.008333331),
    np.float32(-1.984086e-4),
    np.float32(2.7525e-6),
)
_S5 = np.float32(-2.3889e-8)
_C1, _C2, _C3, _C4 = (
    np.float32(-0.5),
    np.float32(0.041666637),
    np.float32(-0.0013888361),
    np.float32(2.476011e-5),
)
_C5 = np.float32(-2.6050658e-7)
_LOG2E = np.float32(1.4426950408889634)
_MAGIC = np.float32(12582912.0)  # 1.5 * 2^23: adding it rounds to an integer held in the low bits
_LN2_HIGH, _LN2_LOW = np.float32(0.693145751953125), np.float32(1.42860677e-6)
_E2, _E3, _E4 = np.float32(0.5), np.float32(0.16666667), np.float32(0.041666668)
_E5, _E6 = np.float32(0.0083333333), np.float32(0.0013888889)
_BIAS_I, _SHIFT23_I = np.int32(127), np.int32(23)


@njit
def _single_radius(words: WordArray, out: SingleArray) -> None:
    """Write sqrt(-2 log u), u = (word + 1/2) / 2^32: log by exponent and an atanh series."""
    for i in range(words.size):
        x = np.float32(words[i]) + _HALF
        b = np.float32(x).view(np.uint32)
        e = np.uint32(np.uint32(b - _ROOT_HALF + _BIAS) >> _SHIFT23)
        m = np.uint32(b - np.uint32(e << _SHIFT23) + _BIAS).view(np.float32)
        f = (m - _ONE) / (m + _ONE)
        s = f * f
        log = (np.float32(e) - _FIELD) * _LN2 + f * (_L1 + s * (_L2 + s * (_L3 + s * _L4)))
        out[i] = np.sqrt(max(-_TWO * log, _ZERO))


@njit
def _single_turn(words: WordArray, radius: SingleArray, cosine: SingleArray, sine: SingleArray) -> None:
    """Turn `radius` by the angle word 2 pi / 2^32: a sign for the half turn, the rest to 24 bits."""
    for i in range(words.size):
        w = words[i]
        r = np.uint32(np.float32(radius[i]).view(np.uint32) ^ (w & _SIGN)).view(np.float32)
        a = (np.uint32(((w & _HALF_TURN) >> _SHIFT8) | _EXP23).view(np.float32) - _MIDDLE) * _ANGLE
        s = a * a
        p = _ONE + s * (_S1 + s * (_S2 + s * (_S3 + s * (_S4 + s * _S5))))
        q = _ONE + s * (_C1 + s * (_C2 + s * (_C3 + s * (_C4 + s * _C5))))
        cosine[i] = r * q
        sine[i] = r * (a * p)


@njit
def single_normals(
    key0: int, key1: int, first: int, step: int, rows: int, use: int, bits: WordArray, radius: SingleArray,
    out: SingleArray,
) -> None:  # fmt: skip
    """`_kernels.normals` in single precision from the same words; `bits` (4, LANES) and `radius` are work space."""
    for row in range(0, rows, 2):
        word = row % 4
        if word == 0:
            philox(key0, key1, first, step, row // 4, use, bits)
        _single_radius(bits[word], radius)
        _single_turn(bits[word + 1], radius, out[row], out[row + 1])


@njit
def single_exponential(x: SingleArray) -> None:
    """Replace x by exp(x), |x| < 80, to about 2e-7."""
    for i in range(x.size):
        v = x[i]
        t = v * _LOG2E + _MAGIC
        k = t - _MAGIC
        r = (v - k * _LN2_HIGH) - k * _LN2_LOW
        p = _ONE + r * (_ONE + r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * _E6)))))
        bits = np.int32(np.float32(t).view(np.int32) + _BIAS_I) << _SHIFT23_I
        x[i] = p * np.int32(bits).view(np.float32)


@njit
def _single_triangular(factor: SingleArray, z: SingleArray, out: SingleArray) -> None:
    """Write ``factor z`` (N, LANES), `factor` (N, 4 quads) lower triangular and padded with zeros."""
    for i in range(out.shape[0]):
        y = out[i]
        for j in range(0, i + 1, 4):
            a, b, c, d = factor[i, j], factor[i, j + 1], factor[i, j + 2], factor[i, j + 3]
            za, zb, zc, zd = z[j], z[j + 1], z[j + 2], z[j + 3]
            if j == 0:
                for lane in range(y.size):
                    y[lane] = (a * za[lane] + b * zb[lane]) + (c * zc[lane] + d * zd[lane])
            else:
                for lane in range(y.size):
                    y[lane] += (a * za[lane] + b * zb[lane]) + (c * zc[lane] + d * zd[lane])


@njit
def _single_spread(A: SingleArray, size: np.float32, z: SingleArray) -> None:
    """`_mixture_kernels.spread` in single precision."""
    for i in range(A.shape[0]):
        zi, diagonal = z[i], A[i, i]
        for lane in range(LANES):
            zi[lane] *= diagonal[lane] * size
        for j in range(i):
            zj, a = z[j], A[i, j]
            for lane in range(LANES):
                zi[lane] -= a[lane] * zj[lane]


@njit
def open_account(start: float, held: SingleArray, state: SingleArray) -> None:
    """Every lane with `start` in money and nothing invested, at unit value 1."""
    for lane in range(LANES):
        for i in range(held.shape[0]):
            held[i, lane] = _ZERO
        for row in range(ROWS):
            state[row, lane] = _ZERO
        state[VALUE, lane] = start
        state[UNIT, lane] = state[PEAK, lane] = _ONE


@njit
def settle(account: Account, t: int, state: SingleArray, out: SingleArray) -> None:
    """Take money in, pay what is due as far as the money goes, and write what is left into `out` (lanes)."""
    value, missed, spent = state[VALUE], state[MISSED], state[SPENT]
    inflow, payment = account.inflows[t], account.payments[t]
    for lane in range(LANES):
        money = value[lane] + inflow
        paid = min(payment, money)
        missed[lane] += payment - paid
        spent[lane] = paid
        value[lane] = money - paid
    for lane in range(out.size):
        out[lane] = value[lane]


@njit
def carry(
    weights: SingleArray, rates: SingleArray, growth: SingleArray, held: SingleArray, state: SingleArray
) -> None:
    """Rebalance to `weights` (N,) at one-way `rates` (N,), then let the holdings grow by `growth` (N, LANES).

    The cost is that of the trade before costs, sum_i c_i |w_i M - h_i|: an error of the order of its square. The
    unit value bears it as a share of the wealth before payments, as in the judge.
    """
    value, unit, peak, fall = state[VALUE], state[UNIT], state[PEAK], state[FALL]
    cost, invested, spent = state[COST], state[INVESTED], state[SPENT]
    for lane in range(LANES):
        invested[lane] = _ZERO
    for i in range(held.shape[0]):
        w, c, h = weights[i], rates[i], held[i]
        for lane in range(LANES):
            invested[lane] += c * abs(w * value[lane] - h[lane])
    for lane in range(LANES):
        money, charge = value[lane], min(invested[lane], value[lane])
        cost[lane] += charge
        unit[lane] *= _ONE - charge / max(money + spent[lane], _TINY)
        invested[lane] = money - charge
        value[lane] = _ZERO
    for i in range(held.shape[0]):
        w, g, h = weights[i], growth[i], held[i]
        for lane in range(LANES):
            h[lane] = w * invested[lane] * g[lane]
            value[lane] += h[lane]
    for lane in range(LANES):
        u = unit[lane] * (value[lane] / invested[lane] if invested[lane] > _TINY else _ONE)
        unit[lane] = u
        peak[lane] = max(peak[lane], u)
        fall[lane] = max(fall[lane], _ONE - u / peak[lane])


@njit
def close_account(state: SingleArray, totals: SingleArray) -> None:
    for lane in range(totals.shape[1]):
        totals[0, lane], totals[1, lane], totals[2, lane] = (
            state[FALL, lane],
            state[COST, lane],
            state[MISSED, lane],
        )


@njit
def mixture_wealth(
    key0: int, key1: int, use: IntArray, first: int, low: int, high: int, law: Months, account: Account
) -> None:
    """Fill columns `low` .. `high` of the account: column p is path first + p of `_mixture_kernels.mixture_paths`."""
    weights, wealth = account.weights, account.wealth
    T, N, rows, K = weights.shape[0], weights.shape[1], law.factors.shape[2], law.start.size
    freedom, table = law.freedom, law.table
    wide = np.empty((4, LANES), dtype=np.uint64)
    bits, radius = np.empty((4, LANES), dtype=np.uint32), np.empty(LANES, dtype=np.float32)
    z, y = np.zeros((rows, LANES), dtype=np.float32), np.empty((N, LANES), dtype=np.float32)
    held, state = np.zeros((N, LANES), dtype=np.float32), np.zeros((ROWS, LANES), dtype=np.float32)
    shift, work = np.zeros((N, LANES), dtype=np.float32), np.empty((N, LANES), dtype=np.float32)
    exact = np.zeros((N if freedom > 0.0 else 0, rows, LANES))
    A = np.zeros(exact.shape, dtype=np.float32)
    size = np.float32(np.sqrt(freedom - N - 1.0) if freedom > 0.0 else 1.0)
    regime, scale, single = np.zeros(LANES, dtype=np.int64), np.ones(LANES), np.ones(LANES, dtype=np.float32)
    for at in range(low, high, LANES):
        end = min(at + LANES, high)
        if freedom > 0.0:
            wishart_factor(key0, key1, first + at, use[4], freedom, wide, exact)
            A[:] = exact
        if law.doubt > 0.0:
            single_normals(key0, key1, first + at, 0, N, use[2], bits, radius, z)
            z *= np.float32(law.doubt)
            if freedom > 0.0:
                _single_spread(A, size, z)
            _single_triangular(law.colour, z, shift)
        open_account(account.begin, held, state)
        for t in range(T):
            settle(account, t, state, wealth[t, at:end])
            single_normals(key0, key1, first + at, t, N, use[0], bits, radius, z)
            if freedom > 0.0:
                _single_spread(A, size, z)
            if K > 1 or table.size > 0:
                philox(key0, key1, first + at, t, 0, use[3], wide)
            if K > 1:
                advance(wide[0], t == 0, law.start, law.transition, regime)
            if table.size > 0:
                quantiles(wide[1], table, scale)
                single[:] = scale
            for s in range(K):
                _single_triangular(law.factors[s], z, work)
                _choose(s, K, law.means[s], shift, single, regime, work, y)
            single_exponential(y.reshape(y.size))
            carry(weights[t], account.rates, y, held, state)
        settle(account, T, state, wealth[T, at:end])
        close_account(state, account.totals[:, at:end])


@njit
def _choose(
    s: int, K: int, means: SingleArray, shift: SingleArray, scale: SingleArray, regime: IntArray,
    drawn: SingleArray, y: SingleArray,
) -> None:  # fmt: skip
    """Write the log growth of state s of K into the lanes that are in it."""
    for i in range(y.shape[0]):
        m, d, o, out = means[i], shift[i], drawn[i], y[i]
        if K == 1:
            for lane in range(LANES):
                out[lane] = (m + d[lane]) + scale[lane] * o[lane]
        else:
            for lane in range(LANES):
                new = (m + d[lane]) + scale[lane] * o[lane]
                out[lane] = new if regime[lane] == s else out[lane]


@njit
def bootstrap_wealth(
    key0: int, key1: int, use: int, first: int, low: int, high: int, length: float, fixed: bool, table: SingleArray,
    shift: SingleArray, account: Account,
) -> None:  # fmt: skip
    """`mixture_wealth` for months that are rows of history: `table` (N, R) gross, times `shift` (P, N) by path."""
    weights, wealth = account.weights, account.wealth
    T, N, R = weights.shape[0], weights.shape[1], table.shape[1]
    wide, row = np.empty((4, LANES), dtype=np.uint64), np.zeros(LANES, dtype=np.int64)
    y, moved = np.ones((N, LANES), dtype=np.float32), np.ones((N, LANES), dtype=np.float32)
    held, state = np.zeros((N, LANES), dtype=np.float32), np.zeros((ROWS, LANES), dtype=np.float32)
    for at in range(low, high, LANES):
        end = min(at + LANES, high)
        for lane in range(end - at):
            for i in range(N):
                moved[i, lane] = shift[at + lane, i]
        open_account(account.begin, held, state)
        for t in range(T):
            settle(account, t, state, wealth[t, at:end])
            philox(key0, key1, first + at, t, 0, use, wide)
            next_rows(wide, t, length, fixed, R, row)
            for i in range(N):
                source, d, out = table[i], moved[i], y[i]
                for lane in range(LANES):
                    out[lane] = source[row[lane]] * d[lane]
            carry(weights[t], account.rates, y, held, state)
        settle(account, T, state, wealth[T, at:end])
        close_account(state, account.totals[:, at:end])


@njit
def drawn_wealth(growth: FloatArray, low: int, account: Account) -> None:
    """`mixture_wealth` for months at hand: `growth` (C, T, N) gross, of the paths from column `low` on."""
    weights, wealth = account.weights, account.wealth
    C, T, N = growth.shape
    y = np.ones((N, LANES), dtype=np.float32)
    held, state = np.zeros((N, LANES), dtype=np.float32), np.zeros((ROWS, LANES), dtype=np.float32)
    for at in range(0, C, LANES):
        begins, ends = low + at, low + min(at + LANES, C)
        open_account(account.begin, held, state)
        for t in range(T):
            settle(account, t, state, wealth[t, begins:ends])
            for lane in range(ends - begins):
                for i in range(N):
                    y[i, lane] = growth[at + lane, t, i]
            carry(weights[t], account.rates, y, held, state)
        settle(account, T, state, wealth[T, begins:ends])
        close_account(state, account.totals[:, begins:ends])
