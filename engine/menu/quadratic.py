"""Polish of a small convex quadratic programme: from seven digits to what rounding allows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_NEAR = 1e-6  # nearer to a bound or row than this counts as touching it at first
_FEASIBLE, _SIGN = 1e-13, 1e-10
_ROUNDS = 40


class Programme(NamedTuple):
    """Minimise ``w'Sw/2`` over ``sum w = 1, rows w <= ends, lower <= w <= upper``."""

    covariance: FloatArray
    rows: FloatArray
    ends: FloatArray
    lower: FloatArray
    upper: FloatArray


def polished(programme: Programme, weights: FloatArray) -> FloatArray:
    """Return the exact minimiser near `weights`, or `weights` where none is certified.

    The bounds and rows that are touched are taken as equations, which leaves one linear system. Bounds
    that its solution breaks are added, the one whose multiplier has the wrong sign most is dropped, until
    the solution is feasible and its multipliers have the signs of Karush, Kuhn and Tucker, which proves
    it optimal. An interior point answer carries the order of its columns in the last digits; this one
    does not.
    """
    p = programme
    low, high = weights <= p.lower + _NEAR, weights >= p.upper - _NEAR
    tight = p.rows @ weights >= p.ends - _NEAR
    for _ in range(_ROUNDS):
        w, gradient, multipliers = _stationary(p, low, high, tight)
        below, above = w < p.lower - _FEASIBLE, w > p.upper + _FEASIBLE
        beyond = p.rows @ w > p.ends + _FEASIBLE
        if (below & ~low).any() or (above & ~high).any() or (beyond & ~tight).any():
            low, high, tight = low | below, high | above, tight | beyond
            continue
        wrong = np.concatenate(
            [np.where(low & ~high, -gradient, 0.0), np.where(high & ~low, gradient, 0.0), -multipliers]
        )
        worst = int(np.argmax(wrong))
        if wrong[worst] <= _SIGN:
            consistent = abs(w.sum() - 1.0) <= _FEASIBLE and not beyond.any()
            return np.clip(w, p.lower, p.upper) if consistent else weights
        for mask, at in zip((low, high, tight), np.cumsum([0, len(w), len(w)]), strict=True):
            if at <= worst < at + len(mask):
                mask[worst - at] = False
    return weights


def _stationary(
    p: Programme, low: BoolArray, high: BoolArray, tight: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights with the chosen bounds and rows as equations, the Lagrangian's gradient, row multipliers."""
    free = ~(low | high)
    fixed = np.where(high, p.upper, p.lower)
    equations = np.vstack([np.ones(len(fixed)), p.rows[tight]])
    wanted = np.append(1.0, p.ends[tight])
    n, k = int(free.sum()), len(equations)
    system = np.zeros((n + k, n + k))
    system[:n, :n] = p.covariance[np.ix_(free, free)]
    system[:n, n:] = equations[:, free].T
    system[n:, :n] = equations[:, free]
    right = np.concatenate(
        [-p.covariance[np.ix_(free, ~free)] @ fixed[~free], wanted - equations[:, ~free] @ fixed[~free]]
    )
    answer = np.linalg.lstsq(system, right, rcond=None)[0]
    w = fixed.copy()
    w[free] = answer[:n]
    multipliers = np.zeros(len(p.rows))
    multipliers[tight] = answer[n + 1 :]
    return w, p.covariance @ w + equations.T @ answer[n:], multipliers
