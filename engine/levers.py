"""Levers: the smallest change that reaches every wanted probability, found on the validation paths.

A lever's value x is found by solving the policy anew for every trial x. The lattice gives each goal's probability
in milliseconds but is a model of the judge, not the judge. Where a plan is solved at once (`smallest_sufficient`), its
error is measured on the validation paths at its own answer and added to it, and the root is sought again: that error
hardly changes with x. Where a plan is itself the end of a search (`smallest_confirmed`: weights of priorities, the
price of a breach), what the lattice says by the plan's own is only where to begin. The answer lies on a published step.
"""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ROUNDS = 5
_ROUGH = 0.05  # normal quantiles from the wanted one at which the lattice's error is worth measuring
_OPEN = 2.0  # normal quantiles from the wanted one beyond which a probability tells no slope
_NEAR = 0.02  # of probability: over so little the lattice's error is a constant to within a tenth of a point
_SLACK = 1e-3  # of probability: what the search above leaves open
_CLOSE = 0.02  # normal quantiles above the wanted one that end it: half a point of probability
_ALONE = 2  # steps by extrapolation before the largest value of all is tried
_SURE = 1e-6  # probabilities nearer to 0 or 1 than this are told apart no further
_NEARBY = 0.3  # normal quantiles over which they are a line in money to a step
_HIT = 5e-4  # normal quantiles above the wanted one that count as on it: a hundredth of a point
_quantile = NormalDist().inv_cdf


def smallest_sufficient(
    lattice: Callable[[float], FloatArray],
    validated: Callable[[float], FloatArray],
    wanted: FloatArray,
    high: float,
    step: float,
    start: float = 0.0,
    scale: float | None = None,
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
    scale
        About how much of the value moves a probability by a standard normal quantile; a guess, which saves trials.

    Returns
    -------
    float or None
        None where even `high` does not suffice.

    """
    last = round(high / step)
    error, found, near = np.zeros_like(wanted), -1, False
    known: set[int] = set()
    begin, stride = round(start / step), last // 32 if scale is None else round(scale / step)
    for left in reversed(range(_ROUNDS)):
        rough = 0.0 if near or not left else _ROUGH if known else _NEARBY

        def gap(n: int, error: FloatArray = error) -> float:
            return _gap(lattice(n * step) + error, wanted)

        trial = _root(gap, last, begin, max(stride, 1), known, rough)
        if trial == found:
            break
        found = trial
        if not rough:
            break
        reached = validated(found * step)
        near = abs(float(np.min(reached - wanted))) <= _NEAR
        error = reached - lattice(found * step)
    if found == last and float(np.min(validated(high) - wanted)) < 0.0:
        return None
    return found * step


def smallest_confirmed(
    lattice: Callable[[float], FloatArray],
    validated: Callable[[float], FloatArray],
    wanted: FloatArray,
    high: float,
    step: float,
    start: float = 0.0,
    scale: float | None = None,
) -> float | None:
    """`smallest_sufficient` where a plan made anew finds other weights or another price of a breach than `lattice` has.

    Both move with the value and may jump: every trial after the first guess is made anew and validated. The answer
    falls short of no wanted probability by more than a tenth of a point.
    """
    last = round(high / step)
    stride = max(last // 32 if scale is None else round(scale / step), 1)
    begin = _root(
        lambda n: _gap(lattice(n * step), wanted), last, round(start / step), stride, set(), _NEARBY
    )

    def gap(n: int) -> float:
        return _gap(validated(n * step) + _SLACK, wanted)

    found = _root(gap, last, begin, stride, set(), hit=_CLOSE)
    return found * step if gap(found) >= 0.0 else None


def _gap(probability: FloatArray, wanted: FloatArray) -> float:
    """How far the worst goal is above its wanted probability, in normal quantiles: nearly a line in money."""
    # What is wanted may lie beyond `_SURE`: then what is found is told apart up to half the wanted tail.
    least, most = np.minimum(_SURE, 0.5 * wanted), 1.0 - np.minimum(_SURE, 0.5 * (1.0 - wanted))
    within = np.clip(probability, least, np.minimum(most, np.nextafter(1.0, 0.0)))
    return min(_quantile(float(p)) - _quantile(float(w)) for p, w in zip(within, wanted, strict=True))


def _root(
    gap: Callable[[int], float],
    last: int,
    start: int,
    stride: int,
    known: set[int],
    rough: float = 0.0,
    hit: float = _HIT,
) -> int:
    """Smallest n in 0..last with ``gap(n) >= 0`` for a rising gap, or one at most `hit` above; `last` if none is.

    With `rough` the first n whose gap is within it, above or below. Secant steps inside the bracket of the points
    that are `known`, to which every new one is added. Where nothing above the root is known each step at least
    doubles the last unless two points tell a slope, and the third goes to the end; where two steps have not halved
    the bracket the next halves it: at most ``3 log2(last) + 5`` points, however the gap bends.
    """
    gaps = {n: gap(n) for n in sorted(known)}
    for n, value in gaps.items():
        if abs(value) <= rough:
            return n
    low = max((n for n, value in gaps.items() if value < 0.0), default=-1)
    high = min((n for n, value in gaps.items() if value >= 0.0), default=last + 1)
    alone, widths = 0, [4 * (last + 2)] * 2
    while high - low > 1:
        n = min(max(_crossing(gaps, low, high, start, stride), low + 1, 0), high - 1, last)
        if gaps and high > last:
            alone += 1
            sure = gaps[low] >= -_OPEN and len(gaps) > 1  # else the line may fall short again and again
            n = last if alone > _ALONE else n if sure else min(max(n, low + (low - min(gaps))), last)
        elif 2 * (high - low) > widths[0]:
            n = (low + high) // 2
        widths = [widths[1], high - low]
        known.add(n)
        gaps[n] = value = gap(n)
        if abs(value) <= rough or 0.0 <= value <= hit or _first_above(gaps, n):
            return n
        low, high = (n, high) if value < 0.0 else (low, n)
    return min(high, last)


def _first_above(gaps: dict[int, float], n: int) -> bool:
    """Whether the line to the next point known puts n just above the root and n - 1 below it."""
    near = [m for m in gaps if m != n and abs(gaps[m]) <= _NEARBY]
    if gaps[n] < 0.0 or not near:
        return False
    m = min(near, key=lambda m: abs(m - n))
    return gaps[n] < (gaps[n] - gaps[m]) / (n - m)


def _crossing(gaps: dict[int, float], low: int, high: int, start: int, stride: int) -> int:
    """Where the line through the two points nearest to the root crosses 0; half-way where that is of no use.

    A probability next to 0 or 1 tells no slope: one point is gone on from by `stride` a quantile, none by `start`.
    """
    told = sorted((n for n in gaps if abs(gaps[n]) <= _OPEN), key=lambda n: abs(gaps[n]))
    if not told:
        return start if low < start < high else (low + high) // 2
    nearest = told[0]
    around = [n for n in told[1:] if gaps[n] * gaps[nearest] < 0.0] or told[1:]
    if not around:
        return int(np.ceil(nearest - gaps[nearest] * stride))
    rise = gaps[around[0]] - gaps[nearest]
    if abs(rise) < 1e-9:
        return (low + high) // 2
    return int(np.ceil(nearest - gaps[nearest] * (around[0] - nearest) / rise))
