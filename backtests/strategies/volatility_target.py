"""Volatility target: as much of the risky mix as keeps the estimated volatility at a number."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .._types import Share
from ..past import Study, Targets
from ._rule import MarketRule
from .mixes import Mix


class VolatilityTarget(MarketRule):
    """``exposure = min(max_exposure, target / volatility)``, the rest in the safe asset.

    The volatility is that of the risky mix's present weights over the window, ``sqrt(w' S w *
    rows_per_year)``.
    """

    kind: Literal["volatility_target"] = "volatility_target"
    risky: Mix = Field(description="Strategy of the risky part; it never holds the safe asset.")
    safe: str = Field(default="cn_cash", description="Id of the asset that holds the rest.")
    target: float = Field(default=0.08, gt=0.0, le=1.0, description="Volatility, decimal a year.")
    max_exposure: Share = Field(default=1.0, description="Largest share of the risky mix.")

    @property
    def estimates(self) -> bool:
        """True: it needs a covariance matrix."""
        return True

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Ids of the risky mix and the safe asset."""
        return tuple(dict.fromkeys((*self.risky.universe(given), self.safe)))

    def targets(self, study: Study) -> Targets:
        """Return the scaled mix at each decision."""
        risky = self.risky.targets(study.without(self.safe))
        held = np.nan_to_num(risky.weights)
        # Entries of assets not eligible mean nothing and are never held, so the zero weight removes them.
        covariances = np.nan_to_num(study.covariances())
        variance = np.einsum("ki,kij,kj->k", held, covariances, held)
        volatility = np.sqrt(np.maximum(variance, 0.0) * study.rows_per_year)
        exposure = np.minimum(self.target / np.maximum(volatility, 1e-12), self.max_exposure)
        weights = exposure[:, None] * risky.weights
        safe = study.column(self.safe)
        weights[:, safe] += np.where(study.eligible[:, safe], 1.0 - exposure, 0.0)
        return Targets(weights, risky.failures)
