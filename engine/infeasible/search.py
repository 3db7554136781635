"""The smallest rung of a ladder that makes a request feasible, and the rung before it shown infeasible."""

from __future__ import annotations

from collections.abc import Callable


def smallest(
    holds: Callable[[int], bool], last: int, likely: Callable[[int], bool] | None = None
) -> int | None:
    """Smallest n in 1..last with ``holds(n)``, where 0 does not hold; None if `last` does not either.

    Parameters
    ----------
    holds
        Not falling in n. The answer is one that held, and the number before it was tried and did not.
    last
        Largest n.
    likely
        A quick stand-in for `holds` that finds where to look.

    """
    if last < 1:
        return None
    if likely is not None:
        low, high = _bracket(likely, 0, last, 1)
        start = low + 1 if high is None else _bisect(likely, low, high)
        start = min(start, last)
        if holds(start):
            return (
                start if start == 1 or not holds(start - 1) else _bisect(holds, *_falling(holds, start - 1))
            )
        low, high = _bracket(holds, start, last, 1)
        return None if high is None else _bisect(holds, low, high)
    low, high = _bracket(holds, 0, last, 1)
    return None if high is None else _bisect(holds, low, high)


def _bracket(holds: Callable[[int], bool], low: int, last: int, step: int) -> tuple[int, int | None]:
    """Numbers (not holding, holding) from `low`, by steps that double; None where `last` does not hold."""
    while low < last:
        n = min(low + step, last)
        if holds(n):
            return low, n
        low, step = n, 2 * step
    return low, None


def _falling(holds: Callable[[int], bool], high: int) -> tuple[int, int]:
    """Numbers (not holding, holding) downwards from `high`, which holds; 0 is known not to."""
    step = 1
    while high - step > 0:
        n = high - step
        if not holds(n):
            return n, high
        high, step = n, 2 * step
    return 0, high


def _bisect(holds: Callable[[int], bool], low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
