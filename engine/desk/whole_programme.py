"""A small mixed-integer programme, solved by HiGHS the same way on every machine and under any load."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import SolverError

FloatArray = NDArray[np.float64]

# Problems here have some ten whole columns: the heuristics would take most of the time and find nothing new.
_SETTINGS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    # Not "threads": HiGHS has one scheduler a process, and refuses another number than it was first started with.
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 1e-6,
    "mip_max_nodes": 2000,  # not seconds: a busy machine must not change the answer
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_zi_round": False,
    "mip_heuristic_run_shifting": False,
}

Row = tuple[dict[int, float], float, float]


def minimise(
    cost: Sequence[float], upper: Sequence[float], whole: Sequence[bool], rows: Sequence[Row]
) -> FloatArray:
    """Solve ``min cost'x`` over ``lower <= rows x <= upper``, ``0 <= x <= upper``, some x whole.

    Parameters
    ----------
    cost, upper, whole
        Of the n columns. HiGHS 1.12 presolves a fractional bound of a whole column into a wrong optimum, so
        such bounds are rounded down here.
    rows
        Entries by column, lower and upper bound of each row.

    Returns
    -------
    (n,) float64
        The best point found, whole columns exactly whole.

    Raises
    ------
    SolverError
        HiGHS has no feasible point after its node limit.
    """
    import highspy

    from ..risk.highs import QuietHighs

    solver = QuietHighs()  # type: ignore[no-untyped-call]
    for name, value in _SETTINGS.items():
        solver.setOptionValue(name, value)
    starts = np.cumsum([0, *(len(terms) for terms, _, _ in rows)])
    integer = np.array(whole)
    bounds = np.array(upper)
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = len(cost), len(rows)
    programme.col_cost_ = np.array(cost)
    programme.col_lower_ = np.zeros(len(cost))
    programme.col_upper_ = np.where(integer, np.floor(bounds + 1e-9), bounds)
    programme.row_lower_ = np.array([lower for _, lower, _ in rows])
    programme.row_upper_ = np.array([upper for _, _, upper in rows])
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = starts
    programme.a_matrix_.index_ = np.array([column for terms, _, _ in rows for column in terms])
    programme.a_matrix_.value_ = np.array([entry for terms, _, _ in rows for entry in terms.values()])
    kinds = highspy.HighsVarType
    programme.integrality_ = [kinds.kInteger if each else kinds.kContinuous for each in whole]
    solver.passModel(programme)
    solver.run()
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        status = solver.modelStatusToString(solver.getModelStatus())
        raise SolverError(f"the orders could not be worked out (HiGHS: {status}); please report the request")
    x = np.array(solver.getSolution().col_value)
    return np.where(integer, np.rint(x), x)
