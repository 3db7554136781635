"""Levers: the smallest change that reaches every wanted probability, found on the validation paths.

A lever's value x is found by solving the policy anew for every trial x. The lattice gives each goal's probability
in milliseconds but is a model of the judge, not the judge: its error is measured on the validation paths at the
latest trial, added to the lattice's answer, and the root is sought again until the validated probability agrees.
The answer lies on a published step, so that how it was searched for cannot show in it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ROUNDS = 4


def smallest_sufficient(
    lattice: Callable[[float], FloatArray],
    validated: Callable[[float], FloatArray],
    wanted: FloatArray,
    high: float,
    step: float,
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

    Returns
    -------
    float or None
        None where even `high` does not suffice.

    """
    error = np.zeros_like(wanted)
    tried: dict[int, FloatArray] = {}
    for _ in range(_ROUNDS):
        n = _root(lambda k: float(np.min(lattice(k * step) + error - wanted)), round(high / step))  # noqa: B023
        if n in tried:
            break
        tried[n] = validated(n * step)
        error = tried[n] - lattice(n * step)
    enough = [n for n, reached in tried.items() if float(np.min(reached - wanted)) >= 0.0]
    if enough:
        return min(enough) * step
    n = max(tried) + 1
    while n * step <= high:
        if float(np.min(validated(n * step) - wanted)) >= 0.0:
            return n * step
        n += max(1, (n - max(tried)))
    return None


def _root(gap: Callable[[int], float], last: int) -> int:
    """Smallest n in 0..last with ``gap(n) >= 0`` for a rising gap, by the Illinois method; `last` if there is none."""
    low, high = 0, last
    below = gap(low)
    if below >= 0.0:
        return low
    above = gap(high)
    if above < 0.0:
        return last
    while high - low > 1:
        n = min(max(round(low + (high - low) * -below / (above - below)), low + 1), high - 1)
        value = gap(n)
        if value >= 0.0:
            high, above, below = n, value, 0.5 * below
        else:
            low, below, above = n, value, 0.5 * above
    return high
