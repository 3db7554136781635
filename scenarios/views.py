"""Views: opinions on returns, put on scenarios by entropy pooling and on means by Black and Litterman."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from ._table import FloatArray, frozen
from .errors import DataError

if TYPE_CHECKING:
    from .assumptions import Assumptions

Relation = Literal["equal", "at_least", "at_most"]
_MISSED = 1e-7  # of a view's deviation over the scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Opinion that a combination of assets is expected to earn `value` a year.

    Attributes
    ----------
    weights : mapping of asset id to float
        The combination: one asset, a portfolio, or a difference such as gold less shares.
    value : float
        Expected arithmetic return of the combination, effective a year.
    confidence : float
        In (0, 1]: the share of the way from what was assumed to `value`, if it were the only view.
    """

    weights: Mapping[str, float] = field(hash=False)
    value: float
    confidence: float = 0.5

    def __post_init__(self) -> None:
        if not self.weights or not any(self.weights.values()):
            raise DataError(f"view: weights are {dict(self.weights)}; give at least one that is not 0.")
        if not 0.0 < self.confidence <= 1.0:
            raise DataError(f"view: confidence is {self.confidence}; allowed are above 0 to 1.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """Scenario probabilities under views.

    Attributes
    ----------
    probability : (S,) float64
    divergence : float
        Relative entropy to the prior, sum p log(p/q), of the views at full confidence.
    effective : float
        Effective number of scenarios, exp(-sum p log p).
    """

    probability: FloatArray
    divergence: float
    effective: float


def entropy_pooling(
    values: ArrayLike,
    targets: ArrayLike,
    relations: Sequence[Relation] | None = None,
    *,
    prior: ArrayLike | None = None,
    confidence: float = 1.0,
    least_effective: float = 0.1,
) -> Pooled:
    """Return the probabilities nearest to `prior` in relative entropy under which views on expectations hold.

    p minimises sum p log(p/q) subject to p'values = (>=, <=) targets; less than full `confidence` c pools
    c p + (1 - c) q.

    Parameters
    ----------
    values : (S, V) or (S,)
        What each view is about, in each scenario: a return, or 0/1 for a probability.
    targets : (V,)
    relations : sequence of {"equal", "at_least", "at_most"}, optional
        By default all equal.
    prior : (S,), optional
        q, by default 1/S each.
    confidence : float
        In (0, 1].
    least_effective : float
        Smallest share of effective scenarios that is accepted.

    Raises
    ------
    DataError
        If the views contradict each other, lie beyond the scenarios, or leave too few effective ones.

    References
    ----------
    Meucci (2008), "Fully flexible views: theory and practice", Risk 21(10).
    """
    G = np.asarray(values, dtype=np.float64)
    G = G[:, None] if G.ndim == 1 else G
    S, V = G.shape
    b = np.atleast_1d(np.asarray(targets, dtype=np.float64))
    kinds = tuple(relations or ("equal",) * V)
    q = np.full(S, 1.0 / S) if prior is None else np.asarray(prior, dtype=np.float64)
    _check_pool(G, b, kinds, q, confidence)
    deviation = np.sqrt(q @ (G - q @ G) ** 2)
    sign = np.where([kind == "at_most" for kind in kinds], -1.0, 1.0)
    equal = np.array([kind == "equal" for kind in kinds])
    Z = sign * (G - b) / np.where(deviation > 0.0, deviation, 1.0)
    p = _tilted(q, Z, _multipliers(q, Z, equal))
    missed = p @ Z
    if not np.where(equal, np.abs(missed), -missed).max() < _MISSED:
        worst = int(np.argmax(np.where(equal, np.abs(missed), -missed)))
        raise DataError(
            f"views: no probabilities meet them all, view {worst + 1} ({kinds[worst]} {b[worst]:g}) is missed; "
            f"its scenarios run from {G[:, worst].min():g} to {G[:, worst].max():g}. The views contradict each "
            "other or lie beyond the scenarios: drop or relax one."
        )
    divergence = float(p @ np.log(np.maximum(p, 1e-300) / q))
    p = confidence * p + (1.0 - confidence) * q
    effective = float(np.exp(-p @ np.log(np.maximum(p, 1e-300))))
    if effective < least_effective * S:
        raise DataError(
            f"views: they leave {effective:.1f} effective scenarios of {S}, at least {least_effective:.0%} are needed. "
            "Relax the views, lower the confidence or draw from a model nearer to them."
        )
    return Pooled(probability=frozen(p), divergence=divergence, effective=effective)


def black_litterman(
    mean: ArrayLike,
    covariance: ArrayLike,
    picks: ArrayLike,
    values: ArrayLike,
    *,
    tau: float,
    doubt: ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return posterior means (N,) and the predictive covariance (N, N) of returns.

    With prior N(mean, tau S) of the expected returns and views P mu = Q + N(0, Omega):
    mu* = mean + tau S P' (tau P S P' + Omega)^-1 (Q - P mean), S* = S + tau S - tau S P' (...)^-1 P tau S.

    Parameters
    ----------
    mean : (N,), covariance : (N, N)
    picks : (V, N), values : (V,)
        P and Q.
    tau : float
        Variance of the prior mean in units of the covariance, above 0.
    doubt : (V,), optional
        Diagonal of Omega; by default that of tau P S P'.

    Raises
    ------
    DataError
        If certain views contradict each other.

    References
    ----------
    He, Litterman (1999), "The intuition behind Black-Litterman model portfolios", Goldman Sachs.
    """
    m, S = np.asarray(mean, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    P, Q = (
        np.atleast_2d(np.asarray(picks, dtype=np.float64)),
        np.atleast_1d(np.asarray(values, dtype=np.float64)),
    )
    if not tau > 0.0:
        raise DataError(f"views: tau is {tau}; it is a variance, above 0.")
    inner = tau * P @ S @ P.T
    omega = np.diag(inner) if doubt is None else np.asarray(doubt, dtype=np.float64)
    total = inner + np.diag(omega)
    gap = Q - P @ m
    scale = np.sqrt(np.maximum(np.diag(total), 1e-300))
    gain = np.linalg.pinv(total / np.outer(scale, scale), rcond=1e-10, hermitian=True) / np.outer(
        scale, scale
    )
    if np.abs((total @ gain @ gap - gap) / scale).max(initial=0.0) > 1e-6 * max(
        1.0, float(np.abs(gap / scale).max())
    ):
        raise DataError(
            "views: certain views contradict each other (one follows from the others with another value); lower "
            "the confidence of one or drop it."
        )
    pull = tau * S @ P.T @ gain
    return m + pull @ gap, S + tau * S - pull @ (tau * P @ S)


def with_views(assumptions: Assumptions, views: Sequence[View]) -> Assumptions:
    """Return `assumptions` with the Black-Litterman means of `views`; volatilities and correlations stay.

    The prior is the means as assumed, with the variance of a mean known from `years` years, tau = 1/years. A view
    of confidence c has Omega = (1/c - 1) tau P S P', which moves its combination c of the way.

    Raises
    ------
    DataError
        If a view names an unknown asset, or certain views contradict each other.
    """
    unknown = sorted({i for view in views for i in view.weights} - set(assumptions.asset_ids))
    if unknown:
        raise DataError(f"views: unknown assets {unknown}; known are {list(assumptions.asset_ids)}.")
    if not views:
        return assumptions
    N, tau = len(assumptions.asset_ids), 1.0 / assumptions.years
    P = np.array([[view.weights.get(i, 0.0) for i in assumptions.asset_ids] for view in views])
    S = assumptions.correlation[:N, :N] * np.outer(assumptions.volatility, assumptions.volatility)
    certainty = np.array([view.confidence for view in views])
    doubt = (1.0 / certainty - 1.0) * np.diag(tau * P @ S @ P.T)
    values = [view.value for view in views]
    mean, _ = black_litterman(assumptions.mean, S, P, values, tau=tau, doubt=doubt)
    opinions = "; ".join(opinion(view) for view in views)
    return replace(
        assumptions,
        name=f"{assumptions.name} with views",
        mean=mean,
        rationale=f"{assumptions.rationale} Views: {opinions}.",
    )


def opinion(view: View, relation: Relation = "equal") -> str:
    """Return the sentence of a view, for the rationale."""
    what = " ".join(f"{weight:+g} {name}" for name, weight in view.weights.items())
    bound = {"equal": "", "at_least": "at least ", "at_most": "at most "}[relation]
    return f"{what} earns {bound}{view.value:.2%} a year (confidence {view.confidence:.0%})"


def _tilted(q: FloatArray, Z: FloatArray, multipliers: FloatArray) -> FloatArray:
    exponent = Z @ multipliers
    p = q * np.exp(exponent - exponent.max())
    return np.asarray(p / p.sum())


def _multipliers(q: FloatArray, Z: FloatArray, equal: np.ndarray) -> FloatArray:
    """Return the minimiser of log sum q exp(Z l), l >= 0 where not `equal`: the dual of the pooling."""
    from scipy.optimize import minimize

    def dual(multipliers: FloatArray) -> tuple[float, FloatArray]:
        exponent = Z @ multipliers
        top = exponent.max()
        p = q * np.exp(exponent - top)
        return float(np.log(p.sum()) + top), np.asarray(p @ Z / p.sum())

    bounds = [(-500.0 if free else 0.0, 500.0) for free in equal]
    rough = minimize(
        dual,
        np.zeros(equal.size),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-10},
    )
    multipliers = np.asarray(rough.x)
    active = equal | (multipliers > 1e-9)
    for _ in range(20):  # Newton to the last digits
        p = _tilted(q, Z, multipliers)
        gradient = p @ Z
        off = Z[:, active] - gradient[active]
        curvature = (off * p[:, None]).T @ off
        step = np.zeros(equal.size)
        step[active] = np.linalg.lstsq(curvature, gradient[active], rcond=1e-12)[0]
        if not np.abs(step).max(initial=0.0) < 1.0:
            break
        multipliers = multipliers - step
        if np.abs(step).max(initial=0.0) < 1e-13:
            break
    return multipliers


def _check_pool(
    G: FloatArray, b: FloatArray, kinds: tuple[Relation, ...], q: FloatArray, confidence: float
) -> None:
    S, V = G.shape
    if b.shape != (V,) or len(kinds) != V or q.shape != (S,):
        raise DataError(
            f"views: {b.size} targets, {len(kinds)} relations and a prior of {q.size} for {V} views on {S} scenarios."
        )
    wrong = sorted(set(kinds) - {"equal", "at_least", "at_most"})
    if wrong:
        raise DataError(f"views: relations {wrong}; allowed are equal, at_least, at_most.")
    if not (np.isfinite(G).all() and np.isfinite(b).all()):
        raise DataError("views: values and targets must be finite numbers.")
    if not ((q > 0.0).all() and abs(q.sum() - 1.0) < 1e-9):
        raise DataError("views: the prior must be positive and add up to 1.")
    if not 0.0 < confidence <= 1.0:
        raise DataError(f"views: confidence is {confidence}; allowed are above 0 to 1.")
