"""Risk programmes: least risk and highest return under limits on drawdown, CVaR and variance, with proofs."""

from .constraints import Constraints
from .frontier import frontier
from .horizon import Promise, keep_drawdown
from .measures import Measure
from .problem import Limit
from .programmes import maximise_return, minimise_risk
from .scenario_set import ScenarioSet, read_scenarios
from .solution import Active, Attempt, Solution

__all__ = [
    "Active",
    "Attempt",
    "Constraints",
    "Limit",
    "Measure",
    "Promise",
    "ScenarioSet",
    "Solution",
    "frontier",
    "keep_drawdown",
    "maximise_return",
    "minimise_risk",
    "read_scenarios",
]
