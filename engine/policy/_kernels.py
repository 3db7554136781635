"""Backward induction on the wealth lattice: bare arrays, no checks (``backward.py`` is the checked layer).

A step is settled at its nodes, the value of every portfolio is one correlation with its stencil, and what
jumps is carried beside the lattice with its exact place: a goal that is just affordable, a payment that is
just preferred, and, where a portfolio is riskless, the wealth from which it just reaches one of these.
"""

import math

import numpy as np

from ...scenarios._kernels import njit
from ._kink_kernels import (
    Kinks,
    bend_breaks,
    bend_nodes,
    find_kinks,
    missed,
    move_kinks,
    move_through_settlements,
    step_nodes,
)
from ._settlement_kernels import (
    Breaks,
    Dues,
    FloatArray,
    Grid,
    IntArray,
    ShortArray,
    decide,
    follow_at,
    insert_place,
    lagrange,
    preference_place,
    read,
    settle_at,
    window,
    worth,
)
from ._step_kernels import Moves, active_nodes, convolve, correct, expect, pad_ends, smooth

_TIE = 1e-12  # a riskier portfolio must beat a calmer one by more than rounding
_MERGE = 3e-7  # log wealth: jumps closer than this are one
_SHORT = 1e-7  # relative step below a jump at which its lower value is read
_RUINED = -1e300
_KINKS = 256  # kinks kept
_JUMP, _TRACKED_JUMP = 1e-11, 1e-7  # smaller ones are left to the lattice


@njit
def shift(
    before: FloatArray, after: FloatArray, zero: float, flow: float, gain: float, ruined: float, bound: bool,
    spots: FloatArray, grid: Grid, count: int, places: FloatArray,
) -> None:  # fmt: skip
    """Value before a step in which money moves but nothing is chosen: `after` read at the `spots` it moves to."""
    last = grid.size - 1
    for i in range(grid.size):
        place = spots[i]
        if place == _RUINED:
            before[grid.pad + i] = ruined
        elif place < 0.0:
            wealth = math.exp(grid.origin + i * grid.spacing) + flow
            before[grid.pad + i] = gain + worth(after, zero, grid, count, places, wealth, bound)
        elif place >= last:
            before[grid.pad + i] = gain + after[grid.pad + last]
        elif count == 0:
            j = int(place)
            before[grid.pad + i] = gain + lagrange(after, grid.pad + j, place - j, bound)
        else:
            before[grid.pad + i] = gain + read(after, grid, count, places, place, bound)


@njit
def find_spots(spots: FloatArray, flow: float, grid: Grid) -> None:
    """Lattice place of every node's wealth plus `flow`; below 0 where that leaves the lattice or is not there."""
    for i in range(grid.size):
        wealth = math.exp(grid.origin + i * grid.spacing) + flow
        spots[i] = (math.log(wealth) - grid.origin) / grid.spacing if wealth > 0.0 else _RUINED


@njit
def settle_nodes(
    before: FloatArray, after: FloatArray, zero: float, tracked_before: FloatArray, tracked_after: FloatArray,
    tracked_zero: FloatArray, chosen: IntArray, t: int, dues: Dues, grid: Grid, breaks: Breaks,
) -> None:  # fmt: skip
    """Value and tracked quantities of every node before the money and payments of step t."""
    count = breaks.count[0]
    for i in range(grid.size):
        wealth = math.exp(grid.origin + i * grid.spacing)
        before[grid.pad + i], c = settle_at(wealth, t, dues, after, zero, grid, count, breaks.place)
        chosen[i] = c
        for r in range(tracked_before.shape[0]):
            if t <= dues.alive[r]:
                tracked_before[r, grid.pad + i] = follow_at(
                    wealth, t, c, r, dues, tracked_after[r], tracked_zero[r], grid, count, breaks.place
                )


@njit
def find_breaks(
    found: Breaks, chosen: IntArray, after: FloatArray, zero: float, tracked_after: FloatArray,
    tracked_zero: FloatArray, t: int, dues: Dues, grid: Grid, breaks: Breaks,
) -> None:  # fmt: skip
    """Places before settlement t at which the value or a tracked quantity jumps, and by how much."""
    first, last, flow = dues.start[t], dues.start[t + 1], dues.flows[t]
    count, room = 0, found.place
    merge = _MERGE / grid.spacing
    if last - first > 1 or flow < 0.0:
        for c in range(first, last):
            if dues.cost[c] > flow:
                place = (math.log(dues.cost[c] - flow) - grid.origin) / grid.spacing
                if place > 0.0:
                    count = insert_place(room, count, place, merge)
    for b in range(breaks.count[0]):
        wealth = math.exp(grid.origin + breaks.place[b] * grid.spacing) - flow
        for c in range(first, last):
            if wealth + dues.cost[c] > 0.0:
                place = (math.log(wealth + dues.cost[c]) - grid.origin) / grid.spacing
                if place > 0.0:
                    count = insert_place(room, count, place, merge)
    if last - first > 1 and tracked_after.shape[0] > 0:
        for i in range(grid.size - 1):
            if chosen[i + 1] != chosen[i] and chosen[i + 1] >= 0:
                low = grid.origin + i * grid.spacing
                place = preference_place(
                    low,
                    low + grid.spacing,
                    chosen[i + 1],
                    t,
                    dues,
                    after,
                    zero,
                    grid,
                    breaks.count[0],
                    breaks.place,
                )
                count = insert_place(room, count, (place - grid.origin) / grid.spacing, merge)
    kept = 0
    for b in range(count):
        at = math.exp(grid.origin + room[b] * grid.spacing)
        short = at - _SHORT * max(at, abs(flow))
        up, c_up = settle_at(at, t, dues, after, zero, grid, breaks.count[0], breaks.place)
        down, c_down = settle_at(short, t, dues, after, zero, grid, breaks.count[0], breaks.place)
        matters = abs(up - down) > _JUMP
        for r in range(tracked_after.shape[0]):
            found.tracked[r, kept] = 0.0
            if t <= dues.alive[r]:
                found.tracked[r, kept] = follow_at(
                    at,
                    t,
                    c_up,
                    r,
                    dues,
                    tracked_after[r],
                    tracked_zero[r],
                    grid,
                    breaks.count[0],
                    breaks.place,
                ) - follow_at(
                    short,
                    t,
                    c_down,
                    r,
                    dues,
                    tracked_after[r],
                    tracked_zero[r],
                    grid,
                    breaks.count[0],
                    breaks.place,
                )
                matters |= abs(found.tracked[r, kept]) > _TRACKED_JUMP
        if matters:
            room[kept] = room[b]
            found.jump[kept] = up - down
            kept += 1
    found.count[0] = kept


@njit
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
            out[i] = before[grid.pad]
        else:
            out[i] = read(before, grid, breaks.count[0], breaks.place, place, True)
    for b in range(bends.count[0]):
        first = max(int(bends.place[b] - mean) - 4 - lo, 0)
        for i in range(first, min(first + 10, len(out))):
            place = lo + i + mean
            if abs(place - bends.place[b]) < 4.0 and 0.0 < place < grid.size - 1:
                start, points = window(grid, breaks.count[0], breaks.place, place)
                out[i] += size[b] * missed(place, bends.place[b], hinge, start, points)


@njit
def choose(
    after: FloatArray, hold: ShortArray, before: FloatArray, levels: FloatArray, g: int, moves: Moves, forced: int,
    lo: int, hi: int, grid: Grid, breaks: Breaks, bends: Kinks, trials: FloatArray, tried: IntArray,
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
        best, chosen = after[pad + a : pad + b], hold[a:b]
        for i in range(b - a):
            if trial[i] > best[i] + _TIE:
                best[i] = trial[i]
                chosen[i] = k


@njit
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


@njit
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


@njit
def find_steps(
    kinks: Kinks, r: int, before: FloatArray, mended: FloatArray, jump: FloatArray, g: int, moves: Moves, grid: Grid,
    breaks: Breaks, bends: Kinks, pair: FloatArray,
) -> None:  # fmt: skip
    """Jump of tracked quantity `r` at each kink: what the upper portfolio makes of it less what the lower does."""
    for b in range(kinks.count[0]):
        i = math.floor(kinks.place[b])
        u = kinks.place[b] - i
        step = 0.0
        for sign, k in ((1.0, kinks.upper[b]), (-1.0, kinks.lower[b])):
            expect_tracked(pair, before, mended, jump, g, k, moves, i, grid, breaks, bends, bends.step[r])
            step += sign * ((1.0 - u) * pair[0] + u * pair[1])
        kinks.step[r, b] = step


@njit
def copy_kinks(out: Kinks, kinks: Kinks) -> None:
    """Copy `kinks` where no money moves."""
    count = kinks.count[0]
    out.count[0] = count
    out.place[:count], out.bend[:count] = kinks.place[:count], kinks.bend[:count]
    out.step[:, :count] = kinks.step[:, :count]


@njit
def breaks_after(found: Breaks, before: Breaks, hold: ShortArray, g: int, moves: Moves, grid: Grid) -> None:
    """Places from which a riskless portfolio that is held just reaches a jump."""
    count = 0
    for k in range(moves.mean.shape[1]):
        if moves.deviation[g, k] == 0.0:
            for b in range(before.count[0]):
                place = before.place[b] - moves.mean[g, k]
                up = math.ceil(place)
                if place > 0.0 and up < grid.size and (hold[up] == k or hold[up - 1] == k):
                    count = insert_place(found.place, count, place, _MERGE / grid.spacing)
    found.count[0] = count


@njit
def no_kinks(tracks: int) -> Kinks:
    """Room for kinks of a value and of `tracks` tracked quantities."""
    return Kinks(
        np.zeros(1, np.int64), np.zeros(_KINKS), np.zeros(_KINKS), np.zeros(_KINKS, np.int64),
        np.zeros(_KINKS, np.int64), np.zeros((tracks, _KINKS)),
    )  # fmt: skip


@njit
def backward(
    grid: Grid, moves: Moves, law: IntArray, dues: Dues, forced: IntArray, reach: IntArray, depth: int, room: int,
    hold: ShortArray, settled: ShortArray, values: FloatArray, wealth: float,
) -> tuple[float, FloatArray]:  # fmt: skip
    """Solve back from the last step; return value and tracked quantities at `wealth` before step 0's money.

    ``hold[t, i]`` (at the wealth after settlement) and ``settled[t, i]`` (number of the settlement within the
    step, at the wealth after money in) are filled in. ``values`` (T+1, n), or empty, receives the value
    before settlement. `depth` is the number of smoothed levels, `room` the number of jumps kept.
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
    chosen, spots = np.zeros(n, np.int64), np.zeros(n)
    trials, tried = np.zeros((moves.first.shape[1], n)), np.zeros((moves.first.shape[1], 2), np.int64)
    spots_flow, pair = np.nan, np.zeros(2)
    narrowest = np.zeros(moves.first.shape[0], np.int64)
    for g in range(moves.first.shape[0]):
        for k in range(moves.first.shape[1]):
            if moves.first[g, k] > moves.first[g, narrowest[g]]:
                narrowest[g] = k

    for t in range(steps, 0, -1):
        flow, only = dues.flows[t], dues.start[t]
        plain = dues.start[t + 1] - only == 1 and dues.cost[only] == 0.0 and dues.aversion[only] == 0.0
        if not plain:
            decide(settled[t], t, dues, after, zero, grid, ahead.count[0], ahead.place)
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
                bends, 0, turns, before, tracked_before, dues.alive, t, spots, grid, ahead
            )
        else:
            settle_nodes(
                before, after, zero, tracked_before, tracked_after, tracked_zero, chosen, t, dues, grid, ahead
            )
            spots_flow = np.nan
            bends.count[0] = move_through_settlements(
                bends, turns, before, tracked_before, chosen, t, dues, spots, grid, ahead
            )
        find_breaks(here, chosen, after, zero, tracked_after, tracked_zero, t, dues, grid, ahead)
        next_zero, c = settle_at(0.0, t, dues, after, zero, grid, ahead.count[0], ahead.place)
        for r in range(tracks):
            tracked_next[r] = follow_at(
                0.0, t, c, r, dues, tracked_after[r], tracked_zero[r], grid, ahead.count[0], ahead.place
            )
            pad_ends(tracked_before[r], grid)
        zero, tracked_zero[:] = next_zero, tracked_next
        pad_ends(before, grid)
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
        bend_breaks(levels[0], before, here, grid)
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
        )
        breaks_after(ahead, here, hold[t - 1], g, moves, grid)
        find_kinks(turns, hold[t - 1], trials, tried, lo, hi, ahead)
        pad_ends(after, grid)
        for r in range(tracks):
            if t <= dues.alive[r]:
                row, source = tracked_after[r], tracked_before[r]
                mended[:] = source
                for b in range(bends.count[0]):
                    step_nodes(mended, bends.place[b], bends.step[r, b], pad)
                row[pad : pad + lo] = source[pad]
                row[pad + hi : pad + n] = source[pad + n - 1]
                follow(
                    row, source, mended, here.tracked[r], hold[t - 1], g, moves, lo, hi, grid, here, bends,
                    bends.step[r],
                )  # fmt: skip
                pad_ends(row, grid)
                find_steps(turns, r, source, mended, here.tracked[r], g, moves, grid, here, bends, pair)

    value, c = settle_at(wealth, 0, dues, after, zero, grid, ahead.count[0], ahead.place)
    now = np.zeros(tracks)
    for r in range(tracks):
        now[r] = follow_at(
            wealth, 0, c, r, dues, tracked_after[r], tracked_zero[r], grid, ahead.count[0], ahead.place
        )
    if dues.start[1] - dues.start[0] > 1:
        decide(settled[0], 0, dues, after, zero, grid, ahead.count[0], ahead.place)
    return value, now
