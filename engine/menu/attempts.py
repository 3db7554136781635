"""What solvers were tried for a menu, and whether its bounds leave any portfolio where the first one cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import SolverError
from .quadratic import Programme

FloatArray = NDArray[np.float64]

TOUCHING = 1e-10  # bounds that miss each other by no more than this still leave a portfolio
_HIGHS_FEASIBLE = 1e-10


class Attempt(NamedTuple):
    """A solver, how it ended, and how often."""

    solver: str
    outcome: str
    times: int


def counted(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The same attempts, each solver and outcome once, in order of appearance."""
    counts: Counter[tuple[str, str]] = Counter()
    for attempt in attempts:
        counts[attempt.solver, attempt.outcome] += attempt.times
    return tuple(Attempt(solver, outcome, times) for (solver, outcome), times in counts.items())


def least_variance(programme: Programme, tilt: FloatArray) -> tuple[str, FloatArray | None]:
    """Status and weights of ``min w'Sw/2 - tilt'w`` within the programme's bounds, in HiGHS' QP.

    An active set method: slower and less precise than the interior point, but it needs no interior.
    """
    import highspy

    from ..risk.highs import QuietHighs

    covariance, rows, ends, lower, upper = programme
    solver = QuietHighs()  # type: ignore[no-untyped-call]
    for name, value in {"output_flag": False, "primal_feasibility_tolerance": _HIGHS_FEASIBLE}.items():
        solver.setOptionValue(name, value)
    count, table = len(lower), np.vstack([np.ones(len(lower)), rows])
    model = highspy.HighsModel()
    model.lp_.num_col_, model.lp_.num_row_ = count, len(table)
    model.lp_.col_cost_, model.lp_.col_lower_, model.lp_.col_upper_ = -tilt, lower, upper
    model.lp_.row_lower_ = np.append(1.0, np.full(len(ends), -highspy.kHighsInf))
    model.lp_.row_upper_ = np.append(1.0, ends)
    model.lp_.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.lp_.a_matrix_.start_ = np.arange(0, table.size + 1, count)
    model.lp_.a_matrix_.index_ = np.tile(np.arange(count), len(table))
    model.lp_.a_matrix_.value_ = table.ravel()
    triangle = [(i, j) for j in range(count) for i in range(j, count)]
    model.hessian_.dim_ = count
    model.hessian_.format_ = highspy.HessianFormat.kTriangular
    model.hessian_.start_ = np.cumsum([0, *(count - j for j in range(count))])
    model.hessian_.index_ = np.array([i for i, _ in triangle])
    model.hessian_.value_ = np.array([covariance[i, j] for i, j in triangle])
    solver.passModel(model)
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus()).lower()
    return status, np.array(solver.getSolution().col_value) if status == "optimal" else None


def least_violation(programme: Programme) -> float:
    """By how much all bounds and rows must give way for one fully invested portfolio to meet them; 0 if none must.

    The linear programme ``min t, sum w = 1, lower - t <= w <= upper + t, rows w <= ends + t, t >= 0``, in HiGHS:
    a vertex method decides what an interior point method cannot where the bounds just touch or just miss.

    Raises
    ------
    SolverError
        HiGHS did not end.
    """
    from scipy.optimize import linprog

    _, rows, ends, lower, upper = programme
    count = len(lower)
    slack = np.full((count, 1), -1.0)
    table = np.vstack(
        [
            np.hstack([np.eye(count), slack]),
            np.hstack([-np.eye(count), slack]),
            np.hstack([np.reshape(rows, (-1, count)), np.full((len(ends), 1), -1.0)]),
        ]
    )
    found = linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=table,
        b_ub=np.concatenate([upper, -lower, ends]),
        A_eq=np.append(np.ones(count), 0.0)[None, :],
        b_eq=[1.0],
        bounds=[(None, None)] * count + [(0.0, None)],
        method="highs",
        options={
            "primal_feasibility_tolerance": _HIGHS_FEASIBLE,
            "dual_feasibility_tolerance": _HIGHS_FEASIBLE,
        },
    )
    if found.x is None:
        raise SolverError(
            f"whether the limits leave a portfolio could not be decided (HiGHS: {found.message})."
        )
    return float(found.x[-1])
