"""Portfolios of least CVaR, CDaR or drawdown, and of the frontier above them, re-estimated at every decision."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from .._types import FloatArray, Share, read_only
from ..past import NoDecisionError, Study, Targets
from ._rule import MarketRule

_MEASURES: dict[str, Literal["cvar", "cdar", "max_drawdown"]] = {
    "minimum_cvar": "cvar",
    "minimum_cdar": "cdar",
    "minimum_drawdown": "max_drawdown",
}


_KEPT = 1024  # portfolios: the months of many starts overlap, and the same window has the same portfolio


class MinimumTailRisk(MarketRule):
    """Minimise a tail risk of the window's returns, fully invested, ``0 <= w <= max_weight``.

    CVaR of the returns, CDaR of the compounded path that they make, or that path's maximum drawdown; solved
    to a certified gap by `goalplan.engine.risk.minimise_risk` (definitions there). With `frontier` = f above 0 the
    window's mean return must be at least ``(1 - f) r_0 + f r_1``: r_0 that of the portfolio of least risk, r_1 the
    highest that the bounds allow.
    """

    kind: Literal["minimum_cvar", "minimum_cdar", "minimum_drawdown"]
    confidence: float = Field(default=0.95, ge=0.5, lt=1.0, description="Tail of CVaR and CDaR.")
    max_weight: float = Field(default=1.0, gt=0.0, le=1.0, description="Largest weight of one asset.")
    frontier: Share = Field(
        default=0.0,
        description="Where on the frontier, evenly in the window's mean return: 0 least risk, 1 highest return.",
    )

    @property
    def estimates(self) -> bool:
        """True: it needs a window of returns."""
        return True

    def targets(self, study: Study) -> Targets:
        """Return the portfolio of least risk at each decision."""
        return study.decided(lambda k: self._least(study.window(k)))

    def _least(self, returns: FloatArray) -> FloatArray:
        kind = _MEASURES[self.kind]
        return _portfolio(
            kind, self.confidence, self.max_weight, self.frontier, returns.shape, returns.tobytes()
        )


@lru_cache(maxsize=_KEPT)
def _portfolio(
    kind: Literal["cvar", "cdar", "max_drawdown"],
    confidence: float,
    max_weight: float,
    frontier: float,
    shape: tuple[int, int],
    window: bytes,
) -> FloatArray:
    """Weights (n,) on the returns of a window, given as bytes so that it can be looked up."""
    from ...engine.errors import SolverError
    from ...engine.risk import Constraints, Measure, maximise_return, minimise_risk

    returns = np.frombuffer(window, dtype=np.float64).reshape(shape)
    measure, bounds = Measure(kind=kind, confidence=confidence), Constraints(upper=max_weight)
    try:
        solution = minimise_risk(measure, returns, constraints=bounds)
        if frontier > 0.0 and solution.status == "optimal":
            solution, least = maximise_return(returns, constraints=bounds), solution.expected_return
            if frontier < 1.0 and solution.status == "optimal":
                target = least + frontier * (solution.expected_return - least)
                solution = minimise_risk(measure, returns, target_return=target, constraints=bounds)
    except (SolverError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise NoDecisionError(f"{type(error).__name__}: {error}") from error
    if solution.status != "optimal":
        raise NoDecisionError(f"{solution.status}: {solution.reason}")
    weights: FloatArray = np.maximum(solution.weights, 0.0)
    return read_only(weights / float(weights.sum()))
