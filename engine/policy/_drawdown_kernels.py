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

from ...scenarios._kernels import inner, njit
from ._diagonal_kernels import convolve_down, correct_edges, correct_jumps, expect, missed_jumps
from ._draw_kernels import Draws, average, draw, is_drawn, settle_drawn
from ._landing_kernels import (
    Landings,
    decide_landed,
    follow_landed,
    land,
    no_landings,
    settle_landed,
)
from ._settlement_kernels import (
    Breaks,
    Dues,
    FloatArray,
    Grid,
    IntArray,
    ShortArray,
    follow_at,
    insert_place,
    no_kinks,
    settle_at,
)
from ._step_kernels import Moves, convolve, pad_ends

BoolArray = NDArray[np.bool_]
Cube = NDArray[np.float64]
Table = NDArray[np.int16]

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


@inner
def extend(row: FloatArray, lo: int, hi: int, zero: float, grid: Grid) -> None:
    """Give nodes out of reach the value of the nearest node in reach, and fill the pads."""
    row[grid.pad : grid.pad + lo] = row[grid.pad + lo]
    row[grid.pad + hi : grid.pad + grid.size] = row[grid.pad + hi - 1]
    pad_ends(row, zero, grid)


@inner
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


@inner
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


@inner
def affordable_places(places: FloatArray, t: int, dues: Dues, grid: Grid) -> int:
    """Places, ascending, at which the wealth before step t just affords a settlement; return how many."""
    count, flow = 0, dues.flows[t]
    if dues.start[t + 1] - dues.start[t] > 1 or flow < 0.0:
        for c in range(dues.start[t], dues.start[t + 1]):
            if dues.cost[c] > flow and dues.spread[c] == 0.0:
                place = (math.log(dues.cost[c] - flow) - grid.origin) / grid.spacing
                if place > 0.0:
                    count = insert_place(places, count, place, _MERGE / grid.spacing)
    return count


@inner
def free_of_choice(t: int, dues: Dues) -> bool:
    """Whether step t has nothing to pay but its flow."""
    only = dues.start[t]
    return dues.start[t + 1] - only == 1 and dues.cost[only] == 0.0 and dues.aversion[only] == 0.0


@inner
def wealths_of_step(wealths: FloatArray, places: FloatArray, count: int, flow: float, grid: Grid) -> int:
    """Wealths at which a step is settled: the nodes, either side of each jump, and none; return how many."""
    n = grid.size
    for i in range(n):
        wealths[i] = math.exp(grid.origin + i * grid.spacing)
    for b in range(count):
        at = math.exp(grid.origin + places[b] * grid.spacing)
        wealths[n + 2 * b], wealths[n + 2 * b + 1] = at, at - _SHORT * max(at, abs(flow))
    wealths[n + 2 * count] = 0.0
    return n + 2 * count + 1


@inner
def spread(settled: FloatArray, count: int, before: FloatArray, jumps: FloatArray, grid: Grid) -> float:
    """Hand what `settle_landed` or `follow_landed` found to a row and its jumps; return it for wealth 0."""
    n = grid.size
    for i in range(n):
        before[grid.pad + i] = settled[i]
    for b in range(count):
        jumps[b] = settled[n + 2 * b] - settled[n + 2 * b + 1]
    return settled[n + 2 * count]


@njit
def decide_rows(
    settled: Table, after: FloatArray, zero: FloatArray, t: int, dues: Dues, reset: bool, landings: Landings,
    wealths: FloatArray, worth: FloatArray, chosen: ShortArray, grid: Grid,
) -> None:  # fmt: skip
    """Settlement of every cell of every drawdown state; `reset` says that all continue from a fresh peak."""
    n, choices = grid.size, dues.start[t + 1] - dues.start[t]
    for i in range(n):
        wealths[i] = math.exp(grid.origin + i * grid.spacing)
        wealths[n + i] = math.exp(grid.origin + (i + 0.5) * grid.spacing)
    land(landings, wealths, np.zeros(0), 2 * n, 0.0, t, dues, grid)
    for q in range(len(settled)):
        if reset and q > 0:
            settled[q] = settled[0]
            continue
        settle_landed(worth, chosen, after[q], zero[q], choices, 2 * n, landings, grid.pad)
        decide_landed(settled[q], chosen[n:], chosen[:n], t, dues, wealths)


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
    most, points, landed = n + max(n, 2 * room + 1), 0, np.nan
    landings = no_landings(np.diff(dues.start).max(), most)
    wealths, worth, chosen = np.zeros(most), np.zeros(most), np.zeros(most, np.int16)
    total, best = np.zeros(n), np.zeros((rows, n))
    smooth, certain = no_kinks(tracks), np.zeros(0)
    draws = Draws(np.zeros(1, np.int64), certain, certain, certain)
    broken, nothing = rows + 1, np.zeros(limit.deep.shape[1:])

    nought, fresh = (
        int(np.int64(0)),
        bool(np.bool_(False)),
    )  # numba would compile a callee again for a literal
    for t in range(steps, 0, -1):
        count, flow = affordable_places(places, t, dues, grid), dues.flows[t]
        choices, gains = dues.start[t + 1] - dues.start[t], dues.gains[:, dues.start[t] : dues.start[t + 1]]
        idle, drawn = free_of_choice(t, dues), is_drawn(t, dues)
        if not idle or (flow != 0.0 and flow != landed):
            points = wealths_of_step(wealths, places, count, flow, grid)
            if drawn:
                draws = draw(wealths, points, flow, t, dues, t == steps, grid)
                points = len(draws.wealth)
                if points > len(worth):
                    landings = no_landings(np.diff(dues.start).max(), points)
                    worth, chosen = np.zeros(points), np.zeros(points, np.int16)
                land(landings, draws.wealth, draws.deviate, points, flow, t, dues, grid)
            else:
                land(landings, wealths, certain, points, flow, t, dues, grid)
            landed = flow if idle else np.nan
        for r in range(rows + 2):
            if r == rows:
                continue
            if limit.reset[t] and r > 0:  # a new window: every state restarts from a fresh peak
                before[r], zero_next[r], jumps[r] = before[0], zero_next[0], jumps[0]
                for k in range(tracks):
                    if t <= dues.alive[k]:
                        tracked_before[k, r], tracked_next[r, k] = tracked_before[k, 0], tracked_next[0, k]
                        tracked_jumps[k, r] = tracked_jumps[k, 0]
            elif idle and flow == 0.0:
                before[r] = after[r] + dues.utility[dues.start[t]]
                zero_next[r] = zero[r] + dues.utility[dues.start[t]]
                for k in range(tracks):
                    if t <= dues.alive[k]:
                        tracked_before[k, r] = tracked_after[k, r] + gains[k, 0]
                        tracked_next[r, k] = tracked_zero[r, k] + gains[k, 0]
            else:
                settle_landed(worth, chosen, after[r], zero[r], choices, points, landings, pad)
                if drawn:
                    average(worth, draws)
                zero_next[r] = spread(worth, count, before[r], jumps[r], grid)
                for k in range(tracks):
                    if t <= dues.alive[k]:
                        follow_landed(
                            worth,
                            chosen,
                            tracked_after[k, r],
                            tracked_zero[r, k],
                            gains[k],
                            points,
                            landings,
                            pad,
                        )
                        if drawn:
                            average(worth, draws)
                        tracked_next[r, k] = spread(
                            worth, count, tracked_before[k, r], tracked_jumps[k, r], grid
                        )
        if choices > 1:
            decide_rows(
                settled[t], after, zero, t, dues, limit.reset[t], landings, wealths, worth, chosen, grid
            )  # fmt: skip
        before[rows] = before[broken] - limit.multiplier
        zero_next[rows] = zero_next[broken] - limit.multiplier
        jumps[rows] = jumps[broken]
        for k in range(tracks):
            if t > dues.alive[k]:
                continue
            tracked_before[k, rows] = tracked_before[k, broken] + limit.charges[k, t]
            tracked_next[rows, k] = tracked_next[broken, k] + limit.charges[k, t]
            tracked_jumps[k, rows] = tracked_jumps[k, broken]
        for r in range(rows + 2):
            pad_ends(before[r], zero_next[r], grid)
            for k in range(tracks):
                if t <= dues.alive[k]:
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
            if t > dues.alive[k]:
                continue
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
    value, c = settle_at(wealth, nought, dues, after[q], zero[q], grid, nought, places, smooth)
    now = np.zeros(tracks)
    for k in range(tracks):
        now[k] = follow_at(
            wealth, nought, c, k, dues, tracked_after[k, q], tracked_zero[q, k], grid, nought, places, smooth
        )
    if is_drawn(0, dues):
        none = Breaks(np.zeros(1, np.int64), places, places, np.zeros((tracks, 0)))
        mean, means = settle_drawn(
            np.full(1, wealth), nought, dues, after[q], zero[q], tracked_after[:, q].copy(), tracked_zero[q], grid,
            none, smooth,
        )  # fmt: skip
        value, now = mean[0], means[:, 0].copy()
    if dues.start[1] - dues.start[0] > 1:
        decide_rows(settled[0], after, zero, nought, dues, fresh, landings, wealths, worth, chosen, grid)
    return value, now
