"""Maximum drawdown of a mix through one path of returns: exact, compounded, convex as ``-log(1 - MDD)``.

Weights are those of a mix rebalanced at every step of the path. Then the log drawdown is the largest of
``-sum log(1 + w'r_u)`` over all stretches of the path, a maximum of convex functions of ``w``, so a limit on
it is a convex constraint that cutting planes serve directly. A mix that drifts between monthly rebalancings
has no such form: `drifting_drawdowns` measures it, for the difference to be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._table import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The worst stretch of a path: `loss` (fraction of the peak) from level `peak` to level `trough`.

    Level 0 is the value before the first step, level s the value after step s; a path that never falls has
    loss 0 and ``peak == trough == 0``.
    """

    loss: float
    peak: int
    trough: int


def log_drawdowns(returns: FloatArray, weights: ArrayLike) -> FloatArray:
    """``-log(1 - maximum drawdown)`` of mixes rebalanced at every step.

    Parameters
    ----------
    returns : (S, N) float64
        Simple returns per step, decimals.
    weights : (N,) or (K, N)
        A sum below 1 leaves the rest without return.

    Returns
    -------
    (K,) float64
        Convex in each row of `weights`; inf where a mix loses everything.
    """
    return np.asarray((_running_peak(levels := _log_levels(returns, weights)) - levels).max(axis=0))


def max_drawdowns(returns: FloatArray, weights: ArrayLike) -> FloatArray:
    """Return the maximum drawdown, a positive fraction of the peak, (K,); arguments as `log_drawdowns`."""
    return np.asarray(-np.expm1(-log_drawdowns(returns, weights)))


def worst_stretch(returns: FloatArray, weights: ArrayLike) -> Stretch:
    """Peak and trough of the maximum drawdown of one mix ``(N,)`` rebalanced at every step."""
    levels = _log_levels(returns, weights)[:, 0]
    depth = _running_peak(levels) - levels
    trough = int(np.argmax(depth))
    if depth[trough] == 0.0:
        return Stretch(loss=0.0, peak=0, trough=0)
    peak = int(np.argmax(levels[:trough]))
    return Stretch(loss=float(-np.expm1(-depth[trough])), peak=peak, trough=trough)


def drifting_drawdowns(returns: FloatArray, weights: ArrayLike, rebalance: NDArray[np.bool_]) -> FloatArray:
    """Return the maximum drawdown of mixes that are rebalanced before the marked steps only, (K,).

    Parameters
    ----------
    returns, weights
        As `log_drawdowns`; the weights of each mix sum to 1.
    rebalance : (S,) bool
        Whether the mix is reset to its weights before step s; step 0 always starts at the weights.
    """
    mixes = _mixes(returns, weights)
    starts = np.flatnonzero(rebalance)
    starts = starts if starts.size and starts[0] == 0 else np.append(0, starts)
    unit = np.ones(mixes.shape[0])
    levels = [unit]
    for first, stop in zip(starts, np.append(starts[1:], returns.shape[0]), strict=True):
        grown = np.cumprod(1.0 + returns[first:stop], axis=0)
        block = unit * _products(np.asarray(grown, dtype=np.float64), mixes)
        levels.extend(block)
        unit = block[-1]
    value = np.maximum(np.array(levels), 0.0)
    return np.asarray((1.0 - value / np.maximum.accumulate(value, axis=0)).max(axis=0))


def _log_levels(returns: FloatArray, weights: ArrayLike) -> FloatArray:
    """Log value (S+1, K) of each mix, 0 before the first step."""
    growth = np.maximum(1.0 + _products(returns, _mixes(returns, weights)), 0.0)
    levels = np.zeros((growth.shape[0] + 1, growth.shape[1]))
    with np.errstate(divide="ignore"):
        np.cumsum(np.log(growth), axis=0, out=levels[1:])
    return levels


def _running_peak(levels: FloatArray) -> FloatArray:
    return np.asarray(np.maximum.accumulate(levels, axis=0))


def _products(returns: FloatArray, mixes: FloatArray) -> FloatArray:
    # einsum, not a BLAS product: the sum of one mix is the same bytes whatever mixes stand beside it.
    return np.asarray(np.einsum("sn,kn->sk", returns, mixes))


def _mixes(returns: FloatArray, weights: ArrayLike) -> FloatArray:
    mixes = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    if mixes.ndim != 2 or mixes.shape[1] != returns.shape[1] or not np.isfinite(mixes).all():
        raise ValueError(
            f"weights: shape {np.shape(weights)} with {returns.shape[1]} assets; give finite weights, one "
            "per asset, as (assets,) or (mixes, assets)."
        )
    return np.ascontiguousarray(mixes)
