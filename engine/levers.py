"""Levers: the smallest change that reaches every wanted probability, found on the validation paths.

A lever's value x is found by solving the policy anew for every trial x. The lattice gives each goal's probability
in milliseconds but is a model of the judge, not the judge: its error is measured on the validation paths at the
latest trial, added to the lattice's answer, and the root is sought again until the validated probability agrees.
The answer is snapped upwards to a published step, then re-judged on paths that were never used to choose.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ROUNDS = 4
_SOLVES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Probabilities, each (n_goals,), at one value of a lever: by the lattice, and on the validation paths."""

    on_lattice: FloatArray
    validated: FloatArray


def smallest_sufficient(
    lattice: Callable[[float], FloatArray],
    validated: Callable[[float], FloatArray],
    wanted: FloatArray,
    low: float,
    high: float,
    step: float,
) -> float | None:
    """Smallest multiple of `step` in [low, high] at which every goal reaches its wanted probability.

    Parameters
    ----------
    lattice, validated
        Probabilities (n_goals,) of a trial value, not decreasing in it.
    wanted
        (n_goals,) wanted probabilities.
    low, high
        Range searched.
    step
        Published grid of answers.

    Returns
    -------
    float or None
        None where even `high` does not suffice.

    """
    error = np.zeros_like(wanted)
    answer: float | None = None
    for _ in range(_ROUNDS):
        found = _root(lambda x: float(np.min(lattice(x) + error - wanted)), low, high, step)  # noqa: B023
        if found is None:
            found = high
        reached = validated(found)
        if float(np.min(reached - wanted)) >= 0.0:
            answer = found
            below = found - step
            if (
                below < low
                or found == answer
                and float(np.min(lattice(below) + reached - lattice(found) - wanted)) < 0.0
            ):
                return answer
        elif found >= high:
            return None
        error = reached - lattice(found)
    if answer is None:
        while found <= high and float(np.min(validated(found) - wanted)) < 0.0:
            found += step
        answer = found if found <= high else None
    return answer


def _root(gap: Callable[[float], float], low: float, high: float, step: float) -> float | None:
    """Smallest grid point with ``gap >= 0`` by bisection on the grid; None if there is none."""
    if gap(low) >= 0.0:
        return low
    a, b = 0, int(np.ceil((high - low) / step))
    if gap(low + b * step) < 0.0:
        return None
    while b - a > 1:
        middle = (a + b) // 2
        if gap(low + middle * step) >= 0.0:
            b = middle
        else:
            a = middle
    return low + b * step
