"""The smallest rung of a ladder that makes a request feasible, and the rung before it shown infeasible."""

from __future__ import annotations

import math
from collections.abc import Callable

_GUESSES = 4  # answers that the score may learn from before the search goes on without it
_GROWTH = 7  # a step beyond the last rung tried is at most this many times the one before
_FIRST = 50  # the first step is this part of the ladder


def smallest(
    holds: Callable[[int], bool], last: int, score: Callable[[int], float] | None = None
) -> int | None:
    """Smallest n in 1..last with ``holds(n)``, where 0 does not hold; None if `last` does not either.

    Parameters
    ----------
    holds
        Not falling in n. The answer is one that held, and the number before it was tried and did not.
    last
        Largest n.
    score
        A quick stand-in that finds where to look: rising in n, 0 or more where `holds` should. It is asked anew
        after every answer of `holds`, from which it may have learnt.

    """
    low, high = 0, last + 1  # the largest known not to hold, the smallest known to
    for _ in range(_GUESSES if score else 0):
        if high - low == 1:
            break
        n = _root(score, low, high - 1) if score else low
        low, high = (low, n) if holds(n) else (n, high)
    step = 1
    while high > last and low < last:
        n = min(low + step, last)
        low, high = (low, n) if holds(n) else (n, high)
        step *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high if high <= last else None


def _root(score: Callable[[int], float], low: int, last: int) -> int:
    """Return the first n in low + 1..last whose score is 0 or more, by the secant; `last` where none is."""
    below, under = low, score(low)
    if under >= 0.0 or last - low == 1:
        return low + 1
    step = max((last - low) // _FIRST, 1)
    above, over = low + step, score(low + step)
    while over < 0.0:
        if above == last:
            return last
        rise = (over - under) / (above - below)
        needed = math.ceil(-over / rise) if 0.0 < rise < math.inf else _GROWTH * step
        step = min(max(needed, step), _GROWTH * step, last - above)
        below, under = above, over
        above, over = above + step, score(above + step)
    while above - below > 1:
        share = under / (under - over) if math.isfinite(under) else 0.5
        share = min(max(share, 0.1), 0.9)
        middle = min(max(below + round(share * (above - below)), below + 1), above - 1)
        value = score(middle)
        below, under, above, over = (
            (middle, value, above, over) if value < 0.0 else (below, under, middle, value)
        )
    return above
