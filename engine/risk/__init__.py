"""Risk programmes: least risk and highest return under limits on drawdown, CVaR and variance, with proofs."""

from .constraints import Constraints
from .frontier import frontier
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
    "ScenarioSet",
    "Solution",
    "frontier",
    "maximise_return",
    "minimise_risk",
    "read_scenarios",
]
