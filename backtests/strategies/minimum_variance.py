"""The long-only portfolio of least variance, re-estimated at every decision."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..past import Study, Targets
from ._kernels import minimum_variances
from ._rule import MarketRule

_REASONS = {
    1: "no asset is eligible",
    2: "too few assets are eligible to reach 1 under max_weight",
    3: "the covariance matrix is singular, or the active-set method did not finish",
}


class MinimumVariance(MarketRule):
    """Minimise ``w' S w`` subject to ``sum w = 1``, ``0 <= w <= max_weight``; S the sample covariance.

    A primal active-set method (Nocedal and Wright, Numerical Optimization, algorithm 16.3), started from the
    portfolio of the decision before.
    """

    kind: Literal["minimum_variance"] = "minimum_variance"
    max_weight: float = Field(default=1.0, gt=0.0, le=1.0, description="Largest weight of one asset.")

    @property
    def estimates(self) -> bool:
        """True: it needs a covariance matrix."""
        return True

    def targets(self, study: Study) -> Targets:
        """Return the portfolio of least variance at each decision."""
        weights, status = minimum_variances(study.covariances(), study.eligible, self.max_weight)
        return Targets(weights, {int(k): _REASONS[int(status[k])] for k in status.nonzero()[0]})
