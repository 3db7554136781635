"""Estimators: shrunk covariances and correlations, long-run volatility, block length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._table import FloatArray
from .errors import DataError


def ledoit_wolf(returns: FloatArray) -> tuple[FloatArray, float]:
    """Covariance shrunk towards a multiple of the identity, and the intensity in [0, 1].

    With the sample covariance S (divisor n), m = tr(S)/N, d2 = |S - m I|^2 / N and
    b2 = min(d2, sum_t |x_t x_t' - S|^2 / (n^2 N)), the estimate is (b2/d2) m I + (1 - b2/d2) S.

    Parameters
    ----------
    returns : (n, N) float64
        Observations, one a row; means are taken out.

    References
    ----------
    Ledoit, Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
    Multivariate Analysis 88, section 3.
    """
    x = returns - returns.mean(axis=0)
    n, N = x.shape
    sample = x.T @ x / n
    target = np.trace(sample) / N
    spread = (np.sum(sample**2) - N * target**2) / N
    noise = (np.sum(np.sum(x**2, axis=1) ** 2) / n - np.sum(sample**2)) / (n * N)
    intensity = 1.0 if spread <= 0.0 else float(min(noise / spread, 1.0))
    return intensity * target * np.eye(N) + (1.0 - intensity) * sample, intensity


def shrunk_correlation(returns: FloatArray, names: Sequence[str]) -> FloatArray:
    """Ledoit-Wolf correlation (N, N): `ledoit_wolf` of the standardised columns of `returns` (n, N).

    Standardising first keeps every sample volatility: on raw returns the common target would give cash a
    volatility of several per cent. `names` (N) are for the error, raised if a series is constant.
    """
    deviation = returns.std(axis=0)
    if not (deviation > 0.0).all():
        column = int(np.flatnonzero(~(deviation > 0.0))[0])
        raise DataError(f"correlation: {names[column]} is constant; drop it or give its moments.")
    covariance, _ = ledoit_wolf((returns - returns.mean(axis=0)) / deviation)
    np.fill_diagonal(covariance, 1.0)
    return covariance


def pairwise_correlation(changes: FloatArray, periods: int, names: Sequence[str]) -> FloatArray:
    """Correlation (K, K) of series of unequal length, each pair over its common rows, shrunk for its noise.

    `changes` (n, K) are changes over `periods` rows, overlapping, NaN where absent: a pair with n rows in
    common has about n/periods independent observations, so Var(r) = (1 - r^2)^2 / (n/periods - 1). Every
    entry is multiplied by max(0, 1 - Var(r)/r^2), the positive-part rule of James and Stein (1961) for one
    mean: what noise alone could have made is dropped, what is certain is kept. The result need not be
    positive definite.
    """
    there = ~np.isnan(changes)
    M = there.astype(np.float64)
    n = M.T @ M
    i, j = divmod(int(np.argmin(n)), n.shape[1])
    if n[i, j] < 3 * periods:
        raise DataError(f"correlation: {names[i]} and {names[j]} overlap for less than 3 years; drop one.")
    X = np.where(there, changes - np.nanmean(changes, axis=0), 0.0)
    mean = X.T @ M / n  # of the row's series, over the rows it shares with the column's
    variance = (X**2).T @ M / n - mean**2
    if not (variance > 1e-14).all():
        column = int(np.argwhere(~(variance > 1e-14))[0, 0])
        raise DataError(f"correlation: {names[column]} is constant where another series exists; drop it.")
    correlation = (X.T @ X / n - mean * mean.T) / np.sqrt(variance * variance.T)
    square = np.minimum(correlation**2, 1.0)
    noise = (1.0 - square) ** 2 / (n / periods - 1.0)
    shrunk = correlation * np.maximum(0.0, 1.0 - noise / np.maximum(square, 1e-12))
    shrunk = 0.5 * (shrunk + shrunk.T)
    np.fill_diagonal(shrunk, 1.0)
    return shrunk


def is_positive_definite(matrix: FloatArray, floor: float = 1e-3) -> bool:
    """Whether every eigenvalue of the symmetric `matrix` exceeds `floor`, asked of Cholesky."""
    try:
        np.linalg.cholesky(matrix - floor * np.eye(matrix.shape[0]))
    except np.linalg.LinAlgError:
        return False
    return True


def block_length(series: FloatArray) -> float:
    """Automatic expected block length of the stationary bootstrap for `series` (n,), in rows.

    b = (2 G^2 / D)^(1/3) n^(1/3) with D = 2 g(0)^2, G = sum w(k/M) |k| R(k), g(0) = sum w(k/M) R(k), R the
    autocovariance and w the flat-top window; M is twice the lag from which on the autocorrelation is nil.

    References
    ----------
    Politis, White (2004), "Automatic block-length selection for the dependent bootstrap", Econometric Reviews
    23, with the correction of Patton, Politis, White (2009), Econometric Reviews 28.
    """
    n = series.size
    x = series - series.mean()
    run = max(5, int(np.sqrt(np.log10(n))))
    last = int(np.ceil(np.sqrt(n))) + run
    R = np.array([x[: n - k] @ x[k:] / n for k in range(min(last, n - 1) + 1)])
    if R[0] <= 0.0:
        raise DataError("block length: the series is constant; give a block length.")
    nil = np.abs(R[1:] / R[0]) < 2.0 * np.sqrt(np.log10(n) / n)
    quiet = [m for m in range(nil.size - run + 1) if nil[m : m + run].all()]
    significant = np.flatnonzero(~nil)
    m = quiet[0] if quiet else int(significant[-1]) + 1 if significant.size else 0
    M = min(2 * max(m, 1), R.size - 1)
    lags = np.arange(1, M + 1)
    window = np.clip(2.0 * (1.0 - lags / M), 0.0, 1.0)
    G = 2.0 * np.sum(window * lags * R[1 : M + 1])
    g0 = R[0] + 2.0 * np.sum(window * R[1 : M + 1])
    longest = np.ceil(min(3.0 * np.sqrt(n), n / 3.0))
    return float(min((2.0 * G**2 / (2.0 * g0**2)) ** (1.0 / 3.0) * n ** (1.0 / 3.0), longest))
