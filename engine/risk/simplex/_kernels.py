"""Pivots of the dual simplex method on a working set: bare arrays, no checks (``solver.py`` checks).

A vertex is held as ``n`` constraints, the working set, that are tight at it. Constraints are numbered: first
the bounds of the ``n`` variables, then the rows, then the cuts. Column k of ``inverse`` is the direction in
which constraint k of the working set rises by one and the others stay. A pivot brings in the constraint that
is broken most, by weighted square, and takes out the one whose price reaches 0 first; variables that can
cross to their other bound on the way do so. Matrices are stored so that inner loops run along their rows, and
variables that do not move are skipped: at a vertex of few weights they are nearly all.
"""

from typing import NamedTuple

import numpy as np

from ....scenarios._kernels import njit
from .._types import FloatArray, IntArray

OPTIMAL, INFEASIBLE, FAILED = 0, 1, 2
_ZERO = 1e-9  # relative size of a coefficient that counts as 0
_SLACK = 1e-12  # prices within this of 0 tie, so that a larger coefficient may be chosen among them


class Programme(NamedTuple):
    """Boxed variables, rows, and cuts ``x[theta] + mass x[level] + slopes' w >= constant``.

    The weights ``w`` are the first variables; `slopes` is (N, cuts) with room for more cuts than `count`.
    """

    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    slopes: FloatArray
    mass: FloatArray
    level: IntArray
    theta: IntArray
    constant: FloatArray


class Vertex(NamedTuple):
    """Working set and point, changed in place.

    `work` (n,): the constraints; `side`: -1 at the lower end, 1 at the upper, 0 for an equation; `price`:
    their multipliers; `inverse` (n, n). `place` gives the position of each constraint in `work`, or -1. `x`
    (n,) is the point, `activity` the value of rows and cuts there, `weight` the reference weight of each
    constraint. The last three are scratch.
    """

    work: IntArray
    side: IntArray
    price: FloatArray
    inverse: FloatArray
    place: IntArray
    x: FloatArray
    activity: FloatArray
    weight: FloatArray
    coefficient: FloatArray
    column: FloatArray
    order: IntArray


@njit
def activities(lp: Programme, x: FloatArray, out: FloatArray) -> None:
    """Rows, then cuts, at `x`."""
    rows, cuts = lp.rows.shape[0], lp.constant.shape[0]
    for i in range(rows):
        value = 0.0
        for j in range(lp.rows.shape[1]):
            value += lp.rows[i, j] * x[j]
        out[i] = value
    for i in range(cuts):
        value = lp.mass[i] * x[lp.level[i]]
        out[rows + i] = value + x[lp.theta[i]] if lp.theta[i] >= 0 else value
    for j in range(lp.slopes.shape[0]):
        factor = x[j]
        if factor != 0.0:
            for i in range(cuts):
                out[rows + i] += lp.slopes[j, i] * factor


@njit
def reduced(lp: Programme, cost: FloatArray, price: FloatArray, out: FloatArray) -> None:
    """Cost less the constraints at their prices (by number of the constraint), by variable."""
    size, rows, cuts = lp.lower.shape[0], lp.rows.shape[0], lp.constant.shape[0]
    for j in range(size):
        value = cost[j] - price[j]
        for i in range(rows):
            value -= lp.rows[i, j] * price[size + i]
        out[j] = value
    for i in range(cuts):
        value = price[size + rows + i]
        if value != 0.0:
            out[lp.level[i]] -= lp.mass[i] * value
            if lp.theta[i] >= 0:
                out[lp.theta[i]] -= value
            for j in range(lp.slopes.shape[0]):
                out[j] -= lp.slopes[j, i] * value


@njit
def lift(at: Vertex, prices: FloatArray, start: FloatArray) -> None:
    """Add to `price` the multipliers that meet the costs `start`, and scatter them by constraint."""
    size = at.work.shape[0]
    for k in range(size):
        at.coefficient[k] = 0.0
    for j in range(size):
        factor = start[j]
        if factor != 0.0:
            for k in range(size):
                at.coefficient[k] += factor * at.inverse[j, k]
    for k in range(size):
        at.price[k] += at.coefficient[k]
        prices[at.work[k]] = at.price[k]


@njit
def face(at: Vertex, low: FloatArray, high: FloatArray, ends: FloatArray) -> float:
    """Choose the side of each constraint by its price; return the largest price that finds no bound there."""
    wrong = 0.0
    for k in range(at.work.shape[0]):
        c = at.work[k]
        upper = np.isinf(low[c]) or (at.price[k] < 0.0 and not np.isinf(high[c]))
        ends[k] = high[c] if upper else low[c]
        at.side[k] = 0 if low[c] == high[c] else (1 if upper else -1)
        if at.side[k] * at.price[k] > wrong:
            wrong = at.side[k] * at.price[k]
    return wrong


@njit
def stand(
    lp: Programme, at: Vertex, cost: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[float, float]:
    """Prices, sides and the point of the working set, each refined once; `low`, `high` by constraint.

    Return how far the unrefined point misses what it is tight at, which tells the drift of the inverse, and
    the largest price that finds no bound on its side.
    """
    size = at.work.shape[0]
    prices, left, ends = np.zeros(low.shape[0]), np.empty(size), np.empty(size)
    at.price[:] = 0.0
    lift(at, prices, cost)
    reduced(lp, cost, prices, left)
    lift(at, prices, left)
    wrong = face(at, low, high, ends)
    at.x[:] = 0.0
    left[:] = ends
    missed = 0.0
    for again in range(2):
        for j in range(size):
            value = 0.0
            for k in range(size):
                value += at.inverse[j, k] * left[k]
            at.x[j] += value
        activities(lp, at.x, at.activity)
        if again:
            break
        for k in range(size):
            c = at.work[k]
            left[k] = ends[k] - (at.x[c] if c < size else at.activity[c - size])
            missed = max(missed, abs(left[k]))
    return missed, wrong


@njit
def entering(lp: Programme, at: Vertex, tolerance: float) -> tuple[int, float, float]:
    """Constraint broken most, whether it must rise (1) or fall (-1), and by how much; -1 for none."""
    size, rows = lp.lower.shape[0], lp.rows.shape[0]
    found, best, sign, short = -1, 0.0, 1.0, 0.0
    for c in range(size + rows):
        if c < size:
            low, high = lp.lower[c] - at.x[c], at.x[c] - lp.upper[c]
        else:
            value = at.activity[c - size]
            low, high = lp.row_lower[c - size] - value, value - lp.row_upper[c - size]
        gap = low if low > high else high
        if gap > tolerance and at.place[c] < 0 and gap * gap > best * at.weight[c]:
            found, best, sign, short = c, gap * gap / at.weight[c], 1.0 if low > high else -1.0, gap
    first = size + rows
    for i in range(lp.constant.shape[0]):
        gap = lp.constant[i] - at.activity[rows + i]
        if gap > tolerance and at.place[first + i] < 0 and gap * gap > best * at.weight[first + i]:
            found, best, sign, short = first + i, gap * gap / at.weight[first + i], 1.0, gap
    return found, sign, short


@njit
def resolve(lp: Programme, at: Vertex, entered: int) -> None:
    """Coefficients of a constraint on the working set."""
    size, row = lp.lower.shape[0], entered - lp.lower.shape[0]
    cut = row - lp.rows.shape[0]
    if row < 0:
        for k in range(size):
            at.coefficient[k] = at.inverse[entered, k]
        return
    if cut < 0:
        for k in range(size):
            at.coefficient[k] = 0.0
        for j in range(size):
            factor = lp.rows[row, j]
            if factor != 0.0:
                for k in range(size):
                    at.coefficient[k] += factor * at.inverse[j, k]
        return
    mass, level, theta = lp.mass[cut], lp.level[cut], lp.theta[cut]
    for k in range(size):
        at.coefficient[k] = mass * at.inverse[level, k]
    if theta >= 0:
        for k in range(size):
            at.coefficient[k] += at.inverse[theta, k]
    for j in range(lp.slopes.shape[0]):
        factor = lp.slopes[j, cut]
        # A weight at its bound is tight alone: its line of the inverse is a unit, met through its place.
        if at.place[j] >= 0:
            at.coefficient[at.place[j]] += factor
        else:
            for k in range(size):
                at.coefficient[k] += factor * at.inverse[j, k]


@njit
def leaving(lp: Programme, at: Vertex, sign: float, short: float) -> tuple[int, int, int]:
    """Place that leaves the working set (-1: none, infeasible), and which of `order` flip before: [a, b).

    The price of the entering constraint rises until one of the others reaches 0. If that is a bound of a
    variable whose other bound is near enough, the variable flips and the price rises on.
    """
    size = lp.lower.shape[0]
    largest, left = 1.0, 0
    for k in range(size):
        if abs(at.coefficient[k]) > largest:
            largest = abs(at.coefficient[k])
    for k in range(size):
        if at.side[k] * sign * at.coefficient[k] < -_ZERO * largest:
            at.order[left] = k
            left += 1
    stop = left
    while left > 0:
        least = np.inf
        for c in range(left):
            k = at.order[c]
            ratio = (abs(at.price[k]) + _SLACK) / abs(at.coefficient[k])
            if ratio < least:
                least = ratio
        pick, reach = 0, 0.0
        for c in range(left):
            k = at.order[c]
            size_k = abs(at.coefficient[k])
            if size_k > reach and abs(at.price[k]) <= least * size_k:
                pick, reach = c, size_k
        k = at.order[pick]
        variable = at.work[k]
        gained = reach * (lp.upper[variable] - lp.lower[variable]) if variable < size else np.inf
        if gained >= short:
            return k, left, stop
        short -= gained
        left -= 1
        at.order[pick], at.order[left] = at.order[left], k
    return -1, left, stop


@njit
def move(lp: Programme, at: Vertex, length: float) -> None:
    """Go along the direction in `column`, and fill in its rows and cuts."""
    size = lp.lower.shape[0]
    activities(lp, at.column[:size], at.column[size:])
    for j in range(size):
        at.x[j] += length * at.column[j]
    for i in range(lp.rows.shape[0] + lp.constant.shape[0]):
        at.activity[i] += length * at.column[size + i]


@njit
def flip(lp: Programme, at: Vertex, first: int, stop: int) -> None:
    """Take the variables of ``order[first:stop]`` to their other bounds."""
    size = lp.lower.shape[0]
    if first == stop:
        return
    at.column[:size] = 0.0
    for c in range(first, stop):
        k = at.order[c]
        variable = at.work[k]
        distance = -at.side[k] * (lp.upper[variable] - lp.lower[variable])
        at.side[k] = -at.side[k]
        for j in range(size):
            at.column[j] += distance * at.inverse[j, k]
    move(lp, at, 1.0)


@njit
def exchange(lp: Programme, at: Vertex, entered: int, sign: float, left: int) -> None:
    """Put `entered` in the place `left` of the working set and move to where it is tight."""
    size, rows = lp.lower.shape[0], lp.rows.shape[0]
    pivot, row = at.coefficient[left], entered - size
    if row < 0:
        low, high, value = lp.lower[entered], lp.upper[entered], at.x[entered]
    elif row < rows:
        low, high, value = lp.row_lower[row], lp.row_upper[row], at.activity[row]
    else:
        low, high, value = lp.constant[row - rows], np.inf, at.activity[row]
    for j in range(size):
        at.column[j] = at.inverse[j, left]
    move(lp, at, ((low if sign > 0.0 else high) - value) / pivot)
    # Devex reference weights (Forrest and Goldfarb, Math. Program. 1992).
    share = at.weight[entered] / (pivot * pivot)
    for c in range(size + rows + lp.constant.shape[0]):
        weight = at.column[c] * at.column[c] * share
        at.weight[c] = weight if weight > at.weight[c] else at.weight[c]
    gone = at.work[left]
    at.weight[gone] = share if share > 1.0 else 1.0
    step = sign * abs(at.price[left]) / abs(pivot)
    for k in range(size):
        at.price[k] -= step * at.coefficient[k]
    at.price[left] = step
    for j in range(size):
        factor = at.column[j] / pivot
        if factor != 0.0:
            for k in range(size):
                at.inverse[j, k] -= factor * at.coefficient[k]
            at.inverse[j, left] = factor
    at.work[left], at.place[entered], at.place[gone] = entered, left, -1
    at.side[left] = 0 if low == high else -int(sign)


@njit
def pivots(lp: Programme, at: Vertex, tolerance: float, limit: int) -> tuple[int, int]:
    """Pivot until no constraint is broken; return the outcome and the number of pivots."""
    for done in range(limit):
        entered, sign, short = entering(lp, at, tolerance)
        if entered < 0:
            return OPTIMAL, done
        resolve(lp, at, entered)
        left, first, stop = leaving(lp, at, sign, short)
        if left < 0:
            return INFEASIBLE, done
        flip(lp, at, first, stop)
        exchange(lp, at, entered, sign, left)
    return FAILED, limit


@njit
def invert(matrix: FloatArray, inverse: FloatArray, columns: IntArray, taken: IntArray) -> bool:
    """Gauss-Jordan on `matrix` (overwritten), column by column in the given order; False if singular.

    Row i of `inverse`, the identity before, becomes row ``taken[i]`` of the inverse. Zero factors are
    skipped, which in a working set, mostly bounds, are nearly all.
    """
    size = matrix.shape[0]
    taken[:] = -1
    for j in columns:
        pivot, best = -1, 1e-11
        for i in range(size):
            if taken[i] < 0 and abs(matrix[i, j]) > best:
                pivot, best = i, abs(matrix[i, j])
        if pivot < 0:
            return False
        taken[pivot] = j
        scale = 1.0 / matrix[pivot, j]
        for c in range(size):
            matrix[pivot, c] *= scale
            inverse[pivot, c] *= scale
        for i in range(size):
            factor = matrix[i, j]
            if i != pivot and factor != 0.0:
                for c in range(size):
                    matrix[i, c] -= factor * matrix[pivot, c]
                    inverse[i, c] -= factor * inverse[pivot, c]
    return True
