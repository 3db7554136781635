"""Turbulence of each asset by day or month: GARCH fits and the residuals they leave."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass

import numpy as np

from ._table import FloatArray, frozen
from .assumptions import Assumptions
from .errors import DataError
from .history import asset_history
from .market import Market
from .paths import canonical

DAYS = 21  # steps of a month in a daily market
MIN_DAYS, MIN_MONTHS = 750, 120
_LEAST_NOW = 0.02
_LASTS = np.array([0.0, 0.5, 0.5, 1.0])  # persistence of omega, the two answers to a surprise, and beta
_STARTS = [
    (1.0 - lasts, 2.0 * news * (1.0 - share), 2.0 * news * share, lasts - news)
    for lasts in (0.7, 0.9, 0.98, 0.995)
    for news in (0.02, 0.05, 0.1, 0.2)
    for share in (0.5, 0.9)
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turbulence:
    """Fitted variance of N assets, in canonical order and in units of its long-run level.

    The variance of step t is h_t with h_{t+1} = omega + (alpha + gamma [e_t < 0]) e_t^2 + beta h_t, e_t^2 = h_t z_t^2.

    Attributes
    ----------
    steps : int
        Steps of a month: 21 in a daily market, 1 in a monthly one.
    alpha, gamma, beta : (N,) float64
    now, most : (N,) float64
        h of the first step after history, and the largest h of history.
    residuals : (R, N) float64
        z of history, each column of mean 0 and variance 1, rows whole.
    """

    steps: int
    alpha: FloatArray
    gamma: FloatArray
    beta: FloatArray
    now: FloatArray
    most: FloatArray
    residuals: FloatArray


@functools.lru_cache(maxsize=16)
def fit_turbulence(market: Market, assumptions: Assumptions) -> Turbulence:
    """Fit the assets of `assumptions` on the days of `market` that all have, or on its months.

    Each is the GARCH(1, 1) of Glosten, Jagannathan and Runkle on demeaned log returns, by Gaussian quasi-maximum
    likelihood.

    Raises
    ------
    DataError
        If the history is too short, singular or constant, or a fit does not converge.

    References
    ----------
    Glosten, Jagannathan, Runkle (1993), "On the relation between the expected value and the volatility of the
    nominal excess return on stocks", Journal of Finance 48.
    """
    what = "filtered historical simulation"
    ids = tuple(assumptions.asset_ids[j] for j in canonical(assumptions.asset_ids))
    daily = market.frequency == "daily"
    _, logs = asset_history(market, assumptions, what, 24 if daily else MIN_MONTHS)
    if daily:
        levels = np.log(market.daily[:, [market.asset_ids.index(i) for i in ids]])
        logs = np.diff(levels[~np.isnan(levels).any(axis=1)], axis=0)
        if logs.shape[0] < MIN_DAYS:
            raise DataError(
                f"{market.name}: {logs.shape[0]} days on which all of {list(ids)} have a return; {what} needs "
                f"{MIN_DAYS}. Drop the shortest series or use the lognormal model."
            )
    deviation = logs.std(axis=0)
    still = [name for name, s in zip(ids, deviation, strict=True) if not s > 1e-9]
    if still:
        raise DataError(f"{market.name}: {still} never move by day; {what} needs moving series. Drop them.")
    x = (logs - logs.mean(axis=0)) / deviation
    fits = [_garch(column.copy(), name) for column, name in zip(x.T, ids, strict=True)]
    alpha, gamma, beta, now, most = np.array([fit[0] for fit in fits]).T
    z = np.column_stack([fit[1] for fit in fits])
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    return Turbulence(
        steps=DAYS if daily else 1,
        alpha=frozen(alpha),
        gamma=frozen(gamma),
        beta=frozen(beta),
        now=frozen(np.maximum(now, _LEAST_NOW)),
        most=frozen(most),
        residuals=frozen(z),
    )


def _garch(x: FloatArray, name: str) -> tuple[tuple[float, ...], FloatArray]:
    """Return alpha, gamma, beta, next and largest variance of `x` (R,) of variance 1, and its residuals (R,).

    Variance before the first day is the mean square of the first ones, the weights falling by 6 % a day.
    """
    from scipy.optimize import LinearConstraint, minimize

    from ._volatility_kernels import garch_likelihood

    fade = 0.94 ** np.arange(min(75, x.size))
    first = float(fade @ x[: fade.size] ** 2 / fade.sum())
    variance, gradient = np.empty(x.size), np.empty(4)

    def loss(p: FloatArray) -> tuple[float, FloatArray]:
        return garch_likelihood(x, p[0], p[1], p[2], p[3], first, variance, gradient), gradient.copy()

    with (
        warnings.catch_warnings()
    ):  # before scipy 1.16 a step may leave the bounds by rounding, is clipped and told
        warnings.filterwarnings("ignore", "Values in x were outside bounds", RuntimeWarning)
        fit = minimize(
            loss,
            np.array(min(_STARTS, key=lambda p: loss(np.array(p))[0])),
            jac=True,
            method="SLSQP",
            bounds=[(1e-9, 10.0), (0.0, 1.0), (0.0, 2.0), (0.0, 1.0)],
            constraints=LinearConstraint(_LASTS, -np.inf, 1.0),
            options={"ftol": 1e-10, "maxiter": 200},
        )
    value, _ = loss(fit.x)
    if not (fit.success and np.isfinite(value) and variance.min() > 0.0):
        raise DataError(
            f"{name}: the GARCH fit of its volatility does not converge; drop the series or use another model."
        )
    omega, up, down, beta = map(float, fit.x)
    after = omega + (down if x[-1] < 0.0 else up) * x[-1] ** 2 + beta * variance[-1]
    most = max(after, float(variance.max()))
    return (up, down - up, beta, float(after), float(most)), x / np.sqrt(variance)
