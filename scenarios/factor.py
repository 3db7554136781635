"""The Cholesky factor that colours independent normals with the covariance of assumptions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._table import FloatArray
from .assumptions import Assumptions


def padded_factor(assumptions: Assumptions, order: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Return monthly log mean (D,) and Cholesky factor (D, D up to a multiple of 4) in the given order.

    The factor is that of the correlation with rows scaled by the volatilities, so a volatility may be zero.
    """
    from ._kernels import cholesky

    mean, _ = assumptions.monthly_log_moments()
    volatility = np.append(assumptions.volatility, assumptions.index_volatility)[order] / np.sqrt(12.0)
    D = order.size
    factor = np.zeros((D, 4 * ((D + 3) // 4)))
    cholesky(assumptions.correlation[np.ix_(order, order)], factor)
    factor *= volatility[:, None]
    return np.ascontiguousarray(mean[order]), factor
