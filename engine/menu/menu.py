"""The menu: long-only mean-variance portfolios of rising risk that a policy chooses from.

The frontier is that of one month's simple returns, exact for joint lognormal assets: with m and C the
mean and covariance of monthly log growth and f the yearly product fees, gross returns net of fees have

    mean g_i = (1 - f_i / 12) exp(m_i + C_ii / 2),    covariance S_ij = g_i g_j (exp(C_ij) - 1).

Portfolio 0 has the least variance that the bounds allow, the last the highest mean (of those the one of
least variance), and between them the means g'w are *equally spaced*; equal steps of the arithmetic mean,
because the log mean g'w - w'Sw/2 is concave along the frontier and may fall again before its end. For the
policy a portfolio that is rebalanced monthly is matched by a lognormal of the same mean and variance
(Fenton 1960).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...scenarios.assumptions import Assumptions
from ...scenarios.market import Asset
from ..errors import SolverError
from ..policy import LognormalMenu
from ..request import Limits
from .attempts import TOUCHING, Attempt, counted, least_variance, least_violation
from .bounds import InfeasibleBounds, MenuBounds, menu_bounds
from .interior_point import NAME as INTERIOR_POINT
from .interior_point import interior_point
from .quadratic import Programme, polished

FloatArray = NDArray[np.float64]

SIZE = 15
_TINY = 1e-6  # nearer than this to a bound is the interior point's way of touching it
_TOLERANCE = 1e-9  # bounds and rows of a published portfolio, absolute
_BELOW_TOP = (
    1e-5  # the last target, below the highest mean as a share of the assets' spread: leaves ties open
)
_MENUS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Menu:
    """K portfolios of N assets, risk rising strictly; arrays read-only.

    Attributes
    ----------
    asset_ids : tuple of str
    weights : (K, N)
        Not negative, each row sums to 1.
    mean, volatility : (K,)
        Of the monthly rebalanced mix, net of product fees: expected return (1 + mean)^t - 1 over t years,
        and the volatility of the matched lognormal a year.
    drag : (K,)
        Expected cost of rebalancing back to the mix each month, decimal a year: sum_i c_i w_i E|R_i/R_p -
        1|, the relative return taken as normal.
    trading_cost, fee : (N,)
        One way, and a year.
    attempts : tuple of Attempt
        Every solver that was tried.
    """

    asset_ids: tuple[str, ...]
    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    drag: FloatArray
    trading_cost: FloatArray
    fee: FloatArray
    attempts: tuple[Attempt, ...] = ()

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def size(self) -> int:
        """Number of portfolios K."""
        return len(self.weights)

    def lognormal(self, *, advisory_fee: float = 0.0, drag: ArrayLike = 0.0) -> LognormalMenu:
        """Return the portfolios as the policy sees them, net of product fees.

        Parameters
        ----------
        advisory_fee
            Decimal a year, taken monthly.
        drag
            Expected trading cost, decimal a year, one number or (K,): ``menu.drag`` for a mix that is
            only held; a dynamic policy trades more.
        """
        monthly = np.log1p(-advisory_fee / 12.0) + np.log1p(-np.asarray(drag, dtype=np.float64) / 12.0)
        return LognormalMenu(drift=np.log1p(self.mean) + 12.0 * monthly, volatility=self.volatility)


def build_menu(
    assumptions: Assumptions,
    assets: Sequence[Asset],
    limits: Limits | None = None,
    *,
    size: int = SIZE,
    rows: ArrayLike = (),
    row_limits: ArrayLike = (),
    stress: ArrayLike = (),
    stress_limits: ArrayLike = (),
) -> Menu:
    """Solve the frontier under the limits, or take it from the cache.

    Parameters
    ----------
    assumptions
        Of the same assets in the same order.
    assets
        For class, fee, trading cost and ESG score.
    limits
        Bounds, groups and caps (see `menu_bounds`).
    size
        Number of portfolios K; one alone where the bounds leave one expected return.
    rows, row_limits
        (R, N), (R,): further rows ``rows w <= row_limits``.
    stress, stress_limits
        (E, N), (E,): the loss of each asset in each episode, and the largest loss allowed.

    Raises
    ------
    InfeasibleBounds
        No portfolio meets all bounds.
    SolverError
        The solver failed on a valid problem.
    """
    if tuple(asset.id for asset in assets) != assumptions.asset_ids:
        raise ValueError(
            f"assets: {[asset.id for asset in assets]}; give those of the assumptions in their order, "
            f"{list(assumptions.asset_ids)}."
        )
    if size < 1:
        raise ValueError(f"size: {size}; give the number of portfolios, 1 or more.")
    bounds = menu_bounds(
        assets, limits or Limits(), assumptions.max_weight,
        rows=rows, row_limits=row_limits, stress=stress, stress_limits=stress_limits,
    )  # fmt: skip
    return _menu(assumptions, tuple(assets), bounds, size)


@lru_cache(maxsize=_MENUS)
def _menu(assumptions: Assumptions, assets: tuple[Asset, ...], bounds: MenuBounds, size: int) -> Menu:
    fee = np.array([asset.fee for asset in assets])
    cost = np.array([asset.trading_cost for asset in assets])
    log_mean, log_covariance = assumptions.monthly_log_moments()
    N = len(assets)
    log_covariance = log_covariance[:N, :N]
    mean = (1.0 - fee / 12.0) * np.exp(log_mean[:N] + 0.5 * np.diag(log_covariance))
    covariance = np.outer(mean, mean) * np.expm1(log_covariance)
    tried: list[Attempt] = []
    weights = _frontier(mean, covariance, bounds, size, tried)
    expected = weights @ mean
    variance = np.einsum("ki,ij,kj->k", weights, covariance, weights)
    order = np.argsort(variance, kind="stable")
    weights, expected, variance = weights[order], expected[order], variance[order]
    relative = np.diag(log_covariance) - 2.0 * (weights @ covariance) / np.outer(expected, mean)
    relative += (variance / expected**2)[:, None]
    turnover = weights * np.sqrt(np.maximum(relative, 0.0) * (2.0 / np.pi))
    return Menu(
        asset_ids=assumptions.asset_ids,
        weights=weights,
        mean=np.expm1(12.0 * np.log(expected)),
        volatility=np.sqrt(12.0 * np.log1p(variance / expected**2)),
        drag=12.0 * (turnover @ cost),
        trading_cost=cost,
        fee=fee,
        attempts=counted(tried),
    )


def _frontier(
    mean: FloatArray, covariance: FloatArray, bounds: MenuBounds, size: int, tried: list[Attempt]
) -> FloatArray:
    """Weights (K, N) from least variance to highest mean, equally spaced in mean."""
    spread = float(np.ptp(mean)) or 1.0
    scaled = (mean - mean.min()) / spread
    unit = covariance / (float(np.diag(covariance).max()) or 1.0)
    steepest = _solve(np.zeros_like(unit), scaled, scaled, -1.0, bounds, tried)
    calmest = _solve(unit, np.zeros_like(scaled), scaled, -1.0, bounds, tried)
    top, bottom = float(scaled @ steepest), float(scaled @ calmest)
    if top - bottom < 1e-6 or size == 1:
        return calmest[None, :]
    targets = np.linspace(bottom, top, size)[1:]
    targets[-1] -= _BELOW_TOP
    rest = [_solve(unit, np.zeros_like(scaled), scaled, float(target), bounds, tried) for target in targets]
    if steepest @ unit @ steepest < 1.001 * (rest[-1] @ unit @ rest[-1]):  # no tie at the top
        rest[-1] = steepest
    return np.array([calmest, *rest])


def _solve(
    covariance: FloatArray,
    tilt: FloatArray,
    mean: FloatArray,
    target: float,
    bounds: MenuBounds,
    tried: list[Attempt],
) -> FloatArray:
    """Weights that minimise ``w'Sw/2 - tilt'w`` with ``mean'w >= target`` within bounds, checked in numpy."""
    rows, ends = bounds.linear()
    programme = Programme(
        covariance, np.vstack([rows, -mean]), np.append(ends, -target), bounds.lower, bounds.upper
    )
    status, solution = interior_point(programme, tilt)
    weights = _finished(solution, programme, tilt, bounds)
    tried.append(Attempt(INTERIOR_POINT, "inexact" if status == "optimal" and weights is None else status, 1))
    if weights is None and status != "infeasible":
        status = "infeasible" if least_violation(programme) > TOUCHING else "feasible"
        tried.append(Attempt("HiGHS", status, 1))
        if status == "feasible":
            status, solution = least_variance(programme, tilt)
            weights = _finished(solution, programme, tilt, bounds)
            tried.append(Attempt("HiGHS QP", status if weights is not None else "inexact", 1))
    if status == "infeasible":
        raise InfeasibleBounds(
            "limits: bounds, groups, rows and stress limits leave no portfolio; loosen one of them.",
            counted(tried),
        )
    if weights is None:
        raise SolverError(
            "the portfolio menu was not solved ("
            + "; ".join(f"{each.solver}: {each.outcome}" for each in tried if each.outcome != "optimal")
            + "); the same input will fail again. Loosen very tight bounds a little, or drop assets that hardly differ."
        )
    return weights


def _finished(
    solution: FloatArray | None, programme: Programme, tilt: FloatArray, bounds: MenuBounds
) -> FloatArray | None:
    """A solver's answer to what rounding allows, checked in numpy; None where it breaks a bound."""
    if solution is None:
        return None
    weights = _cleaned(solution, bounds)
    if not tilt.any():
        weights = polished(programme, weights)
    return weights if bounds.violation(weights) <= _TOLERANCE else None


def _cleaned(weights: FloatArray, bounds: MenuBounds) -> FloatArray:
    """Put weights within rounding of a bound on it, and share out what the budget then lacks."""
    weights = np.where(weights < bounds.lower + _TINY, bounds.lower, weights)
    weights = np.where(weights > bounds.upper - _TINY, bounds.upper, weights)
    missing = 1.0 - weights.sum()
    room = bounds.upper - weights if missing > 0.0 else weights - bounds.lower
    return np.asarray(weights + missing * room / (float(room.sum()) or 1.0))
