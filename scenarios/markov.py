"""Markov regimes of a return history: maximum-likelihood fit by the EM algorithm, and its checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._table import FloatArray
from .errors import DataError

_ITERATIONS = 300
_TOLERANCE = 1e-7  # of the log likelihood a month
_LEAST_MONTHS = 12.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """K regimes of N series, calmest first.

    Attributes
    ----------
    transition : (K, K) float64
        Probability of the next regime, by row.
    mean : (K, N), covariance : (K, N, N) float64
        Of a row of returns in each regime.
    probability : (R, K) float64
        Of each regime in each row, given all rows.
    today : (K,) float64
        Of each regime in the last row.
    """

    transition: FloatArray
    mean: FloatArray
    covariance: FloatArray
    probability: FloatArray
    today: FloatArray


def fit_chain(returns: FloatArray, states: int, what: str) -> Chain:
    """Fit `states` regimes to `returns` (R, N); `what` names the data in errors.

    Rows are normal within a regime. Covariances carry the weight of N prior rows of the whole sample's, without
    which a rare regime of many series would be singular. The steps start from rows sorted by their distance from
    the mean, smoothed over half a year.

    Raises
    ------
    DataError
        If a regime is hardly ever visited, or lasts so long that the history shows a change, not a cycle.

    References
    ----------
    Hamilton (1989), "A new approach to the economic analysis of nonstationary time series and the business
    cycle", Econometrica 57; Hamilton (1990), "Analysis of time series subject to changes in regime", Journal of
    Econometrics 45.
    """
    R, N = returns.shape
    deviation = returns.std(axis=0)
    x = (returns - returns.mean(axis=0)) / deviation
    pooled = x.T @ x / R
    probability = _first_guess(x, pooled, states)
    joint = np.einsum("ti,tj->ij", probability[:-1], probability[1:]) + np.eye(states)
    likelihood = -np.inf
    for _ in range(_ITERATIONS):
        weight = probability.sum(axis=0)
        mean = probability.T @ x / weight[:, None]
        off = x - mean[:, None]
        scatter = np.einsum("tk,kti,ktj->kij", probability, off, off)
        covariance = (scatter + N * pooled) / (weight + N)[:, None, None]
        transition = joint / joint.sum(axis=1, keepdims=True)
        before = likelihood
        start = probability[0]
        probability, joint, today, likelihood = _smooth(
            _log_densities(x, mean, covariance), start, transition
        )
        if likelihood - before < _TOLERANCE * R:
            break
    order = np.argsort(np.trace(covariance, axis1=1, axis2=2))
    chain = Chain(
        transition=transition[np.ix_(order, order)],
        mean=returns.mean(axis=0) + mean[order] * deviation,
        covariance=covariance[order] * np.outer(deviation, deviation),
        probability=probability[:, order],
        today=today[order],
    )
    _check(chain, what)
    return chain


def stationary(transition: FloatArray) -> FloatArray:
    """Return the long-run probabilities (K,) of a chain; DataError if they depend on where it starts.

    They are unique, and reached from anywhere, if all eigenvalues but one lie inside the unit circle.
    """
    K = transition.shape[0]
    moduli = np.sort(np.abs(np.linalg.eigvals(transition)))
    if K > 1 and moduli[-2] > 1.0 - 1e-6:
        raise DataError(
            f"transition: {np.round(transition, 6).tolist()} has no single long-run law, for it can never leave a "
            "set of regimes or alternates for ever; give transitions between all regimes."
        )
    system = np.vstack([transition.T - np.eye(K), np.ones(K)])
    right = np.append(np.zeros(K), 1.0)
    return np.asarray(np.linalg.lstsq(system, right, rcond=None)[0])


def _first_guess(x: FloatArray, pooled: FloatArray, states: int) -> FloatArray:
    distance = np.sum(x * np.linalg.solve(pooled, x.T).T, axis=1)
    window = np.ones(6) / 6.0
    smooth = np.convolve(np.pad(distance, (3, 2), mode="edge"), window, mode="valid")
    rank = np.argsort(np.argsort(smooth)) * states // x.shape[0]
    guess = np.full((x.shape[0], states), 0.2 / states)
    guess[np.arange(x.shape[0]), rank] += 0.8
    return guess


def _log_densities(x: FloatArray, mean: FloatArray, covariance: FloatArray) -> FloatArray:
    out = np.empty((x.shape[0], mean.shape[0]))
    for k in range(mean.shape[0]):
        factor = np.linalg.cholesky(covariance[k])
        z = np.linalg.solve(factor, (x - mean[k]).T)
        out[:, k] = -0.5 * np.sum(z**2, axis=0) - np.log(np.diag(factor)).sum()
    out -= 0.5 * x.shape[1] * np.log(2.0 * np.pi)
    return out


def _smooth(
    log_density: FloatArray, start: FloatArray, transition: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return P(regime | all) (R, K), sums of P(regime, next) (K, K), P(last | all) and the log likelihood."""
    R, K = log_density.shape
    top = log_density.max(axis=1)
    density = np.exp(log_density - top[:, None])
    filtered, predicted, scale = np.empty((R, K)), np.empty((R, K)), np.empty(R)
    now = start
    for t in range(R):
        predicted[t] = now
        joint = now * density[t]
        scale[t] = joint.sum()
        filtered[t] = joint / scale[t]
        now = filtered[t] @ transition
    smoothed = np.empty((R, K))
    smoothed[-1] = filtered[-1]
    pairs = np.zeros((K, K))
    for t in range(R - 2, -1, -1):
        ratio = smoothed[t + 1] / predicted[t + 1]
        pair = filtered[t][:, None] * transition * ratio
        smoothed[t] = pair.sum(axis=1)
        pairs += pair
    return smoothed, pairs, filtered[-1], float((np.log(scale) + top).sum())


def _check(chain: Chain, what: str) -> None:
    R, K = chain.probability.shape
    visits = chain.probability.sum(axis=0)
    stay = 1.0 / np.maximum(1.0 - np.diag(chain.transition), 1e-12)
    if visits.min() < _LEAST_MONTHS:
        raise DataError(
            f"{what}: regime {int(visits.argmin()) + 1} of {K} fills {visits.min():.1f} of {R} months, at least "
            f"{_LEAST_MONTHS:g} are needed. Fit fewer regimes or give a longer history."
        )
    if K > 1 and stay.max() > R / 3.0:
        raise DataError(
            f"{what}: the fitted regimes are not stationary, regime {int(stay.argmax()) + 1} of {K} lasts "
            f"{min(stay.max(), 9999.0):.0f} months on average in a history of {R}; a third of it is allowed. Such a "
            "history shows a change, not a cycle: begin after the change, or use the bootstrap."
        )
