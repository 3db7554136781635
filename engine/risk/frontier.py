"""Efficient frontier: least risk for each of a row of target returns, one model for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from ..errors import RequestError
from ._types import FloatArray
from .answer import answer
from .build import build
from .constraints import Constraints
from .cutting import ACCEPTED, CuttingPlanes, Start
from .measures import Measure
from .problem import Limit, Problem, read_problem
from .scenario_set import ScenarioSet
from .simplex import NAME, SimplexSolver
from .solution import Attempt, Solution
from .solve import solve
from .start import start_of


def frontier(
    measure: Measure | str,
    scenarios: ArrayLike | ScenarioSet,
    *,
    points: int = 20,
    targets: Sequence[float] | None = None,
    probabilities: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    limits: Sequence[Limit] = (),
    constraints: Constraints | None = None,
    tolerance: float = ACCEPTED,
) -> tuple[Solution, ...]:
    """Portfolios of least risk for rising expected returns.

    Parameters
    ----------
    points
        Number of portfolios, from the one of least risk to the one of highest return, evenly spaced in
        return.
    targets
        Expected returns per step to use in the place of `points`, rising.
    tolerance
        Relative gap of each portfolio.
    measure, scenarios, probabilities, mean, limits, constraints
        As `minimise_risk`.

    Returns
    -------
    tuple of Solution
        One for each target. If nothing is feasible, one refusal.
    """
    free = read_problem(
        measure,
        scenarios,
        probabilities=probabilities,
        mean=mean,
        target=None,
        limits=limits,
        constraints=constraints,
    )
    if targets is None and points < 2:
        raise RequestError(f"points: {points!r}; give 2 or more.")
    each = _alone(free, tolerance) if free.curved else _Sweep(free, tolerance).point
    if targets is not None:
        return tuple(each(float(target)) for target in targets)
    ends = each(None), solve(replace(free, objective=None), tolerance)
    refused = [end for end in ends if end.status != "optimal"]
    if refused:
        return (refused[0],)
    between = np.linspace(ends[0].expected_return, ends[1].expected_return, points)[1:]
    return (ends[0], *(each(float(target)) for target in between))


def _alone(free: Problem, tolerance: float) -> Callable[[float | None], Solution]:
    return lambda target: solve(replace(free, target=target), tolerance)


class _Sweep:
    """One model for all targets: only the bound of the target's row moves, the cuts stay."""

    def __init__(self, free: Problem, tolerance: float) -> None:
        self._free, self._tolerance = free, tolerance
        self._model = build(replace(free, target=0.0))
        self._loop = CuttingPlanes(self._model, SimplexSolver(self._model.master))
        self._before: list[FloatArray] = []

    def point(self, target: float | None) -> Solution:
        """Least risk for this target, looked for on the line through the weights of the two before."""
        problem = replace(self._free, target=target)
        self._loop.aim(-math.inf if target is None else target)
        start = start_of(problem) if not self._before else self._guess()
        found = self._loop.run(start, self._tolerance)
        if found.status == "stalled" and found.gap <= ACCEPTED:
            found = replace(found, status="optimal")
        if found.status != "optimal" or found.best is None or found.proof is None:
            return solve(problem, self._tolerance)
        self._before = [*self._before[-1:], found.best.weights]
        tried = Attempt(solver=f"cutting planes, {NAME}", outcome=found.status, rounds=found.rounds)
        return answer(self._model, found.best.weights, found.proof, (tried,))

    def _guess(self) -> Start:
        region, (before, *_), last = self._free.polyhedron, self._before, self._before[-1]
        step = last - before
        weights = np.clip(last + step, region.lower, region.upper)
        radius = max(0.5 * float(np.abs(step).max()), 0.5 * region.reach / len(step))
        return Start(weights=weights, radius=radius, feasible=False)
