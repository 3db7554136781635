"""Expectations along the diagonal of the drawdown lattice: one return moves wealth and drawdown together.

Above the old peak row 0 applies, beyond the limit row Q. Along the diagonal the value has a kink at the peak and a
jump at the limit; `edges` holds by how much the stencils miss them.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner
from ._settlement_kernels import FloatArray, Grid, IntArray
from ._step_kernels import Moves, convolve, tail

Cube = NDArray[np.float64]
_IDLE = 1e-9  # a miss smaller than this changes nothing


@inner
def convolve_down(
    out: FloatArray,
    values: FloatArray,
    first: int,
    weights: FloatArray,
    count: int,
    q: int,
    rows: int,
    at: int,
) -> None:
    """Add sum_d w_d V[q - d, i + d] over the offsets that stay below the peak and above the limit."""
    m = len(out)
    l = max(q - rows + 1 - first, 0)
    end = min(q - first, count)
    while l + 4 <= end:
        d = first + l
        w0, w1, w2, w3 = weights[l], weights[l + 1], weights[l + 2], weights[l + 3]
        v0 = values[q - d, at + d : at + d + m]
        v1 = values[q - d - 1, at + d + 1 : at + d + 1 + m]
        v2 = values[q - d - 2, at + d + 2 : at + d + 2 + m]
        v3 = values[q - d - 3, at + d + 3 : at + d + 3 + m]
        for i in range(m):
            out[i] += (w0 * v0[i] + w1 * v1[i]) + (w2 * v2[i] + w3 * v3[i])
        l += 4
    while l < end:
        w0 = weights[l]
        d = first + l
        v0 = values[q - d, at + d : at + d + m]
        for i in range(m):
            out[i] += w0 * v0[i]
        l += 1


@inner
def correct_edges(out: FloatArray, values: FloatArray, edge: FloatArray, q: int, rows: int, at: int) -> None:
    """Add what the stencil misses of the jump and kink at the limit and of the kink at the peak.

    Values and slopes at either side of an edge are extrapolated from the two or three nodes next to it.
    """
    m = len(out)
    jump, bend, peak = edge[0], edge[1], edge[2]
    if abs(jump) > _IDLE or abs(bend) > _IDLE:
        d = q - rows
        i1 = values[rows - 1, at + d + 1 : at + d + 1 + m]
        i2 = values[rows - 2, at + d + 2 : at + d + 2 + m]
        o1, o2 = values[rows, at + d : at + d + m], values[rows, at + d - 1 : at + d - 1 + m]
        a, b = 1.5 * jump - bend, -0.5 * jump + bend
        c, e = -1.5 * jump - bend, 0.5 * jump + bend
        for i in range(m):
            out[i] += (a * i1[i] + b * i2[i]) + (c * o1[i] + e * o2[i])
    if abs(peak) > _IDLE:
        b0, b1 = values[0, at + q : at + q + m], values[0, at + q + 1 : at + q + 1 + m]
        b2, a1 = values[0, at + q + 2 : at + q + 2 + m], values[1, at + q - 1 : at + q - 1 + m]
        if rows > 2:
            a2 = values[2, at + q - 2 : at + q - 2 + m]
            for i in range(m):
                out[i] += peak * (2.0 * (b1[i] + a1[i]) - 3.0 * b0[i] - 0.5 * (b2[i] + a2[i]))
        else:
            for i in range(m):
                out[i] += peak * (2.0 * b1[i] - 2.5 * b0[i] - 0.5 * b2[i] + a1[i])


@inner
def missed_jumps(
    missed: Cube, up: IntArray, places: FloatArray, count: int, g: int, moves: Moves, grid: Grid
) -> None:
    """``missed[b, k, l]``: chance of passing jump b from ``first + l - 1`` steps below `up`, less the stencil's."""
    for b in range(count):
        up[b] = math.ceil(places[b] - 1e-9 / grid.spacing)
        for k in range(moves.first.shape[1]):
            taps = moves.count[g, k]
            for l in range(taps + 2):
                offset = moves.first[g, k] + l - 1
                exact = 0.0
                if moves.deviation[g, k] > 0.0:
                    exact = tail(g, k, moves, places[b] - up[b] + offset)
                elif moves.mean[g, k] >= places[b] - up[b] + offset - 1e-9:
                    exact = 1.0
                missed[b, k, l] = exact - moves.onward[g, k, min(max(l - 1, 0), taps)]


@inner
def correct_jumps(
    out: FloatArray, jumps: FloatArray, missed: Cube, up: IntArray, count: int, first: int, taps: int, k: int, q: int,
    rows: int, lo: int,
) -> None:  # fmt: skip
    """Replace the lattice's share of each jump of the value by its exact probability."""
    for b in range(count):
        for l in range(taps + 2):
            d = first + l - 1
            i = up[b] - d - lo
            if 0 <= i < len(out):
                out[i] += jumps[b, min(max(q - d, 0), rows)] * missed[b, k, l]


@inner
def expect(
    out: FloatArray,
    values: FloatArray,
    g: int,
    k: int,
    moves: Moves,
    edges: FloatArray,
    q: int,
    rows: int,
    at: int,
) -> None:
    """``out[i] = E V(q, i)`` for the nodes from `at` on: above the old peak row 0, beyond the limit row `rows`."""
    first, count, weights = moves.first[g, k], moves.count[g, k], moves.weights[g, k]
    out[:] = 0.0
    above = min(max(q - first, 0), count)
    convolve(out, values[0], at + first + above, weights[above:], count - above, 1)
    convolve(out, values[rows], at + first, weights, max(min(q - rows + 1 - first, count), 0), 1)
    convolve_down(out, values, first, weights, count, q, rows, at)
    correct_edges(out, values, edges[g, k, q], q, rows, at)
