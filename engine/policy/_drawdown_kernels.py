"""Backward induction with the drawdown from the peak as a second state: bare arrays, no checks.

Rows of a value array: 0..Q-1 the drawdown states with the limit kept, Q "the limit breaks in this step" (the
broken value less the multiplier), Q+1 "broken". A return of d lattice steps moves wealth and drawdown
together, to (i + d, q - d): above the old peak row 0 applies, beyond the limit row Q. Along that diagonal the
value has a kink at the peak and a jump at the limit; `edges` holds by how much the stencils miss them.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import njit
from ._diagonal_kernels import convolve_down, correct_edges, correct_jumps, expect, missed_jumps
from ._money_kernels import Spots, find_spots, shift
from ._settlement_kernels import (
    Dues,
    FloatArray,
    Grid,
    IntArray,
    Kinks,
    ShortArray,
    decide,
    follow_at,
    insert_place,
    no_kinks,
    settle_at,
)
from ._step_kernels import Moves, convolve, pad_ends

BoolArray = NDArray[np.bool_]
Cube = NDArray[np.float64]

_TIE = 1e-12  # a riskier portfolio must beat a calmer one by more than rounding
_SHORT, _MERGE = 1e-7, 3e-7
_IDLE = 1e-9


class Limit(NamedTuple):
    """The drawdown state: Q rows, the portfolios admissible in each (Q, K), the steps that start a new window.

    ``edges`` (G, K, Q, 3): what the stencil misses of a jump and of a kink at the limit, and of a kink at the
    peak, of size one. ``charges`` (R, T+1) is what a tracked quantity earns when the limit breaks in the step
    that ends in t. ``deep`` (T, K, Q) is the probability of a deep fall through the limit, charged `price`; it is
    the last tracked quantity.
    """

    rows: int
    admissible: BoolArray
    reset: BoolArray
    edges: FloatArray
    charges: FloatArray
    multiplier: float
    deep: Cube
    price: float
    state: int


@njit
def choose(
    after: FloatArray, hold: ShortArray, before: FloatArray, jumps: FloatArray, missed: Cube, up: IntArray, count: int,
    t: int, g: int, moves: Moves, limit: Limit, forced: int, lo: int, hi: int, pad: int, total: FloatArray,
    best: FloatArray,
) -> None:  # fmt: skip
    """Best portfolio of every state at nodes lo..hi-1; `forced` names the one to evaluate instead, -1 none.

    What lies above the old peak and beyond the limit changes by one offset from one drawdown state to the
    next, so both partial sums are carried along instead of being summed anew.
    """
    m, rows, at = hi - lo, limit.rows, pad + lo
    last = before.shape[1] - 2 * pad - 1
    above, beyond = np.zeros(m), np.zeros(m)
    best[:, :m] = -1e300
    for k in range(moves.first.shape[1]):
        if forced >= 0 and k != forced:
            continue
        first, taps, weights = moves.first[g, k], moves.count[g, k], moves.weights[g, k]
        above[:] = 0.0
        beyond[:] = 0.0
        start = min(max(-first, 0), taps)
        convolve(above, before[0], at + first + start, weights[start:], taps - start, 1)
        convolve(beyond, before[rows], at + first, weights, max(min(1 - rows - first, taps), 0), 1)
        for q in range(rows):
            a, b = 0, m if limit.admissible[q, k] else 0
            while a < b and best[q, a] >= before[0, pad + min(max(lo + a + first + taps, 0), last)] - _IDLE:
                a += 1
            while (
                b > a
                and best[q, b - 1] >= before[0, pad + min(max(lo + b - 1 + first + taps, 0), last)] - _IDLE
            ):
                b -= 1
            if a < b:
                trial, charge = total[: b - a], limit.price * limit.deep[t, k, q]
                for i in range(b - a):
                    trial[i] = above[a + i] + beyond[a + i] - charge
                convolve_down(trial, before, first, weights, taps, q, rows, at + a)
                correct_edges(trial, before, limit.edges[g, k, q], q, rows, at + a)
                correct_jumps(trial, jumps, missed, up, count, first, taps, k, q, rows, lo + a)
                top, chosen = best[q, a:b], hold[q, lo + a : lo + b]
                for i in range(b - a):
                    if trial[i] > top[i] + _TIE:
                        top[i] = trial[i]
                        chosen[i] = k
            l = q - first
            if 0 <= l < taps:
                v = before[0, at + q : at + q + m]
                for i in range(m):
                    above[i] -= weights[l] * v[i]
            l = q + 1 - rows - first
            if 0 <= l < taps:
                v = before[rows, at + q + 1 - rows : at + q + 1 - rows + m]
                for i in range(m):
                    beyond[i] += weights[l] * v[i]
    for q in range(rows):
        after[q, pad + lo : pad + hi] = best[q, :m]


@njit
def extend(row: FloatArray, lo: int, hi: int, zero: float, grid: Grid) -> None:
    """Give nodes out of reach the value of the nearest node in reach, and fill the pads."""
    row[grid.pad : grid.pad + lo] = row[grid.pad + lo]
    row[grid.pad + hi : grid.pad + grid.size] = row[grid.pad + hi - 1]
    pad_ends(row, zero, grid)


@njit
def follow(
    after: FloatArray, before: FloatArray, jumps: FloatArray, missed: Cube, up: IntArray, count: int, hold: ShortArray,
    gains: FloatArray, g: int, moves: Moves, limit: Limit, lo: int, hi: int, zero: FloatArray, grid: Grid,
) -> None:  # fmt: skip
    """Tracked quantity of the chosen portfolios, which earns `gains` (K, Q), one run of equal choice at a time."""
    for q in range(limit.rows):
        i = lo
        while i < hi:
            k = hold[q, i]
            j = i + 1
            while j < hi and hold[q, j] == k:
                j += 1
            out = after[q, grid.pad + i : grid.pad + j]
            expect(out, before, g, k, moves, limit.edges, q, limit.rows, grid.pad + i)
            correct_jumps(
                out, jumps, missed, up, count, moves.first[g, k], moves.count[g, k], k, q, limit.rows, i
            )  # fmt: skip
            if gains[k, q] != 0.0:
                out += gains[k, q]
            i = j
        extend(after[q], lo, hi, zero[q], grid)


@njit
def follow_broken(
    after: FloatArray, before: FloatArray, jumps: FloatArray, missed: Cube, up: IntArray, count: int, g: int, k: int,
    moves: Moves, lo: int, hi: int, zero: float, grid: Grid,
) -> None:  # fmt: skip
    """Value of a broken plan, which holds portfolio `k` until the next window."""
    out = after[grid.pad + lo : grid.pad + hi]
    out[:] = 0.0
    convolve(out, before, grid.pad + lo + moves.first[g, k], moves.weights[g, k], moves.count[g, k], 1)
    for b in range(count):
        for l in range(moves.count[g, k] + 2):
            i = up[b] - (moves.first[g, k] + l - 1) - lo
            if 0 <= i < len(out):
                out[i] += jumps[b] * missed[b, k, l]
    extend(after, lo, hi, zero, grid)


@njit
def affordable_places(places: FloatArray, t: int, dues: Dues, grid: Grid) -> int:
    """Places, ascending, at which the wealth before step t just affords a settlement; return how many."""
    count, flow = 0, dues.flows[t]
    if dues.start[t + 1] - dues.start[t] > 1 or flow < 0.0:
        for c in range(dues.start[t], dues.start[t + 1]):
            if dues.cost[c] > flow:
                place = (math.log(dues.cost[c] - flow) - grid.origin) / grid.spacing
                if place > 0.0:
                    count = insert_place(places, count, place, _MERGE / grid.spacing)
    return count


@njit
def free_of_choice(t: int, dues: Dues) -> bool:
    """Whether step t has nothing to pay but its flow."""
    only = dues.start[t]
    return dues.start[t + 1] - only == 1 and dues.cost[only] == 0.0 and dues.aversion[only] == 0.0


@njit
def settle_row(
    before: FloatArray, after: FloatArray, zero: float, jumps: FloatArray, tracked_before: FloatArray,
    tracked_after: FloatArray, tracked_zero: FloatArray, tracked_next: FloatArray, tracked_jumps: FloatArray, t: int,
    dues: Dues, grid: Grid, spots: Spots, places: FloatArray, count: int, smooth: Kinks,
) -> float:  # fmt: skip
    """Value of every node of one row before the money and payments of step t, and its jumps; return it for wealth 0.

    `spots` are those of the step's money, needed where nothing is chosen; `smooth` says that no kink is minded.
    """
    tracks, flow, only = tracked_before.shape[0], dues.flows[t], dues.start[t]
    if free_of_choice(t, dues):
        before[:] = after + dues.utility[only]
        for r in range(tracks):
            tracked_before[r] = tracked_after[r] + dues.gains[r, only]
        if flow != 0.0:
            gain = dues.utility[only]
            ruined = 0.0 if dues.absorbing else gain + zero
            shift(before, after, zero, flow, gain, ruined, True, spots, grid, 0, places)
            for r in range(tracks):
                gain = dues.gains[r, only]
                ruined = 0.0 if dues.absorbing else gain + tracked_zero[r]
                shift(
                    tracked_before[r], tracked_after[r], tracked_zero[r], flow, gain, ruined, False, spots, grid, 0,
                    places,
                )  # fmt: skip
    else:
        for i in range(grid.size):
            wealth = math.exp(grid.origin + i * grid.spacing)
            before[grid.pad + i], c = settle_at(wealth, t, dues, after, zero, grid, 0, places, smooth)
            for r in range(tracks):
                tracked_before[r, grid.pad + i] = follow_at(
                    wealth, t, c, r, dues, tracked_after[r], tracked_zero[r], grid, 0, places, smooth
                )
    for b in range(count):
        at = math.exp(grid.origin + places[b] * grid.spacing)
        short = at - _SHORT * max(at, abs(flow))
        up, c_up = settle_at(at, t, dues, after, zero, grid, 0, places, smooth)
        down, c_down = settle_at(short, t, dues, after, zero, grid, 0, places, smooth)
        jumps[b] = up - down
        for r in range(tracks):
            tracked_jumps[r, b] = follow_at(
                at, t, c_up, r, dues, tracked_after[r], tracked_zero[r], grid, 0, places, smooth
            ) - follow_at(
                short, t, c_down, r, dues, tracked_after[r], tracked_zero[r], grid, 0, places, smooth
            )
    value, c = settle_at(0.0, t, dues, after, zero, grid, 0, places, smooth)
    for r in range(tracks):
        tracked_next[r] = follow_at(
            0.0, t, c, r, dues, tracked_after[r], tracked_zero[r], grid, 0, places, smooth
        )
    return value


@njit
def backward_limited(
    grid: Grid, moves: Moves, law: IntArray, dues: Dues, limit: Limit, forced: IntArray, reach: IntArray, room: int,
    hold: ShortArray, settled: ShortArray, wealth: float,
) -> tuple[float, FloatArray]:  # fmt: skip
    """Solve back from the last step; return value and tracked quantities at `wealth` before step 0's money.

    ``hold[t, q, i]`` (at the wealth after settlement) and ``settled[t, q, i]`` (number of the settlement
    within the step, at the wealth after money in) are filled in. The multiplier is paid whenever the limit
    breaks.
    """
    steps, tracks = len(dues.flows) - 1, dues.gains.shape[0]
    n, pad, rows = grid.size, grid.pad, limit.rows
    width = n + 2 * pad
    after, before = np.zeros((rows + 2, width)), np.zeros((rows + 2, width))
    tracked_after, tracked_before = np.zeros((tracks, rows + 2, width)), np.zeros((tracks, rows + 2, width))
    zero, zero_next = np.zeros(rows + 2), np.zeros(rows + 2)
    tracked_zero, tracked_next = np.zeros((rows + 2, tracks)), np.zeros((rows + 2, tracks))
    places, up, jumps = np.zeros(room), np.zeros(room, np.int64), np.zeros((rows + 2, room))
    tracked_jumps = np.zeros((tracks, rows + 2, room))
    missed = np.zeros((room, moves.first.shape[1], moves.weights.shape[2] + 2))
    by_break = np.zeros((room, rows + 1))
    spots, spots_flow = Spots(np.zeros(n), np.zeros(n, np.int64), np.zeros((n, 6))), np.nan
    total, best = np.zeros(n), np.zeros((rows, n))
    smooth = no_kinks(tracks)
    broken, nothing = rows + 1, np.zeros(limit.deep.shape[1:])

    for t in range(steps, 0, -1):
        count = affordable_places(places, t, dues, grid)
        if dues.flows[t] != 0.0 and dues.flows[t] != spots_flow and free_of_choice(t, dues):
            find_spots(spots, dues.flows[t], grid)
            spots_flow = dues.flows[t]
        for r in range(rows + 2):
            if r == rows:
                continue
            if limit.reset[t] and r > 0:  # a new window: every state restarts from a fresh peak
                before[r], zero_next[r], jumps[r] = before[0], zero_next[0], jumps[0]
                tracked_before[:, r], tracked_next[r] = tracked_before[:, 0], tracked_next[0]
                tracked_jumps[:, r] = tracked_jumps[:, 0]
                continue
            zero_next[r] = settle_row(
                before[r], after[r], zero[r], jumps[r], tracked_before[:, r], tracked_after[:, r], tracked_zero[r],
                tracked_next[r], tracked_jumps[:, r], t, dues, grid, spots, places, count,
                smooth,
            )  # fmt: skip
        if dues.start[t + 1] - dues.start[t] > 1:
            for q in range(rows):
                source = 0 if limit.reset[t] else q
                decide(settled[t, q], t, dues, after[source], zero[source], grid, 0, places, smooth)
        before[rows] = before[broken] - limit.multiplier
        zero_next[rows] = zero_next[broken] - limit.multiplier
        jumps[rows] = jumps[broken]
        for k in range(tracks):
            tracked_before[k, rows] = tracked_before[k, broken] + limit.charges[k, t]
            tracked_next[rows, k] = tracked_next[broken, k] + limit.charges[k, t]
            tracked_jumps[k, rows] = tracked_jumps[k, broken]
        for r in range(rows + 2):
            pad_ends(before[r], zero_next[r], grid)
            for k in range(tracks):
                pad_ends(tracked_before[k, r], tracked_next[r, k], grid)
        zero[:], tracked_zero[:] = zero_next, tracked_next

        g, lo, hi = law[t - 1], reach[t - 1, 0], reach[t - 1, 1]
        missed_jumps(missed, up, places, count, g, moves, grid)
        by_break[:] = jumps[: rows + 1].T
        choose(
            after, hold[t - 1], before, by_break, missed, up, count, t - 1, g, moves, limit, forced[t - 1], lo, hi, pad,
            total, best,
        )  # fmt: skip
        lowest = max(forced[t - 1], 0)
        for q in range(rows):
            extend(after[q], lo, hi, zero[q], grid)
            hold[t - 1, q, :lo] = hold[t - 1, q, lo]
            hold[t - 1, q, hi:] = hold[t - 1, q, hi - 1]
        follow_broken(
            after[broken], before[broken], jumps[broken], missed, up, count, g, lowest, moves, lo, hi,
            zero[broken], grid,
        )  # fmt: skip
        for k in range(tracks):
            by_break[:] = tracked_jumps[k, : rows + 1].T
            follow(
                tracked_after[k], tracked_before[k], by_break, missed, up, count, hold[t - 1],
                limit.deep[t - 1] if k == tracks - 1 else nothing, g, moves, limit, lo, hi, tracked_zero[:, k], grid,
            )  # fmt: skip
            follow_broken(
                tracked_after[k, broken], tracked_before[k, broken], tracked_jumps[k, broken], missed, up, count, g,
                lowest, moves, lo, hi, tracked_zero[broken, k], grid,
            )  # fmt: skip

    q = limit.state
    value, c = settle_at(wealth, 0, dues, after[q], zero[q], grid, 0, places, smooth)
    now = np.zeros(tracks)
    for k in range(tracks):
        now[k] = follow_at(
            wealth, 0, c, k, dues, tracked_after[k, q], tracked_zero[q, k], grid, 0, places, smooth
        )
    if dues.start[1] - dues.start[0] > 1:
        for r in range(rows):
            decide(settled[0, r], 0, dues, after[r], zero[r], grid, 0, places, smooth)
    return value, now
