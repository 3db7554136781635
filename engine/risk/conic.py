"""The master problem in Clarabel, for a variance or a tracking error in it: solved anew each time."""

from __future__ import annotations

import clarabel
import numpy as np
from scipy import sparse

from ._types import FloatArray, IntArray
from .master import MARGIN, Master, Point

NAME = "Clarabel"
_STATUS = {"Solved": "optimal", "PrimalInfeasible": "infeasible", "DualInfeasible": "unbounded"}
_USABLE = ("AlmostSolved", "InsufficientProgress", "NumericalError")
_FIXED = 1e-12  # a variable with less room than this is an equation: a cone needs an interior
_SMALL = 1e-9  # prices that an interior point leaves on what does not matter
_NONE = np.empty(0)


class ConicSolver:
    """Clarabel on a master problem; `precision` is the relative gap of each solve."""

    def __init__(self, master: Master, precision: float = 1e-11) -> None:
        self._master = master
        self._settings = clarabel.DefaultSettings()
        self._settings.verbose = False
        self._settings.max_threads = 1
        self._settings.tol_gap_abs = self._settings.tol_gap_rel = precision
        self._settings.tol_feas = precision

    def sync(self) -> None:
        """Nothing is kept between solves."""

    def drop(self, cuts: IntArray) -> None:
        """Nothing is kept between solves."""

    def move(self, row: int) -> None:
        """Nothing is kept between solves."""

    def solve(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> Point:
        """Solve under these costs and bounds of the variables."""
        master, size = self._master, len(cost)
        rows = np.zeros((len(master.row_lower), size))
        rows[master.row, master.column] = master.entry
        matrix = np.concatenate([rows, _dense(master, size), np.eye(size)])
        low = np.concatenate([master.row_lower, master.constant, lower])
        never = np.full(len(master.constant), np.inf)
        high = np.concatenate([master.row_upper - master.margin, never, upper])
        equal = high - low <= _FIXED
        above, below = np.isfinite(low) & ~equal, np.isfinite(high) & ~equal
        blocks = [matrix[equal], -matrix[above], matrix[below]]
        sides = [low[equal], -low[above], high[below]]
        sizes = (int(equal.sum()), int(above.sum() + below.sum()))
        kinds = [clarabel.ZeroConeT(sizes[0]), clarabel.NonnegativeConeT(sizes[1])]
        for cone in master.cones:
            block = np.zeros((len(cone.factor) + 1, size))
            block[0, cone.excess] = -1.0
            block[1:, : master.count] = -cone.factor
            blocks.append(block)
            sides.append(np.append(cone.radius - MARGIN, -np.einsum("kn,n->k", cone.factor, cone.centre)))
            kinds.append(clarabel.SecondOrderConeT(len(block)))
        curve, linear = self._quadratic(cost)
        form = (_compressed(np.concatenate(blocks)), np.concatenate(sides), kinds, self._settings)
        answer = clarabel.DefaultSolver(curve, linear, *form).solve()
        word = str(answer.status)
        status = "optimal" if word in _USABLE else _STATUS.get(word, word)
        if status != "optimal":
            return Point(status=status, variables=_NONE, rows=_NONE, cuts=_NONE, tight=_NONE > 0.0)
        duals = np.split(np.array(answer.z), np.cumsum([len(side) for side in sides])[:-1])
        prices = np.zeros(len(low))
        prices[equal] = -duals[0]
        prices[above] += duals[1]
        prices[below] -= duals[2]
        cuts = prices[len(rows) : len(rows) + len(master.constant)]
        return Point(
            status=status,
            variables=np.array(answer.x),
            rows=prices[: len(rows)],
            cuts=cuts,
            tight=cuts > _SMALL,
            cones=tuple(-dual[1:] for dual in duals[3:]),
        )

    def _quadratic(self, cost: FloatArray) -> tuple[sparse.csc_matrix, FloatArray]:
        """Half the Hessian's upper triangle, and the linear cost, of the objective's squared norm."""
        goal, size = self._master.objective, len(cost)
        curve, linear = np.zeros((size, size)), cost.copy()
        if goal is not None:
            count = self._master.count
            curve[:count, :count] = np.triu(2.0 * np.einsum("ki,kj->ij", goal.factor, goal.factor))
            linear[:count] += goal.gradient(np.zeros(count))
        return _compressed(curve), linear


def _compressed(matrix: FloatArray) -> sparse.csc_matrix:
    """Sparse columns of a matrix; several times faster than scipy finds them."""
    columns, rows = np.nonzero(matrix.T)
    ends = np.cumsum(np.bincount(columns, minlength=matrix.shape[1]))
    form = (matrix.T[columns, rows], rows, np.append(0, ends))
    return sparse.csc_matrix(form, shape=matrix.shape)


def _dense(master: Master, size: int) -> FloatArray:
    """Cuts as full rows."""
    entries, columns = master.cut_entries(0)
    full = np.zeros((len(entries), size))
    # A cut without a theta, or of an oracle without a level, has a 0 in a column that it may hold already.
    np.add.at(full, (np.arange(len(entries))[:, None], columns), entries)
    return full
