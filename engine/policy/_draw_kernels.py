"""Settling a step whose amounts are random: the mean over the amount of the best settlement.

The cost of settlement c is ``cost_c exp(s_c Z - s_c^2 / 2)`` with one standard normal Z for the step, so that

    V_before(w) = E max_c [u_c + V_after(w + flow - cost_c(Z))].

At one wealth the integrand jumps in Z where a settlement is just affordable; these places are known, so the integral is
a sum of Gauss and Legendre's rule between them. As a function of wealth the mean is smooth: no jump is left of what a
settlement of random cost brings, and the lattice carries only those of certain cost.
"""

import math
from typing import NamedTuple

import numpy as np

from ...scenarios._kernels import inner, njit
from ._money_kernels import JUMP, MERGE, PAST, SHORT, TRACKED_JUMP
from ._settlement_kernels import (
    Breaks,
    Dues,
    FloatArray,
    Grid,
    IntArray,
    Kinks,
    follow_at,
    insert_place,
    settle_at,
)

_REACH = 4.5  # deviations of Z that are integrated over: leaves 7e-6 outside
_PANEL = 24.0  # cells that the rest may move in one panel of six points
_MOST = 8  # panels between two jumps
_NEAR = 8.0  # cells: where the rest moves less over all of Z, three points are enough
_SAME = 1e-12  # places of Z closer than this are one
_ROOT_HALF, _ROOT3 = math.sqrt(0.5), math.sqrt(3.0)
_ABSCISSA = (0.2386191860831969, 0.6612093864662645, 0.9324695142031521)  # Gauss and Legendre's six points
_SHARE = (0.46791393457269104, 0.3607615730481386, 0.17132449237917036)


class Draws(NamedTuple):
    """Points ``first[i] .. first[i+1]`` of Z, with weights that sum to 1, for wealth i; ``wealth`` repeats it."""

    first: IntArray
    wealth: FloatArray
    deviate: FloatArray
    weight: FloatArray


@inner
def is_drawn(t: int, dues: Dues) -> bool:
    """Whether an amount of step t is random."""
    for c in range(dues.start[t], dues.start[t + 1]):
        if dues.spread[c] > 0.0 or dues.scale_spread[c] > 0.0:
            return True
    return False


@inner
def factor(spread: float, deviate: float) -> float:
    """Drawn amount over the expected one."""
    return math.exp(spread * (deviate - 0.5 * spread)) if spread > 0.0 else 1.0


@njit
def points_at(
    available: float, t: int, dues: Dues, grid: Grid, count: int, places: FloatArray, last: bool, deviate: FloatArray,
    weight: FloatArray,
) -> int:  # fmt: skip
    """Points of Z and their weights for one wealth after money in; return how many.

    `places` are jumps of the value after settlement, which is flat in the `last` step.
    """
    if not dues.exact[t]:
        return three_points(deviate, weight)
    edges = np.empty(3 + (dues.start[t + 1] - dues.start[t]) * (1 + count))
    edges[0], edges[1], edges[2], number = -_REACH, 0.0, _REACH, 3
    highest, lowest = 0.0, math.inf
    for c in range(dues.start[t], dues.start[t + 1]):
        spread = dues.spread[c]
        if spread == 0.0:
            continue
        for b in range(-1, count):
            money = available if b < 0 else available - math.exp(grid.origin + places[b] * grid.spacing)
            if money > 0.0:
                z = math.log(money / dues.cost[c]) / spread + 0.5 * spread
                if -_REACH < z < _REACH:
                    number = insert_place(edges, number, z, _SAME)
        rest = available - dues.cost[c] * factor(spread, _REACH)
        if rest > 0.0:
            lowest = min(lowest, rest)
            highest = max(highest, available - dues.cost[c] * factor(spread, -_REACH))
    if number == 3 and (last or highest <= lowest * math.exp(_NEAR * grid.spacing)):
        return three_points(deviate, weight)
    points = 0
    for e in range(number - 1):
        a, b = edges[e], edges[e + 1]
        panels = 1 if last else panels_between(available, a, b, t, dues, grid)
        for p in range(panels):
            points = add_panel(
                a + p * (b - a) / panels, a + (p + 1) * (b - a) / panels, points, deviate, weight
            )
    return points


@inner
def three_points(deviate: FloatArray, weight: FloatArray) -> int:
    """Gauss and Hermite's three points: exact up to the fifth power of Z."""
    deviate[0], deviate[1], deviate[2] = 0.0, -_ROOT3, _ROOT3
    weight[0], weight[1], weight[2] = 2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0
    return 3


@inner
def panels_between(available: float, a: float, b: float, t: int, dues: Dues, grid: Grid) -> int:
    """Panels that the points of Z from `a` to `b` need: one for every so many cells that what is left moves by."""
    bottom, most = math.exp(grid.origin), 0.0
    for c in range(dues.start[t], dues.start[t + 1]):
        low = available - dues.cost[c] * factor(dues.spread[c], b)
        if low > -1e-9 * available:
            high = available - dues.cost[c] * factor(dues.spread[c], a)
            most = max(most, math.log(max(high, bottom) / max(low, bottom)))
    return int(min(max(math.ceil(most / (_PANEL * grid.spacing)), 1), _MOST))


@inner
def add_panel(a: float, b: float, points: int, deviate: FloatArray, weight: FloatArray) -> int:
    """Append six points between `a` and `b`, which carry the probability of that stretch exactly."""
    chance = 0.5 * (math.erfc(a * _ROOT_HALF) - math.erfc(b * _ROOT_HALF)) / math.erf(_REACH * _ROOT_HALF)
    total = 0.0
    for k in range(6):
        x, share = _ABSCISSA[k // 2], _SHARE[k // 2]
        z = 0.5 * (a + b) + 0.5 * (b - a) * (x if k % 2 else -x)
        deviate[points + k] = z
        weight[points + k] = share * math.exp(-0.5 * z * z)
        total += weight[points + k]
    for k in range(6):
        weight[points + k] *= chance / total
    return points + 6


@inner
def most_points(t: int, dues: Dues, count: int) -> int:
    """Points that one wealth may need in step t, `count` jumps of the value after it."""
    return 6 * _MOST * (2 + int(dues.start[t + 1] - dues.start[t]) * (1 + count))


@njit
def draw(wealths: FloatArray, number: int, flow: float, t: int, dues: Dues, last: bool, grid: Grid) -> Draws:
    """Points for the first `number` wealths, to which `flow` comes."""
    none = np.zeros(0)
    deviate, weight = np.empty(most_points(t, dues, 0)), np.empty(most_points(t, dues, 0))
    first = np.zeros(number + 1, np.int64)
    for i in range(number):
        first[i + 1] = first[i] + points_at(wealths[i] + flow, t, dues, grid, 0, none, last, deviate, weight)
    out = Draws(first, np.empty(first[-1]), np.empty(first[-1]), np.empty(first[-1]))
    for i in range(number):
        a, b = first[i], first[i + 1]
        out.wealth[a:b] = wealths[i]
        points_at(wealths[i] + flow, t, dues, grid, 0, none, last, out.deviate[a:b], out.weight[a:b])
    return out


@inner
def average(values: FloatArray, draws: Draws) -> None:
    """Replace what was found at the points by the mean of every wealth, in place from the front."""
    for i in range(len(draws.first) - 1):
        total = 0.0
        for j in range(draws.first[i], draws.first[i + 1]):
            total += draws.weight[j] * values[j]
        values[i] = total


@njit
def priced(dues: Dues) -> Dues:
    """Return `dues` with costs of their own, to be drawn."""
    return Dues(
        dues.flows, dues.start, dues.cost.copy(), dues.spread, dues.utility, dues.aversion, dues.scale.copy(),
        dues.scale_spread, dues.exact, dues.gains, dues.alive, dues.absorbing,
    )  # fmt: skip


@njit
def settle_drawn(
    wealths: FloatArray, t: int, dues: Dues, values: FloatArray, at_zero: float, tracked: FloatArray,
    tracked_zero: FloatArray, grid: Grid, breaks: Breaks, kinks: Kinks,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Mean value (W,) at `wealths` before step t's money, and (R, W) that of every tracked quantity."""
    count, places, flow, last = breaks.count[0], breaks.place, dues.flows[t], t == len(dues.flows) - 1
    drawn, tracks = priced(dues), len(tracked_zero)
    most = most_points(t, dues, count)
    deviate, weight = np.empty(most), np.empty(most)
    out, means = np.zeros(len(wealths)), np.zeros((tracks, len(wealths)))
    for i in range(len(wealths)):
        points = points_at(wealths[i] + flow, t, dues, grid, count, places, last, deviate, weight)
        for j in range(points):
            for c in range(dues.start[t], dues.start[t + 1]):
                drawn.cost[c] = dues.cost[c] * factor(dues.spread[c], deviate[j])
                drawn.scale[c] = dues.scale[c] * factor(dues.scale_spread[c], deviate[j])
            best, chosen = settle_at(wealths[i], t, drawn, values, at_zero, grid, count, places, kinks)
            out[i] += weight[j] * best
            for r in range(tracks):
                if t <= dues.alive[r]:
                    means[r, i] += weight[j] * follow_at(
                        wealths[i],
                        t,
                        chosen,
                        r,
                        drawn,
                        tracked[r],
                        tracked_zero[r],
                        grid,
                        count,
                        places,
                        kinks,
                    )
    return out, means


@njit
def settle_drawn_nodes(
    before: FloatArray, found: Breaks, after: FloatArray, zero: float, tracked_before: FloatArray,
    tracked_after: FloatArray, tracked_zero: FloatArray, t: int, dues: Dues, grid: Grid, breaks: Breaks, kinks: Kinks,
    tracked_next: FloatArray,
) -> float:  # fmt: skip
    """Mean value and tracked quantities of every node before the money and payments of step t, and what still jumps.

    Return the value of no money, and in `tracked_next` its tracked quantities. Kinks are smooth afterwards.
    """
    n, flow = grid.size, dues.flows[t]
    count = certain_places(found.place, t, dues, grid, breaks)
    wealths = np.zeros(n + 2 * count + 1)
    for i in range(n):
        wealths[i] = math.exp(grid.origin + i * grid.spacing)
    for b in range(count):
        wealth = math.exp(grid.origin + found.place[b] * grid.spacing)
        wealths[n + 2 * b] = wealth * (1.0 + PAST)
        wealths[n + 2 * b + 1] = wealth - SHORT * max(wealth, abs(flow))
    value, means = settle_drawn(
        wealths, t, dues, after, zero, tracked_after, tracked_zero, grid, breaks, kinks
    )
    before[grid.pad : grid.pad + n] = value[:n]
    tracked_before[:, grid.pad : grid.pad + n] = means[:, :n]
    tracked_next[:] = means[:, -1]
    kept = 0
    for b in range(count):
        up, down = n + 2 * b, n + 2 * b + 1
        matters = abs(value[up] - value[down]) > JUMP
        for r in range(len(means)):
            found.tracked[r, kept] = means[r, up] - means[r, down]
            matters |= abs(found.tracked[r, kept]) > TRACKED_JUMP
        if matters:
            found.place[kept], found.jump[kept] = found.place[b], value[up] - value[down]
            kept += 1
    found.count[0] = kept
    return float(value[-1])


@inner
def certain_places(out: FloatArray, t: int, dues: Dues, grid: Grid, breaks: Breaks) -> int:
    """Places before step t at which the means still may jump: what is just reached at a certain cost; how many."""
    count = 0
    for c in range(dues.start[t], dues.start[t + 1]):
        for b in range(-1, breaks.count[0] if dues.spread[c] == 0.0 else -1):
            floor = 0.0 if b < 0 else math.exp(grid.origin + breaks.place[b] * grid.spacing)
            if floor + dues.cost[c] > dues.flows[t]:
                place = (math.log(floor + dues.cost[c] - dues.flows[t]) - grid.origin) / grid.spacing
                if place > 0.0:
                    count = insert_place(out, count, place, MERGE / grid.spacing)
    return count
