"""Joint lognormal returns of assets and indices, with uncertain means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._table import FloatArray
from .assumptions import Assumptions
from .factor import padded_factor
from .mixture import Law, doubts, draw_law, law_of, one_state
from .paths import Draw, Model, canonical


@dataclass(frozen=True, slots=True)
class LognormalModel(Model):
    """Monthly log growth is independent and normal, N(m, C) as in `Assumptions.monthly_log_moments`.

    With `parameter_uncertainty` each path draws its mean vector once, from the posterior N(m, C/(12 years))
    of a mean known from `years` years of returns, and keeps it: over T years the variance of log growth is
    s^2 T + s^2 T^2/years instead of s^2 T. The median stays, good and bad ends widen. With
    `covariance_uncertainty` it draws its covariance too, see `mixture.law_of`; log growth of an asset is then
    sqrt((k - 2)/k) times Student-t with k degrees of freedom.

    Use it as the plain base case. Do not use it alone where tails or turbulence matter: months are neither
    fat-tailed nor clustered.

    Attributes
    ----------
    assumptions : Assumptions
    parameter_uncertainty : bool
        Draw each path's mean vector once.
    covariance_uncertainty : bool
        Draw each path's covariance once.

    References
    ----------
    Barberis (2000), "Investing for the long run when returns are predictable", Journal of Finance 55.
    """

    assumptions: Assumptions
    parameter_uncertainty: bool = True
    covariance_uncertainty: bool = True

    @property
    def name(self) -> str:
        """Return the short name for the record."""
        return "lognormal" + doubts(means=self.parameter_uncertainty, covariance=self.covariance_uncertainty)

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Columns of the assets."""
        return self.assumptions.asset_ids

    @property
    def index_ids(self) -> tuple[str, ...]:
        """Columns of the indices."""
        return self.assumptions.index_ids

    def law(self) -> Law:
        """Return the law of a month as the kernels take it."""
        return law_of(
            self.assumptions,
            one_state(len(self.asset_ids), np.empty(0)),
            doubt=self.parameter_uncertainty,
            covariance_doubt=self.covariance_uncertainty,
        )

    def draw(self, request: Draw) -> tuple[FloatArray, FloatArray]:
        """Return paths as `simulate` describes them."""
        from ._kernels import lognormal_paths

        if self.covariance_uncertainty:
            return draw_law(self.law(), len(self.asset_ids), request)
        N, J = len(self.asset_ids), len(self.index_ids)
        place = np.concatenate([canonical(self.asset_ids), canonical(self.index_ids)])
        order = place + np.repeat([0, N], [N, J])
        mean, factor = padded_factor(self.assumptions, order)
        assets = np.empty((request.paths, request.months * request.steps_per_month, N))
        indices = np.empty((request.paths, request.months, J))
        doubt = 1.0 / np.sqrt(12.0 * self.assumptions.years) if self.parameter_uncertainty else 0.0
        uses = request.uses("month", "step", "mean")
        lognormal_paths(*request.key, uses, request.first, mean, factor, doubt, place, assets, indices)
        return assets, indices
