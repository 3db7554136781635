"""The same programmes stated to cvxpy in full: the oracle that the cutting planes are tested against.

Every definition is written out anew from ``measures.py``, without cuts or groups. The drawdown recursion
``d_t >= max(0, d_{t-1} - log(1 + r_t'w))`` is convex as it stands, so compounding needs exponential cones and
no approximation. It is also the last resort where the cutting planes fail.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from ._types import FloatArray
from .measures import Measure
from .problem import Problem, covariance
from .scenario_set import ScenarioSet

NAME = "cvxpy, Clarabel"
_STATUS = {
    cp.OPTIMAL: "optimal",
    cp.OPTIMAL_INACCURATE: "inaccurate",
    cp.INFEASIBLE: "infeasible",
    cp.INFEASIBLE_INACCURATE: "infeasible",
    cp.UNBOUNDED: "unbounded",
    cp.UNBOUNDED_INACCURATE: "unbounded",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """Answer of the oracle: status, weights (empty without), and the solver's own optimum as a figure."""

    status: str
    weights: FloatArray
    optimum: float


def solve_in_full(problem: Problem, precision: float = 1e-10) -> Reference:
    """Solve the whole convex programme at once; memory and time grow with every row of the scenarios."""
    region = problem.polyhedron
    weights = cp.Variable(len(region.assets))
    rules: list[cp.Constraint] = [weights >= region.lower, weights <= region.upper]
    for row in region.rows:
        if row.lower == row.upper:
            rules.append(row.slope @ weights == row.lower)
        elif math.isfinite(row.lower):
            rules.append(row.slope @ weights >= row.lower)
        if row.lower < row.upper < math.inf:
            rules.append(row.slope @ weights <= row.upper)
    cost: cp.Expression | float = 0.0
    if region.previous is not None:
        cost = region.trading_cost @ cp.abs(weights - region.previous)
        if region.max_turnover is not None:
            rules.append(cp.norm1(weights - region.previous) <= 2.0 * region.max_turnover)
    size = float(np.abs(problem.mean).max()) or 1.0
    expected = (problem.mean / size) @ weights - cost / size
    if problem.target is not None:
        rules.append(expected >= problem.target / size)
    for limit in problem.limits:
        if limit.linear:
            rules.append(-limit.scenarios.matrix[0] @ weights <= limit.at_most)
            continue
        scaled, unit, more = _measured(problem, limit.measure, limit.scenarios, weights)
        rules += [*more, scaled <= limit.measure.convex(limit.at_most) / unit]
    goal = problem.objective
    if goal is None:
        whole = cp.Problem(cp.Maximize(expected), rules)
    else:
        scaled, size, more = _measured(problem, goal, problem.scenarios, weights)
        whole = cp.Problem(cp.Minimize(scaled), [*rules, *more])
    if not any(_solved(whole, each) for each in (precision, 100.0 * precision)):
        return Reference(status="failed", weights=np.empty(0), optimum=math.nan)
    status = _STATUS.get(whole.status, whole.status)
    if weights.value is None:
        return Reference(status=status, weights=np.empty(0), optimum=math.nan)
    optimum = float(whole.value) * size
    return Reference(
        status=status,
        weights=np.asarray(weights.value, dtype=np.float64),
        optimum=optimum if goal is None else goal.figure(optimum),
    )


def _solved(whole: cp.Problem, precision: float) -> bool:
    settings = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), precision)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole.solve(solver=cp.CLARABEL, max_threads=1, **settings)
        except cp.SolverError:
            return False
    return True


def _measured(
    problem: Problem, measure: Measure, scenarios: ScenarioSet, weights: cp.Variable
) -> tuple[cp.Expression, float, list[cp.Constraint]]:
    """Convex function of the measure, divided by the size returned, with the constraints that define it."""
    size = scenarios.size or 1.0
    if measure.smooth:
        active = weights
        if measure.kind == "tracking_error" and problem.polyhedron.benchmark is not None:
            active = weights - problem.polyhedron.benchmark
        values, vectors = np.linalg.eigh(covariance(scenarios))
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T / size
        return cp.norm(root @ active), size, []
    if measure.kind == "cvar":
        losses = -(scenarios.matrix / size) @ weights
        value, rules = _tail(losses, scenarios.shares, measure.confidence)
        return value, size, rules
    size *= math.sqrt(scenarios.steps)
    paths, steps = scenarios.paths, scenarios.steps
    returns = cp.reshape(scenarios.matrix @ weights, (paths, steps), order="C")
    growth = cp.log(1.0 + returns) / size if measure.compounded else returns / size
    depth = cp.Variable((paths, steps), nonneg=True)
    rules = [depth[:, 0] >= -growth[:, 0]]
    if steps > 1:
        rules.append(depth[:, 1:] >= depth[:, :-1] - growth[:, 1:])
    if measure.kind == "cdar":
        every = cp.reshape(depth, (paths * steps,), order="C")
        value, more = _tail(every, scenarios.shares, measure.confidence)
    else:
        shares, confidence = scenarios.path_shares, measure.confidence if paths > 1 else 1.0
        value, more = _tail(cp.max(depth, axis=1), shares, confidence)
    return value, size, rules + more


def _tail(
    values: cp.Expression, shares: FloatArray, confidence: float
) -> tuple[cp.Expression, list[cp.Constraint]]:
    """Rockafellar and Uryasev's mean of the worst ``1 - confidence``; with confidence 1, the worst."""
    if confidence == 1.0:
        return cp.max(values[np.flatnonzero(shares > 0.0)]), []
    level = cp.Variable()
    beyond = cp.Variable(len(shares), nonneg=True)
    return level + shares @ beyond / (1.0 - confidence), [beyond >= values - level]
