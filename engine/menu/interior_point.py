"""The menu's quadratic programme in Clarabel, called as it is: stating it to a modelling layer costs more than it."""

from __future__ import annotations

import clarabel
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .quadratic import Programme

FloatArray = NDArray[np.float64]

NAME = "CLARABEL"
_PRECISION = 1e-12
_STATUS = {"Solved": "optimal", "PrimalInfeasible": "infeasible"}


def interior_point(programme: Programme, tilt: FloatArray) -> tuple[str, FloatArray | None]:
    """Status and weights of ``min w'Sw/2 - tilt'w`` within the programme's bounds.

    ``optimal`` and ``infeasible`` are certified; any other status is Clarabel's own word and decides nothing.
    """
    covariance, rows, ends, lower, upper = programme
    count = len(lower)
    bounds = np.vstack([np.ones(count), -np.eye(count), np.eye(count), rows])
    sides = np.concatenate([[1.0], -lower, upper, ends])
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(len(sides) - 1)]
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _PRECISION
    curve, table = sparse.csc_matrix(np.triu(covariance)), sparse.csc_matrix(bounds)
    answer = clarabel.DefaultSolver(curve, -tilt, table, sides, cones, settings).solve()
    status = _STATUS.get(str(answer.status), str(answer.status))
    return status, np.array(answer.x) if status == "optimal" else None
