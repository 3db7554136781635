"""Filtered historical simulation: history's surprises at today's volatility."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ._table import FloatArray
from .assumptions import Assumptions
from .factor import padded_factor
from .market import Market
from .mixture import canonical_places
from .paths import Draw, Model
from .regime import Start
from .volatility import Turbulence, fit_turbulence

PERSISTENCE = 0.995  # the most: a shock to volatility halves in seven months of days
_LEVEL_STEPS = 8000  # of 128 paths: the long-run variance to about 2 %


@dataclass(frozen=True, slots=True, eq=False)
class _Coloured:
    """Residual rows (R, N) of the assumptions' correlation; omega .. c4 by asset (9, N), see the kernel."""

    rows: FloatArray
    shape: FloatArray


@dataclass(frozen=True, slots=True)
class FilteredHistorical(Model):
    """Each asset's volatility follows its own GARCH law; surprises are rows of history, all assets together.

    A daily market is drawn by days, 21 a month; a monthly one by months. A step's log growth is drift + s z less
    the cumulants of s z: s is the volatility of the day, z a row of standardised residuals drawn with
    replacement. The expected growth of every step is that of the assumptions. In the long run so is the variance
    of each asset, to about 2 %. No day is more volatile than history's most volatile one: fitted GARCH laws have
    no fourth moment. Rows are turned to the correlations of the assumptions, which are monthly, because days of
    markets in other time zones know too little of each other; months come out 0 to 0.1 below them. The indices
    follow the assets' surprises of the month linearly, with normal months of their own.

    Use it where limits bind within months and markets are turbulent, or very calm, today. Do not use it for
    spells of years: volatility forgets within months, a persistence above 0.995 is cut to that.

    Attributes
    ----------
    market : Market
    assumptions : Assumptions
        Their assets and indices are the ones drawn.
    start : {"today", "stationary"}
        Whether volatility starts where history ended or at its long-run level.
    parameter_uncertainty : bool
        Draw each path's mean vector once, as `LognormalModel` does.

    References
    ----------
    Barone-Adesi, Giannopoulos, Vosper (1999), "VaR without correlations for portfolios of derivative
    securities", Journal of Futures Markets 19.
    """

    market: Market
    assumptions: Assumptions
    start: Start = "today"
    parameter_uncertainty: bool = True

    def __post_init__(self) -> None:
        if self.start not in ("stationary", "today"):
            raise ValueError(f"start is {self.start!r}; allowed are 'stationary' and 'today'.")

    @classmethod
    def fit(cls, market: Market, assumptions: Assumptions) -> FilteredHistorical:
        """Return the model from today's volatility, fitted now; the fit is kept for the draws."""
        fit_turbulence(market, assumptions)
        return cls(market, assumptions)

    @property
    def name(self) -> str:
        """Return the short name for the record."""
        doubt = " with uncertain means" if self.parameter_uncertainty else ""
        return f"filtered historical from {self.start}{doubt}"

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Columns of the assets."""
        return self.assumptions.asset_ids

    @property
    def index_ids(self) -> tuple[str, ...]:
        """Columns of the indices."""
        return self.assumptions.index_ids

    def draw(self, request: Draw) -> tuple[FloatArray, FloatArray]:
        """Return paths as `simulate` describes them; ValueError unless steps divide the days of a month."""
        from ._filtered_kernels import filtered_paths

        turbulence = fit_turbulence(self.market, self.assumptions)
        steps = turbulence.steps
        if steps % request.steps_per_month:
            allowed = [k for k in range(1, steps + 1) if steps % k == 0]
            raise ValueError(
                f"steps_per_month is {request.steps_per_month}; filtered historical simulation of "
                f"{self.market.name} ({self.market.frequency}) has {allowed}."
            )
        coloured = colour(turbulence, self.assumptions)
        N, J = len(self.asset_ids), len(self.index_ids)
        place, order = canonical_places(self.assumptions)
        _, factor = padded_factor(self.assumptions, order)
        index_mean = np.append(self.assumptions.mean, self.assumptions.index_mean)[order[N:]]
        centre = np.log1p(index_mean) / 12.0 - 0.5 * np.sum(factor[N:] ** 2, axis=1)
        assets = np.empty((request.paths, request.months * request.steps_per_month, N))
        indices = np.empty((request.paths, request.months, J))
        filtered_paths(
            *request.key,
            request.uses("block", "month"),
            request.first,
            coloured.rows,
            coloured.shape,
            self.first_variance(),
            steps,
            np.ascontiguousarray(_following(factor, N)),
            np.ascontiguousarray(factor[N:, N : N + J]),
            centre,
            self.shifts(request),
            place,
            assets,
            indices,
        )
        return assets, indices

    def first_variance(self) -> FloatArray:
        """Return the relative variance (N,) of the first step, canonical order: history's last, or 1."""
        turbulence = fit_turbulence(self.market, self.assumptions)
        return turbulence.now.copy() if self.start == "today" else np.ones(turbulence.now.size)

    def shifts(self, request: Draw) -> FloatArray:
        """Return shifts of the monthly log mean (P, N+J), zero without parameter uncertainty."""
        from ._kernels import mean_shifts

        _, order = canonical_places(self.assumptions)
        shift = np.zeros((request.paths, order.size))
        if self.parameter_uncertainty:
            (use,) = request.uses("mean")
            doubt = 1.0 / np.sqrt(12.0 * self.assumptions.years)
            _, factor = padded_factor(self.assumptions, order)
            mean_shifts(*request.key, use, request.first, factor, doubt, order, shift)
        return shift


def _following(factor: FloatArray, N: int) -> FloatArray:
    """Return the coefficients (J, N) of the indices on the assets' months; 0 on an asset that never moves."""
    moving = np.flatnonzero(np.diag(factor) > 0.0)
    moving = moving[moving < N]
    out = np.zeros((factor.shape[0] - N, N))
    square = factor[np.ix_(moving, moving)]
    out[:, moving] = np.linalg.solve(square.T, factor[N:, moving].T).T
    return out


@functools.lru_cache(maxsize=16)
def colour(turbulence: Turbulence, assumptions: Assumptions) -> _Coloured:
    """Return the residuals turned to the correlation of `assumptions`, and the constants of the kernel."""
    from ._filtered_kernels import mean_variances
    from ._kernels import cholesky

    _, order = canonical_places(assumptions)
    N = len(assumptions.asset_ids)
    a = order[:N]
    now, wanted = np.zeros((N, N)), np.zeros((N, N))
    z = turbulence.residuals
    cholesky(np.ascontiguousarray(z.T @ z / z.shape[0]), now)
    cholesky(np.ascontiguousarray(assumptions.correlation[np.ix_(a, a)]), wanted)
    rows = np.ascontiguousarray(np.linalg.solve(now, z.T).T @ wanted.T)
    below = np.mean(np.where(rows < 0.0, rows**2, 0.0), axis=0)
    news = turbulence.alpha + turbulence.gamma * below
    beta = turbulence.beta - np.maximum(0.0, news + turbulence.beta - PERSISTENCE)
    deviation = assumptions.volatility[a] / np.sqrt(12.0 * turbulence.steps)
    drift = np.log1p(assumptions.mean[a]) / (12.0 * turbulence.steps)
    skewness, excess = (rows**3).mean(axis=0), (rows**4).mean(axis=0) - 3.0
    shape = np.stack(
        [
            1.0 - news - beta,
            turbulence.alpha,
            turbulence.gamma,
            beta,
            deviation,
            drift,
            skewness / 6.0,
            excess / 24.0,
            turbulence.most,
        ]
    )
    level = np.empty(N)
    mean_variances(0, 0, rows, shape, _LEVEL_STEPS, level)  # below 1: h cannot pass history's highest
    shape[4] /= np.sqrt(level)
    return _Coloured(rows, shape)
