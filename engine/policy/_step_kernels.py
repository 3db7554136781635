"""Expectation over one step's return on the wealth lattice: stencils, smoothed levels, exact jumps."""

import math
from typing import NamedTuple

import numpy as np

from ...scenarios._kernels import inner
from ._settlement_kernels import FloatArray, Grid, IntArray

_ROOT_HALF = math.sqrt(0.5)
_NODE = 1e-9  # log wealth: a jump this close above a node counts as on it
_IDLE = 1e-14  # a jump this small needs no correction


class Moves(NamedTuple):
    """One-step laws of G menus of K portfolios, in lattice steps.

    ``weights[g, k, l]`` belongs to offset ``first + l``, l < count; ``onward[g, k, l]`` is their sum from l
    on. A wide portfolio is applied to the value smoothed to ``level`` j instead, with weights at every 2^j-th
    offset from ``wide_first`` on. ``smooth_weights[j]`` takes level j - 1 to level j. ``mean`` and
    ``deviation`` (0: riskless) are those of the log return; ``returns`` (G, K, S), ascending, and
    ``cumulative`` (G, K, S + 1) give an empirical law, S = 0 a normal one.
    """

    mean: FloatArray
    deviation: FloatArray
    first: IntArray
    count: IntArray
    weights: FloatArray
    onward: FloatArray
    level: IntArray
    wide_first: IntArray
    wide_count: IntArray
    wide_weights: FloatArray
    smooth_first: IntArray
    smooth_count: IntArray
    smooth_weights: FloatArray
    returns: FloatArray
    cumulative: FloatArray


@inner
def convolve(out: FloatArray, row: FloatArray, at: int, weights: FloatArray, count: int, stride: int) -> None:
    """Add the sum over l < count of ``weights[l] * row[at + i + l * stride]`` to ``out[i]``."""
    m = len(out)
    l = 0
    while l + 8 <= count:
        w0, w1, w2, w3 = weights[l], weights[l + 1], weights[l + 2], weights[l + 3]
        w4, w5, w6, w7 = weights[l + 4], weights[l + 5], weights[l + 6], weights[l + 7]
        a = at + l * stride
        v0, v1 = row[a : a + m], row[a + stride : a + stride + m]
        v2, v3 = row[a + 2 * stride : a + 2 * stride + m], row[a + 3 * stride : a + 3 * stride + m]
        v4, v5 = row[a + 4 * stride : a + 4 * stride + m], row[a + 5 * stride : a + 5 * stride + m]
        v6, v7 = row[a + 6 * stride : a + 6 * stride + m], row[a + 7 * stride : a + 7 * stride + m]
        for i in range(m):
            out[i] += ((w0 * v0[i] + w1 * v1[i]) + (w2 * v2[i] + w3 * v3[i])) + (
                (w4 * v4[i] + w5 * v5[i]) + (w6 * v6[i] + w7 * v7[i])
            )
        l += 8
    while l < count:
        w0 = weights[l]
        v0 = row[at + l * stride : at + l * stride + m]
        for i in range(m):
            out[i] += w0 * v0[i]
        l += 1


@inner
def smooth(levels: FloatArray, g: int, moves: Moves, lo: int, hi: int, pad: int) -> None:
    """Smooth ``levels[0]`` to the levels that law `g` uses, where the nodes lo..hi-1 read them."""
    deepest, low, high = 0, 0, 0
    for k in range(moves.level.shape[1]):
        j = moves.level[g, k]
        deepest = max(deepest, j)
        if j > 0:
            first = moves.wide_first[g, k]
            low = min(low, first)
            high = max(high, first + ((moves.wide_count[g, k] - 1) << j))
    start, end = pad + lo + low, pad + hi + high
    for j in range(deepest, 0, -1):  # what level j needs of the level below
        span = moves.smooth_first[j]
        start, end = start + span, end - span
    for j in range(1, deepest + 1):
        span = moves.smooth_first[j]
        start, end = start - span, end + span
        out = levels[j, start:end]
        out[:] = 0.0
        convolve(
            out, levels[j - 1], start + span, moves.smooth_weights[j], moves.smooth_count[j], 1 << (j - 1)
        )


@inner
def expect(
    out: FloatArray, values: FloatArray, levels: FloatArray, g: int, k: int, moves: Moves, lo: int, pad: int
) -> None:
    """``out[i] = E V(lo + i + R_k)`` for a risky portfolio, the jumps of V left to `correct`.

    A narrow law (level -1) interpolates the `values`, the others sum the `levels`.
    """
    out[:] = 0.0
    j = moves.level[g, k]
    if j <= 0:
        row = values if j < 0 else levels[0]
        convolve(out, row, pad + lo + moves.first[g, k], moves.weights[g, k], moves.count[g, k], 1)
    else:
        convolve(
            out, levels[j], pad + lo + moves.wide_first[g, k], moves.wide_weights[g, k],
            moves.wide_count[g, k], 1 << j,
        )  # fmt: skip


@inner
def tail(g: int, k: int, moves: Moves, distance: float) -> float:
    """Probability that the log return of portfolio k is at least `distance` lattice steps."""
    size = moves.returns.shape[2]
    if size == 0:
        return 0.5 * math.erfc((distance - moves.mean[g, k]) / moves.deviation[g, k] * _ROOT_HALF)
    below = np.searchsorted(moves.returns[g, k], distance - 1e-10)
    return 1.0 - moves.cumulative[g, k, below]


@inner
def correct(
    out: FloatArray, jump: FloatArray, places: FloatArray, count: int, g: int, k: int, moves: Moves, lo: int,
    grid: Grid,
) -> None:  # fmt: skip
    """Replace the lattice's share of each jump by the exact probability of passing it."""
    m = len(out)
    taps = moves.count[g, k]
    for b in range(count):
        if abs(jump[b]) < _IDLE:
            continue
        up = math.ceil(places[b] - _NODE / grid.spacing)  # first node with the upper value
        for l in range(-1, taps + 1):
            i = up - lo - (moves.first[g, k] + l)
            if 0 <= i < m:
                lattice = moves.onward[g, k, min(max(l, 0), taps)]
                out[i] += jump[b] * (tail(g, k, moves, places[b] - lo - i) - lattice)


@inner
def active_nodes(
    values: FloatArray, grid: Grid, g: int, moves: Moves, safest: int, lo: int, hi: int
) -> tuple[int, int]:
    """Nodes of lo..hi-1 whose next value is not already certain: elsewhere all in reach has the end value."""
    n, pad = grid.size, grid.pad
    bottom, top = values[pad], values[pad + n - 1]
    near = 1e-11 * max(abs(top), 1e-3)
    low, high = 0, n
    while low < n and values[pad + low] <= bottom + near:
        low += 1
    while high > 0 and values[pad + high - 1] >= top - near:
        high -= 1
    reach = 0
    for k in range(moves.first.shape[1]):
        reach = max(reach, moves.first[g, k] + moves.count[g, k])
    lo = max(lo, low - reach - 2)
    hi = min(hi, high - moves.first[g, safest] + 2)
    return min(lo, n), max(hi, min(lo, n))


@inner
def pad_ends(row: FloatArray, zero: float, grid: Grid) -> None:
    """Extend a row beyond the lattice: above by its end value, below linearly in wealth to `zero`, that of no money."""
    n, pad = grid.size, grid.pad
    row[pad + n :] = row[pad + n - 1]
    excess, shrink = row[pad] - zero, math.exp(-grid.spacing)
    for i in range(pad - 1, -1, -1):
        excess *= shrink
        row[i] = zero + excess
