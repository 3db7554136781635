"""Levers: the smallest change that reaches every wanted probability, found on the validation paths.

A lever's value x is found by solving the policy anew for every trial x. The lattice gives each goal's probability
in milliseconds but is a model of the judge, not the judge: its error is measured on the validation paths at its own
answer and added to it, and the root is sought again. That error hardly changes with x, so once an answer is near,
measuring it anew would move the answer by less than the paths can tell. The answer lies on a published step.
"""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ROUNDS = 5
_NEAR = 0.02  # of probability: over so little the lattice's error is a constant to within a tenth of a point
_SLACK = 1e-3  # of probability: what the search above leaves open
_LOWER = 3
_ALONE = 2  # steps by extrapolation before the largest value of all is tried
_SURE = 1e-6  # probabilities nearer to 0 or 1 than this are told apart no further
_HIT = 5e-4  # normal quantiles above the wanted one that count as on it: a hundredth of a point
_quantile = NormalDist().inv_cdf


def smallest_sufficient(
    lattice: Callable[[float], FloatArray],
    validated: Callable[[float], FloatArray],
    wanted: FloatArray,
    high: float,
    step: float,
    start: float = 0.0,
) -> float | None:
    """Smallest multiple of `step` in [0, high] at which every goal reaches its wanted probability.

    Parameters
    ----------
    lattice, validated
        Probabilities (n_goals,) of a trial value, not decreasing in it.
    wanted
        (n_goals,) wanted probabilities.
    high
        Largest value tried, a multiple of `step`.
    step
        Published grid of answers.
    start
        Where the search begins.

    Returns
    -------
    float or None
        None where even `high` does not suffice.

    """
    last = round(high / step)
    error, found, near = np.zeros_like(wanted), -1, False
    known: set[int] = set()
    for _ in range(_ROUNDS):
        trial = _root(lambda n: _gap(lattice(n * step) + error, wanted), last, round(start / step), known)  # noqa: B023
        if trial == found:
            break
        found = trial
        if near:
            break
        reached = validated(found * step)
        near = abs(float(np.min(reached - wanted))) <= _NEAR
        error = reached - lattice(found * step)
    if found == last and float(np.min(validated(high) - wanted)) < 0.0:
        return None
    return found * step


def confirmed(
    validated: Callable[[float], FloatArray], wanted: FloatArray, value: float, high: float, step: float
) -> float | None:
    """The multiple of `step` near `value` from which the validated probabilities suffice; None up to `high`.

    The lattice keeps the weights of priorities and the price of a breach; a plan made anew searches both, and what
    it finds may jump. A value that is too small is raised by growing steps, one that is too large lowered by single
    ones, a few at most.
    """

    def enough(n: int) -> bool:
        return float(np.min(validated(n * step) - wanted)) >= -_SLACK

    n, jump, last = round(value / step), 1, round(high / step)
    if enough(n):
        for _ in range(_LOWER):
            if n == 0 or not enough(n - 1):
                break
            n -= 1
        return n * step
    while n < last:
        n, jump = min(n + jump, last), 2 * jump
        if enough(n):
            return n * step
    return None


def _gap(probability: FloatArray, wanted: FloatArray) -> float:
    """How far the worst goal is above its wanted probability, in normal quantiles: nearly a line in money."""
    within = np.clip(probability, _SURE, 1.0 - _SURE)
    return min(_quantile(float(p)) - _quantile(float(w)) for p, w in zip(within, wanted, strict=True))


def _root(gap: Callable[[int], float], last: int, start: int, known: set[int]) -> int:
    """Smallest n in 0..last with ``gap(n) >= 0`` for a rising gap, or one that is as good as on it; `last` if none is.

    Secant steps inside the bracket of the points that are `known`, to which every new one is added. Where nothing
    above the root is known each step at least doubles the last, and the third goes to the end; where two steps have
    not halved the bracket the next halves it: at most ``3 log2(last) + 5`` points, however the gap bends.
    """
    low, high = -1, last + 1
    for n in known:
        low, high = (max(low, n), high) if gap(n) < 0.0 else (low, min(high, n))
    n, alone, widths = min(max(start, 0), last), 0, [4 * (last + 2)] * 2
    while high - low > 1:
        if known:
            n = min(max(_crossing(gap, low, high, last, known), low + 1), high - 1)
            if high > last:
                alone += 1
                n = last if alone > _ALONE else min(max(n, low + (low - min(known))), last)
            elif 2 * (high - low) > widths[0]:
                n = (low + high) // 2
        widths = [widths[1], high - low]
        known.add(n)
        value = gap(n)
        if 0.0 <= value <= _HIT:
            return n
        low, high = (n, high) if value < 0.0 else (low, n)
    return min(high, last)


def _crossing(gap: Callable[[int], float], low: int, high: int, last: int, known: set[int]) -> int:
    """Where the line through the two points nearest to the root crosses 0; half-way where that is of no use."""
    ends = [n for n in (low, high) if 0 <= n <= last]
    if len(ends) < 2:
        others = sorted(known - set(ends), key=lambda n: abs(gap(n)))
        ends += others[:1]
    if len(ends) < 2:
        return ends[0] + max(1, last // 32) * (1 if gap(ends[0]) < 0.0 else -1)
    rise = gap(ends[1]) - gap(ends[0])
    if abs(rise) < 1e-9:
        return (low + high) // 2
    return int(np.ceil(ends[0] - gap(ends[0]) * (ends[1] - ends[0]) / rise))
