"""Compiled likelihood of an asymmetric GARCH law and its gradient, in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._kernels import njit

FloatArray = NDArray[np.float64]


@njit
def garch_likelihood(
    x: FloatArray, omega: float, up: float, down: float, beta: float, first: float, variance: FloatArray,
    gradient: FloatArray,
) -> float:  # fmt: skip
    """Return minus the mean Gaussian log likelihood of `x` (R,), less its constant, and fill the two arrays.

    h_{t+1} = omega + a x_t^2 + beta h_t, a = `down` if x_t < 0, else `up`. Before the first step h and x^2 are `first`,
    a the mean of both. `variance` (R,) takes h, `gradient` (4,) the derivatives by omega, up, down and beta.
    """
    R = x.size
    h = omega + (0.5 * (up + down) + beta) * first
    d0, d1, d2, d3 = 1.0, 0.5 * first, 0.5 * first, first
    total, g0, g1, g2, g3 = 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(R):
        square = x[t] * x[t]
        variance[t] = h
        ratio = square / h
        total += np.log(h) + ratio
        weight = (1.0 - ratio) / h
        g0 += weight * d0
        g1 += weight * d1
        g2 += weight * d2
        g3 += weight * d3
        falls = x[t] < 0.0
        d0 = 1.0 + beta * d0
        d1 = (0.0 if falls else square) + beta * d1
        d2 = (square if falls else 0.0) + beta * d2
        d3 = h + beta * d3
        h = omega + (down if falls else up) * square + beta * h
    half = 0.5 / R
    gradient[0], gradient[1], gradient[2], gradient[3] = half * g0, half * g1, half * g2, half * g3
    return half * total
