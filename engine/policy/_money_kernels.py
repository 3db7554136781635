"""A step's money on the whole lattice: every node before its settlement read off the values after it."""

import math
from typing import NamedTuple

from ...scenarios._kernels import inner
from ._settlement_kernels import (
    Breaks,
    Dues,
    FloatArray,
    Grid,
    HalfArray,
    IntArray,
    Kinks,
    ShortArray,
    follow_at,
    insert_place,
    preference_place,
    read,
    settle_at,
    worth,
)

MERGE = 3e-7  # log wealth: jumps closer than this are one
SHORT = 1e-7  # relative step below a jump at which its lower value is read
PAST = 1e-10  # relative step past a jump at which its upper value is read: its place is rounded
_RUINED = -1e300
JUMP, TRACKED_JUMP = 1e-11, 1e-7  # smaller ones are left to the lattice


class Spots(NamedTuple):
    """Where a step's money moves each node: ``place`` (n,) in lattice steps, `_RUINED` where it is not there.

    It is read as ``taps[i] . values[base[i] - 2 .. base[i] + 3]``; ``base`` is -1 below the lattice.
    """

    place: FloatArray
    base: IntArray
    taps: FloatArray


@inner
def find_spots(spots: Spots, flow: float, grid: Grid) -> None:
    """Fill in `spots` for one flow."""
    last = grid.size - 1
    for i in range(grid.size):
        wealth = math.exp(grid.origin + i * grid.spacing) + flow
        place = (math.log(wealth) - grid.origin) / grid.spacing if wealth > 0.0 else _RUINED
        base = -1 if place < 0.0 else int(min(place, float(last)))
        spots.place[i], spots.base[i] = place, base
        u = min(place, float(last)) - base
        a, b, c, d, e, f = u + 2.0, u + 1.0, u, u - 1.0, u - 2.0, u - 3.0
        bc, de, row = b * c, d * e, spots.taps[i]
        row[0], row[1], row[2] = bc * de * f / -120.0, a * c * de * f / 24.0, a * b * de * f / -12.0
        row[3], row[4], row[5] = a * bc * e * f / 12.0, a * bc * d * f / -24.0, a * bc * de / 120.0


@inner
def shift(
    before: FloatArray, after: FloatArray, zero: float, flow: float, gain: float, ruined: float, bound: bool,
    spots: Spots, grid: Grid, count: int, places: FloatArray,
) -> None:  # fmt: skip
    """Value before a step in which money moves but nothing is chosen: `after` read at the `spots` it moves to."""
    for i in range(grid.size):
        base, taps = spots.base[i], spots.taps[i]
        if base >= 0:
            at = grid.pad + base
            v = (taps[0] * after[at - 2] + taps[1] * after[at - 1] + taps[2] * after[at]) + (
                taps[3] * after[at + 1] + taps[4] * after[at + 2] + taps[5] * after[at + 3]
            )
            if bound:
                low, high = after[at], after[at + 1]
                v = min(max(v, min(low, high)), max(low, high))
            before[grid.pad + i] = gain + v
        elif spots.place[i] == _RUINED:
            before[grid.pad + i] = ruined
        else:
            wealth = math.exp(grid.origin + i * grid.spacing) + flow
            before[grid.pad + i] = gain + worth(after, zero, grid, count, places, wealth, bound)
    for b in range(count):
        for i in range(grid.size):
            if spots.base[i] >= 0 and abs(spots.place[i] - places[b]) < 4.0:
                before[grid.pad + i] = gain + read(after, grid, count, places, spots.place[i], bound)


@inner
def settle_nodes(
    before: FloatArray, after: FloatArray, zero: float, tracked_before: FloatArray, tracked_after: FloatArray,
    tracked_zero: FloatArray, chosen: IntArray, t: int, dues: Dues, grid: Grid, breaks: Breaks, kinks: Kinks,
) -> None:  # fmt: skip
    """Value and tracked quantities of every node before the money and payments of step t."""
    count = breaks.count[0]
    for i in range(grid.size):
        wealth = math.exp(grid.origin + i * grid.spacing)
        before[grid.pad + i], c = settle_at(wealth, t, dues, after, zero, grid, count, breaks.place, kinks)
        chosen[i] = c
        for r in range(tracked_before.shape[0]):
            if t <= dues.alive[r]:
                tracked_before[r, grid.pad + i] = follow_at(
                    wealth, t, c, r, dues, tracked_after[r], tracked_zero[r], grid, count, breaks.place, kinks
                )


@inner
def find_breaks(
    found: Breaks, chosen: IntArray, after: FloatArray, zero: float, tracked_after: FloatArray,
    tracked_zero: FloatArray, t: int, dues: Dues, grid: Grid, breaks: Breaks, kinks: Kinks,
) -> None:  # fmt: skip
    """Places before settlement t at which the value or a tracked quantity jumps, and by how much."""
    first, last, flow = dues.start[t], dues.start[t + 1], dues.flows[t]
    count, room = 0, found.place
    merge = MERGE / grid.spacing
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
                    kinks,
                )
                count = insert_place(room, count, (place - grid.origin) / grid.spacing, merge)
    kept = 0
    for b in range(count):
        at = math.exp(grid.origin + room[b] * grid.spacing) * (1.0 + PAST)
        short = at - SHORT * max(at, abs(flow))
        up, c_up = settle_at(at, t, dues, after, zero, grid, breaks.count[0], breaks.place, kinks)
        down, c_down = settle_at(short, t, dues, after, zero, grid, breaks.count[0], breaks.place, kinks)
        matters = abs(up - down) > JUMP
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
                    kinks,
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
                    kinks,
                )
                matters |= abs(found.tracked[r, kept]) > TRACKED_JUMP
        if matters:
            room[kept] = room[b]
            found.jump[kept] = up - down
            kept += 1
    found.count[0] = kept


@inner
def mark_settlements(turn: HalfArray, settled: ShortArray, breaks: Breaks, flow: float, grid: Grid) -> None:
    """Where in the cell above each node, at the wealth after money in, its settlement gives way to the next's."""
    for b in range(breaks.count[0]):
        wealth = math.exp(grid.origin + breaks.place[b] * grid.spacing) + flow
        if wealth > 0.0:
            place = (math.log(wealth) - grid.origin) / grid.spacing
            i = math.ceil(place) - 1
            if 0 <= i < grid.size - 1 and settled[i] != settled[i + 1]:
                turn[i] = place - i
