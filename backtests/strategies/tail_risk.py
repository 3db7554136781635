"""Minimum CVaR, CDaR and drawdown portfolios, re-estimated at every decision."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .._types import FloatArray
from ..past import NoDecisionError, Study, Targets
from ._rule import MarketRule

_MEASURES: dict[str, Literal["cvar", "cdar", "max_drawdown"]] = {
    "minimum_cvar": "cvar",
    "minimum_cdar": "cdar",
    "minimum_drawdown": "max_drawdown",
}


class MinimumTailRisk(MarketRule):
    """Minimise a tail risk of the window's returns, fully invested, ``0 <= w <= max_weight``.

    CVaR of the returns, CDaR of the compounded path that they make, or that path's maximum drawdown; solved
    to a certified gap by `goalplan.engine.risk.minimise_risk` (definitions there).
    """

    kind: Literal["minimum_cvar", "minimum_cdar", "minimum_drawdown"]
    confidence: float = Field(default=0.95, ge=0.5, lt=1.0, description="Tail of CVaR and CDaR.")
    max_weight: float = Field(default=1.0, gt=0.0, le=1.0, description="Largest weight of one asset.")

    @property
    def estimates(self) -> bool:
        """True: it needs a window of returns."""
        return True

    def targets(self, study: Study) -> Targets:
        """Return the portfolio of least risk at each decision."""
        weights = np.full(study.eligible.shape, np.nan)
        failed: dict[int, str] = {}
        for k, eligible in enumerate(study.eligible):
            try:
                if not eligible.any():
                    raise NoDecisionError("no asset is eligible")
                found = self._least(study.window(k))
            except NoDecisionError as error:
                failed[k] = str(error)
                continue
            weights[k] = 0.0
            weights[k, eligible] = found
        return Targets(weights, failed)

    def _least(self, returns: FloatArray) -> FloatArray:
        from ...engine.errors import SolverError
        from ...engine.risk import Constraints, Measure, minimise_risk

        measure = Measure(kind=_MEASURES[self.kind], confidence=self.confidence)
        try:
            solution = minimise_risk(measure, returns, constraints=Constraints(upper=self.max_weight))
        except (SolverError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            raise NoDecisionError(f"{type(error).__name__}: {error}") from error
        if solution.status != "optimal":
            raise NoDecisionError(f"{solution.status}: {solution.reason}")
        weights: FloatArray = np.maximum(solution.weights, 0.0)
        return weights / float(weights.sum())
