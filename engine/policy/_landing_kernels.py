"""A step's money and payments at many wealths at once, for values of many drawdown states.

Where a settlement leaves a wealth does not depend on the drawdown: the nodes that it is read from, and their
weights, are worked out once a step and shared by all states and tracked quantities.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner, njit
from ._draw_kernels import factor
from ._settlement_kernels import FEASIBLE, Dues, FloatArray, Grid, ShortArray

_TIE = 1e-12  # the dearer of two settlements must be worth more by more than rounding
_BARRED, _BELOW = -2, -1


class Landings(NamedTuple):
    """Where settlement c of a step, c < S, leaves wealth w, w < W.

    It is read as ``taps[c, w] . values[base[c, w] - 2 .. base[c, w] + 3]``; below the lattice (base -1) as
    ``taps[c, w, 0]`` of the way from no money to node 0; base -2 marks what cannot be paid. ``gain`` (S, W) is what
    the settlement itself is worth.
    """

    base: NDArray[np.int32]
    taps: NDArray[np.float64]
    gain: FloatArray


@njit
def no_landings(settlements: int, wealths: int) -> Landings:
    """Room for so many settlements of so many wealths."""
    return Landings(
        np.zeros((settlements, wealths), np.int32), np.zeros((settlements, wealths, 6)),
        np.zeros((settlements, wealths)),
    )  # fmt: skip


@inner
def land(
    landings: Landings, wealths: FloatArray, deviates: FloatArray, count: int, flow: float, t: int, dues: Dues,
    grid: Grid,
) -> None:  # fmt: skip
    """Fill in `landings` of the first `count` wealths, to which `flow` comes before the settlements of step `t`.

    Random amounts are those at the `deviates`; without any, the expected ones.
    """
    last, bottom = float(grid.size - 1), math.exp(grid.origin)
    for s in range(dues.start[t + 1] - dues.start[t]):
        c = dues.start[t] + s
        base, taps, gain = landings.base[s], landings.taps[s], landings.gain[s]
        drawn, cost, scale = len(deviates) > 0, dues.cost[c], dues.scale[c]
        for i in range(count):
            if drawn:
                cost = dues.cost[c] * factor(dues.spread[c], deviates[i])
                scale = dues.scale[c] * factor(dues.scale_spread[c], deviates[i])
            available = wealths[i] + flow
            rest = max(available, 0.0) - cost
            if (dues.absorbing and available < -FEASIBLE * abs(flow)) or rest < -FEASIBLE * cost:
                base[i] = _BARRED
                continue
            rest = max(rest, 0.0)
            gain[i] = dues.utility[c]
            if dues.aversion[c] != 0.0:
                gain[i] += dues.aversion[c] * min(rest / scale, 1.0)
            place = (math.log(rest) - grid.origin) / grid.spacing if rest > 0.0 else -1.0
            if place < 0.0:
                base[i], taps[i, 0] = _BELOW, rest / bottom
                continue
            base[i] = int(min(place, last))
            u = min(place, last) - base[i]
            x, y, z, d, e, f = u + 2.0, u + 1.0, u, u - 1.0, u - 2.0, u - 3.0
            yz, de, row = y * z, d * e, taps[i]
            row[0], row[1], row[2] = yz * de * f / -120.0, x * z * de * f / 24.0, x * y * de * f / -12.0
            row[3], row[4], row[5] = x * yz * e * f / 12.0, x * yz * d * f / -24.0, x * yz * de / 120.0


@inner
def settle_landed(
    out: FloatArray, chosen: ShortArray, values: FloatArray, at_zero: float, settlements: int, count: int,
    landings: Landings, pad: int,
) -> None:  # fmt: skip
    """Best value and settlement of the first `count` wealths; settlement -1, of no value, where ruined."""
    out[:count] = -1e300
    chosen[:count] = -1
    for c in range(settlements):
        base, taps, gain = landings.base[c], landings.taps[c], landings.gain[c]
        for i in range(count):
            if base[i] >= 0:
                at, row = pad + base[i], taps[i]
                low, high = values[at], values[at + 1]
                v = (row[0] * values[at - 2] + row[1] * values[at - 1] + row[2] * low) + (
                    row[3] * high + row[4] * values[at + 2] + row[5] * values[at + 3]
                )
                v = gain[i] + min(max(v, min(low, high)), max(low, high))
            elif base[i] == _BELOW:
                v = gain[i] + (at_zero + (values[pad] - at_zero) * taps[i, 0])
            else:
                continue
            if v > out[i] + _TIE:
                out[i], chosen[i] = v, c
    for i in range(count):
        if chosen[i] < 0:
            out[i] = 0.0


@inner
def follow_landed(
    out: FloatArray, chosen: ShortArray, values: FloatArray, at_zero: float, gains: FloatArray, count: int,
    landings: Landings, pad: int,
) -> None:  # fmt: skip
    """Tracked quantity of the first `count` wealths when the `chosen` settlements, which earn `gains`, are followed."""
    for i in range(count):
        c = chosen[i]
        if c < 0:
            out[i] = 0.0
            continue
        base, row = landings.base[c, i], landings.taps[c, i]
        if base >= 0:
            at = pad + base
            v = (row[0] * values[at - 2] + row[1] * values[at - 1] + row[2] * values[at]) + (
                row[3] * values[at + 1] + row[4] * values[at + 2] + row[5] * values[at + 3]
            )
        else:
            v = at_zero + (values[pad] - at_zero) * row[0]
        out[i] = gains[c] + v


@inner
def decide_landed(
    settled: ShortArray, upper: ShortArray, node: ShortArray, t: int, dues: Dues, nodes: FloatArray
) -> None:
    """Settlement of each cell: that of its node, but that of its upper edge if only the edge can afford it."""
    for i in range(len(settled)):
        c = node[i]
        if upper[i] > c and dues.cost[dues.start[t] + upper[i]] > nodes[i]:
            c = upper[i]
        settled[i] = max(c, 0)
