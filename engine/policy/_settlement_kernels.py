"""Settling one step on the wealth lattice: what is paid, and what the rest is worth."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner, njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ShortArray = NDArray[np.int16]
HalfArray = NDArray[np.float32]

FEASIBLE = 1e-9  # relative slack in "can the wealth pay this": absorbs the rounding of exp(log(.))
_TIE = 1e-12  # the dearer of two settlements must be worth more by more than rounding
_SAME = 1e-8  # two places of the lattice closer than this, in steps, are one
_HALVINGS = 40
_KINKS = 256  # kinks kept


class Grid(NamedTuple):
    """Nodes ``origin + i spacing`` of log wealth, i = 0..size-1; value arrays carry `pad` cells on both sides."""

    origin: float
    spacing: float
    size: int
    pad: int


class Dues(NamedTuple):
    """Settlements by step, as in `goals.Settlements`: those of step t are ``start[t] .. start[t+1]``.

    The cost of a settlement is random, ``cost exp(spread Z - spread^2 / 2)``, where its ``spread`` is above 0; so is
    ``scale``. ``exact`` (T+1,) is False where so little is at stake that three points of Z are enough. ``gains`` (R, C)
    is what each tracked quantity earns by a settlement; ``alive`` (R,) the last step in which it still earns anything.
    """

    flows: FloatArray
    start: IntArray
    cost: FloatArray
    spread: FloatArray
    utility: FloatArray
    aversion: FloatArray
    scale: FloatArray
    scale_spread: FloatArray
    exact: BoolArray
    gains: FloatArray
    alive: IntArray
    absorbing: bool


class Breaks(NamedTuple):
    """Places where a value array jumps, in lattice steps from node 0, ascending; ``count[0]`` of them.

    ``jump`` (B,) is the jump of the value and ``tracked`` (R, B) that of each tracked quantity.
    """

    count: IntArray
    place: FloatArray
    jump: FloatArray
    tracked: FloatArray


class Kinks(NamedTuple):
    """Places where the slope of the value jumps, in lattice steps; ``count[0]`` of them.

    ``bend`` (B,) is the growth of the slope, per lattice step, from portfolio ``lower`` to ``upper``; ``step`` (R, B)
    is the jump of each tracked quantity.
    """

    count: IntArray
    place: FloatArray
    bend: FloatArray
    lower: IntArray
    upper: IntArray
    step: FloatArray


@njit
def no_kinks(tracks: int) -> Kinks:
    """Room for kinks of a value and of `tracks` tracked quantities."""
    return Kinks(
        np.zeros(1, np.int64), np.zeros(_KINKS), np.zeros(_KINKS), np.zeros(_KINKS, np.int64),
        np.zeros(_KINKS, np.int64), np.zeros((tracks, _KINKS)),
    )  # fmt: skip


@inner
def lagrange(values: FloatArray, at: int, u: float, bound: bool) -> float:
    """Six-point interpolant at `at` + `u`, kept between the two neighbours if `bound`."""
    a, b, c = u + 2.0, u + 1.0, u
    d, e, f = u - 1.0, u - 2.0, u - 3.0
    bc, de, cd = b * c, d * e, c * d
    low, high = values[at], values[at + 1]
    v = (
        f * (bc * de * (values[at - 2] / -120.0) + a * (c * de * (values[at - 1] / 24.0) + b * de * (low / -12.0)))
        + a * b * (cd * e * (values[at + 3] / 120.0) + f * (cd * (values[at + 2] / -24.0) + c * e * (high / 12.0)))
    )  # fmt: skip
    if bound:
        return min(max(v, min(low, high)), max(low, high))
    return v


@inner
def window(grid: Grid, count: int, places: FloatArray, place: float) -> tuple[int, int]:
    """First node and number of nodes that `place` is interpolated from: six, fewer where a jump is near.

    Near a jump they lie on the side of `place`; no node at all is left between two jumps of one cell.
    """
    j = math.floor(place)
    low, high = 0, grid.size - 1
    near = False
    for b in range(count):
        p = places[b]
        up = math.ceil(p - _SAME)
        if p <= place + _SAME:
            low = max(low, up)
            near |= p > j - 2
        else:
            high = min(high, up - 1)
            near |= p <= j + 3
    if not near:
        return j - 2, 6
    points = min(high - low + 1, 4)
    return min(max(j - (points - 1) // 2, low), high - points + 1), points


@inner
def read(values: FloatArray, grid: Grid, count: int, places: FloatArray, place: float, bound: bool) -> float:
    """Value at `place` by interpolation that does not cross a jump; kept between its neighbours if `bound`."""
    last = grid.size - 1
    if place >= last:
        return values[grid.pad + last]
    j = int(place)
    first, points = j - 2, 6
    if count > 0:
        first, points = window(grid, count, places, place)
    if points == 6:
        return lagrange(values, grid.pad + j, place - j, bound)
    if points <= 0:
        return values[grid.pad + j]
    out = 0.0
    for i in range(points):
        weight = 1.0
        for l in range(points):
            if l != i:
                weight *= (place - (first + l)) / (i - l)
        out += weight * values[grid.pad + first + i]
    if not bound:
        return out
    smallest, largest = values[grid.pad + first], values[grid.pad + first + points - 1]
    if place > first + points - 1:
        largest = values[grid.pad + first + points]
    if place < first:
        smallest = values[grid.pad + first - 1]
    return min(max(out, min(smallest, largest)), max(smallest, largest))


@inner
def worth(
    values: FloatArray, at_zero: float, grid: Grid, count: int, places: FloatArray, wealth: float, bound: bool
) -> float:
    """Value at a wealth: interpolated in log wealth, linear in wealth below node 0."""
    if wealth <= 0.0:
        return at_zero
    place = (math.log(wealth) - grid.origin) / grid.spacing
    if place < 0.0:
        return at_zero + (values[grid.pad] - at_zero) * wealth / math.exp(grid.origin)
    return read(values, grid, count, places, place, bound)


@inner
def missed_by_six(at: float, place: float, first: int) -> tuple[float, float]:
    """`missed` of a hinge and of a step, both on six nodes, which share their weights."""
    if (first > place or first + 5 < place) and (at >= place) == (first > place):
        return 0.0, 0.0
    u = at - first - 2.0
    a, b, c, d, e, f = u + 2.0, u + 1.0, u, u - 1.0, u - 2.0, u - 3.0
    ab, ac, bc, de, df, ef = a * b, a * c, b * c, d * e, d * f, e * f
    w0, w1, w2 = bc * de * f * (-1.0 / 120.0), ac * de * f * (1.0 / 24.0), ab * de * f * (-1.0 / 12.0)
    w3, w4, w5 = ab * c * ef * (1.0 / 12.0), ab * c * df * (-1.0 / 24.0), ab * c * de * (1.0 / 120.0)
    h0 = first - place
    h1, h2, h3, h4, h5 = h0 + 1.0, h0 + 2.0, h0 + 3.0, h0 + 4.0, h0 + 5.0
    hinge = max(at - place, 0.0) - (
        (w0 * max(h0, 0.0) + w1 * max(h1, 0.0) + w2 * max(h2, 0.0))
        + (w3 * max(h3, 0.0) + w4 * max(h4, 0.0) + w5 * max(h5, 0.0))
    )
    step = (1.0 if at >= place else 0.0) - (
        ((w0 if h0 >= 0.0 else 0.0) + (w1 if h1 >= 0.0 else 0.0) + (w2 if h2 >= 0.0 else 0.0))
        + ((w3 if h3 >= 0.0 else 0.0) + (w4 if h4 >= 0.0 else 0.0) + (w5 if h5 >= 0.0 else 0.0))
    )
    return hinge, step


@inner
def missed(at: float, place: float, hinge: bool, first: int, points: int) -> float:
    """A hinge ``max(at - place, 0)``, or a step from 0 to 1, less its interpolant on `points` nodes from `first`."""
    if (first > place or first + points - 1 < place) and (at >= place) == (first > place):
        return 0.0  # the nodes and `at` lie on one side
    if points == 6:
        bent, stepped = missed_by_six(at, place, first)
        return bent if hinge else stepped
    total = 0.0
    if at >= place:
        total = at - place if hinge else 1.0
    for n in range(points):
        height = first + n - place
        if height >= 0.0:
            weight = height if hinge else 1.0
            for l in range(points):
                if l != n:
                    weight *= (at - (first + l)) / (n - l)
            total -= weight
    return total


@inner
def mend(
    kinks: Kinks, amounts: FloatArray, hinge: bool, grid: Grid, count: int, places: FloatArray, wealth: float
) -> float:
    """What `worth` misses at `wealth` of the `amounts` by which the slope (`hinge`), or the value, jumps at `kinks`."""
    number = kinks.count[0]
    if number == 0 or wealth <= 0.0:
        return 0.0
    place = (math.log(wealth) - grid.origin) / grid.spacing
    if place < 0.0 or place >= grid.size - 1:
        return 0.0
    total = 0.0
    first, points, known = 0, 0, False
    for b in range(np.searchsorted(kinks.place[:number], place - 4.0), number):
        if kinks.place[b] > place + 4.0:
            break
        if not known:
            first, points = window(grid, count, places, place)
            known = True
        total += amounts[b] * missed(place, kinks.place[b], hinge, first, points)
    return total


@inner
def settle_at(
    wealth: float, step: int, dues: Dues, values: FloatArray, at_zero: float, grid: Grid, count: int,
    places: FloatArray, kinks: Kinks,
) -> tuple[float, int]:  # fmt: skip
    """Best value and settlement at `wealth` before the step's money; settlement -1 where ruined."""
    flow = dues.flows[step]
    available = wealth + flow
    if dues.absorbing and available < -FEASIBLE * abs(flow):
        return 0.0, -1
    available = max(available, 0.0)
    best, chosen = -1e300, -1
    for c in range(dues.start[step], dues.start[step + 1]):
        rest = available - dues.cost[c]
        if rest < -FEASIBLE * dues.cost[c]:
            continue
        rest = max(rest, 0.0)
        value = dues.utility[c]
        if dues.aversion[c] != 0.0:
            value += dues.aversion[c] * min(rest / dues.scale[c], 1.0)
        value += worth(values, at_zero, grid, count, places, rest, True)
        value += mend(kinks, kinks.bend, True, grid, count, places, rest)
        if value > best + _TIE:
            best, chosen = value, c
    return best, chosen


@inner
def follow_at(
    wealth: float, step: int, chosen: int, r: int, dues: Dues, values: FloatArray, at_zero: float, grid: Grid,
    count: int, places: FloatArray, kinks: Kinks,
) -> float:  # fmt: skip
    """Tracked quantity `r` when settlement `chosen` is followed: its gain plus what the rest brings."""
    if chosen < 0:
        return 0.0
    rest = max(wealth + dues.flows[step] - dues.cost[chosen], 0.0)
    missing = mend(kinks, kinks.step[r], False, grid, count, places, rest)
    return dues.gains[r, chosen] + worth(values, at_zero, grid, count, places, rest, False) + missing


@inner
def decide(
    settled: ShortArray, step: int, dues: Dues, values: FloatArray, at_zero: float, grid: Grid,
    count: int, places: FloatArray, kinks: Kinks,
) -> None:  # fmt: skip
    """Settlement of each cell: that of its node, but that of its upper edge if only the edge can afford it.

    Who can just pay must not be rounded down; whether the money is there is checked when the table is used.
    """
    start = dues.start[step]
    for i in range(grid.size):
        edge = math.exp(grid.origin + (i + 0.5) * grid.spacing)
        _, upper = settle_at(edge - dues.flows[step], step, dues, values, at_zero, grid, count, places, kinks)
        node = math.exp(grid.origin + i * grid.spacing)
        _, c = settle_at(node - dues.flows[step], step, dues, values, at_zero, grid, count, places, kinks)
        if upper > c and dues.cost[upper] > node:
            c = upper
        settled[i] = max(c, start) - start


@inner
def preference_place(
    low: float, high: float, wanted: int, step: int, dues: Dues, values: FloatArray, at_zero: float, grid: Grid,
    count: int, places: FloatArray, kinks: Kinks,
) -> float:  # fmt: skip
    """Log wealth between two nodes from which settlement `wanted` is chosen, by bisection."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        _, c = settle_at(math.exp(middle), step, dues, values, at_zero, grid, count, places, kinks)
        if c == wanted:
            high = middle
        else:
            low = middle
    return high


@inner
def insert_place(places: FloatArray, count: int, place: float, merge: float) -> int:
    """Insert `place` into the ascending `places`, unless one is within `merge` or there is no room; return count."""
    if count == len(places):
        return count
    i = count
    while i > 0 and places[i - 1] > place:
        i -= 1
    if (i > 0 and place - places[i - 1] < merge) or (i < count and places[i] - place < merge):
        return count
    for j in range(count, i, -1):
        places[j] = places[j - 1]
    places[i] = place
    return count + 1
