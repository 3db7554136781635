"""Backward induction on the wealth lattice: bare arrays, no checks (``backward.py`` is the checked layer).

A step is settled at its nodes, the value of every portfolio is one correlation with its stencil, and what
jumps is carried beside the lattice with its exact place: a goal that is just affordable, a payment that is
just preferred, and, where a portfolio is riskless, the wealth from which it just reaches one of these.
"""

import math

import numpy as np

from ...scenarios._kernels import inner, njit
from ._draw_kernels import is_drawn, settle_drawn, settle_drawn_nodes
from ._kink_kernels import (
    bend_breaks,
    bend_nodes,
    copy_kinks,
    find_kinks,
    mark_turns,
    move_kinks,
    move_through_settlements,
    step_nodes,
)  # fmt: skip
from ._money_kernels import MERGE, Spots, find_breaks, find_spots, mark_settlements, settle_nodes, shift
from ._settlement_kernels import (
    Breaks,
    Dues,
    FloatArray,
    Grid,
    HalfArray,
    IntArray,
    Kinks,
    ShortArray,
    decide,
    follow_at,
    insert_place,
    missed,
    no_kinks,
    read,
    settle_at,
    window,
)  # fmt: skip
from ._step_kernels import Moves, active_nodes, convolve, correct, expect, pad_ends, smooth

_TIE = 1e-12  # a riskier portfolio must beat a calmer one by more than rounding


@inner
def read_riskless(
    out: FloatArray, before: FloatArray, mean: float, lo: int, grid: Grid, breaks: Breaks, bends: Kinks,
    size: FloatArray, hinge: bool,
) -> None:  # fmt: skip
    """``out[i] = V(lo + i + mean)``: the value of a portfolio whose return is certain.

    `size` is what bends (`hinge`) or steps at the kinks, where the interpolant is mended.
    """
    for i in range(len(out)):
        place = lo + i + mean
        if place <= 0.0:
            j = math.floor(place)
            low = before[grid.pad + j]
            out[i] = low + (place - j) * (before[grid.pad + j + 1] - low)
        else:
            out[i] = read(before, grid, breaks.count[0], breaks.place, place, True)
    for b in range(bends.count[0]):
        first = max(int(bends.place[b] - mean) - 4 - lo, 0)
        for i in range(first, min(first + 10, len(out))):
            place = lo + i + mean
            if abs(place - bends.place[b]) < 4.0 and 0.0 < place < grid.size - 1:
                start, points = window(grid, breaks.count[0], breaks.place, place)
                out[i] += size[b] * missed(place, bends.place[b], hinge, start, points)


@inner
def choose(
    after: FloatArray, hold: ShortArray, before: FloatArray, levels: FloatArray, g: int, moves: Moves, forced: int,
    lo: int, hi: int, grid: Grid, breaks: Breaks, bends: Kinks, trials: FloatArray, tried: IntArray,
    chosen: FloatArray,
) -> None:  # fmt: skip
    """Best portfolio at nodes lo..hi-1; `forced` names the one to hold instead, -1 none.

    A portfolio is not tried where what is found already is worth as much as the best node it can reach. What was
    found is left in `trials` (K, n), nodes ``tried[k, 0] .. tried[k, 1] - 1``.
    """
    pad, last = grid.pad, grid.size - 1
    after[pad + lo : pad + hi] = -1e300
    near = 1e-12 * max(abs(before[pad + last]), 1e-3)
    for k in range(moves.mean.shape[1]):
        a, b = lo, hi if forced < 0 or k == forced else lo
        far = moves.first[g, k] + moves.count[g, k]
        while a < b and after[pad + a] >= before[pad + min(max(a + far, 0), last)] - near:
            a += 1
        while b > a and after[pad + b - 1] >= before[pad + min(max(b - 1 + far, 0), last)] - near:
            b -= 1
        tried[k, 0], tried[k, 1] = a, b
        if a == b:
            continue
        trial = trials[k, a:b]
        if moves.deviation[g, k] == 0.0:
            read_riskless(trial, before, moves.mean[g, k], a, grid, breaks, bends, bends.bend, True)
        else:
            expect(trial, before, levels, g, k, moves, a, pad)
            correct(trial, breaks.jump, breaks.place, breaks.count[0], g, k, moves, a, grid)
        best, winner = after[pad + a : pad + b], chosen[a:b]
        for i in range(b - a):
            better = trial[i] > best[i] + _TIE
            best[i] = trial[i] if better else best[i]
            winner[i] = float(k) if better else winner[i]
    for i in range(lo, hi):
        hold[i] = int(chosen[i])


@inner
def expect_tracked(
    out: FloatArray, before: FloatArray, mended: FloatArray, jump: FloatArray, g: int, k: int, moves: Moves, lo: int,
    grid: Grid, breaks: Breaks, bends: Kinks, step: FloatArray,
) -> None:  # fmt: skip
    """Tracked quantity, which jumps by `jump` at the breaks, when portfolio `k` is held at the nodes from `lo` on."""
    if moves.deviation[g, k] == 0.0:
        read_riskless(out, before, moves.mean[g, k], lo, grid, breaks, bends, step, False)
    else:
        out[:] = 0.0
        row = before if moves.level[g, k] < 0 else mended
        convolve(out, row, grid.pad + lo + moves.first[g, k], moves.weights[g, k], moves.count[g, k], 1)
        correct(out, jump, breaks.place, breaks.count[0], g, k, moves, lo, grid)


@inner
def follow(
    after: FloatArray, before: FloatArray, mended: FloatArray, jump: FloatArray, hold: ShortArray, g: int,
    moves: Moves, lo: int, hi: int, grid: Grid, breaks: Breaks, bends: Kinks, step: FloatArray,
) -> None:  # fmt: skip
    """Tracked quantity of the chosen portfolios at nodes lo..hi-1, one run of equal choice at a time."""
    i = lo
    while i < hi:
        k = hold[i]
        j = i + 1
        while j < hi and hold[j] == k:
            j += 1
        expect_tracked(
            after[grid.pad + i : grid.pad + j],
            before,
            mended,
            jump,
            g,
            k,
            moves,
            i,
            grid,
            breaks,
            bends,
            step,
        )
        i = j


@inner
def find_steps(
    kinks: Kinks, r: int, after: FloatArray, hold: ShortArray, before: FloatArray, mended: FloatArray,
    jump: FloatArray, g: int, moves: Moves, lo: int, hi: int, grid: Grid, breaks: Breaks, bends: Kinks,
    pair: FloatArray,
) -> None:  # fmt: skip
    """Jump of tracked quantity `r` at each kink: what the upper portfolio makes of it less what the lower does.

    Either is drawn on from the three nodes next to the kink where all hold it, and is worked out otherwise.
    """
    for b in range(kinks.count[0]):
        i, k, l = math.floor(kinks.place[b]), kinks.lower[b], kinks.upper[b]
        u, at = kinks.place[b] - i, grid.pad + i
        if i > lo + 1 and hold[i] == k and hold[i - 1] == k and hold[i - 2] == k:
            low = (
                0.5 * (u + 1.0) * ((u + 2.0) * after[at] + u * after[at - 2]) - u * (u + 2.0) * after[at - 1]
            )
        else:
            expect_tracked(pair, before, mended, jump, g, k, moves, i, grid, breaks, bends, bends.step[r])
            low = (1.0 - u) * pair[0] + u * pair[1]
        if i + 3 < hi and hold[i + 1] == l and hold[i + 2] == l and hold[i + 3] == l:
            v = 1.0 - u
            high = (
                0.5 * (v + 1.0) * ((v + 2.0) * after[at + 1] + v * after[at + 3])
                - v * (v + 2.0) * after[at + 2]
            )
        else:
            expect_tracked(pair, before, mended, jump, g, l, moves, i, grid, breaks, bends, bends.step[r])
            high = (1.0 - u) * pair[0] + u * pair[1]
        kinks.step[r, b] = high - low


@inner
def breaks_after(found: Breaks, before: Breaks, hold: ShortArray, g: int, moves: Moves, grid: Grid) -> None:
    """Places from which a riskless portfolio that is held just reaches a jump."""
    count = 0
    for k in range(moves.mean.shape[1]):
        if moves.deviation[g, k] == 0.0:
            for b in range(before.count[0]):
                place = before.place[b] - moves.mean[g, k]
                up = math.ceil(place)
                if place > 0.0 and up < grid.size and (hold[up] == k or hold[up - 1] == k):
                    count = insert_place(found.place, count, place, MERGE / grid.spacing)
    found.count[0] = count


@njit
def backward(
    grid: Grid, moves: Moves, law: IntArray, dues: Dues, forced: IntArray, reach: IntArray, depth: int, room: int,
    hold: ShortArray, hold_turn: HalfArray, settled: ShortArray, settled_turn: HalfArray, values: FloatArray,
    wealth: float,
) -> tuple[float, FloatArray]:  # fmt: skip
    """Solve back from the last step; return value and tracked quantities at `wealth` before step 0's money.

    ``hold[t, i]`` (at the wealth after settlement) and ``settled[t, i]`` (number of the settlement within the step,
    at the wealth after money in) are filled in, and with them the place in the cell above each node where that of
    the next takes over. ``values`` (T+1, n), or empty, receives the value before settlement. `depth` is the number
    of smoothed levels, `room` the number of jumps kept.
    """
    steps, tracks = len(dues.flows) - 1, dues.gains.shape[0]
    n, pad = grid.size, grid.pad
    after, mended = np.zeros(n + 2 * pad), np.zeros(n + 2 * pad)
    before = np.zeros(n + 2 * pad)
    levels = np.zeros((depth + 1, n + 2 * pad))
    turns, bends = no_kinks(tracks), no_kinks(tracks)
    tracked_after = np.zeros((tracks, n + 2 * pad))
    tracked_before = np.zeros((tracks, n + 2 * pad))
    zero, tracked_zero, tracked_next = 0.0, np.zeros(tracks), np.zeros(tracks)
    ahead = Breaks(np.zeros(1, np.int64), np.zeros(room), np.zeros(room), np.zeros((tracks, room)))
    here = Breaks(np.zeros(1, np.int64), np.zeros(room), np.zeros(room), np.zeros((tracks, room)))
    chosen, spots = np.zeros(n, np.int64), Spots(np.zeros(n), np.zeros(n, np.int64), np.zeros((n, 6)))
    winner = np.zeros(n)
    trials, tried = np.zeros((moves.first.shape[1], n)), np.zeros((moves.first.shape[1], 2), np.int64)
    spots_flow, pair, next_zero = np.nan, np.zeros(2), 0.0
    narrowest = np.zeros(moves.first.shape[0], np.int64)
    for g in range(moves.first.shape[0]):
        for k in range(moves.first.shape[1]):
            if moves.first[g, k] > moves.first[g, narrowest[g]]:
                narrowest[g] = k

    nought = int(np.int64(0))  # numba would compile a callee again for a literal
    for t in range(steps, 0, -1):
        flow, only = dues.flows[t], dues.start[t]
        plain = dues.start[t + 1] - only == 1 and dues.cost[only] == 0.0 and dues.aversion[only] == 0.0
        drawn = is_drawn(t, dues)
        if not plain:
            decide(settled[t], t, dues, after, zero, grid, ahead.count[0], ahead.place, turns)
        if plain and flow == 0.0:
            before[:] = after + dues.utility[only]
            for r in range(tracks):
                tracked_before[r] = tracked_after[r] + dues.gains[r, only]
            copy_kinks(bends, turns)
        elif plain:
            if flow != spots_flow:
                find_spots(spots, flow, grid)
                spots_flow = flow
            gain = dues.utility[only]
            ruined = 0.0 if dues.absorbing else gain + zero
            shift(before, after, zero, flow, gain, ruined, True, spots, grid, ahead.count[0], ahead.place)
            for r in range(tracks):
                if t <= dues.alive[r]:
                    gain = dues.gains[r, only]
                    ruined = 0.0 if dues.absorbing else gain + tracked_zero[r]
                    shift(
                        tracked_before[r], tracked_after[r], tracked_zero[r], flow, gain, ruined, False, spots,
                        grid, ahead.count[0], ahead.place,
                    )  # fmt: skip
            bends.count[0] = move_kinks(
                bends, nought, turns, before, tracked_before, dues.alive, t, spots.place, grid, ahead, False
            )
        elif drawn:
            next_zero = settle_drawn_nodes(
                before, here, after, zero, tracked_before, tracked_after, tracked_zero, t, dues, grid, ahead, turns,
                tracked_next,
            )  # fmt: skip
            spots_flow, bends.count[0] = np.nan, 0
        else:
            settle_nodes(
                before, after, zero, tracked_before, tracked_after, tracked_zero, chosen, t, dues, grid, ahead,
                turns,
            )  # fmt: skip
            spots_flow = np.nan
            bends.count[0] = move_through_settlements(
                bends, turns, before, tracked_before, chosen, t, dues, spots.place, grid, ahead
            )
        if not drawn:
            find_breaks(here, chosen, after, zero, tracked_after, tracked_zero, t, dues, grid, ahead, turns)
            if not plain:
                mark_settlements(settled_turn[t], settled[t], here, flow, grid)
            next_zero, c = settle_at(0.0, t, dues, after, zero, grid, ahead.count[0], ahead.place, turns)
            for r in range(tracks):
                tracked_next[r] = follow_at(
                    0.0, t, c, r, dues, tracked_after[r], tracked_zero[r], grid, ahead.count[0], ahead.place, turns,
                )  # fmt: skip
        for r in range(tracks):
            pad_ends(tracked_before[r], tracked_next[r], grid)
        zero, tracked_zero[:] = next_zero, tracked_next
        pad_ends(before, zero, grid)
        if t < len(values):
            values[t] = before[pad : pad + n]

        g = law[t - 1]
        safest = narrowest[g] if forced[t - 1] < 0 else forced[t - 1]
        lo, hi = active_nodes(before, grid, g, moves, safest, reach[t - 1, 0], reach[t - 1, 1])
        hold[t - 1, :lo] = max(forced[t - 1], 0)
        hold[t - 1, hi:] = safest
        after[pad : pad + lo] = before[pad]
        after[pad + hi : pad + n] = before[pad + n - 1]
        levels[0] = before
        for b in range(bends.count[0]):
            bend_nodes(levels[0], bends.place[b], bends.bend[b], pad)
        bend_breaks(levels[0], before, here, bends, False, grid)
        smooth(levels, g, moves, lo, hi, pad)
        choose(
            after,
            hold[t - 1],
            before,
            levels,
            g,
            moves,
            forced[t - 1],
            lo,
            hi,
            grid,
            here,
            bends,
            trials,
            tried,
            winner,
        )
        breaks_after(ahead, here, hold[t - 1], g, moves, grid)
        find_kinks(turns, hold[t - 1], trials, tried, lo, hi, ahead, tracks > 0)
        mark_turns(hold_turn[t - 1], hold[t - 1], turns, ahead)
        pad_ends(after, zero, grid)
        for r in range(tracks):
            if t <= dues.alive[r]:
                row, source = tracked_after[r], tracked_before[r]
                mended[:] = source
                for b in range(bends.count[0]):
                    step_nodes(mended, bends.place[b], bends.step[r, b], pad)
                bend_breaks(mended, source, here, bends, True, grid)
                row[pad : pad + lo] = source[pad]
                row[pad + hi : pad + n] = source[pad + n - 1]
                follow(
                    row, source, mended, here.tracked[r], hold[t - 1], g, moves, lo, hi, grid, here, bends,
                    bends.step[r],
                )  # fmt: skip
                pad_ends(row, tracked_zero[r], grid)
                find_steps(
                    turns,
                    r,
                    row,
                    hold[t - 1],
                    source,
                    mended,
                    here.tracked[r],
                    g,
                    moves,
                    lo,
                    hi,
                    grid,
                    here,
                    bends,
                    pair,
                )

    value, c = settle_at(wealth, nought, dues, after, zero, grid, ahead.count[0], ahead.place, turns)
    now = np.zeros(tracks)
    for r in range(tracks):
        now[r] = follow_at(
            wealth,
            nought,
            c,
            r,
            dues,
            tracked_after[r],
            tracked_zero[r],
            grid,
            ahead.count[0],
            ahead.place,
            turns,
        )
    if is_drawn(0, dues):
        worth, means = settle_drawn(
            np.full(1, wealth), nought, dues, after, zero, tracked_after, tracked_zero, grid, ahead, turns
        )
        value, now = worth[0], means[:, 0].copy()
    if dues.start[1] - dues.start[0] > 1:
        decide(settled[0], nought, dues, after, zero, grid, ahead.count[0], ahead.place, turns)
        settle_nodes(
            before, after, zero, tracked_before, tracked_after, tracked_zero, chosen, nought, dues, grid, ahead,
            turns,
        )  # fmt: skip
        find_breaks(here, chosen, after, zero, tracked_after, tracked_zero, nought, dues, grid, ahead, turns)
        mark_settlements(settled_turn[0], settled[0], here, dues.flows[0], grid)
    return value, now
