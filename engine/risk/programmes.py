"""The two programmes: least risk, and highest expected return under limits on risk."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from .constraints import Constraints
from .measures import Measure
from .problem import Limit, read_problem
from .scenario_set import ScenarioSet
from .solution import Solution
from .solve import solve

TOLERANCE = 1e-8


def minimise_risk(
    measure: Measure | str,
    scenarios: ArrayLike | ScenarioSet,
    *,
    probabilities: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    target_return: float | None = None,
    limits: Sequence[Limit] = (),
    constraints: Constraints | None = None,
    tolerance: float = TOLERANCE,
) -> Solution:
    """Portfolio of least risk under linear constraints and limits on other measures.

    Parameters
    ----------
    measure
        A `Measure`, or the name of one: ``"variance"``, ``"tracking_error"``, ``"cvar"``, ``"cdar"``,
        ``"max_drawdown"``.
    scenarios
        Simple returns per step: (S, N), time-ordered where drawdowns are measured; or (P, T, N) paths.
    probabilities
        Of the S rows or P paths; uniform where left out.
    mean
        Expected return per step (N,); the scenarios' mean where left out.
    target_return
        Least expected return per step, net of trading cost.
    limits
        Upper bounds on measures.
    constraints
        Fully invested and long only where left out.
    tolerance
        Relative gap aimed at. A solve that stalls before is accepted up to 1e-6.

    Returns
    -------
    Solution

    Raises
    ------
    DataError, RequestError
        Input that cannot be used, named.
    SolverError
        Every solver failed on a valid programme.
    """
    problem = read_problem(
        measure,
        scenarios,
        probabilities=probabilities,
        mean=mean,
        target=target_return,
        limits=limits,
        constraints=constraints,
    )
    return solve(problem, tolerance)


def maximise_return(
    scenarios: ArrayLike | ScenarioSet,
    limits: Sequence[Limit] = (),
    *,
    probabilities: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    constraints: Constraints | None = None,
    tolerance: float = TOLERANCE,
) -> Solution:
    """Portfolio of highest expected return, net of trading cost, under limits on risk.

    Parameters
    ----------
    scenarios
        Simple returns per step: (S, N), time-ordered where drawdowns are measured; or (P, T, N) paths.
    limits
        Upper bounds on measures; one may have scenarios of its own (a stress limit).
    probabilities, mean, constraints, tolerance
        As in `minimise_risk`.

    Returns
    -------
    Solution

    Raises
    ------
    DataError, RequestError
        Input that cannot be used, named.
    SolverError
        Every solver failed on a valid programme.

    """
    problem = read_problem(
        None,
        scenarios,
        probabilities=probabilities,
        mean=mean,
        target=None,
        limits=limits,
        constraints=constraints,
    )
    return solve(problem, tolerance)
