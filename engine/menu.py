"""The menu: portfolios of rising risk, each the least risky of its expected return under the client's bounds.

For target returns spaced evenly between the least-risk and the highest-return portfolio::

    minimise  w' C w   subject to   mu' w >= target,  sum w = 1,  lower <= w <= upper,  A w <= b

with mu and C the moments of monthly simple returns under the lognormal assumptions. One parametrised problem a
shape is compiled by cvxpy once in each thread and solved by Clarabel.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scenarios import Asset
from ..scenarios.assumptions import Assumptions
from .errors import SolverError
from .request import Limits

FloatArray = NDArray[np.float64]

SIZE = 15
_SCALE = 1e3  # monthly moments are small: the solver sees numbers near 1
_FEASIBILITY = 1e-7
_SHAPES = 16
_local = threading.local()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Menu:
    """K portfolios of N assets, least risk first.

    Attributes
    ----------
    asset_ids
        N assets.
    weights
        (K, N), long only, rows sum to 1.
    drift, volatility
        (K,) of the lognormal law matched to the monthly rebalanced mix, a year: gross return over h years is
        ``exp((drift - volatility^2 / 2) h + volatility sqrt(h) Z)``. Net of product fees.
    mean
        (K,) expected arithmetic return, effective a year, net of product fees.
    trading_cost, fee
        (N,) one-way cost of a trade, and product fee a year.

    """

    asset_ids: tuple[str, ...]
    weights: FloatArray
    drift: FloatArray
    volatility: FloatArray
    mean: FloatArray
    trading_cost: FloatArray
    fee: FloatArray

    def __post_init__(self) -> None:
        for array in (self.weights, self.drift, self.volatility, self.mean, self.trading_cost, self.fee):
            array.flags.writeable = False

    @property
    def size(self) -> int:
        """Number of portfolios K."""
        return len(self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Linear limits ``matrix @ w <= bound`` with a name each."""

    matrix: FloatArray
    bound: FloatArray
    names: tuple[str, ...]


class NoPortfolio(ValueError):
    """No portfolio meets the bounds and limits together: loosen one of those named."""


def simple_moments(assumptions: Assumptions) -> tuple[FloatArray, FloatArray]:
    """Mean (N,) and covariance (N, N) of monthly simple returns of the assets."""
    N = len(assumptions.asset_ids)
    m, cov = assumptions.monthly_log_moments()
    m, cov = m[:N], cov[:N, :N]
    gross = np.exp(m + 0.5 * np.diag(cov))
    return gross - 1.0, np.outer(gross, gross) * np.expm1(cov)


def weight_bounds(
    assumptions: Assumptions, assets: Sequence[Asset], limits: Limits
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper weight (N,): the client's own bounds, else 0 and the smaller of cap and `max_weight`."""
    lower, upper = np.zeros(len(assets)), np.ones(len(assets))
    for i, (asset, cap) in enumerate(zip(assets, assumptions.max_weight, strict=True)):
        if asset.id in limits.bounds:
            lower[i], upper[i] = limits.bounds[asset.id]
        elif asset.asset_class != "cash":
            upper[i] = min(float(cap), limits.max_weight)
    return lower, upper


def group_rows(assets: Sequence[Asset], limits: Limits) -> Rows:
    """Rows of the limits on asset classes."""
    matrix, bound, names = [], [], []
    for group, (low, high) in sorted(limits.groups.items()):
        member = np.array([float(asset.asset_class == group) for asset in assets])
        if high < 1.0:
            matrix.append(member)
            bound.append(high)
            names.append(f"groups.{group}")
        if low > 0.0:
            matrix.append(-member)
            bound.append(-low)
            names.append(f"groups.{group}")
    return Rows(
        matrix=np.array(matrix).reshape(len(names), len(assets)), bound=np.array(bound), names=tuple(names)
    )


def build_menu(
    assumptions: Assumptions,
    assets: Sequence[Asset],
    limits: Limits,
    *,
    rows: Rows | None = None,
    size: int = SIZE,
) -> Menu:
    """Frontier of `size` portfolios between least risk and highest return.

    Parameters
    ----------
    assumptions
        Of exactly these assets, in order.
    assets
        N assets.
    limits
        Per-asset and per-class bounds.
    rows
        Further linear limits, such as stress losses.

    Raises
    ------
    NoPortfolio
        The bounds leave no portfolio.
    SolverError
        The solver failed on a problem that is neither infeasible nor solved.

    """
    mu, C = simple_moments(assumptions)
    fee = np.array([asset.fee for asset in assets])
    mu = mu - fee / 12.0
    lower, upper = weight_bounds(assumptions, assets, limits)
    linear = group_rows(assets, limits)
    if rows is not None:
        linear = Rows(
            matrix=np.vstack([linear.matrix, rows.matrix]),
            bound=np.append(linear.bound, rows.bound),
            names=linear.names + rows.names,
        )
    frontier = _Frontier(mu, np.linalg.cholesky(C), lower, upper, linear)
    least = frontier.least_risk(None)
    most = frontier.most_return()
    targets = np.linspace(mu @ least, mu @ most, size)[1:-1] if size > 2 else np.zeros(0)
    weights = np.array([least, *(frontier.least_risk(float(t)) for t in targets), most][:size])
    mean = weights @ mu
    variance = np.einsum("ki,ij,kj->k", weights, C, weights)
    log_variance = np.log1p(variance / (1.0 + mean) ** 2)
    return Menu(
        asset_ids=assumptions.asset_ids,
        weights=weights,
        drift=12.0 * np.log1p(mean),
        volatility=np.sqrt(12.0 * log_variance),
        mean=(1.0 + mean) ** 12 - 1.0,
        trading_cost=np.array([asset.trading_cost for asset in assets]),
        fee=fee,
    )


class _Frontier:
    """One market's frontier problem, on the compiled problem of its shape."""

    def __init__(
        self, mu: FloatArray, factor: FloatArray, lower: FloatArray, upper: FloatArray, rows: Rows
    ) -> None:
        self.mu, self.lower, self.upper, self.rows = mu, lower, upper, rows
        self.problems = _compiled(len(mu), len(rows.bound))
        values = {"mu": mu * _SCALE, "factor": factor.T * _SCALE, "lower": lower, "upper": upper}
        if len(rows.bound):
            values |= {"A": rows.matrix, "b": rows.bound}
        for name, value in values.items():
            self.problems.parameters[name].value = value

    def least_risk(self, target: float | None) -> FloatArray:
        """Least-variance weights with at least the target mean."""
        self.problems.parameters["target"].value = -1e3 if target is None else target * _SCALE
        return self._solve(self.problems.risk)

    def most_return(self) -> FloatArray:
        """Weights of the highest mean."""
        return self._solve(self.problems.mean)

    def _solve(self, problem: Any) -> FloatArray:
        import cvxpy as cp

        try:
            problem.solve(solver=cp.CLARABEL)
        except cp.SolverError as error:
            raise SolverError(
                f"the frontier solver (Clarabel) failed: {error}; loosen bounds that nearly conflict, or scale the "
                "assumptions back to plausible values"
            ) from error
        if problem.status in (cp.INFEASIBLE, cp.INFEASIBLE_INACCURATE):
            named = ", ".join(dict.fromkeys(self.rows.names)) or "limits.bounds"
            raise NoPortfolio(
                f"limits: no portfolio meets the weight bounds together with {named}; loosen one of them"
            )
        if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
            raise SolverError(f"the frontier solver (Clarabel) ended with status {problem.status}")
        return self._cleaned(np.asarray(self.problems.weights.value, dtype=np.float64))

    def _cleaned(self, weights: FloatArray) -> FloatArray:
        """Clip the solver's dust and restore the budget exactly; what is left must still be feasible."""
        clipped = np.clip(np.where(weights < 1e-6, np.maximum(self.lower, 0.0), weights), self.lower, self.upper)
        room = np.where(clipped.sum() < 1.0, self.upper - clipped, clipped - self.lower)
        clipped = clipped + (1.0 - clipped.sum()) * room / max(float(room.sum()), 1e-300)
        excess = self.rows.matrix @ clipped - self.rows.bound if len(self.rows.bound) else np.zeros(1)
        if abs(clipped.sum() - 1.0) > 1e-12 or float(excess.max()) > 100 * _FEASIBILITY:
            raise SolverError("the frontier solver (Clarabel) returned weights that do not meet the limits")
        return np.asarray(clipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problems:
    weights: Any
    parameters: dict[str, Any]
    risk: Any
    mean: Any


def _compiled(assets: int, rows: int) -> _Problems:
    """Problems of one shape, compiled once in each thread: compiled cvxpy problems are mutable."""
    cache: OrderedDict[tuple[int, int], _Problems] = _local.__dict__.setdefault("problems", OrderedDict())
    key = (assets, rows)
    if key in cache:
        cache.move_to_end(key)
        return cache[key]
    import cvxpy as cp

    w = cp.Variable(assets)
    p = {
        "mu": cp.Parameter(assets),
        "factor": cp.Parameter((assets, assets)),
        "lower": cp.Parameter(assets),
        "upper": cp.Parameter(assets),
        "target": cp.Parameter(),
    }
    limits = [cp.sum(w) == 1.0, w >= p["lower"], w <= p["upper"]]
    if rows:
        p |= {"A": cp.Parameter((rows, assets)), "b": cp.Parameter(rows)}
        limits.append(p["A"] @ w <= p["b"])
    risk = cp.Problem(cp.Minimize(cp.sum_squares(p["factor"] @ w)), [*limits, p["mu"] @ w >= p["target"]])
    mean = cp.Problem(cp.Maximize(p["mu"] @ w), limits)
    assert risk.is_dcp(dpp=True)
    assert mean.is_dcp(dpp=True)
    cache[key] = _Problems(weights=w, parameters=p, risk=risk, mean=mean)
    while len(cache) > _SHAPES:
        cache.popitem(last=False)
    return cache[key]
