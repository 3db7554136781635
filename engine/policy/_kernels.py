"""Backward induction on the wealth lattice: bare arrays, no checks (``backward.py`` is the checked layer).

A step is settled at its nodes, the value of every portfolio is one correlation with its stencil, and what
jumps is carried beside the lattice with its exact place: a goal that is just affordable, a payment that is
just preferred, and, where a portfolio is riskless, the wealth from which it just reaches one of these.
"""

import math
from typing import NamedTuple

import numpy as np

from ...scenarios._kernels import njit
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
    worth,
)
from ._step_kernels import Moves, active_nodes, convolve, correct, expect, pad_ends, smooth

_TIE = 1e-12  # a riskier portfolio must beat a calmer one by more than rounding
_MERGE = 3e-7  # log wealth: jumps closer than this are one
_SHORT = 1e-7  # relative step below a jump at which its lower value is read
_RUINED = -1e300
_KINKS, _BEND = 256, 1e-9  # kinks kept, and the least of them
_JUMP, _TRACKED_JUMP = 1e-11, 1e-7  # smaller ones are left to the lattice


class Kinks(NamedTuple):
    """Places where the slope of the value jumps, in lattice steps, ascending; ``count[0]`` of them.

    ``bend`` is the growth of the slope, per lattice step.
    """

    count: IntArray
    place: FloatArray
    bend: FloatArray


@njit
def shift(
    before: FloatArray, after: FloatArray, zero: float, flow: float, gain: float, ruined: float, spots: FloatArray,
    grid: Grid, count: int, places: FloatArray,
) -> None:  # fmt: skip
    """Value before a step in which money moves but nothing is chosen: `after` read at the `spots` it moves to."""
    last = grid.size - 1
    for i in range(grid.size):
        place = spots[i]
        if place == _RUINED:
            before[grid.pad + i] = ruined
        elif place < 0.0:
            wealth = math.exp(grid.origin + i * grid.spacing) + flow
            before[grid.pad + i] = gain + worth(after, zero, grid, count, places, wealth)
        elif place >= last:
            before[grid.pad + i] = gain + after[grid.pad + last]
        elif count == 0:
            j = int(place)
            before[grid.pad + i] = gain + lagrange(after, grid.pad + j, place - j, True)
        else:
            before[grid.pad + i] = gain + read(after, grid, count, places, place)


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
    out: FloatArray, before: FloatArray, mean: float, lo: int, grid: Grid, breaks: Breaks
) -> None:
    """``out[i] = V(lo + i + mean)``: the value of a portfolio whose return is certain."""
    for i in range(len(out)):
        place = lo + i + mean
        if place <= 0.0:
            out[i] = before[grid.pad]
        else:
            out[i] = read(before, grid, breaks.count[0], breaks.place, place)


@njit
def choose(
    after: FloatArray, hold: ShortArray, before: FloatArray, levels: FloatArray, g: int, moves: Moves, forced: int,
    lo: int, hi: int, grid: Grid, breaks: Breaks, trials: FloatArray, tried: IntArray,
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
            read_riskless(trial, before, moves.mean[g, k], a, grid, breaks)
        else:
            expect(trial, before, levels, g, k, moves, a, pad)
            correct(trial, breaks.jump, breaks.place, breaks.count[0], g, k, moves, a, grid)
        best, chosen = after[pad + a : pad + b], hold[a:b]
        for i in range(b - a):
            if trial[i] > best[i] + _TIE:
                best[i] = trial[i]
                chosen[i] = k


@njit
def find_kinks(kinks: Kinks, hold: ShortArray, trials: FloatArray, tried: IntArray, lo: int, hi: int) -> None:
    """Places where one portfolio takes over from another, and by how much the slope of the value grows there.

    Between two nodes the value of every portfolio is taken as linear, and their upper envelope is walked along.
    """
    count = 0
    for i in range(lo, hi - 1):
        k = hold[i]
        if hold[i + 1] == k:
            continue
        at = 0.0
        while k != hold[i + 1] and i + 1 < tried[k, 1] and count < len(kinks.place):
            rise, low = trials[k, i + 1] - trials[k, i], trials[k, i]
            next_at, successor = 2.0, -1
            for l in range(trials.shape[0]):
                if tried[l, 0] <= i and i + 1 < tried[l, 1]:
                    bend = trials[l, i + 1] - trials[l, i] - rise
                    if bend > _BEND:
                        cross = max((low - trials[l, i]) / bend, at)
                        if cross < next_at:
                            next_at, successor = cross, l
            if next_at >= 1.0:
                break
            bend = trials[successor, i + 1] - trials[successor, i] - rise
            kinks.place[count], kinks.bend[count] = i + next_at, bend
            count += 1
            at, k = next_at, successor
    kinks.count[0] = count


@njit
def move_kinks(
    kinks: Kinks, before: FloatArray, spots: FloatArray, grid: Grid, count: int, places: FloatArray
) -> None:
    """Carry kinks from after to before a step whose money moves node i to ``spots[i]``, and mend the values there.

    The six-point interpolant rounds a kink off: near it what it misses of a hinge of slope one, times the bend, is
    added. A kink closer than four steps to a jump is dropped: values there are read from one side.
    """
    kept, i = 0, 0
    for b in range(kinks.count[0]):
        place, bend = kinks.place[b], kinks.bend[b]
        clear = True
        for c in range(count):
            clear &= abs(places[c] - place) > 4.0
        while i < grid.size and spots[i] <= place - 3.0:
            i += 1
        j = i
        cell = -1
        while j < grid.size and spots[j] < place + 3.0:
            if clear and 0.0 <= spots[j] < grid.size - 1:
                before[grid.pad + j] += bend * missed_hinge(spots[j], place)
            if spots[j] <= place:
                cell = j
            j += 1
        if clear and 0 <= cell < grid.size - 1 and spots[cell] >= 0.0:
            stretch = spots[cell + 1] - spots[cell]
            kinks.place[kept], kinks.bend[kept] = cell + (place - spots[cell]) / stretch, bend * stretch
            kept += 1
    kinks.count[0] = kept


@njit
def missed_hinge(at: float, place: float) -> float:
    """``max(at - place, 0)`` less its six-point interpolant on the nodes around `at`."""
    j = math.floor(at)
    u = at - j
    total = max(at - place, 0.0)
    for n in range(-2, 4):
        height = j + n - place
        if height > 0.0:
            weight = height
            for l in range(-2, 4):
                if l != n:
                    weight *= (u - l) / (n - l)
            total -= weight
    return total


@njit
def bend_nodes(values: FloatArray, place: float, bend: float, pad: int) -> None:
    """Shift the nodes around a kink so that the trapezoid rule integrates it to third order.

    With the kink a fraction u beyond node i, and v = 1 - u, Euler and Maclaurin give for the nodes' sum a deficit of
    ``bend (B_2(v) / 2 f + B_3(v) / 3 f')``, f the density at the kink.
    """
    i = math.floor(place)
    u = place - i
    v = 1.0 - u
    total = 0.5 * (v * v - v + 1.0 / 6.0)
    tilt = (v * v * v - 1.5 * v * v + 0.5 * v) / 3.0
    values[pad + i] += bend * (v * total - tilt)
    values[pad + i + 1] += bend * (u * total + tilt)


@njit
def bend_breaks(out: FloatArray, values: FloatArray, breaks: Breaks, grid: Grid) -> None:
    """Mend in `out` the kinks of `values` at its jumps, the slopes taken from three nodes on either side."""
    count = breaks.count[0]
    for b in range(count):
        place = breaks.place[b]
        up = math.ceil(place - 1e-9 / grid.spacing)
        if up < 3 or up + 2 >= grid.size:
            continue
        if (b > 0 and place - breaks.place[b - 1] < 4.0) or (
            b + 1 < count and breaks.place[b + 1] - place < 4.0
        ):
            continue
        at = grid.pad + up
        below, above = place - (up - 1), up - place
        left = values[at - 1] - values[at - 2]
        left += (below + 0.5) * (values[at - 1] - 2.0 * values[at - 2] + values[at - 3])
        right = values[at + 1] - values[at]
        right -= (above + 0.5) * (values[at + 2] - 2.0 * values[at + 1] + values[at])
        bend_nodes(out, place, right - left, grid.pad)


@njit
def follow(
    after: FloatArray, before: FloatArray, jump: FloatArray, hold: ShortArray, g: int, moves: Moves, lo: int, hi: int,
    grid: Grid, breaks: Breaks,
) -> None:  # fmt: skip
    """Tracked quantity of the chosen portfolios at nodes lo..hi-1, one run of equal choice at a time."""
    i = lo
    while i < hi:
        k = hold[i]
        j = i + 1
        while j < hi and hold[j] == k:
            j += 1
        out = after[grid.pad + i : grid.pad + j]
        if moves.deviation[g, k] == 0.0:
            read_riskless(out, before, moves.mean[g, k], i, grid, breaks)
        else:
            out[:] = 0.0
            convolve(out, before, grid.pad + i + moves.first[g, k], moves.weights[g, k], moves.count[g, k], 1)
            correct(out, jump, breaks.place, breaks.count[0], g, k, moves, i, grid)
        i = j


@njit
def breaks_after(found: Breaks, before: Breaks, hold: ShortArray, g: int, moves: Moves, grid: Grid) -> None:
    """Places from which a riskless portfolio that is held just reaches a jump."""
    count = 0
    for k in range(moves.mean.shape[1]):
        if moves.deviation[g, k] == 0.0:
            for b in range(before.count[0]):
                place = before.place[b] - moves.mean[g, k]
                up = math.ceil(place)
                if 0.0 < place and up < grid.size and (hold[up] == k or hold[up - 1] == k):
                    count = insert_place(found.place, count, place, _MERGE / grid.spacing)
    found.count[0] = count


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
    after = np.zeros(n + 2 * pad)
    before = np.zeros(n + 2 * pad)
    levels = np.zeros((depth + 1, n + 2 * pad))
    kinks = Kinks(np.zeros(1, np.int64), np.zeros(_KINKS), np.zeros(_KINKS))
    tracked_after = np.zeros((tracks, n + 2 * pad))
    tracked_before = np.zeros((tracks, n + 2 * pad))
    zero, tracked_zero, tracked_next = 0.0, np.zeros(tracks), np.zeros(tracks)
    ahead = Breaks(np.zeros(1, np.int64), np.zeros(room), np.zeros(room), np.zeros((tracks, room)))
    here = Breaks(np.zeros(1, np.int64), np.zeros(room), np.zeros(room), np.zeros((tracks, room)))
    chosen, spots = np.zeros(n, np.int64), np.zeros(n)
    trials, tried = np.zeros((moves.first.shape[1], n)), np.zeros((moves.first.shape[1], 2), np.int64)
    spots_flow = np.nan
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
        else:
            if plain:
                if flow != spots_flow:
                    find_spots(spots, flow, grid)
                    spots_flow = flow
                gain = dues.utility[only]
                ruined = 0.0 if dues.absorbing else gain + zero
                shift(before, after, zero, flow, gain, ruined, spots, grid, ahead.count[0], ahead.place)
                move_kinks(kinks, before, spots, grid, ahead.count[0], ahead.place)
                for r in range(tracks):
                    if t <= dues.alive[r]:
                        gain = dues.gains[r, only]
                        ruined = 0.0 if dues.absorbing else gain + tracked_zero[r]
                        shift(
                            tracked_before[r], tracked_after[r], tracked_zero[r], flow, gain, ruined, spots, grid,
                            ahead.count[0], ahead.place,
                        )  # fmt: skip
            else:
                kinks.count[0] = 0
                settle_nodes(
                    before,
                    after,
                    zero,
                    tracked_before,
                    tracked_after,
                    tracked_zero,
                    chosen,
                    t,
                    dues,
                    grid,
                    ahead,
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
        after[pad : pad + lo] = before[pad : pad + lo]
        after[pad + hi : pad + n] = before[pad + hi : pad + n]
        levels[0] = before
        for b in range(kinks.count[0]):
            bend_nodes(levels[0], kinks.place[b], kinks.bend[b], pad)
        bend_breaks(levels[0], before, here, grid)
        smooth(levels, g, moves, lo, hi, pad)
        choose(after, hold[t - 1], before, levels, g, moves, forced[t - 1], lo, hi, grid, here, trials, tried)
        find_kinks(kinks, hold[t - 1], trials, tried, lo, hi)
        pad_ends(after, grid)
        for r in range(tracks):
            if t <= dues.alive[r]:
                row = tracked_after[r]
                row[pad : pad + lo] = tracked_before[r, pad : pad + lo]
                row[pad + hi : pad + n] = tracked_before[r, pad + hi : pad + n]
                follow(row, tracked_before[r], here.tracked[r], hold[t - 1], g, moves, lo, hi, grid, here)
                pad_ends(row, grid)
        breaks_after(ahead, here, hold[t - 1], g, moves, grid)

    value, c = settle_at(wealth, 0, dues, after, zero, grid, ahead.count[0], ahead.place)
    now = np.zeros(tracks)
    for r in range(tracks):
        now[r] = follow_at(
            wealth, 0, c, r, dues, tracked_after[r], tracked_zero[r], grid, ahead.count[0], ahead.place
        )
    if dues.start[1] - dues.start[0] > 1:
        decide(settled[0], 0, dues, after, zero, grid, ahead.count[0], ahead.place)
    return value, now
