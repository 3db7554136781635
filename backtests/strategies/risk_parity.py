"""Risk parity: every asset carries its budget of the portfolio's variance."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ..past import Study, Targets
from ._kernels import risk_parities
from ._rule import MarketRule

_REASONS = {
    1: "no asset is eligible",
    2: "an asset has no variance over the window",
    3: "coordinate descent did not converge",
}


class RiskParity(MarketRule):
    """Weights with ``w_i (S w)_i / w' S w = b_i``, S the window's sample covariance.

    Solved by cyclical coordinate descent on ``y' S y / 2 - sum b_i log y_i``, ``w = y / sum y``
    (Griveau-Billion, Richard and Roncalli 2013, A Fast Algorithm for Computing High-dimensional Risk Parity
    Portfolios), started from the solution of the decision before and stopped when every budget is met to 1e-9
    relative.
    """

    kind: Literal["risk_parity"] = "risk_parity"
    budgets: dict[str, float] | None = Field(
        default=None, description="Risk budget by asset id, in proportion, all above 0; equal when absent."
    )

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Ids of the assets with a budget, or all it is given."""
        return tuple(self.budgets or given)

    @property
    def estimates(self) -> bool:
        """True: it needs a covariance matrix."""
        return True

    def targets(self, study: Study) -> Targets:
        """Return the risk parity portfolio at each decision."""
        named = self.budgets
        budgets = np.array([1.0 if named is None else named.get(name, 0.0) for name in study.asset_ids])
        eligible = study.eligible & (budgets > 0.0)
        weights, status = risk_parities(study.covariances(), eligible, budgets)
        return Targets(weights, {int(k): _REASONS[int(status[k])] for k in status.nonzero()[0]})
