"""Kinks of the value: where one portfolio takes over from another the slope jumps, and the lattice must be told.

Both rules of the lattice are blind to a kink between two nodes: the six-point interpolant rounds it off, and the
trapezoid rule misses up to a twelfth of its bend. Both errors are known from its place and bend, and are mended.
What is tracked along the chosen portfolios does not bend there but jumps, and is mended likewise.
"""

import math

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
    lagrange,
    missed,
    missed_by_six,
    window,
)

_BEND = 1e-9  # the least bend minded, per lattice step
_NOWHERE = -1e300


@inner
def copy_kinks(out: Kinks, kinks: Kinks) -> None:
    """Copy `kinks` where no money moves."""
    count = kinks.count[0]
    out.count[0] = count
    for b in range(count):
        out.place[b], out.bend[b] = kinks.place[b], kinks.bend[b]
        for r in range(out.step.shape[0]):
            out.step[r, b] = kinks.step[r, b]


@inner
def jumps_between(breaks: Breaks, low: float, high: float) -> bool:
    """Whether any jump lies from `low` to `high`."""
    for b in range(breaks.count[0]):
        if low <= breaks.place[b] <= high:
            return True
    return False


@inner
def near_kink(kinks: Kinks, low: float, high: float) -> bool:
    """Whether any kink lies from `low` to `high`."""
    for b in range(kinks.count[0]):
        if low <= kinks.place[b] <= high:
            return True
    return False


@inner
def find_kinks(
    kinks: Kinks, hold: ShortArray, trials: FloatArray, tried: IntArray, lo: int, hi: int, breaks: Breaks,
    islands: bool,
) -> None:  # fmt: skip
    """Places where one portfolio takes over from another, and by how much the slope of the value grows there.

    Between two nodes the value of every portfolio is taken as linear, and their upper envelope is walked along. With
    `islands` a portfolio that is best between two nodes only is looked for too: it hardly moves the value, but the
    tracked quantities.
    """
    count = 0
    for i in range(lo, hi - 1):
        k = hold[i]
        if hold[i + 1] == k:
            if islands and lo < i < hi - 2 and not jumps_between(breaks, i - 1, i + 2):
                count = find_island(kinks, count, k, i, trials, tried)
            continue
        if jumps_between(breaks, i, i + 1):
            continue
        at = 0.0
        while k != hold[i + 1] and i + 1 < tried[k, 1] and count < len(kinks.place):
            low, rise = trials[k, i], trials[k, i + 1] - trials[k, i]
            place, successor = 2.0, -1
            for l in range(trials.shape[0]):
                if tried[l, 0] <= i and i + 1 < tried[l, 1]:
                    bend = trials[l, i + 1] - trials[l, i] - rise
                    if bend > _BEND:
                        cross = max((low - trials[l, i]) / bend, at)
                        if cross < place:
                            place, successor = cross, l
            if place >= 1.0:
                break
            kinks.place[count], kinks.bend[count] = cross_over(trials, tried, k, successor, i, place)
            kinks.lower[count], kinks.upper[count] = k, successor
            count += 1
            at, k = place, successor
    kinks.count[0] = count


@inner
def mark_turns(turn: HalfArray, hold: ShortArray, kinks: Kinks, breaks: Breaks) -> None:
    """Where in the cell above each node what is held there gives way to what is held at the next."""
    for b in range(kinks.count[0] + breaks.count[0]):
        place = kinks.place[b] if b < kinks.count[0] else breaks.place[b - kinks.count[0]]
        i = math.ceil(place) - 1
        if 0 <= i < len(hold) - 1 and hold[i] != hold[i + 1]:
            turn[i] = place - i


@inner
def find_island(kinks: Kinks, count: int, k: int, i: int, trials: FloatArray, tried: IntArray) -> int:
    """Append both ends of the stretch between nodes i and i + 1 on which another portfolio beats `k`; return count.

    Its lead over `k` is a cubic through four nodes, and a parabola about its peak.
    """
    if i - 1 < tried[k, 0] or i + 2 >= tried[k, 1] or count + 2 > len(kinks.place):
        return count
    own = trials[k]
    highest, middle, curve, successor = 0.0, 0.0, 0.0, -1
    for l in range(trials.shape[0]):
        row = trials[l]
        a, b = row[i] - own[i], row[i + 1] - own[i + 1]
        z, c = row[i - 1] - own[i - 1], row[i + 2] - own[i + 2]
        if b <= z or a <= c or i - 1 < tried[l, 0] or i + 2 >= tried[l, 1]:
            continue
        c1, c2, c3 = b - z / 3.0 - 0.5 * a - c / 6.0, 0.5 * (z + b) - a, 0.5 * (a - b) + (c - z) / 6.0
        if c1 <= 0.0 or c2 >= 0.0:
            continue
        peak = -0.5 * c1 / c2
        for _ in range(3):
            peak -= (c1 + peak * (2.0 * c2 + 3.0 * peak * c3)) / (2.0 * c2 + 6.0 * peak * c3)
        top = a + peak * (c1 + peak * (c2 + peak * c3))
        if 0.0 < peak < 1.0 and top > highest:
            highest, middle, curve, successor = top, peak, -2.0 * c2 - 6.0 * peak * c3, l
    if successor < 0 or curve <= 0.0:
        return count
    half = math.sqrt(2.0 * highest / curve)
    bend = curve * half
    if bend > _BEND:
        ends = (i + max(middle - half, 0.0), i + min(middle + half, 1.0))
        for end in range(2):
            kinks.place[count], kinks.bend[count] = ends[end], bend
            kinks.lower[count] = k if end == 0 else successor
            kinks.upper[count] = successor if end == 0 else k
            count += 1
    return count


@inner
def cross_over(trials: FloatArray, tried: IntArray, k: int, l: int, i: int, u: float) -> tuple[float, float]:
    """Place near ``i + u``, and bend, where portfolio `l` takes over from `k`: on a cubic, then on six nodes."""
    a, b = trials[l, i] - trials[k, i], trials[l, i + 1] - trials[k, i + 1]
    if i - 1 < max(tried[k, 0], tried[l, 0]) or i + 2 >= min(tried[k, 1], tried[l, 1]):
        return i + u, b - a
    z, c = trials[l, i - 1] - trials[k, i - 1], trials[l, i + 2] - trials[k, i + 2]
    c1, c2, c3 = b - z / 3.0 - 0.5 * a - c / 6.0, 0.5 * (z + b) - a, 0.5 * (a - b) + (c - z) / 6.0
    root, slope = u, 0.0
    for _ in range(4):
        slope = c1 + root * (2.0 * c2 + 3.0 * root * c3)
        if slope <= _BEND:
            return i + u, b - a
        root -= (a + root * (c1 + root * (c2 + root * c3))) / slope
    if root < 0.0 or root > 1.0:
        return i + u, b - a
    if i - 2 >= max(tried[k, 0], tried[l, 0]) and i + 3 < min(tried[k, 1], tried[l, 1]):
        for _ in range(2):
            lead = lagrange(trials[l], i, root, False) - lagrange(trials[k], i, root, False)
            root = min(max(root - lead / slope, 0.0), 1.0)
    return i + root, c1 + root * (2.0 * c2 + 3.0 * root * c3)


@inner
def move_kinks(
    moved: Kinks, count: int, kinks: Kinks, before: FloatArray, tracked: FloatArray, alive: IntArray, t: int,
    spots: FloatArray, grid: Grid, breaks: Breaks, mended: bool,
) -> int:  # fmt: skip
    """Append the kinks as they lie before a step that moves node i to ``spots[i]``; mend the values read across them.

    Not where they are `mended` already. What the interpolant misses of a hinge of slope one (of a step of height one)
    is added times the bend (the step).
    """
    i, last = 0, -math.inf
    for b in range(kinks.count[0]):
        place = kinks.place[b]
        i = i if place >= last else 0
        last = place
        while i < grid.size and spots[i] <= place - 4.0:
            i += 1
        j, cell = i, -1
        while j < grid.size and spots[j] < place + 4.0:
            if 0.0 <= spots[j] < grid.size - 1 and not mended:
                first, points = window(grid, breaks.count[0], breaks.place, spots[j])
                if points == 6:
                    hinge, step = missed_by_six(spots[j], place, first)
                else:
                    hinge = missed(spots[j], place, True, first, points)
                    step = missed(spots[j], place, False, first, points)
                before[grid.pad + j] += kinks.bend[b] * hinge
                if step != 0.0:
                    for r in range(tracked.shape[0]):
                        if t <= alive[r]:
                            tracked[r, grid.pad + j] += kinks.step[r, b] * step
            if 0.0 <= spots[j] <= place:
                cell = j
            j += 1
        if 0 <= cell < grid.size - 1 and spots[cell + 1] > place and count < len(moved.place):
            stretch = spots[cell + 1] - spots[cell]
            moved.place[count] = cell + (place - spots[cell]) / stretch
            moved.bend[count] = kinks.bend[b] * stretch
            for r in range(moved.step.shape[0]):
                moved.step[r, count] = kinks.step[r, b]
            count += 1
    return count


@inner
def move_through_settlements(
    moved: Kinks, kinks: Kinks, before: FloatArray, tracked: FloatArray, chosen: IntArray, t: int, dues: Dues,
    spots: FloatArray, grid: Grid, breaks: Breaks,
) -> int:  # fmt: skip
    """Carry kinks back through a step with payments, each settlement moving the nodes that choose it."""
    count = 0
    for c in range(dues.start[t], dues.start[t + 1]):
        some = False
        for i in range(grid.size):
            spots[i] = _NOWHERE
            if chosen[i] == c:
                rest = math.exp(grid.origin + i * grid.spacing) + dues.flows[t] - dues.cost[c]
                if rest > 0.0:
                    spots[i] = (math.log(rest) - grid.origin) / grid.spacing
                    some = True
        if some:
            count = move_kinks(moved, count, kinks, before, tracked, dues.alive, t, spots, grid, breaks, True)
    return count


@inner
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


@inner
def step_nodes(values: FloatArray, place: float, step: float, pad: int) -> None:
    """Shift the nodes around a step likewise: its deficit is ``step (B_1(v) f + B_2(v) / 2 f')``."""
    i = math.floor(place)
    u = place - i
    v = 1.0 - u
    total = v - 0.5
    tilt = 0.5 * (v * v - v + 1.0 / 6.0)
    values[pad + i] += step * (v * total - tilt)
    values[pad + i + 1] += step * (u * total + tilt)


@inner
def bend_breaks(
    out: FloatArray, values: FloatArray, breaks: Breaks, kinks: Kinks, steps: bool, grid: Grid
) -> None:
    """Mend in `out` the kinks of `values` at its jumps, the slopes taken from three nodes on either side.

    With `steps` the values jump at the `kinks`, and slopes are not taken across one.
    """
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
        if steps and near_kink(kinks, up - 3.0, up + 2.0):
            continue
        at = grid.pad + up
        below, above = place - (up - 1), up - place
        left = values[at - 1] - values[at - 2]
        left += (below + 0.5) * (values[at - 1] - 2.0 * values[at - 2] + values[at - 3])
        right = values[at + 1] - values[at]
        right -= (above + 0.5) * (values[at + 2] - 2.0 * values[at + 1] + values[at])
        bend_nodes(out, place, right - left, grid.pad)
